"""Answering the customer, and asking what the customer thinks of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import gates
from cases.actions import reply as actions
from cases.forms.reply import AskOpinionForm, RecordOpinionForm, ReplyForm, SendProgressForm
from cases.models import Case, Measure
from cases.queries.closure import closing_facts, reply_facts
from cases.views.acts import Sheet, open_act, perform, posted

METHODS = ["GET", "POST"]


@require_http_methods(METHODS)
def reply(request: HttpRequest, number: str) -> HttpResponse:
    """答复: result, measures, thanks; ends the resolution limit (办结)."""
    access = open_act(request, number, "reply")
    case = access.case
    form = ReplyForm(posted(request), case=case)
    sheet = Sheet(
        "reply",
        form,
        _("Reply to the customer"),
        _("The customer has the answer. Next: ask whether the customer is satisfied."),
        reasons=gates.replying(reply_facts(case)),
        context={
            "answers": [a for a in access.assignments if a.round == case.round and a.answer],
            "measures_done": _measures_in_words(case),
        },
    )
    return perform(
        request, access, sheet, lambda: actions.reply_to_customer(case, form.answer(), by=access.actor("reply"))
    )


def _measures_in_words(case: Case) -> str:
    """What was changed, as a proposal for the customer's text."""
    kept = case.measures.filter(round=case.round).exclude(state=Measure.State.CANCELLED)
    return "；".join(measure.text.rstrip("。；;.") for measure in kept)


@require_http_methods(METHODS)
def send_progress(request: HttpRequest, number: str) -> HttpResponse:
    """进展告知: how far it is and when the answer can be expected."""
    access = open_act(request, number, "send_progress")
    form = SendProgressForm(posted(request), case=access.case)
    sheet = Sheet(
        "send_progress",
        form,
        _("Tell the customer the progress"),
        _("The notice is kept, and sent where it goes in writing."),
        lead=_("No limit ends by it."),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.send_progress(
            access.case, form.answer(), by=access.actor("send_progress"), expected_at=form.cleaned_data["expected_at"]
        ),
    )


@require_http_methods(METHODS)
def ask_opinion(request: HttpRequest, number: str) -> HttpResponse:
    """One attempt to ask whether the customer is satisfied."""
    access = open_act(request, number, "ask_opinion")
    case = access.case
    form = AskOpinionForm(posted(request), case=case)
    facts = closing_facts(case)
    sheet = Sheet(
        "ask_opinion",
        form,
        _("Ask for the customer's opinion"),
        _("The attempt is kept."),
        lead=_(
            "Asked %(n)d times so far. After %(of)d attempts without an answer the case may be closed as “no answer”."
            " Attempts close together count as one, and a message only when it went out."
        )
        % {"n": facts.tries, "of": facts.tries_needed},
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.ask_opinion(case, by=access.actor("ask_opinion"), **form.cleaned_data),
    )


@require_http_methods(METHODS)
def record_opinion(request: HttpRequest, number: str) -> HttpResponse:
    """客户意见: satisfied or not solved, as the customer said it."""
    access = open_act(request, number, "record_opinion")
    form = RecordOpinionForm(posted(request), case=access.case)
    sheet = Sheet(
        "record_opinion",
        form,
        _("Record the customer's opinion"),
        _("The customer's opinion is kept."),
        lead=_("Not solved: then reply again, escalate, or open the case again."),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: actions.record_opinion(access.case, form.opinion(), by=access.actor("record_opinion")),
    )
