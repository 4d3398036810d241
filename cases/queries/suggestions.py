"""What is proposed for a new record: category by its words, department by the routing table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cases.models import Category
from cases.policy import CasesPart
from organization.models import Department
from regulations.models import ProfileVersion


def proposals_for(
    text: str, version: ProfileVersion, *, category: Category | None = None
) -> tuple[Category | None, Department | None]:
    """The category of a text, unless it is known, and the department that the profile routes it to (two queries)."""
    rows = list(Category.objects.all())
    found = category or category_in(text, (row for row in rows if row.keywords and row.retired_at is None))
    return found, department_for(version, found, codes={row.pk: row.code for row in rows})


def category_in(text: str, categories: Iterable[Category]) -> Category | None:
    """The category whose keywords the text names most often; None when it names none."""
    best: Category | None = None
    score = 0
    for category in categories:
        hits = sum(text.count(word) for word in category.keywords)
        if hits > score:
            best, score = category, hits
    return best


def department_for(
    version: ProfileVersion, category: Category | None, *, codes: Mapping[int, str] | None = None
) -> Department | None:
    """The lead department that the profile routes a category to (RTE-02): nearest rule up the tree.

    ``codes`` of all categories by their keys, where they were read before.
    """
    if category is None:
        return None
    if codes is None:
        codes = dict(Category.objects.filter(pk__in=category.lineage).values_list("pk", "code"))
    routes = {route.category: route for route in version.part(CasesPart).routes}
    for pk in reversed(category.lineage):
        route = routes.get(codes[pk])
        if route and route.department:
            return Department.objects.active().filter(code=route.department).first()
        if route and route.function:
            return Department.objects.active().filter(functions__code=route.function).order_by("pk").first()
    return None
