"""What administrators are told without asking."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications import readers, templates
from notifications.actions import NewMessage, enqueue
from organization.actions.calendar import ends_soon
from organization.models import Calendar, Role, User


def register() -> None:
    """Make the alarms' texts known to the outbox."""
    templates.register(
        "calendar_ends",
        subject=_("The working calendar “{name}” is complete only through {through}"),
        body=_(
            "Deadlines beyond it are provisional. Please enter the State Council's notice of holidays and make-up"
            " days, then confirm the new date: {url}"
        ),
        names=("name", "through"),
    )
    readers.register("calendar", readers.everyone)


@transaction.atomic
def raise_calendar_alarm() -> int:
    """Tell every administrator, once a month for each calendar that ends within 60 days; returns how many."""
    now = timezone.now()
    told = 0
    for calendar in Calendar.objects.all():
        if not ends_soon(calendar, today=timezone.localdate(now)):
            continue
        for user in User.objects.filter(role=Role.ADMINISTRATOR, is_active=True):
            message = enqueue(
                NewMessage(
                    dedupe_key=f"calendar:{calendar.pk}:{calendar.complete_through}:{now:%Y%m}:{user.pk}",
                    kind="calendar_ends",
                    thread=f"calendar:{calendar.pk}",
                    user_id=user.pk,
                    language=user.language,
                    context={"name": calendar.name, "through": calendar.complete_through or "-"},
                    path="/settings/calendar/",
                )
            )
            told += message is not None
    return told
