"""A list of customers as it leaves the house: what its reader sees on the pages, and nothing more (SEC-08, CUS-17)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from customers.fields import CARD, FILE, FileField, collected
from customers.models import ClassChange, ContactPoint, ContactType, Customer, CustomerFile
from customers.queries.card import clear_of, organisations_of, with_contacts
from customers.queries.search import Wanted, listed, matching
from customers.reach import REFUSED
from documents.sheets import Column
from organization.masks import mask_email, mask_phone
from organization.queries import Identity

_CHUNK = 500


@dataclass(frozen=True)
class Selection:
    """Which customers: those of the list's filters, or those who fit what was typed."""

    wanted: Wanted = field(default_factory=Wanted)
    typed: str = ""

    def keys(self, who: Identity, *, most: int) -> list[int]:
        """Their keys in the order of the list, at most one more than ``most``."""
        if self.typed:
            return matching(self.typed, who=who, limit=most + 1)
        rows = listed(who, self.wanted).order_by("name_key", "id")
        return list(rows.values_list("pk", flat=True)[: most + 1])


def columns(*, whole_file: bool) -> list[Column]:
    """The card; the fields of the file only for who may read all files (A-31)."""
    titles = [
        pgettext("of a person or an organisation", "Name"), _("Person or organisation"), _("Organisation"),
        _("Kinds of customer"), _("Telephone"), _("E-mail"), _("Class"), _("Tier"), _("Salesperson"), _("Custodian"),
        _("Secrecy"), _("Please note"),
    ]  # fmt: skip
    return [Column(title) for title in (*titles, *(str(field.label) for field in _fields(whole_file=whole_file)))]


def _fields(*, whole_file: bool) -> Sequence[FileField]:
    sections = {CARD, FILE} if whole_file else {CARD}
    return [field for field in collected() if field.is_on and field.section in sections]


def rows_of(keys: Sequence[int], who: Identity, *, whole_file: bool) -> Iterator[list[Any]]:
    """One row for each of these customers, chunk by chunk; who became secret meanwhile is left out."""
    fields = _fields(whole_file=whole_file)
    for start in range(0, len(keys), _CHUNK):
        part = keys[start : start + _CHUNK]
        known = Customer.objects.visible_to(who).filter(pk__in=part)
        found = with_contacts(known).prefetch_related("kinds").in_bulk()
        rows = [found[pk] for pk in part if pk in found]
        clear, firms = clear_of(rows, who), organisations_of(rows, who)
        files = CustomerFile.objects.in_bulk([row.pk for row in rows])
        for row in rows:
            file = files.get(row.pk) if row.pk in clear or whole_file else None
            yield [
                row.name, row.get_type_display(), firms.get(row.organisation_id or 0, ""),
                "；".join(str(kind) for kind in row.kinds.all()),
                _points(row, ContactType.PHONE, clear=row.pk in clear),
                _points(row, ContactType.EMAIL, clear=row.pk in clear),
                row.visit_class, row.get_tier_display() if row.tier else "",
                row.salesperson.name if row.salesperson else "", row.custodian.name if row.custodian else "",
                row.get_secrecy_display(), row.attention,
                *(_value(row, file, field) for field in fields),
            ]  # fmt: skip


def _points(row: Customer, kind: str, *, clear: bool) -> str:
    mask = mask_phone if kind == ContactType.PHONE else mask_email
    return "；".join(
        f"{point.value if clear else mask(point.value)}{REFUSED if point.refused else ''}"
        for point in sorted(row.contact_points.all(), key=_key)
        if point.type == kind
    )


def _key(point: ContactPoint) -> int:
    return point.pk


def _value(row: Customer, file: CustomerFile | None, field: FileField) -> str:
    return str(getattr(file, field.name)) if file and row.type in field.types else ""


@dataclass(frozen=True)
class Classified:
    """A line of the list of classes (F62)."""

    customer: Customer
    criteria: str


def classified(who: Identity, wanted: Wanted, *, most: int) -> list[Classified]:
    """Customers with a class, A first, each with the reason of its last change; at most one more than ``most``."""
    latest = ClassChange.objects.filter(customer=OuterRef("pk")).order_by("-at", "-pk")
    rows = listed(who, wanted).exclude(visit_class="").annotate(criteria=Subquery(latest.values("reason")[:1]))
    ordered = rows.order_by("visit_class", "name_key", "id")[: most + 1]
    return [Classified(row, row.criteria or "") for row in ordered]
