"""Celery wrappers of the room: id in, one action, nothing else."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from audit.actor import Actor
from audit.exceptions import InvalidMove
from customers.actions import duplicates, imports


@shared_task(ignore_result=True)
def look_for_duplicates() -> int:
    """Beat's tick: find the customers that may be one."""
    return duplicates.look_for_duplicates()


@shared_task(ignore_result=True)
def work_on_import(pk: int) -> None:
    """The check or the import of a table: as far as one task may go, and the task after it."""
    try:
        through = imports.work_on(pk)
    except InvalidMove:
        return  # another worker is at it
    if not through:
        work_on_import.delay(pk)


@shared_task(ignore_result=True)
def work_on_pending_imports() -> None:
    """Beat's tick: take up imports whose worker was lost."""
    for pk in imports.pending(timezone.now()):
        work_on_import(pk)


@shared_task(ignore_result=True)
def forget_imports() -> int:
    """Beat's tick: throw away uploads and refused rows whose time is over."""
    return imports.forget_imports(timezone.now(), by=Actor.system("forget-imports"))
