"""What this person was told in the program, newest first."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from notifications import queries
from notifications.actions import mark_read
from notifications.models import Message
from organization.requests import LARGEST_ID, number, person


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """A page of messages; ``?unread=1`` only those not read yet."""
    unread = bool(request.GET.get("unread"))
    before = number(request.GET.get("before"))
    page = queries.inbox(person(request).pk, before=before, unread=unread)
    context = {"page": page, "unread": unread, "first": before is None}
    return render(request, "desk/inbox.html", context)


@require_GET
def open_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Go to what a message is about; from then on it counts as read."""
    user = person(request)
    rows = Message.objects.inbox_of(user.pk, timezone.now())
    message = rows.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if message is None:
        raise Http404(_("This message is not here any more."))
    mark_read(user.pk, message_id=message.pk)
    ours = message.path.startswith("/") and url_has_allowed_host_and_scheme(message.path, allowed_hosts=None)
    return redirect(message.path if ours else "inbox")


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Note that one message, or all of them, were read."""
    one = number(request.POST.get("message"))
    if mark_read(person(request).pk, message_id=one) and one is None:
        messages.success(request, _("All messages are marked as read."))
    return redirect("inbox")
