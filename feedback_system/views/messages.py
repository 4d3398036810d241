"""Outgoing messages: whether they went out. What a case says is not the administrator's to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages as said
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.exceptions import DomainError
from cases.models import Case
from feedback_system import rights
from feedback_system.logs import scrub
from notifications import queries
from notifications.actions import mark_telephoned, resend
from notifications.models import UNREACHED, ChannelName, Message, State
from notifications.templates import placeholders_of, replace, template_of
from organization import access
from organization.models import User
from organization.queries import identity_of
from organization.requests import number, person

_CASE = "case:"
_MORE = 4


@dataclass(frozen=True)
class Line:
    """A message as a page shows it: contents and case only for those who may read the case."""

    message: Message
    what: str
    to: str
    error: str
    case: Case | None
    can_resend: bool
    can_telephone: bool


@require_safe
def messages_page(request: HttpRequest) -> HttpResponse:
    """A page of messages, newest first, by state and channel."""
    user = person(request)
    rights.messages_page(user)
    state = _one_of(request.GET.get("state", ""), State.values)
    channel = _one_of(request.GET.get("channel", ""), ChannelName.values)
    lines, older = _lines(user, state, channel, number(request.GET.get("before")))
    context = {
        "lines": lines,
        "older": older,
        "state": state,
        "channel": channel,
        "states": State.choices,
        "channels": ChannelName.choices,
        "failing": queries.failing_channels(),
        "sees_cases": not access.is_administrator(user),
    }
    return render(request, "settings/messages.html", context)


def _one_of(value: str, known: list[Any]) -> str:
    return value if value in known else ""


def _lines(user: User, state: str, channel: str, before: int | None) -> tuple[list[Line], int | None]:
    """For administrators all; for a head of the hub those of the cases that are visible, page after page."""
    if access.is_administrator(user):
        page = queries.outgoing(state=state, channel=channel, before=before)
        return [_line(row, None, is_administrator=True) for row in page.messages], page.next_before
    found: list[Line] = []
    for _attempt in range(_MORE):
        page = queries.outgoing(state=state, channel=channel, before=before, limit=100)
        cases = _visible_cases(user, page.messages)
        found += [
            _line(row, cases[pk], is_administrator=False) for row in page.messages if (pk := _case_key(row)) in cases
        ]
        before = page.next_before
        if len(found) >= queries.PAGE or before is None:
            break
    return found, before


def _case_key(row: Message) -> int | None:
    return number(row.thread.removeprefix(_CASE)) if row.thread.startswith(_CASE) else None


def _visible_cases(user: User, rows: list[Message]) -> dict[int | None, Case]:
    keys = {key for row in rows if (key := _case_key(row))}
    visible = Case.objects.filter(pk__in=keys).visible_to(identity_of(user)).only("number", "subject", "state")
    return {case.pk: case for case in visible}


def _line(row: Message, case: Case | None, *, is_administrator: bool) -> Line:
    unreached = row.state in UNREACHED
    return Line(
        message=row,
        what=_what(row.kind),
        to=row.user.name if row.user else (masked(row.address) if is_administrator else row.address),
        # A mail server's refusal names the address.
        error=scrub(row.error) if is_administrator else row.error,
        case=case,
        can_resend=unreached,
        can_telephone=unreached and row.user_id is None and row.telephoned_at is None and not is_administrator,
    )


def _what(kind: str) -> str:
    """What such messages say, without what this one says."""
    try:
        template = template_of(kind)
    except ValueError:
        return _("Message")
    return replace(str(template.subject), dict.fromkeys(placeholders_of(template), "…"))


def masked(address: str) -> str:
    """Enough of an address to recognise it, not enough to use it: 138****6634, z***@mail.example."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{address[:3]}****{address[-4:]}" if len(address) >= 9 else "****"


def _message(request: HttpRequest, pk: int) -> Message:
    """A message that this person may act on; 404 otherwise."""
    user = person(request)
    rights.messages_page(user)
    row = Message.objects.select_related("user").filter(pk=pk).first()
    if row is None or not (access.is_administrator(user) or _visible_cases(user, [row])):
        raise Http404
    return row


@require_POST
def message_resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a message again that did not go out."""
    row = _message(request, pk)
    try:
        resend(row, by=rights.messages_page(person(request)))
        said.success(request, _("It is waiting to be sent again."))
    except DomainError as error:
        said.error(request, error.message)
    return _back(request)


@require_POST
def message_telephoned(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that somebody passed it on by telephone; for those who may read what it says."""
    row = _message(request, pk)
    if access.is_administrator(person(request)):
        raise Http404
    try:
        mark_telephoned(row, by=rights.messages_page(person(request)))
        said.success(request, _("Noted: passed on by telephone."))
    except DomainError as error:
        said.error(request, error.message)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    kept = request.GET.urlencode()
    return redirect(f"{reverse('messages')}?{kept}" if kept else reverse("messages"))
