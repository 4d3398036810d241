"""Who worked on cases in rooms above: whoever repaired or inspected its goods is no stranger to a case (SUR-15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, Model, OuterRef, Q


@dataclass(frozen=True)
class Hands:
    """Rows of another room that name people who worked on a case: by which way to the case, in which columns."""

    model: type[Model]
    case: str
    people: tuple[str, ...]

    def worked(self, people: Collection[int]) -> Exists:
        """That one of these people worked on the case of the row outside, which has it in its column ``case``."""
        one = Q()
        for column in self.people:
            one |= Q((f"{column}__in", list(people)))
        return Exists(self.model._default_manager.filter(one, (self.case, OuterRef("case"))))


_hands: list[Hands] = []


def register(*hands: Hands) -> None:
    """Let a room above say where its people stand who work on cases (at start-up)."""
    _hands.extend(one for one in hands if one not in _hands)


def worked_beside(people: Collection[int]) -> Q:
    """That one of these people worked on the case of a row in a room above; for rows with a column ``case``."""
    found = Q(pk__in=[])
    for one in _hands:
        found |= Q(one.worked(people))
    return found


def workers_beside(cases: Collection[int]) -> dict[int, set[int]]:
    """Who worked on these cases in rooms above, by case; one query for each table."""
    found: dict[int, set[int]] = defaultdict(set)
    for one in _hands:
        rows = one.model._default_manager.filter((f"{one.case}__in", list(cases))).order_by()
        for case, *people in rows.values_list(one.case, *one.people):
            found[case].update(pk for pk in people if pk is not None)
    return found
