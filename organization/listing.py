"""The list of colleagues as the settings show it: searched, filtered, with what the page needs read once."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from organization import text
from organization.models import Department, Membership, User

#: Passwords that open nothing begin so (Django's unusable ones).
NO_PASSWORD = "!"  # noqa: S105 - it is none


@dataclass(frozen=True)
class Wanted:
    """Which colleagues: words of name, login name, mail or telephone; role, department (with those under it), state."""

    words: str = ""
    role: str = ""
    department: Department | None = None
    state: str = "active"


STATES = ("active", "invited", "inactive", "all")


def find_users(wanted: Wanted) -> QuerySet[User]:
    """Colleagues in the order of their names, with departments, functions and second factor at hand."""
    rows = User.objects.all()
    match wanted.state:
        case "active":
            rows = rows.filter(is_active=True)
        case "invited":
            rows = rows.filter(is_active=True, password__startswith=NO_PASSWORD)
        case "inactive":
            rows = rows.filter(is_active=False)
    if wanted.role:
        rows = rows.filter(role=wanted.role)
    if wanted.department is not None:
        rows = rows.filter(departments__lineage__contains=[wanted.department.pk]).distinct()
    for word in wanted.words.split():
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(initials__startswith=text.fold(word))
            | Q(name_key__startswith=text.fold(word))
            | Q(username__icontains=word)
            | Q(email__icontains=word)
            | Q(phone__icontains=word)
        )
    totp = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
    places = Membership.objects.select_related("department").order_by("-is_main", "pk")
    return (
        rows.annotate(has_factor=Exists(totp))
        .prefetch_related(Prefetch("memberships", places), "functions")
        .order_by("name_key", "pk")
    )
