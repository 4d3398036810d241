"""The hub's decisions and the departments' hand-overs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import gates
from cases.access import get_assignment, get_extension
from cases.actions import assignment as actions
from cases.actions import correction
from cases.actions.investigation import start_move
from cases.forms.acts import PlainForm
from cases.forms.assignment import (
    AnswerForm,
    AskCompletionForm,
    AskExtensionForm,
    DecisionForm,
    DeclineForm,
    DispatchForm,
    PassOnForm,
    ReasonForm,
    TaskForm,
    VerifyForm,
)
from cases.forms.classification import AcknowledgeForm, ClassifyForm
from cases.forms.correction import CorrectForm
from cases.models import Assignment
from cases.places import taking
from cases.views.acts import Sheet, open_act, perform, posted

METHODS = ["GET", "POST"]


@require_http_methods(METHODS)
def acknowledge(request: HttpRequest, number: str) -> HttpResponse:
    """受理: ours, complete enough, classified."""
    access = open_act(request, number, "acknowledge")
    form = AcknowledgeForm(posted(request), case=access.case)
    missing = correction.missing_fields(access.case)
    sheet = Sheet(
        "acknowledge",
        form,
        _("Acknowledge"),
        _("Acknowledged. The customer is told the number and the expected date."),
        reasons=gates.acknowledging(has_category=True, has_priority=True, missing_fields=missing),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.acknowledge_case(
            access.case,
            by=access.actor("acknowledge"),
            classification=form.classification(),
            reason=form.cleaned_data["reason"],
        ),
    )


@require_http_methods(METHODS)
def decline(request: HttpRequest, number: str) -> HttpResponse:
    """不予受理: closed at once, with reason and answer."""
    access = open_act(request, number, "decline")
    form = DeclineForm(posted(request), case=access.case)
    sheet = Sheet(
        "decline",
        form,
        _("Decline"),
        _("Declined and closed. The customer is told."),
        lead=_("The case is closed at once. It keeps its number and stands in the register."),
        danger=True,
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.decline_case(access.case, by=access.actor("decline"), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def ask_completion(request: HttpRequest, number: str) -> HttpResponse:
    """待补充: what the customer should tell us."""
    access = open_act(request, number, "ask_completion")
    form = AskCompletionForm(posted(request), case=access.case)
    sheet = Sheet(
        "ask_completion",
        form,
        _("Ask the customer for completion"),
        _("The customer is asked. The clocks go on running."),
        lead=_("The case waits until what is missing has arrived; then it goes on where it was."),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: correction.ask_completion(access.case, by=access.actor("ask_completion"), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def complete(request: HttpRequest, number: str) -> HttpResponse:
    """What was missing is there: go on where the case was."""
    access = open_act(request, number, "complete")
    form = PlainForm(posted(request), case=access.case)
    sheet = Sheet("complete", form, _("Go on"), _("The case goes on where it was."))
    return perform(request, access, sheet, lambda: correction.complete(access.case, by=access.actor("complete")))


@require_http_methods(METHODS)
def verify(request: HttpRequest, number: str) -> HttpResponse:
    """核实: whether it is genuine, and on what basis."""
    access = open_act(request, number, "verify")
    form = VerifyForm(posted(request), case=access.case)
    sheet = Sheet(
        "verify",
        form,
        _("Verify whether it is genuine"),
        _("The verification is recorded."),
        lead=_("Also what cannot be substantiated gets a reply."),
    )
    return perform(
        request, access, sheet, lambda: actions.verify_case(access.case, by=access.actor("verify"), **form.cleaned_data)
    )


@require_http_methods(METHODS)
def classify(request: HttpRequest, number: str) -> HttpResponse:
    """Kind, category, urgency, priority: again, with a reason."""
    access = open_act(request, number, "classify")
    form = ClassifyForm(posted(request), case=access.case, may_ask_less="classify_down" in access.permissions)
    sheet = Sheet(
        "classify",
        form,
        _("Classify"),
        _("The classification is changed; limits were recomputed."),
        lead=_("Limits are recomputed from their start. A limit that was missed stays missed."),
    )

    def run() -> None:
        change = form.reclassification()
        permission = change.permission(access.case)
        access.require(permission)
        actions.classify_case(access.case, change, by=access.actor(permission))

    return perform(request, access, sheet, run)


@require_http_methods(METHODS)
def correct(request: HttpRequest, number: str) -> HttpResponse:
    """Correct what was typed; the old value stays in the history."""
    access = open_act(request, number, "correct")
    form = CorrectForm(posted(request), case=access.case, who=access.who, contact=access.contact)
    sheet = Sheet(
        "correct",
        form,
        _("Correct the entry"),
        _("Corrected. The old values stay in the history."),
        lead=_("The customer's own words, number, times and the first-asked person cannot be changed."),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: correction.correct(
            access.case, form.changed(), by=access.actor("correct"), reason=form.cleaned_data["reason"]
        ),
    )


@require_http_methods(METHODS)
def dispatch(request: HttpRequest, number: str) -> HttpResponse:
    """派发: one lead department, any that help."""
    access = open_act(request, number, "dispatch")
    case = access.case
    form = DispatchForm(posted(request), case=case)
    rule = case.policy.rule(case.kind.code)
    sheet = Sheet(
        "dispatch",
        form,
        _("Dispatch"),
        _("Dispatched. The departments are told."),
        context={"suggested": form.suggested},
        reasons=gates.dispatching(
            has_priority=case.priority is not None,
            verification_owed=rule.verify_before_dispatch and case.verified_at is None,
        ),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.dispatch_case(case, form.task(), by=access.actor("dispatch"), helpers=form.helpers()),
    )


@require_http_methods(METHODS)
def add_department(request: HttpRequest, number: str) -> HttpResponse:
    """Ask one more department to help."""
    access = open_act(request, number, "add_department")
    form = TaskForm(posted(request), case=access.case)
    sheet = Sheet("add_department", form, _("Add a co-handling department"), _("The department is told."))
    return perform(
        request,
        access,
        sheet,
        lambda: actions.add_department(access.case, form.task(), by=access.actor("add_department")),
    )


# --- One department's assignment ------------------------------------------------------------------------


@require_http_methods(METHODS)
def receive(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """接收: the department has it; who receives answers for it."""
    access = open_act(request, number, "receive")
    row = get_assignment(access, pk, "receive")
    form = PlainForm(posted(request), case=access.case)
    sheet = Sheet(
        "receive", form, _("Receive"), _("Received. You are the one who answers for it now."), lead=row.requirement
    )
    return perform(request, access, sheet, lambda: actions.receive_assignment(row, by=access.actor("receive", row)))


@require_http_methods(METHODS)
def return_to_hub(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """退回汇集点, with a reason; the customer's clock goes on."""
    access = open_act(request, number, "return_to_hub")
    row = get_assignment(access, pk, "return_to_hub")
    form = ReasonForm(posted(request), case=access.case)
    sheet = Sheet(
        "return_to_hub",
        form,
        _("Return to the hub"),
        _("Returned to the hub. Your department sees number, date and reason from now on."),
        lead=_("Only the hub can give it to somebody else. The customer's clock goes on running."),
        danger=True,
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.return_assignment(row, by=access.actor("return_to_hub", row), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def pass_on(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A head passes the work on to a colleague."""
    access = open_act(request, number, "pass_on")
    row = get_assignment(access, pk, "pass_on")
    form = PassOnForm(posted(request), case=access.case, assignment=row)
    sheet = Sheet(
        "pass_on",
        form,
        _("Pass on to a colleague"),
        _("Passed on. Until your colleague takes it, nothing changes in who answers for it."),
        lead=_("Who holds it now answers for it until the colleague has taken it over."),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.pass_on(row, by=access.actor("pass_on", row), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def take(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take over what was passed on."""
    access = open_act(request, number, "take")
    row = get_assignment(access, pk, "take")
    form = PlainForm(posted(request), case=access.case)
    sheet = Sheet("take", form, _("Take over"), _("You are the one who answers for it now."), lead=row.passed_note)
    return perform(request, access, sheet, lambda: actions.take(row, by=access.actor("take", row, fits=taking(row))))


@require_http_methods(METHODS)
def answer(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Hand in the department's answer."""
    access = open_act(request, number, "answer")
    row = get_assignment(access, pk, "answer")
    form = AnswerForm(posted(request), case=access.case)
    helpers = [a for a in access.assignments if a.round == row.round and not a.is_lead and a.is_unanswered]
    sheet = Sheet(
        "answer",
        form,
        _("Hand in the answer"),
        _("Handed in. The hub replies to the customer."),
        lead=row.requirement,
        reasons=gates.answering(open_helpers=[str(a.department) for a in helpers]) if row.is_lead else [],
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.answer_assignment(row, by=access.actor("answer", row), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def cancel_assignment(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A co-handling task is no longer needed."""
    access = open_act(request, number, "cancel_assignment")
    row = get_assignment(access, pk, "cancel_assignment")
    form = ReasonForm(posted(request), case=access.case)
    sheet = Sheet(
        "cancel_assignment",
        form,
        _("Cancel the task of %(name)s") % {"name": row.department},
        _("The task is cancelled."),
        danger=True,
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.cancel_assignment(row, by=access.actor("cancel_assignment"), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def ask_extension(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """申请延期: the hub decides."""
    access = open_act(request, number, "ask_extension")
    row: Assignment = get_assignment(access, pk, "ask_extension")
    form = AskExtensionForm(posted(request), case=access.case)
    sheet = Sheet(
        "ask_extension",
        form,
        _("Ask for more time"),
        _("The hub is asked."),
        lead=_(
            "The hub decides, and the customer is told. The first due time still decides whether the limit was kept."
        ),
        context={"due_at": row.due_at},
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.ask_extension(row, by=access.actor("ask_extension", row), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def decide_extension(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The hub grants or refuses more time."""
    access = open_act(request, number, "decide_extension")
    row = get_extension(access, pk)
    form = DecisionForm(posted(request), case=access.case)
    sheet = Sheet(
        "decide_extension",
        form,
        _("%(name)s asks for more time") % {"name": row.assignment.department},
        _("Decided. The department is told; the customer too, if it takes longer."),
        lead=row.reason,
        context={"until": row.until, "due_at": row.assignment.due_at},
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.decide_extension(row, by=access.actor("decide_extension"), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def act(request: HttpRequest, number: str) -> HttpResponse:
    """Say that the handling has begun."""
    access = open_act(request, number, "act")
    form = PlainForm(posted(request), case=access.case)
    sheet = Sheet("act", form, _("Start handling"), _("The case is being handled."))
    return perform(request, access, sheet, lambda: start_move(access.case, "act", by=access.actor("act")))
