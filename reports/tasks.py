"""Celery wrappers of the reports room: one action each, nothing else."""

from celery import shared_task

from reports.actions import daily, issuing, ledgers


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def ask_for_due() -> int:
    """Beat's tick: the reports that are due by the calendar."""
    return len(issuing.ask_for_due())


@shared_task(ignore_result=True, soft_time_limit=240, time_limit=300)
def build_pending() -> int:
    """Beat's tick: build what waits, and take up reports whose task was lost."""
    return sum(issuing.build_report(pk) is not None for pk in issuing.pending())


@shared_task(ignore_result=True, soft_time_limit=240, time_limit=300)
def build_report(pk: int) -> bool:
    """Build one report."""
    return issuing.build_report(pk) is not None


@shared_task(ignore_result=True)
def write_ledger(pk: int) -> None:
    """One ledger as a file."""
    ledgers.write_ledger(pk)


@shared_task(ignore_result=True)
def write_pending_ledgers() -> None:
    """Beat's tick: take up ledgers whose task was lost."""
    for pk in ledgers.pending():
        ledgers.write_ledger(pk)


@shared_task(ignore_result=True, soft_time_limit=20, time_limit=30)
def count_changed() -> int:
    """Beat's tick: the dashboard's sums of what changed."""
    return daily.count_changed()


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def recount() -> int:
    """Beat's tick: everything anew, the first time and once a night; a part of it at a time."""
    return daily.recount()
