"""The customer's page: a link, a few questions, one button; without account, and without scripts (SUR-14, F71)."""

from __future__ import annotations

from functools import lru_cache

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.exceptions import InvalidInput, InvalidMove, NotAllowed
from cases.views import visitors
from organization import limits
from surveys.actions.answering import LONGEST_COMMENT, answer_invitation
from surveys.document import QuestionnaireDocument
from surveys.forms.filling import FillingForm, Question
from surveys.models import Invitation
from surveys.queries.asking import invitation_of_link

State, Why = Invitation.State, Invitation.Why


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def survey_answer(request: HttpRequest, token: str) -> HttpResponse:
    """What the holder of a link is asked, or why nothing is asked any more; a wrong link counts against the limits."""
    row = invitation_of_link(token)
    if row is None:
        return _foreign(request)
    if request.method == "POST":
        return _answered(request, row, token)
    return _page(request, row) if _takes_answer(row) else _ended(request, row)


def _foreign(request: HttpRequest) -> HttpResponse:
    """A right link is never limited: 256 bits are not guessed, and its holder must get in while others guess."""
    context = {"why": "foreign", "case": None, "unsent": ""}
    try:
        limits.take("track_address", visitors.sender(request))
        limits.take("track_failed_all")
    except limits.TooMany as error:
        response = render(request, "public/survey_ended.html", context | {"why": "too_many"}, status=429)
        response["Retry-After"] = str(error.retry_after)
        return response
    return render(request, "public/survey_ended.html", context, status=404)


def _takes_answer(row: Invitation) -> bool:
    """As the action asks again with the rows locked."""
    case = row.case
    return row.may_be_answered(timezone.now()) and case.round == row.round and case.closed_at is not None


def _answered(request: HttpRequest, row: Invitation, token: str) -> HttpResponse:
    if request.user.is_authenticated:
        raise NotAllowed(
            _(
                "You are signed in as a colleague. Only the customer answers here; what you asked or collected is "
                "filled in on behalf, with your name."
            )
        )
    form = FillingForm(request.POST, asks=row.survey.version.asks)
    if not form.is_valid():
        return _page(request, row, form) if _takes_answer(row) else _ended(request, row, form)
    try:
        answer_invitation(row, form.filled())
    except InvalidInput as error:
        form.refuse(error)
        return _page(request, row, form)
    except InvalidMove:
        row.refresh_from_db()
        return _ended(request, row, form)
    # Loading the page again sends nothing again.
    return redirect("survey_answer", token)


def _page(request: HttpRequest, row: Invitation, form: FillingForm | None = None) -> HttpResponse:
    asks = row.survey.version.asks
    context = {
        "invitation": row,
        "case": row.case,
        "asks": asks,
        "form": form or FillingForm(asks=asks),
        "blank": None if form else _blank_questions(asks, get_language()),
    }
    return render(request, "public/survey.html", context, status=422 if form and form.errors else 200)


@lru_cache(maxsize=32)
def _blank_questions(asks: QuestionnaireDocument, language: str | None) -> str:
    """The questions as everybody finds them, written once: a hundred customers a second ask for the same ones."""
    return render_to_string("public/survey_questions.html", {"form": FillingForm(asks=asks)})


def _ended(request: HttpRequest, row: Invitation, form: FillingForm | None = None) -> HttpResponse:
    """Thanks, or in friendly words why the link takes no answer any more; words that came too late are shown again."""
    context = {"why": _why(row), "case": row.case, "unsent": _words(form) if form else ""}
    return render(request, "public/survey_ended.html", context, status=409 if form else 200)


def _words(form: FillingForm) -> str:
    """What was written, to be copied; at most what the form would have taken."""
    fields = [name for group in form.groups() for question in group.questions for name in _texts(question)]
    return "\n".join(text[:LONGEST_COMMENT] for name in fields if (text := form.data.get(name, "").strip()))


def _texts(question: Question) -> list[str]:
    """The names of the fields of a question that take words."""
    own = [question.answer.html_name] if question.item.kind == "text" else []
    return own + ([question.comment.html_name] if question.comment else [])


def _why(row: Invitation) -> str:
    if row.state == State.ANSWERED:
        return "answered"
    if row.why == Why.REOPENED or row.case.round != row.round or row.case.closed_at is None:
        return "reopened"
    return "withdrawn" if row.state == State.WITHDRAWN else "late"
