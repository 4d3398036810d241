"""What is proposed for a new record: category by its words, department by the routing table."""

from __future__ import annotations

from collections.abc import Iterable

from cases.models import Category
from cases.policy import CasesPart
from organization.models import Department
from regulations.models import ProfileVersion


def suggest_category(text: str) -> Category | None:
    """The category whose keywords the text names most often; None when it names none."""
    return category_in(text, Category.objects.active().exclude(keywords=[]))


def category_in(text: str, categories: Iterable[Category]) -> Category | None:
    """As ``suggest_category``, among categories that were read before: for many texts at once."""
    best: Category | None = None
    score = 0
    for category in categories:
        hits = sum(text.count(word) for word in category.keywords)
        if hits > score:
            best, score = category, hits
    return best


def department_for(version: ProfileVersion, category: Category | None) -> Department | None:
    """The lead department that the profile routes a category to (RTE-02): nearest rule up the tree."""
    if category is None:
        return None
    part = version.part("cases")
    assert isinstance(part, CasesPart)  # noqa: S101 - narrows the type for mypy
    codes = dict(Category.objects.filter(pk__in=category.lineage).values_list("pk", "code"))
    routes = {route.category: route for route in part.routes}
    for pk in reversed(category.lineage):
        route = routes.get(codes[pk])
        if route and route.department:
            return Department.objects.active().filter(code=route.department).first()
        if route and route.function:
            return Department.objects.active().filter(functions__code=route.function).order_by("pk").first()
    return None
