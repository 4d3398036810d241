"""What cases and profiles have against retiring a unit of the organisation."""

from __future__ import annotations

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.exceptions import Reason
from cases.lifecycle import ENDED
from cases.models import Assignment
from cases.policy import CasesPart
from organization.models import Department, Product, Site
from organization.models.units import Tree
from regulations.models import Profile, ProfileUse


def reasons(row: Tree) -> list[Reason]:
    """Open work and rules in force that name the unit."""
    if isinstance(row, Department):
        return _of_department(row)
    if isinstance(row, Site | Product):
        uses = ProfileUse.objects.filter(site=row) if isinstance(row, Site) else ProfileUse.objects.filter(line=row)
        if uses.exists():
            return [Reason("profile", _("A regulation profile applies to it. Let another one apply first."))]
    return []


def _of_department(row: Department) -> list[Reason]:
    found = []
    current = Assignment.objects.unanswered().filter(department=row, round=F("case__round"))
    if count := current.exclude(case__state__in=list(ENDED)).count():
        found.append(
            Reason(
                "assignments",
                ngettext(
                    "%(count)d assignment owes an answer. Hand the open work over first.",
                    "%(count)d assignments owe an answer. Hand the open work over first.",
                    count,
                )
                % {"count": count},
            )
        )
    if any(_routes_to(profile, row) for profile in Profile.objects.filter(uses__isnull=False).distinct()):
        found.append(Reason("routes", _("The routing names it. Change the routing first.")))
    return found


def _routes_to(profile: Profile, row: Department) -> bool:
    routes = profile.versions.latest("number").part(CasesPart).routes
    return any(route.department == row.code for route in routes)
