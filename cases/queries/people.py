"""Who answers for a case, and who takes over: recusal wins over every duty (RTE-18, RTE-19, A-27, A-38)."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from cases.models import Case, Recusal
from organization import text
from organization.models import Department, Membership, User
from organization.models.units import Function
from organization.queries import organisation, people_with_function

COLLEAGUES_OFFERED = 8


def barred_ids(case: Case) -> set[int]:
    """The people with an open recusal, read anew."""
    return set(Recusal.objects.filter(case=case, lifted_at__isnull=True).values_list("user_id", flat=True))


def duty_person() -> User | None:
    """Who owns what arrives without a first-asked person: the person on duty, else a head of the hub."""
    person = organisation().duty_person
    if person and person.is_active:
        return person
    return _of_the_hub().filter(memberships__is_head=True).order_by("pk").first()


def main_department(person: User | None) -> Department | None:
    """The department in which somebody receives what comes in (INT-06)."""
    if person is None:
        return None
    return Department.objects.filter(memberships__user=person).order_by("-memberships__is_main", "pk").first()


def _of_the_hub() -> QuerySet[User]:
    return User.objects.filter(is_active=True, memberships__department__functions__code="hub")


def hub_person(exclude: Collection[int]) -> User | None:
    """Somebody of the hub who is not excluded: person on duty, then its heads, then its members."""
    duty = duty_person()
    if duty and duty.pk not in exclude:
        return duty
    return _of_the_hub().exclude(pk__in=exclude).order_by("-memberships__is_head", "pk").first()


def hub_owner(case: Case) -> User | None:
    """The hub's person on a case: who acknowledged it, unless gone or barred; then somebody else of the hub."""
    person = case.acknowledged_by
    if person is not None and person.is_active and -person.pk not in case.barred:
        return person
    return hub_person(exclude=[-principal for principal in case.barred])


def waiver_step(*, exclude: Collection[int | None]) -> str:
    """The permission that decides whether no measure is needed (CAP-05).

    That of the management representative; where everybody with that function is excluded, the managers' (RTE-19).
    """
    representatives = people_with_function(Function.MANAGEMENT_REPRESENTATIVE)
    free = any(person.pk not in exclude for person in representatives)
    return "approve_waiver" if free else "approve_explained"


def people_of(department: Department, *, exclude: Collection[int]) -> list[User]:
    """Who is asked first in a department: its heads, else those above it, else its members; none of the excluded."""
    memberships = (
        Membership.objects.filter(department__in=department.lineage, user__is_active=True)
        .exclude(user__in=exclude)
        .select_related("user", "department")
        .order_by("pk")
    )
    by_depth: dict[int, list[User]] = {}
    members: list[User] = []
    for membership in memberships:
        if membership.is_head:
            by_depth.setdefault(membership.department.depth, []).append(membership.user)
        if membership.department_id == department.pk:
            members.append(membership.user)
    return by_depth[max(by_depth)] if by_depth else members


def colleagues(term: str, *, barred: Collection[int]) -> list[User]:
    """Active colleagues whose name, initials or pinyin begin as typed; ``barred`` are principals left out."""
    folded = text.fold(term)
    if not folded:
        return []
    fits = Q(name__istartswith=term) | Q(initials__startswith=folded) | Q(name_key__startswith=folded)
    rows = User.objects.filter(fits, is_active=True).exclude(pk__in=[-principal for principal in barred])
    return list(rows.prefetch_related("departments").order_by("name_key", "pk")[:COLLEAGUES_OFFERED])
