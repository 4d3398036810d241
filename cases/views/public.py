"""The public form and its receipt. No account, no staff, nothing internal."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases import challenge
from cases.actions.public import AlreadySent, Receipt, StillRunning, find_submission, submit_feedback
from cases.forms.public import FeedbackForm, seconds_since, started_now
from cases.models import Case
from cases.queries import public as offers
from cases.queries.beside import beside
from cases.queries.tracking import phone_tail
from cases.secrets import access_code, link_token
from cases.views import visitors
from documents.limits import MB, public_limits
from organization import limits, text

_SIGNER = signing.Signer(sep=".", salt="cases.views.public.receipt")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def feedback_form(request: HttpRequest) -> HttpResponse:
    """Give feedback (INT-23). What is refused comes back with everything that was typed."""
    return answer_form(request, FeedbackForm(*sent(request), **form_facts()), send=_send, page="public/feedback.html")


def sent(request: HttpRequest) -> tuple[Any, Any]:
    """Fields and files of a form that was sent; nothing on opening the page."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def form_facts() -> dict[str, Any]:
    """What every public form is made with."""
    return {
        "consent_text": offers.consent_text(now=timezone.now()),
        "minimum_seconds": settings.PUBLIC_FORM_SECONDS,
    }


Send = Callable[[HttpRequest, Any], Receipt]


def answer_form(request: HttpRequest, form: FeedbackForm, *, send: Send, page: str) -> HttpResponse:
    """Show a public form, or register what it says and lead to the receipt."""
    if request.method != "POST":
        return _form_page(request, form, page)
    try:
        receipt = _known(request) or (send(request, form) if form.is_valid() else None)
    except limits.TooMany as error:
        form.add_error(None, error.message if isinstance(error, StillRunning) else visitors.too_much(error))
        return _form_page(request, form, page, status=429, retry_after=error.retry_after)
    except AlreadySent as error:
        form.add_error(None, error.message)
        return _form_page(request, form, page, status=422, new_key=True)
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _form_page(request, form, page, status=422)
    return _to_receipt(request, receipt) if receipt else _form_page(request, form, page, status=422)


def _known(request: HttpRequest) -> Receipt | None:
    """The receipt of an earlier try, before anything of this one is judged: its proof may be used up by now."""
    try:
        key = uuid.UUID(request.POST.get("submission_key", ""))
    except ValueError:
        return None
    case = find_submission(key, text.clean(request.POST.get("text", "")).strip())
    return Receipt(case) if case else None


def _send(request: HttpRequest, form: FeedbackForm) -> Receipt:
    return submit_feedback(form.submission(sender=visitors.sender(request)), by=Actor.customer())


def _form_page(
    request: HttpRequest, form: FeedbackForm, page: str, *, status: int = 200, retry_after: int = 0, **new: bool
) -> HttpResponse:
    started = form.data.get("started", "")
    limit = public_limits()
    context = {
        "form": form,
        "key": uuid.uuid4() if new.get("new_key") else _key_of(form),
        "started": started if seconds_since(started) is not None else started_now(),
        "names": offers.offered_names(),
        "hours": offers.promised_hours(),
        "most_files": limit.files,
        "most_mb": limit.bytes_per_file // MB,
    }
    response = render(request, page, context, status=status)
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response


def _key_of(form: FeedbackForm) -> uuid.UUID:
    """The key that the page had, so that trying again is the same submission."""
    try:
        return uuid.UUID(form.data.get("submission_key", ""))
    except ValueError:
        return uuid.uuid4()


@login_not_required
@require_safe
def feedback_challenge(request: HttpRequest) -> JsonResponse:
    """A puzzle for the form's proof of work."""
    limits.take("challenge_address", visitors.sender(request))
    return JsonResponse(challenge.new_challenge(now=timezone.now()))


@login_not_required
@require_safe
def feedback_privacy(request: HttpRequest) -> HttpResponse:
    """The words that people agree to; ``?version=`` shows those of an earlier time (CUS-19)."""
    wanted = request.GET.get("version", "")
    version = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else None
    consent = offers.consent_text(now=timezone.now(), version=version)
    if consent is None:
        raise Http404
    return render(request, "public/privacy.html", {"consent": consent})


def _to_receipt(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    visitors.let_in(request, receipt.case, full=True)
    if receipt.lost:
        messages.warning(request, visitors.lost_files(receipt.lost))
    return redirect("feedback_receipt", signed=_SIGNER.sign(receipt.case.number))


@login_not_required
@require_safe
def feedback_receipt(request: HttpRequest, signed: str) -> HttpResponse:
    """Number, access code and what comes next; in the browser that sent the form, as often as it is loaded (INT-24)."""
    try:
        number = _SIGNER.unsign(signed)
    except signing.BadSignature as error:
        raise Http404 from error
    if not visitors.sees(request, number, full=True):
        messages.info(
            request,
            _(
                "For your protection the receipt is shown only in the browser that sent the form. Please use "
                "number and code."
            ),
        )
        return redirect("track")
    case = Case.objects.select_related("kind").get(number=number)
    due = offers.promises(case)
    context = {
        "number": case.number,
        "beside": beside(case),
        "code": access_code(case),
        "link": settings.SITE_URL + reverse("track_link", args=[link_token(case)]),
        "by_phone": phone_tail(case),
        "by_mail": bool(case.reporter_email),
        "acknowledgement": _future(due.acknowledgement),
        "resolution": _future(due.resolution),
    }
    return render(request, "public/receipt.html", context)


def _future(at: datetime | None) -> datetime | None:
    """A promise is named while it can be kept; the tracking page tells the rest."""
    return at if at and at > timezone.now() else None
