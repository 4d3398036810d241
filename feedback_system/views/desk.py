"""The desk: what is mine and burns; a short list of set-up for administrators."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_POST

from audit.actor import Actor
from audit.exceptions import InvalidMove
from cases.models import Case
from cases.queries import desk as queries
from cases.queries.next_step import works_for_hub
from customers.queries.communications import owed_by
from customers.queries.grants import requests_waiting
from customers.rights import is_general_manager
from feedback_system.frame import reads_cases
from feedback_system.privacy.requests import requests_for
from notifications.actions import mark_telephoned
from notifications.models import Message
from notifications.queries import inbox, to_telephone_of
from organization.models import Role
from organization.queries import Identity, identity_of
from organization.requests import LARGEST_ID, person
from returns.queries.panels import to_call, waiting_for
from returns.rights import knows_returns
from surveys.queries.follow_ups import found as of_answers
from surveys.queries.follow_ups import listed, rows_of

FOLLOW_UPS_SHOWN = 8
JUST_HAPPENED = 6
RETURNS_SHOWN = 8


@dataclass(frozen=True)
class Card:
    """A figure that opens a list; the number comes afterwards, with the counters."""

    name: str
    label: str | Promise
    query: str
    tone: str = ""

    @property
    def url(self) -> str:
        """The list behind the figure."""
        return f"{reverse('case_list')}?{self.query}"

    @property
    def counter(self) -> str:
        """Its name among the counters."""
        return f"desk-{self.name}"


_OVERDUE = Card("overdue", lazy("Overdue"), "overdue=1&sort=urgent", "red")
_TODAY = Card("today", lazy("Due today"), "due=today&sort=urgent", "amber")
_WAITING = Card("awaiting_opinion", lazy("Awaiting the customer's opinion"), "state=awaiting_opinion")
HUB_CARDS = (
    _OVERDUE,
    _TODAY,
    Card("registered", lazy("To acknowledge"), "state=registered&sort=urgent"),
    Card("acknowledged", lazy("To dispatch"), "state=acknowledged&sort=urgent"),
    _WAITING,
)
CARDS = (
    _OVERDUE,
    _TODAY,
    Card("dispatched", lazy("To receive"), "state=dispatched&sort=urgent"),
    Card("handling", lazy("Being handled"), "state=handling&sort=urgent"),
    _WAITING,
)


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Everything that waits for this person, in order of its due time."""
    user = person(request)
    who = identity_of(user)
    if not reads_cases(who):
        return render(request, "desk/setup.html", {"drafts": queries.Draft.objects.filter(user=user)[:5]})
    context = {
        "today": timezone.localtime(),
        "desk": queries.desk_of(user, who),
        "cards": HUB_CARDS if works_for_hub(who) else CARDS,
        "happened": inbox(user.pk, limit=JUST_HAPPENED).messages,
        "deputised": [one for one in who.deputised if one.role != Role.ADMINISTRATOR],
        "follow_ups": owed_by(user, who, most=FOLLOW_UPS_SHOWN),
        "file_requests": list(requests_waiting()[:FOLLOW_UPS_SHOWN]) if is_general_manager(who) else [],
        "data_requests": requests_for(who),
        "return_calls": to_call(who, most=RETURNS_SHOWN),
        "returns": waiting_for(who, most=RETURNS_SHOWN) if knows_returns(who) else [],
        "answers": rows_of(listed(of_answers(who, "mine")).order_by("due_on", "pk")[:RETURNS_SHOWN]),
        "only_reads": all(one.role == Role.AUDITOR for one in who.acting),
    }
    return render(request, "desk/desk.html", context)


@require_POST
def telephoned(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the customer was told by telephone what could not be sent: this message and those before it."""
    user = person(request)
    who = identity_of(user)
    message = _message_to_call(who, pk)
    if message is None:
        raise Http404(_("This task is not here any more."))
    for waiting in to_telephone_of(message.thread).filter(pk__lte=message.pk):
        try:
            mark_telephoned(waiting, by=Actor.staff(user))
        except InvalidMove:  # a colleague was quicker
            continue
    messages.success(request, _("Noted: the customer was told by telephone."))
    return redirect("desk")


def _message_to_call(who: Identity, pk: int) -> Message | None:
    """A message that waits to be telephoned, of a case that this person may see."""
    if pk > LARGEST_ID or not works_for_hub(who):
        return None
    message = Message.objects.to_telephone().filter(pk=pk, thread__startswith="case:").first()
    if message is None:
        return None
    seen = Case.objects.visible_to(who).filter(pk=int(message.thread.partition(":")[2]))
    return message if seen.exists() else None
