"""Celery wrappers of the surveys room: one action each, nothing else."""

from celery import shared_task

from surveys.actions import tallying


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def tally() -> int:
    """Beat's tick: add what was answered to the sums that result pages read."""
    return tallying.tally()
