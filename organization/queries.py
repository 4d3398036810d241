"""Who somebody is: the identity from which every read and every right starts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from organization.models import Calendar, Department, Organisation, Role, User
from organization.models.units import DEPARTMENT_PRINCIPAL_BASE, HEADS_PRINCIPAL_BASE, Function
from organization.working_time import WorkingCalendar, parse_calendar

#: Roles whose holder reads every case (unless barred).
READS_ALL_ROLES = frozenset({Role.MANAGER, Role.AUDITOR})


@dataclass(frozen=True)
class Identity:
    """A person with role, functions and departments, and those for whom he or she deputises.

    ``departments`` are memberships, ``headed`` those departments and all under them that the
    person heads. ``principals`` are the numbers that stand for the person in ``Case.readers``.
    """

    user_id: int
    role: str
    functions: frozenset[str] = frozenset()
    departments: frozenset[int] = frozenset()
    headed: frozenset[int] = frozenset()
    principals: frozenset[int] = frozenset()
    deputised: tuple[Identity, ...] = field(default=())

    @property
    def reads_all(self) -> bool:
        """Hub, managers, auditors and the general manager read every case."""
        return (
            self.role in READS_ALL_ROLES
            or Function.GENERAL_MANAGER in self.functions
            or (Function.HUB in self.functions and self.role != Role.ADMINISTRATOR)
        )

    @property
    def acting(self) -> tuple[Identity, ...]:
        """Own identity first, then those of the people deputised for (ORG-15)."""
        return (self, *self.deputised)

    def is_in(self, department_id: int | None) -> bool:
        """Whether the department is one of the person's own, or lies under one he or she heads."""
        return department_id is not None and (department_id in self.departments or department_id in self.headed)


_IDENTITY_SQL = """
WITH who AS (
  SELECT id AS me, id, role FROM organization_user WHERE id = ANY(%(users)s)
  UNION
  SELECT d.deputy_id, u.id, u.role FROM organization_deputy d JOIN organization_user u ON u.id = d.principal_id
  WHERE d.deputy_id = ANY(%(users)s) AND d.starts_at <= %(now)s AND d.ends_at > %(now)s AND u.is_active
)
SELECT who.me, who.id, 'r', NULL::bigint, who.role FROM who
UNION ALL
SELECT who.me, m.user_id, CASE WHEN m.is_head THEN 'h' ELSE 'm' END, m.department_id, NULL
  FROM organization_membership m JOIN who ON who.id = m.user_id
UNION ALL
SELECT who.me, m.user_id, 's', d.id, NULL FROM organization_membership m JOIN who ON who.id = m.user_id
  JOIN organization_department d ON m.department_id = ANY(d.lineage) WHERE m.is_head
UNION ALL
SELECT who.me, m.user_id, 'f', f.number, f.code FROM organization_membership m JOIN who ON who.id = m.user_id
  JOIN organization_department_functions df ON df.department_id = m.department_id
  JOIN organization_function f ON f.number = df.function_id
UNION ALL
SELECT who.me, uf.user_id, 'f', f.number, f.code FROM organization_user_functions uf JOIN who ON who.id = uf.user_id
  JOIN organization_function f ON f.number = uf.function_id
"""

_cache: ContextVar[dict[int, Identity] | None] = ContextVar("identities", default=None)


@contextmanager
def remembered_identities() -> Iterator[None]:
    """Within one request the same person is looked up once; never longer (rights act at once)."""
    token = _cache.set({})
    try:
        yield
    finally:
        _cache.reset(token)


def identity_of(user: User, *, now: datetime | None = None) -> Identity:
    """The identity of a user now, in one query; an inactive or anonymous user has none of it."""
    cache = _cache.get()
    if cache is not None and user.pk in cache:
        return cache[user.pk]
    identity = identities_of([user.pk], now=now)[user.pk]
    if cache is not None:
        cache[user.pk] = identity
    return identity


def identities_of(user_ids: Collection[int], *, now: datetime | None = None) -> dict[int, Identity]:
    """The identities of several users now, in one query, by the user's number."""
    with connection.cursor() as cursor:
        cursor.execute(_IDENTITY_SQL, {"users": list(user_ids), "now": now or timezone.now()})
        rows = cursor.fetchall()
    facts: dict[int, dict[int, list[tuple[str, int | None, str | None]]]] = {pk: {} for pk in user_ids}
    for me, user_id, kind, number, text in rows:
        facts[me].setdefault(user_id, []).append((kind, number, text))
    found = {}
    for me, by_user in facts.items():
        others = tuple(_identity(pk, known) for pk, known in sorted(by_user.items()) if pk != me)
        found[me] = _identity(me, by_user.get(me, []), deputised=others)
    return found


def _identity(
    user_id: int, facts: list[tuple[str, int | None, str | None]], deputised: tuple[Identity, ...] = ()
) -> Identity:
    role = next((text for kind, _, text in facts if kind == "r" and text), "")
    departments = frozenset(n for kind, n, _ in facts if kind in "hm" and n is not None)
    headed = frozenset(n for kind, n, _ in facts if kind == "s" and n is not None)
    numbers = frozenset(n for kind, n, _ in facts if kind == "f" and n is not None)
    return Identity(
        user_id=user_id,
        role=role,
        functions=frozenset(text for kind, _, text in facts if kind == "f" and text),
        departments=departments,
        headed=headed,
        principals=frozenset({-user_id}) | numbers | department_principals(departments, headed),
        deputised=deputised,
    )


def department_principals(departments: frozenset[int], headed: frozenset[int]) -> frozenset[int]:
    """Numbers that stand for a member of ``departments`` who heads ``headed`` (a head stands for all under it)."""
    return frozenset(DEPARTMENT_PRINCIPAL_BASE + d for d in departments | headed) | frozenset(
        HEADS_PRINCIPAL_BASE + d for d in headed
    )


def organisation() -> Organisation:
    """The organisation's own facts; an unsaved default before the first set-up."""
    return Organisation.objects.select_related("duty_person").first() or Organisation(
        pk=1, name="Huiyin", short_name="Huiyin"
    )


def working_calendar(code: str) -> WorkingCalendar:
    """The working calendar with that code, its exceptions loaded (one query, three when it was edited)."""
    calendar = Calendar.objects.get(code=code)
    return _calendar_at(calendar.pk, calendar.revision, calendar.complete_through)


@lru_cache(maxsize=64)
def _calendar_at(pk: int, _revision: int, _complete_through: date | None) -> WorkingCalendar:
    # Every action that edits a calendar counts its revision up, so a process never works with an old one.
    calendar = Calendar.objects.get(pk=pk)
    return parse_calendar(
        zone=timezone.get_default_timezone_name(),
        weekly=calendar.weekly,
        days={day.day: day.periods for day in calendar.days.all()},
        complete_through=calendar.complete_through,
    )


def heads_of(department: Department) -> QuerySet[User]:
    """Active heads of a department itself."""
    return User.objects.filter(memberships__department=department, memberships__is_head=True, is_active=True).order_by(
        "pk"
    )


def people_with_function(code: str) -> QuerySet[User]:
    """Active people who hold a personal function, or belong to a department that carries it."""
    return (
        User.objects.filter(is_active=True)
        .filter(functions__code=code)
        .union(User.objects.filter(is_active=True, departments__functions__code=code))
    )
