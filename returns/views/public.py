"""The public form for goods that are to come back; the receipt and the tracking are those of the feedback (A-24)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from cases.actions.public import Receipt, submit_feedback
from cases.models import Case
from cases.views import visitors
from cases.views.public import answer_form, form_facts, sent
from documents.models import File
from returns.actions.opening import register_return
from returns.forms.public import ReturnRequestForm
from returns.models import Source
from returns.views.board import policy


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def return_form(request: HttpRequest) -> HttpResponse:
    """Ask for a refund or a repair: one form, a case and its slip in one transaction."""
    form = ReturnRequestForm(*sent(request), policy=policy(), **form_facts())
    return answer_form(request, form, send=_send, page="public/return.html")


def _send(request: HttpRequest, form: Any) -> Receipt:
    wish, by = form.wished(), Actor.customer()

    def also(case: Case, files: tuple[File, ...]) -> object:
        return register_return(replace(wish, case=case, files=files), by=by, source=Source.PUBLIC)

    return submit_feedback(form.submission(sender=visitors.sender(request)), by=by, also=also)
