"""Who worked on cases in rooms above: whoever repaired or inspected its goods is no stranger to a case (SUR-15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from django.db.models import CharField, Exists, Model, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from audit.models import ActorKind, Event

#: A person at a desk, or a program with a person's key; an import or the clock works on nothing.
_PEOPLE = (ActorKind.STAFF, ActorKind.TOKEN)


class Source(Protocol):
    """Where a room above says who worked on a case."""

    def worked(self, people: Collection[int]) -> Exists:
        """That one of these people worked on the case of the row outside, which has it in its column ``case``."""

    def workers(self, cases: Collection[int]) -> Iterable[tuple[int, Iterable[int | None]]]:
        """Case and people who worked on it; one case may come several times."""


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

    def workers(self, cases: Collection[int]) -> Iterable[tuple[int, Iterable[int | None]]]:
        """Case and people who worked on it; one query."""
        rows = self.model._default_manager.filter((f"{self.case}__in", list(cases))).order_by()
        for case, *people in rows.values_list(self.case, *self.people):
            yield case, people


@dataclass(frozen=True)
class Acts:
    """Happenings in the histories of another room's rows: who did them, in whose place, and whom they name.

    A column forgets who handed the work on, or did it in vain; a history does not. ``prefix`` begins the names of the
    histories, ``names`` is the change that holds a person before and after.
    """

    model: type[Model]
    case: str
    prefix: str
    verbs: tuple[str, ...]
    names: str

    def worked(self, people: Collection[int]) -> Exists:
        """That one of these people worked on the case of the row outside, which has it in its column ``case``."""
        one = Q(actor_id__in=list(people)) | Q(deputy_for__in=list(people))
        for person in people:
            one |= Q((f"changes__{self.names}__contains", [person]))
        thread = Concat(Value(f"{self.prefix}:"), Cast(OuterRef("pk"), TextField()), output_field=CharField())
        acts = self._acts().filter(one, thread=thread)
        return Exists(self.model._default_manager.filter(Exists(acts), (self.case, OuterRef("case"))))

    def workers(self, cases: Collection[int]) -> Iterable[tuple[int, Iterable[int | None]]]:
        """Case and people who worked on it; two queries."""
        rows = self.model._default_manager.filter((f"{self.case}__in", list(cases))).order_by()
        threads = {f"{self.prefix}:{pk}": case for pk, case in rows.values_list("pk", self.case)}
        acts = self._acts().filter(thread__in=list(threads))
        for thread, actor, principal, changes in acts.values_list("thread", "actor_id", "deputy_for", "changes"):
            yield threads[thread], [actor, principal, *changes.get(self.names, ())]

    def _acts(self) -> QuerySet[Event]:
        return Event.objects.filter(verb__in=self.verbs, actor_kind__in=_PEOPLE).order_by()


_hands: list[Source] = []


def register(*hands: Source) -> None:
    """Let a room above say where its people stand who work on cases (at start-up)."""
    _hands.extend(one for one in hands if one not in _hands)


def worked_beside(people: Collection[int]) -> Q:
    """That one of these people worked on the case of a row in a room above; for rows with a column ``case``."""
    found = Q(pk__in=[])
    for one in _hands:
        found |= Q(one.worked(people))
    return found


def workers_beside(cases: Collection[int]) -> dict[int, set[int]]:
    """Who worked on these cases in rooms above, by case; as many queries for many cases as for one."""
    found: dict[int, set[int]] = defaultdict(set)
    for one in _hands:
        for case, people in one.workers(cases):
            found[case].update(pk for pk in people if pk is not None)
    return found
