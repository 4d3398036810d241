"""Celery wrappers of the surveys room: one action each, nothing else."""

from celery import shared_task

from surveys.actions import drawing, follow_ups, inviting, overdue, records, tallying


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def sweep_invitations() -> int:
    """Beat's tick: ask after closed cases whose working days are over."""
    return inviting.sweep_invitations()


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def sweep_open_invitations() -> int:
    """Beat's tick: remind, end what is late, withdraw what must not be asked any more."""
    return inviting.sweep_open()


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def draw_callbacks() -> int:
    """Beat's tick: draw what is missing to the quarter's callbacks."""
    return drawing.draw_callbacks()


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def withdraw_callbacks() -> int:
    """Beat's tick: take back callbacks of cases that are open again, and of who must not be asked."""
    return drawing.withdraw_callbacks()


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def tally() -> int:
    """Beat's tick: add what was answered to the sums that result pages read."""
    return tallying.tally()


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def hold_reopened() -> int:
    """Beat's tick: what is open of a case that was taken up again holds its closing."""
    return follow_ups.hold_reopened()


@shared_task(ignore_result=True, soft_time_limit=55, time_limit=60)
def sweep_follow_ups() -> int:
    """Beat's tick: tell whose follow-ups are nearly due or overdue."""
    return overdue.sweep_follow_ups()


@shared_task(ignore_result=True)
def write_record(pk: int) -> None:
    """One record of a quarter's calls as a file."""
    records.write_record(pk)


@shared_task(ignore_result=True)
def write_pending_records() -> None:
    """Beat's tick: take up records whose task was lost."""
    for pk in records.pending():
        records.write_record(pk)
