"""Celery wrappers of what only the composition root can do."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from feedback_system import handover_run
from feedback_system.alarms import raise_calendar_alarm
from feedback_system.privacy import erasure_requests, requests, retention
from notifications.actions import purge
from organization import limits, sheets


@shared_task(ignore_result=True)
def calendar_alarm() -> int:
    """Tell the administrators when a calendar ends too soon."""
    return raise_calendar_alarm()


@shared_task(ignore_result=True)
def hand_over(pk: int) -> None:
    """Go on with a hand-over until it has ended."""
    if not handover_run.carry_on(pk):
        hand_over.delay(pk)


@shared_task(ignore_result=True)
def hand_over_pending() -> None:
    """Beat's tick: take up a hand-over whose task was lost."""
    for pk in handover_run.pending(timezone.now()):
        hand_over(pk)


@shared_task(ignore_result=True)
def destroy(pk: int) -> None:
    """Go on with an approved destruction until it has ended."""
    if not retention.carry_on(pk):
        destroy.delay(pk)


@shared_task(ignore_result=True)
def erase_pending() -> None:
    """Beat's tick: take up what was approved and whose task, or whose process, was lost."""
    for row in erasure_requests.approved():
        erasure_requests.try_again(row)
    for pk in retention.approved():
        destroy.delay(pk)


@shared_task(ignore_result=True)
def remind_of_requests() -> int:
    """Remind who answers of requests about personal data that are due."""
    return requests.remind(timezone.now())


@shared_task(ignore_result=True)
def tidy_up() -> None:
    """Forget checked tables that nobody imported, and allowances that are full again."""
    sheets.forget_uploads(timezone.now())
    limits.sweep()


@shared_task(ignore_result=True)
def purge_messages() -> int:
    """Remove messages whose retention is over; what waits to be sent stays."""
    return purge(before=timezone.now() - timedelta(days=settings.MESSAGES_KEPT_DAYS))
