"""Celery wrappers of the returns room: id in, one action, nothing else."""

from celery import shared_task

from returns.actions import book, sweep


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def sweep_clocks() -> int:
    """Beat's tick: warn, declare breaches, climb the ladder."""
    return sweep.sweep_clocks()


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def sweep_deliveries() -> int:
    """Beat's tick: what was sent and not confirmed counts as received after the days of transport."""
    return sweep.sweep_deliveries()


@shared_task(ignore_result=True)
def write_book(pk: int) -> None:
    """One account book as a file."""
    book.write_book(pk)


@shared_task(ignore_result=True)
def write_pending_books() -> None:
    """Beat's tick: take up account books whose task was lost."""
    for pk in book.pending():
        book.write_book(pk)
