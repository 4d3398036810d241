"""Which customers the rows of a table mean, and everything that is known of them: a few queries for many rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from customers.imports.rows import Given, Line
from customers.models import (
    ContactPoint,
    Customer,
    CustomerFile,
    CustomerImport,
    CustomerKind,
    CustomerType,
    ExternalNumber,
    Holding,
    ImportLine,
    ImportMapping,
    Standing,
)
from customers.queries.merging import living_keys, names_of_parts
from organization.models import User
from organization.text import fold


@dataclass
class Found:
    """What the database knows of the words of some rows.

    ``by_key`` the number in the system of the table -> customer; ``by_point`` (comparable number or address, folded
    name) -> customers; ``by_name`` folded name -> organisations; ``numbers`` customer -> its number in that system;
    ``coming`` digests of numbers and names of the organisations that the table brings, in a check.
    """

    by_key: dict[str, int] = field(default_factory=dict)
    by_point: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    by_name: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    numbers: dict[int, str] = field(default_factory=dict)
    organisations: dict[int, Customer] = field(default_factory=dict)
    coming: Collection[int] = ()

    def is_coming(self, word: str) -> bool:
        """Whether the table itself brings the organisation that a cell names, by number or name."""
        return hash(word) in self.coming or hash(folded_name(word)) in self.coming

    def organisation(self, word: str) -> tuple[Customer | None, bool]:
        """The organisation that a cell names by number or name, and whether several are called so."""
        found = self.by_name.get(folded_name(word), set())
        pk = self.by_key.get(word) or (min(found) if len(found) == 1 else 0)
        return self.organisations.get(pk), not pk and len(found) > 1


def folded_name(name: str) -> str:
    """A name as it is stored for comparison."""
    return fold(name)[:100]


def look_up(rows: Sequence[Given], *, system: str) -> Found:
    """Everything that is needed to know the customers of these rows again.

    Who became part of another is known by the old name and number too, as the one who stays.
    """
    found = Found()
    keys = {row.key for row in rows if row.key} | {row.organisation for row in rows if row.organisation}
    for number, pk in ExternalNumber.objects.filter(system=system, number__in=keys).values_list("number", "customer"):
        found.by_key[number] = pk
    normals = {point.normal for row in rows for point in row.points}
    points = ContactPoint.objects.filter(normal__in=normals)
    reached = list(points.values_list("normal", "customer__folded_name", "customer"))
    stays = living_keys(pk for _normal, _name, pk in reached)
    old_names = names_of_parts(stays.values())
    for normal, name, pk in reached:
        for called in {name, *old_names.get(stays[pk], ())}:
            found.by_point[normal, called].add(stays[pk])
    names = {folded_name(row.name) for row in rows if not row.points}
    names |= {folded_name(row.organisation) for row in rows if row.organisation}
    firms = Customer.objects.filter(type=CustomerType.ORGANISATION, folded_name__in=names)
    called_so = dict(firms.values_list("pk", "folded_name"))
    for pk, living in living_keys(called_so).items():
        found.by_name[called_so[pk]].add(living)
    candidates = {pk for several in (*found.by_point.values(), *found.by_name.values()) for pk in several}
    owned = ExternalNumber.objects.filter(system=system, customer__in=candidates)
    found.numbers = dict(owned.values_list("customer", "number"))
    named = [found.by_key.get(row.organisation) for row in rows if row.organisation]
    keyed = [pk for pk in named if pk]
    found.organisations = Customer.objects.in_bulk([*keyed, *(pk for pks in found.by_name.values() for pk in pks)])
    return found


@dataclass
class Known:
    """A customer with everything that a row could change; ``file`` may be unsaved and empty.

    ``old_names`` folded names of those who became part of this customer.
    """

    customer: Customer
    kinds: list[CustomerKind] = field(default_factory=list)
    points: list[ContactPoint] = field(default_factory=list)
    file: CustomerFile | None = None
    held: list[Holding] = field(default_factory=list)
    standing: Standing | None = None
    old_names: set[str] = field(default_factory=set)


def load_known(keys: Collection[int], *, lock: bool) -> dict[int, Known]:
    """These customers, each with what belongs to it; locked in the order of their keys where they will be changed."""
    if not keys:
        return {}
    rows: QuerySet[Customer] = (
        Customer.objects.filter(pk__in=keys).order_by("pk").defer("search", "organisation__search")
    )
    rows = rows.select_related("organisation", "salesperson", "custodian")
    if lock:
        rows = rows.select_for_update(of=("self",))
    known = {row.pk: Known(row) for row in rows}
    for point in ContactPoint.objects.filter(customer__in=known):
        known[point.customer_id].points.append(point)
    through = Customer.kinds.through._default_manager.filter(customer__in=known)
    kinds = CustomerKind.objects.in_bulk()
    for pk, kind in through.values_list("customer", "customerkind"):
        known[pk].kinds.append(kinds[kind])
    for file in CustomerFile.objects.filter(customer__in=known):
        known[file.customer_id].file = file
    for held in Holding.objects.there().filter(customer__in=known).order_by("pk"):
        known[held.customer_id].held.append(held)
    for standing in Standing.objects.filter(customer__in=known):
        known[standing.customer_id].standing = standing
    for pk, names in names_of_parts(known).items():
        known[pk].old_names = names
    return known


def with_people(keys: Iterable[int]) -> set[int]:
    """Which of these organisations have people."""
    rows = Customer.objects.filter(organisation__in=list(keys)).values_list("organisation", flat=True)
    return {pk for pk in rows.distinct() if pk}


def lines_after(imported: CustomerImport, position: int, count: int) -> list[Line]:
    """The next rows of a table."""
    rows = ImportLine.objects.filter(imported=imported, pk__gt=position).order_by("pk")
    return [Line(*row) for row in rows.values_list("pk", "row", "values", "notes", "message", "barred")[:count]]


def refused_lines(imported: CustomerImport) -> QuerySet[ImportLine]:
    """The rows that are not in, each with its reason, in the order of the table."""
    return ImportLine.objects.filter(imported=imported).exclude(message="").order_by("id")


def usual_mapping(digest: str) -> tuple[dict[str, list[int]], str, str] | None:
    """What the columns of a table with these titles meant the last time: places, system, type of all rows."""
    row = ImportMapping.objects.filter(digest=digest).first()
    return (row.mapping, row.system, row.default_type) if row else None


def imports_of(user: User) -> QuerySet[CustomerImport]:
    """The person's own imports, newest first."""
    return CustomerImport.objects.filter(by=user).order_by("-pk")[:50]
