"""Facts, cause, responsibility; on-site visits."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.access import get_visit
from cases.actions import investigation as actions
from cases.forms.assignment import ReasonForm
from cases.forms.investigation import InvestigationForm, PlanVisitForm, RecordVisitForm, first_findings
from cases.views.acts import Sheet, open_act, perform, posted, take_in

METHODS = ["GET", "POST"]


@require_http_methods(METHODS)
def investigate(request: HttpRequest, number: str) -> HttpResponse:
    """原因: facts, cause, effect, responsibility; each saving is a version."""
    access = open_act(request, number, "investigate")
    case = access.case
    last = case.investigations.filter(round=case.round).first()
    form = InvestigationForm(posted(request), case=case, initial=first_findings(last))
    sheet = Sheet(
        "investigate",
        form,
        _("Record the investigation"),
        _("The investigation is recorded."),
        lead=_("A new version is kept each time; the last one counts."),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.record_investigation(case, form.findings(), by=access.actor("investigate")),
    )


@require_http_methods(METHODS)
def plan_visit(request: HttpRequest, number: str) -> HttpResponse:
    """Somebody must go there: the on-site clock runs from receipt."""
    access = open_act(request, number, "plan_visit")
    form = PlanVisitForm(posted(request), case=access.case)
    sheet = Sheet(
        "plan_visit",
        form,
        _("Plan an on-site visit"),
        _("The visit is planned. The on-site limit counts from the receipt of the feedback."),
    )
    return perform(
        request, access, sheet, lambda: actions.plan_visit(access.case, form.plan(), by=access.actor("plan_visit"))
    )


@require_http_methods(METHODS)
def record_visit(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """到场: arrival, findings, photographs, the customer's statement."""
    access = open_act(request, number, "record_visit")
    visit = get_visit(access, pk)
    form = RecordVisitForm(
        posted(request), request.FILES or None, case=access.case, initial={"participants": visit.participants}
    )
    sheet = Sheet(
        "record_visit",
        form,
        _("Record the visit"),
        _("The visit is recorded. The time of arrival ended the on-site limit."),
        lead=visit.necessity,
    )

    @transaction.atomic
    def run() -> None:
        by = access.actor("record_visit")
        actions.record_visit(visit, form.arrival(take_in(form.cleaned_data["files"], by=by)), by=by)

    return perform(request, access, sheet, run)


@require_http_methods(METHODS)
def cancel_visit(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The visit is not needed any more."""
    access = open_act(request, number, "cancel_visit")
    visit = get_visit(access, pk)
    form = ReasonForm(posted(request), case=access.case)
    sheet = Sheet("cancel_visit", form, _("Cancel the visit"), _("The visit is cancelled."), danger=True)
    return perform(
        request,
        access,
        sheet,
        lambda: actions.cancel_visit(visit, by=access.actor("cancel_visit"), **form.cleaned_data),
    )
