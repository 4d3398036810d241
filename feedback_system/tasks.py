"""Celery wrappers of what only the composition root can do."""

from celery import shared_task

from feedback_system.alarms import raise_calendar_alarm


@shared_task(ignore_result=True)
def calendar_alarm() -> int:
    """Tell the administrators when a calendar ends too soon."""
    return raise_calendar_alarm()
