"""Closing with every outcome, the shortcut of enquiries, escalation, reopening, archive."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.exceptions import InvalidInput, InvalidMove, NotAllowed
from cases import gates
from cases.access import CaseAccess, get_case, get_escalation
from cases.actions import closure as actions
from cases.forms.acts import PlainForm
from cases.forms.closure import (
    AnswerEscalationForm,
    AskExplainedForm,
    CloseForm,
    EscalateForm,
    ReopenForm,
    SettleForm,
)
from cases.lifecycle import SHORT_KINDS, Outcome
from cases.models import Case
from cases.places import answering
from cases.queries.closure import checklist, closing_facts
from cases.views.acts import Sheet, open_act, perform, posted

METHODS = ["GET", "POST"]


@require_http_methods(METHODS)
def settle(request: HttpRequest, number: str) -> HttpResponse:
    """An enquiry or a praise: acknowledged, answered and closed on one screen (INT-20)."""
    access = open_act(request, number, "settle")
    case = access.case
    if case.kind.code not in SHORT_KINDS:
        raise InvalidMove(_("Only enquiries and praise are settled in one step. Please dispatch the case."))
    form = SettleForm(posted(request), case=case)
    sheet = Sheet(
        "settle",
        form,
        _("Answer and close"),
        _("Answered and closed."),
        lead=_("Acknowledged, answered and closed in one step; each leaves its trace."),
    )
    return perform(
        request, access, sheet, lambda: actions.settle_case(case, form.settlement(), by=access.actor("settle"))
    )


@require_http_methods(METHODS)
def close(request: HttpRequest, number: str) -> HttpResponse:
    """结案: settled, explained or unanswered through the gate; withdrawn, duplicate, invalid by their own proof."""
    access = open_act(request, number, "close")
    case = access.case
    facts = closing_facts(case)
    form = CloseForm(
        posted(request),
        case=case,
        facts=facts,
        may_confirm_invalid="close_invalid" in access.permissions,
        initial=_first_summary(case),
    )
    sheet = Sheet(
        "close",
        form,
        _("Close the case"),
        _("Closed. The case slip is ready to be printed."),
        context={"checklist": checklist(facts), "blocked": bool(gates.closing(facts)), "facts": facts},
    )
    return perform(request, access, sheet, lambda: _close(access, form))


def _first_summary(case: Case) -> dict[str, str]:
    """What the summary starts from: the cause that was found, and what the customer was told."""
    found = case.investigations.filter(round=case.round).first()
    told = case.replies.filter(round=case.round, final=True).last()
    return {"cause": found.cause if found else "", "decision": told.text if told else ""}


def _close(access: CaseAccess, form: CloseForm) -> Case:
    outcome = form.cleaned_data["outcome"]
    if form.is_full:
        return actions.close_case(access.case, by=access.actor("close"), outcome=outcome, summary=form.summary())
    permission = "close_invalid" if outcome == Outcome.INVALID else "close"
    access.require(permission)
    return actions.close_short(access.case, form.short_end(_other(access, form)), by=access.actor(permission))


def _other(access: CaseAccess, form: CloseForm) -> Case | None:
    """The case of which this one is a duplicate; one that the person may not see is refused like an absent one."""
    number = form.other_number()
    if not number:
        return None
    try:
        return get_case(access.user, number).case
    except (Http404, NotAllowed) as error:
        raise InvalidInput("duplicate_of", _("There is no case with this number. Please check it.")) from error


@require_http_methods(METHODS)
def escalate(request: HttpRequest, number: str) -> HttpResponse:
    """The customer demands a higher level (RTE-23)."""
    access = open_act(request, number, "escalate")
    form = EscalateForm(posted(request), case=access.case)
    sheet = Sheet(
        "escalate",
        form,
        _("Escalate to a higher level"),
        _("Escalated. Somebody senior to the last decision is asked."),
        lead=_("Somebody senior to whoever decided last must answer; until then the case cannot be closed."),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.escalate(access.case, by=access.actor("escalate"), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def answer_escalation(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The answer from above."""
    access = open_act(request, number, "answer_escalation")
    row = get_escalation(access, pk)
    if row.answered_at is not None and request.method != "POST":
        raise InvalidMove(_("This was answered already."))
    form = AnswerEscalationForm(posted(request), case=access.case)
    sheet = Sheet(
        "answer_escalation", form, _("Answer the escalation"), _("Answered. The hub is told."), lead=row.demand
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.answer_escalation(
            row, by=access.actor("answer_escalation", fits=answering(row)), **form.cleaned_data
        ),
    )


@require_http_methods(METHODS)
def ask_explained(request: HttpRequest, number: str) -> HttpResponse:
    """Close although the customer is not satisfied: a manager approves (RES-08)."""
    access = open_act(request, number, "ask_explained")
    form = AskExplainedForm(posted(request), case=access.case)
    sheet = Sheet(
        "ask_explained",
        form,
        _("Ask to close as “unsatisfied, explained”"),
        _("The managers are asked."),
        lead=_("First explain again, escalate or open the case again; this is the last resort."),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.ask_explained(access.case, by=access.actor("ask_explained"), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def reopen(request: HttpRequest, number: str) -> HttpResponse:
    """The next round: same number, new clocks, the old ones kept (RES-21)."""
    access = open_act(request, number, "reopen")
    form = ReopenForm(posted(request), case=access.case)
    sheet = Sheet(
        "reopen",
        form,
        _("Open the case again"),
        _("Opened again as a new round, with new limits."),
        lead=_("The number stays; a new round begins with new limits, and the old ones are kept."),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.reopen_case(
            access.case,
            by=access.actor("reopen"),
            reason=form.cleaned_data["reason"],
            classification=form.first_classification(),
        ),
    )


@require_http_methods(METHODS)
def archive(request: HttpRequest, number: str) -> HttpResponse:
    """归档: filed; nothing about it changes any more."""
    access = open_act(request, number, "archive")
    form = PlainForm(posted(request), case=access.case)
    sheet = Sheet(
        "archive", form, _("Archive"), _("Archived."), lead=_("From then on nothing about the case changes any more.")
    )
    return perform(request, access, sheet, lambda: actions.archive_case(access.case, by=access.actor("archive")))
