"""Finding customers: who is calling, and the list in the order of its sound."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from customers import rights
from customers.models import ContactPoint, ContactType, Customer
from customers.queries.card import with_contacts
from organization import text
from organization.queries import Identity
from organization.requests import number

#: Shorter tails fit too many people to mean anything.
SHORTEST_TAIL = 4
MATCHES_SHOWN = 8
PAGE_SIZE = 50


def normal_phone(value: str) -> str:
    """The comparable form of a telephone number: E.164, or its digits where that is not possible."""
    number = text.normalise_phone(value)
    return number.e164 or text.phone_digits(number.national) or text.phone_digits(value)


def match(term: str, *, who: Identity, limit: int = MATCHES_SHOWN, only: str = "") -> list[Customer]:
    """Customers who fit what was typed: number or its tail, e-mail, name, initials (INT-30).

    A complete number or address comes first; at most ``limit``, with organisation and contact points loaded. Nobody
    finds whom he or she may not know of, and a number by its tail is found only by who may see numbers (SEC-08).
    ``only`` is a type of customers.
    """
    term = text.clean_line(term)
    if not term:
        return []
    known = Customer.objects.visible_to(who)
    found: list[int] = []
    for candidates in _candidates(term, who, only=only):
        found += [pk for pk in candidates[:limit] if pk not in found]
        if len(found) >= limit:
            break
    by_id = with_contacts(known.filter(pk__in=found[:limit])).in_bulk()
    return [by_id[pk] for pk in found[:limit] if pk in by_id]


def _candidates(term: str, who: Identity, *, only: str) -> list[QuerySet[Customer, int]]:
    digits = text.phone_digits(term)
    living = ContactPoint.objects.filter(customer__merged_into=None)
    points = living.order_by("customer_id").values_list("customer_id", flat=True)
    names = Customer.objects.filter(merged_into=None).order_by("name_key", "id").values_list("pk", flat=True)
    if not rights.keeps_all(who):
        known = Customer.objects.visible_to(who)
        points, names = points.filter(customer__in=known), names.filter(pk__in=known)
    if only:
        points, names = points.filter(customer__type=only), names.filter(type=only)
    if "@" in term:
        return [points.filter(type=ContactType.EMAIL, normal=text.fold(term))]  # type: ignore[list-item]
    if len(digits) >= SHORTEST_TAIL and not any(char.isalpha() for char in text.fold(term)):
        normal = normal_phone(term)
        whole = points.filter(type=ContactType.PHONE, normal=normal)
        ends = points.filter(type=ContactType.PHONE, reversed__startswith=digits[::-1])
        if not rights.keeps_all(who):  # else a mask could be guessed digit by digit
            ends = ends.filter(customer__in=Customer.objects.clear_to(who))
        return [whole, ends]  # type: ignore[list-item]
    folded = text.fold(term)
    ways = [names.filter(folded_name__startswith=folded)]
    if folded.isascii():
        ways.append(names.filter(initials__startswith=folded))
        ways.append(names.filter(name_key__startswith=folded))
    elif query := text.tsquery(term):
        ways.append(names.extra(where=["search @@ %s::tsquery"], params=[query]))
    return ways


@dataclass(frozen=True)
class Page:
    """One page in pinyin order; ``before`` and ``after`` are the keys of the pages beside it, empty at the ends."""

    customers: list[Customer]
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Wanted:
    """Which customers a list shows; "" wants all."""

    visit_class: str = ""
    tier: str = ""


def page_of(
    who: Identity, *, wanted: Wanted = Wanted(), after: str = "", before: str = "", size: int = PAGE_SIZE
) -> Page:
    """A page behind or before a key such as ``"7"``, the number of the customer beside it; else the first.

    Never counts, never skips. A key that fits nobody is no key.
    """
    known = listed(who, wanted)
    start = known.filter(pk=number(before or after) or 0).first()
    if start is not None and before:
        ahead = _beyond(known.order_by("-name_key", "-id"), "<", start)
        rows = list(with_contacts(ahead)[: size + 1])
        if len(rows) > size:
            rows = rows[size - 1 :: -1]
            return Page(rows, before=str(rows[0].pk), after=str(rows[-1].pk))
        start = None  # less than a page before it: that is the first page
    behind = known.order_by("name_key", "id")
    rows = list(with_contacts(_beyond(behind, ">", start) if start else behind)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    return Page(
        rows,
        before=str(rows[0].pk) if start and rows else "",
        after=str(rows[-1].pk) if more else "",
    )


def listed(who: Identity, wanted: Wanted) -> QuerySet[Customer]:
    """All customers of a list, in no order."""
    known = Customer.objects.visible_to(who)
    if wanted.visit_class:
        known = known.filter(visit_class=wanted.visit_class)
    if wanted.tier:
        known = known.filter(tier=wanted.tier)
    return known


def _beyond(rows: QuerySet[Customer], sign: str, start: Customer) -> QuerySet[Customer]:
    # One comparison of rows is one index condition; Django writes it as three, which walk from the beginning.
    where = f"(customers_customer.name_key, customers_customer.id) {sign} (%s, %s)"
    return rows.extra(where=[where], params=[start.name_key, start.pk])  # noqa: S610 - our columns, values apart


def find_for_contact(*, phone: str, email: str, name: str) -> Customer | None:
    """The one customer whose number or address and name agree; None when nobody or several do.

    The name may also be that of a file that became part of this one.
    """
    normals = [n for n in (normal_phone(phone) if phone else "", text.fold(email)) if n]
    if not normals or not name:
        return None
    folded = text.fold(name)
    rows = list(
        Customer.objects.filter(Q(folded_name=folded) | Q(merged_from__folded_name=folded))
        .filter(contact_points__normal__in=normals, merged_into=None)
        .distinct()
        .order_by("pk")[:2]
    )
    return rows[0] if len(rows) == 1 else None
