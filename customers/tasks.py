"""Celery wrappers of the customers room: one action, nothing else."""

from celery import shared_task

from customers.actions import duplicates


@shared_task(ignore_result=True)
def look_for_duplicates() -> int:
    """Beat's tick: find the customers that may be one."""
    return duplicates.look_for_duplicates()
