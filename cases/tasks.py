"""Celery wrappers of the cases room: id in, one action, nothing else."""

from celery import shared_task
from django.utils import timezone

from cases.actions import sweep


@shared_task(queue="clock", ignore_result=True, soft_time_limit=55, time_limit=60)
def sweep_clocks() -> int:
    """Beat's tick: warn, declare breaches, climb the ladder."""
    return sweep.sweep_clocks()


@shared_task(queue="work", ignore_result=True)
def recompute_open_clocks(calendar_code: str) -> int:
    """After an edit of a calendar."""
    return sweep.recompute_open_clocks(calendar_code, at=timezone.now())
