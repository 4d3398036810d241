"""Celery wrappers of the cases room: id in, one action, nothing else.

The sweep goes to the queue "clock" by beat's own schedule; everything else takes the default, "work".
"""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from audit.actor import Actor
from cases.actions import bulk, calendar, drafts, slips, sweep


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def sweep_clocks() -> int:
    """Beat's tick: warn, declare breaches, climb the ladder."""
    return sweep.sweep_clocks()


@shared_task(ignore_result=True)
def recompute_open_clocks(calendar_code: str) -> None:
    """After an edit of a calendar: go on until the running clocks of its cases follow it."""
    if not calendar.recompute_clocks(calendar_code):
        recompute_open_clocks.delay(calendar_code)


@shared_task(ignore_result=True)
def recompute_pending() -> None:
    """Beat's tick: take up a recomputation whose task was lost."""
    for code in calendar.pending(timezone.now()):
        recompute_open_clocks(code)


@shared_task(ignore_result=True)
def forget_drafts() -> int:
    """Beat's tick: throw away drafts, with their files, that their authors have left alone for long."""
    before = timezone.now() - timedelta(days=settings.DRAFTS_KEPT_DAYS)
    return drafts.forget_drafts(before=before, by=Actor.system("forget-drafts"))


@shared_task(ignore_result=True)
def file_owed_slips() -> None:
    """Beat's tick: file the case slips of the rounds that have ended since."""
    for pk in slips.owed():
        slips.file_slip(pk)


@shared_task(ignore_result=True)
def run_bulk(pk: int) -> None:
    """One act on many cases: the next chunk, and the task after it."""
    if not bulk.run_bulk(pk):
        run_bulk.delay(pk)


@shared_task(ignore_result=True)
def run_pending_bulk() -> None:
    """Beat's tick: take up acts on many cases whose task was lost."""
    for pk in bulk.pending(timezone.now()):
        run_bulk(pk)
