"""Going through a hand-over piece by piece: each in a transaction of its own, together with the note of it.

Whatever ends a run, the next one goes on behind the last piece; two runs at once take turns, because each
piece begins with the lock of the hand-over's row.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.exceptions import DomainError
from cases import notices
from cases.actions.handover import Refusal, Report, hand_over_assignment, hand_over_case
from cases.models import Assignment, Case
from cases.queries.handover import PIECES, assignments_of
from cases.queries.people import people_of
from feedback_system.handover import cases_of
from feedback_system.models import Handover, HandoverRefusal
from notifications import templates
from notifications.actions import NewMessage, enqueue
from organization.models import User
from returns.actions.handover import REPAIRS

#: So many pieces are handed over while the page waits: about three seconds.
AT_ONCE = 50
#: Somebody else is at work while the last progress is younger than this.
LEASE = timedelta(minutes=2)


def register() -> None:
    """Make the text known to the outbox."""
    templates.register(
        "handover_done",
        subject=_("The work of {name} was handed over"),
        body=_("{count} pieces of work went to {person}; of {refused} cases something stayed where it was."),
        names=("name", "person", "count", "refused"),
    )


def pending(now: datetime) -> list[int]:
    """Keys of hand-overs that have not ended and that nobody is at work on."""
    return list(
        Handover.objects.filter(finished_at=None, progress_at__lt=now - LEASE)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def carry_on(pk: int, *, budget: timedelta = timedelta(seconds=45)) -> bool:
    """Hand over piece after piece; True when nothing is left to do, False when the time was up before."""
    row = Handover.objects.select_related("giver", "taker", "giver_department", "taker_department", "by").get(pk=pk)
    if row.finished_at is not None:
        return True
    started = time.monotonic()
    with translation.override(row.by.language):
        for piece in _left(row):
            if time.monotonic() - started > budget.total_seconds():
                return False
            _hand_over(row, piece)
        _finish(row)
    return True


def _left(row: Handover) -> list[int]:
    if row.giver is not None:
        found = cases_of(row.giver, barred=row.by_id)
    else:
        assert row.giver_department is not None  # noqa: S101 - a constraint says so
        found = [assignment.pk for assignment in assignments_of(row.giver_department, barred=row.by_id)]
    return [piece for piece in found if piece > row.after]


@transaction.atomic
def _hand_over(row: Handover, piece: int) -> None:
    locked = Handover.objects.select_for_update().get(pk=row.pk)
    if locked.finished_at is not None or piece <= locked.after:
        return
    report = Report()
    try:
        with transaction.atomic():
            _act(row, piece, report)
    except DomainError as error:
        report = Report(refused=[Refusal(_number(row, piece), error.message)])
    locked.moved = dict(Counter(locked.moved) + report.moved)
    locked.done, locked.after, locked.progress_at = locked.done + 1, piece, timezone.now()
    locked.save(update_fields=["moved", "done", "after", "progress_at"])
    HandoverRefusal.objects.bulk_create(
        HandoverRefusal(handover=locked, number=each.number, why=each.why) for each in report.refused
    )


def _act(row: Handover, piece: int, report: Report) -> None:
    by = Actor.staff(row.by)
    if row.giver is not None and row.taker is not None:
        hand_over_case(Case(pk=piece), row.giver, row.taker, by=by, report=report)
    elif row.taker_department is not None:
        assignment = Assignment.objects.select_related("case").get(pk=piece)
        hand_over_assignment(assignment, row.taker_department, by=by, report=report)


def _number(row: Handover, piece: int) -> str:
    cases = Case.objects.filter(pk=piece) if row.giver_id else Case.objects.filter(assignments=piece)
    return cases.values_list("number", flat=True).get()


@transaction.atomic
def _finish(row: Handover) -> None:
    """Tell who takes the work, once for all of it, and who began when the page did not wait."""
    locked = Handover.objects.select_for_update().get(pk=row.pk)
    if locked.finished_at is not None:
        return
    now = timezone.now()
    locked.finished_at = locked.progress_at = now
    locked.save(update_fields=["finished_at", "progress_at"])
    if count := sum(locked.moved.get(what, 0) for what in (*PIECES, REPAIRS)):
        notices.handed_over(_takers(row), count, by=Actor.staff(row.by), at=now)
    if locked.total > AT_ONCE:
        _tell(row, sum(locked.moved.values()))


def _takers(row: Handover) -> list[User]:
    if row.taker_department is not None:
        return people_of(row.taker_department, exclude=())
    return [row.taker] if row.taker else []


def _tell(row: Handover, count: int) -> None:
    refused = row.refused.values("number").distinct().count()
    enqueue(
        NewMessage(
            dedupe_key=f"handover:{row.pk}:done",
            kind="handover_done",
            thread=f"user:{row.by_id}",
            user_id=row.by_id,
            language=row.by.language,
            context={"name": str(row.source), "person": str(row.target), "count": count, "refused": refused},
            path=f"/settings/handover/{row.pk}/",
        )
    )
