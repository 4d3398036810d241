"""Finding customers: who is calling, and the list in the order of its sound."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
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
#: Of a term that more customers have, so many are put in order: an offer shows eight.
MOST_SORTED = 200


def normal_phone(value: str) -> str:
    """The comparable form of a telephone number: E.164, or its digits where that is not possible."""
    return comparable(text.normalise_phone(value), value)


def comparable(number: text.PhoneNumber, value: str) -> str:
    """The same of a number that was understood already."""
    return number.e164 or text.phone_digits(number.national) or text.phone_digits(value)


def match(term: str, *, who: Identity, limit: int = MATCHES_SHOWN, only: str = "") -> list[Customer]:
    """Customers who fit what was typed: number or its tail, e-mail, name, initials (INT-30).

    A complete number or address comes first; at most ``limit``, with organisation and contact points loaded. Nobody
    finds whom he or she may not know of, and a number by its tail is found only by who may see numbers (SEC-08).
    ``only`` is a type of customers.
    """
    found = matching(term, who=who, limit=limit, only=only)
    by_id = with_contacts(Customer.objects.visible_to(who).filter(pk__in=found)).in_bulk()
    return [by_id[pk] for pk in found if pk in by_id]


def matching(term: str, *, who: Identity, limit: int, only: str = "") -> list[int]:
    """Their keys alone, in the same order."""
    term = text.clean_line(term)
    if not term:
        return []
    found: dict[int, None] = {}
    for candidates in _candidates(term, who, limit=limit, only=only):
        found |= dict.fromkeys(candidates[:limit])
        if len(found) >= limit:
            break
    return list(found)[:limit]


def _candidates(term: str, who: Identity, *, limit: int, only: str) -> list[QuerySet[Customer, int]]:
    """Each way of reading what was typed, its rows in the order of the index that finds them.

    Another order reads all rows that begin so, or walks the whole table until eight of them were met.
    """
    digits, folded = text.phone_digits(term), text.fold(term)
    if "@" in term:
        points = _points(who, only).filter(type=ContactType.EMAIL, normal=folded).order_by("customer_id")
        return [points.values_list("customer_id", flat=True)]  # type: ignore[list-item]
    if len(digits) >= SHORTEST_TAIL and not any(char.isalpha() for char in folded):
        return _by_number(term, digits, who, only)
    names = Customer.objects.visible_to(who)
    if only:
        names = names.filter(type=only)
    ways = [names.filter(folded_name__startswith=folded).order_by("folded_name", "id")]
    if folded.isascii():
        ways.append(names.filter(initials__startswith=folded).order_by("initials", "id"))
        ways.append(names.filter(name_key__startswith=folded).order_by("name_key", "id"))
    elif query := text.tsquery(term):
        holding = names.extra(where=["customers_customer.search @@ %s::tsquery"], params=[query])
        some = _by_words(holding, max(MOST_SORTED, limit))
        ways.append(Customer.objects.filter(pk__in=some).order_by("name_key", "id"))
    return [way.values_list("pk", flat=True) for way in ways]


def _by_words(holding: QuerySet[Customer], most: int) -> list[int]:
    """So many of the customers whose names hold the words; by the index of words, whatever the planner thinks.

    It takes words that stand together in names for independent, and would then walk the whole table for eight rows.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan TO off; SET LOCAL enable_indexscan TO off")
        found = list(holding.order_by().values_list("pk", flat=True)[:most])
        cursor.execute("SET LOCAL enable_seqscan TO on; SET LOCAL enable_indexscan TO on")
    return found


def _by_number(term: str, digits: str, who: Identity, only: str) -> list[QuerySet[Customer, int]]:
    points = _points(who, only).filter(type=ContactType.PHONE)
    whole = points.filter(normal=normal_phone(term)).order_by("customer_id")
    # The exclusion looks idle; without it the partial index is not used.
    ends = points.filter(reversed__startswith=digits[::-1]).exclude(reversed="").order_by("reversed", "customer_id")
    if not rights.keeps_all(who):  # else a mask could be guessed digit by digit
        ends = ends.filter(customer__in=Customer.objects.clear_to(who))
    return [way.values_list("customer_id", flat=True) for way in (whole, ends)]  # type: ignore[misc]


def _points(who: Identity, only: str) -> QuerySet[ContactPoint]:
    points = ContactPoint.objects.all()
    if not rights.keeps_all(who):
        points = points.filter(customer__in=Customer.objects.visible_to(who))
    return points.filter(customer__type=only) if only else points


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
