"""Measures: planned, done, verified by somebody else; or waived."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.exceptions import InvalidMove, Reason
from cases.access import CaseAccess, get_approval, get_case, get_measure, get_request
from cases.actions import closure
from cases.actions import measures as actions
from cases.forms.acts import PlainForm
from cases.forms.assignment import DecisionForm, ReasonForm
from cases.forms.measures import AskWaiverForm, CompleteMeasureForm, PlanMeasureForm, VerifyMeasureForm
from cases.models import Measure
from cases.places import deciding, verifying, withdrawing
from cases.views.acts import Sheet, open_act, perform, posted, take_in
from organization.requests import person

METHODS = ["GET", "POST"]


@require_http_methods(METHODS)
def plan_measure(request: HttpRequest, number: str) -> HttpResponse:
    """措施: what, by whom, until when."""
    access = open_act(request, number, "plan_measure")
    case = access.case
    department = case.lead_department_id
    form = PlanMeasureForm(posted(request), case=case, initial={"department": department})
    sheet = Sheet(
        "plan_measure",
        form,
        _("Plan a measure"),
        _("The measure is planned; its owner is told."),
        lead=_("Somebody other than its implementer verifies the effect."),
    )
    return perform(
        request, access, sheet, lambda: actions.plan_measure(case, form.plan(), by=access.actor("plan_measure"))
    )


def _require_state(row: Measure, state: str, request: HttpRequest) -> None:
    """On opening the page: say at once that somebody was faster."""
    if request.method != "POST" and row.state != state:
        raise InvalidMove(
            _("The measure is “%(state)s” meanwhile. Reload the page.") % {"state": row.get_state_display()}
        )


@require_http_methods(METHODS)
def complete_measure(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Done, with evidence."""
    access = open_act(request, number, "complete_measure")
    row = get_measure(access, pk)
    _require_state(row, Measure.State.PLANNED, request)
    form = CompleteMeasureForm(posted(request), request.FILES or None, case=access.case)
    sheet = Sheet(
        "complete_measure",
        form,
        _("The measure is done"),
        _("Recorded as done. A colleague verifies the effect."),
        lead=row.text,
    )

    @transaction.atomic
    def run() -> None:
        by = access.actor("complete_measure")
        actions.complete_measure(row, form.completion(take_in(form.cleaned_data["files"], by=by)), by=by)

    return perform(request, access, sheet, run)


@require_http_methods(METHODS)
def verify_measure(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """验证: never by the implementer (CAP-03)."""
    access = open_act(request, number, "verify_measure")
    row = get_measure(access, pk)
    _require_state(row, Measure.State.DONE, request)
    form = VerifyMeasureForm(posted(request), case=access.case)
    sheet = Sheet(
        "verify_measure",
        form,
        _("Verify the effect"),
        _("The verification is recorded."),
        lead=row.text,
        context={"measure": row},
        reasons=_own_measure(access, row),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.verify_measure(
            row, form.check(), by=access.actor("verify_measure", fits=verifying(row, access.who))
        ),
    )


def _own_measure(access: CaseAccess, row: Measure) -> list[Reason]:
    if access.blocked("verify_measure", verifying(row, access.who)):
        text = _("Who carried the measure out cannot verify it. Ask a colleague.")
        return [Reason("implementer", text, "forbidden")]
    return []


@require_http_methods(METHODS)
def cancel_measure(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Give a planned measure up."""
    access = open_act(request, number, "cancel_measure")
    row = get_measure(access, pk)
    _require_state(row, Measure.State.PLANNED, request)
    form = ReasonForm(posted(request), case=access.case)
    sheet = Sheet(
        "cancel_measure", form, _("Give the measure up"), _("The measure is given up."), lead=row.text, danger=True
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.cancel_measure(row, by=access.actor("cancel_measure"), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def ask_waiver(request: HttpRequest, number: str) -> HttpResponse:
    """Close without corrective or preventive action: the management representative decides (CAP-05)."""
    access = open_act(request, number, "ask_waiver")
    form = AskWaiverForm(posted(request), case=access.case)
    sheet = Sheet(
        "ask_waiver",
        form,
        _("Ask to do without measures"),
        _("The management representative is asked."),
        lead=_("A complaint without corrective or preventive action closes only with this approval."),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.ask_waiver(access.case, by=access.actor("ask_waiver"), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def withdraw_approval(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take back what one asked, while nobody has decided it."""
    access = open_act(request, number, "withdraw_approval")
    row = get_request(access, pk)
    form = PlainForm(posted(request), case=access.case)
    sheet = Sheet(
        "withdraw_approval", form, _("Take the request back"), _("The request is taken back."), lead=row.reason
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.withdraw_approval(
            access.case, row, by=access.actor("withdraw_approval", fits=withdrawing(row))
        ),
    )


@require_http_methods(METHODS)
def decide_approval(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Grant or refuse what was asked about this case; the right is that of the approval's next step."""
    access = get_case(person(request), number, version=request.POST.get("version"))
    row = get_approval(access, pk)
    if not row.is_open:
        raise InvalidMove(_("This was decided already."))
    step = row.next_step
    form = DecisionForm(posted(request), case=access.case)
    sheet = Sheet(
        "decide_approval", form, _("Decide the request"), _("Decided. The asker is told."), lead=row.reason,
        context={"approval": row},
    )  # fmt: skip
    return perform(
        request,
        access,
        sheet,
        lambda: closure.decide_approval(
            access.case, row, by=access.actor(step, fits=deciding(row, access.who)), **form.cleaned_data
        ),
    )
