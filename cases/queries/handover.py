"""What is in somebody's hands, or on a department's desk: for handing it over in one act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F

from cases.lifecycle import ENDED
from cases.models import Assignment, Case, Measure, Visit
from organization.models import Department, User

#: What a piece of work is, in the order of the page.
OWNED, HUB, HELD, PASSED, MEASURE, VISIT = "owned", "hub", "held", "passed", "measure", "visit"
PIECES = (OWNED, HUB, HELD, PASSED, MEASURE, VISIT)


@dataclass(frozen=True)
class Piece:
    """One duty of a person on one open case."""

    case_id: int
    what: str


def work_of(user: User, *, barred: int) -> list[Piece]:
    """Every duty of a person on open cases, except on those from which the asker (``barred``) is recused."""
    open_cases = Case.objects.open().exclude(barred__contains=[-barred])
    found = [
        *_pieces(OWNED, open_cases.filter(owner=user).values_list("pk", flat=True)),
        *_pieces(HUB, open_cases.filter(acknowledged_by=user).exclude(owner=user).values_list("pk", flat=True)),
    ]
    current = Assignment.objects.unanswered().filter(round=F("case__round"), case__in=open_cases)
    measures = Measure.objects.filter(owner=user, state=Measure.State.PLANNED, case__in=open_cases)
    visits = Visit.objects.filter(visitor=user, arrived_at=None, cancelled_at=None, case__in=open_cases)
    found += _pieces(HELD, current.filter(holder=user).values_list("case_id", flat=True))
    found += _pieces(PASSED, current.filter(passed_to=user).values_list("case_id", flat=True))
    found += _pieces(MEASURE, measures.values_list("case_id", flat=True))
    found += _pieces(VISIT, visits.values_list("case_id", flat=True))
    return found


def _pieces(what: str, keys: Iterable[int]) -> list[Piece]:
    return [Piece(key, what) for key in keys]


def counted(pieces: Iterable[Piece]) -> dict[str, int]:
    """How many of each sort, in the order of the page."""
    counts = Counter(piece.what for piece in pieces)
    return {what: counts[what] for what in PIECES if counts[what]}


def assignments_of(department: Department, *, barred: int) -> list[Assignment]:
    """A department's assignments that owe an answer, except on cases from which the asker is recused."""
    return list(
        Assignment.objects.unanswered()
        .filter(department=department, round=F("case__round"))
        .exclude(case__state__in=list(ENDED))
        .exclude(case__barred__contains=[-barred])
        .select_related("case")
        .defer("case__search", "case__contact_search", "case__text")
        .order_by("pk")
    )
