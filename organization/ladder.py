"""Who is told at each rung after a missed limit: owner, heads, the levels above them (SLA-04, A-38)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from organization.models import Department, User
from organization.models.units import Function


@dataclass
class Ladder:
    """The people of all rungs, looked up once a sweep with a handful of queries."""

    heads: dict[int, list[User]] = field(default_factory=dict)
    parents: dict[int, int | None] = field(default_factory=dict)
    carriers: dict[str, int] = field(default_factory=dict)
    hub_heads: list[User] = field(default_factory=list)
    managers: list[User] = field(default_factory=list)
    general_managers: list[User] = field(default_factory=list)

    @classmethod
    def load(cls) -> Ladder:
        """Heads by department, the tree, who carries which function, the managers."""
        ladder = cls(parents=dict(Department.objects.values_list("pk", "parent_id")))
        active = User.objects.filter(is_active=True)
        for user in active.filter(memberships__is_head=True).prefetch_related("memberships").distinct():
            for membership in user.memberships.all():
                if membership.is_head:
                    ladder.heads.setdefault(membership.department_id, []).append(user)
        carried = Department.objects.active().exclude(functions=None).order_by("-pk")
        ladder.carriers = dict(carried.values_list("functions__code", "pk"))
        ladder.hub_heads = list(
            active.filter(memberships__is_head=True, memberships__department__functions__code=Function.HUB).distinct()
        )
        ladder.managers = list(active.filter(role="manager"))
        ladder.general_managers = list(active.filter(functions__code=Function.GENERAL_MANAGER))
        return ladder

    def carrying(self, function: str) -> int | None:
        """The department that carries a function; the oldest of several."""
        return self.carriers.get(function)

    def told(
        self, level: str, *, owner: User | None, department: int | None, able: Callable[[User], bool]
    ) -> list[User]:
        """Who is told at a rung; where nobody of it may be, those of the next higher one at once (RTE-19, A-38).

        ``able`` says whether somebody may be told at all: not the recused, not who is gone.
        """
        for users in self._asked(level, owner, [x for x in self._heads_above(department) if any(map(able, x))]):
            if left := [user for user in users if able(user)]:
                return left
        return []

    def _asked(self, level: str, owner: User | None, above: list[list[User]]) -> list[list[User]]:
        """The people of a rung, then those who stand in for them; ``above`` are heads, from the department up."""
        top = [self.managers, self.general_managers]
        match level:
            case "head":
                return [*above, self.hub_heads, *top]
            case "next_level":
                return [*above[1:], *top]  # above those who were told as heads
            case "hub_head":
                return [self.hub_heads, *top]
            case "general_manager":
                return [self.general_managers, self.managers]
            case _:
                return [[owner] if owner else [], *above, self.hub_heads, *top]

    def _heads_above(self, department: int | None) -> list[list[User]]:
        """Heads of the department, then of each one above it."""
        found = []
        while department is not None:
            found.append(self.heads.get(department, []))
            department = self.parents.get(department)
        return found
