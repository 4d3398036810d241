"""Customers that may be one: those that resemble one customer, and all pairs, the strongest first.

A pair is shown only to who sees both in the clear: that two customers share a number would tell it to somebody who
sees only one of the two numbers (SEC-08).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from customers import rights
from customers.duplicates import MOST_IN_A_GROUP, Known, Resemblance, compare
from customers.keys import NameKey, SerialKey
from customers.models import Candidate, ContactPoint, ContactType, Customer, CustomerType, Distinction, Holding
from customers.queries.card import CallerCard, cards_of, clear_of, with_contacts
from organization.queries import Identity

#: So many are compared with one customer; more with one number or name are a crowd, not duplicates.
MOST_COMPARED = 50
PAGE_SIZE = 25


@dataclass(frozen=True)
class Pair:
    """Two customers that may be one, and why."""

    one: CallerCard
    other: CallerCard
    found: Resemblance


@dataclass(frozen=True)
class PairPage:
    """One page of pairs; ``after`` is the key of the next, empty at the end."""

    pairs: list[Pair]
    after: str = ""


def alike(customer: Customer, who: Identity) -> list[Pair]:
    """Who may be the same as this customer, the strongest first, as far as this person sees both in the clear.

    A constant number of queries, each by an index.
    """
    keys = set(
        Customer.objects.clear_to(who)
        .filter(pk__in=_near(customer), type=customer.type)
        .filter(~_told_apart(customer))
        .values_list("pk", flat=True)[:MOST_COMPARED]
    )
    known = known_of({customer.pk, *keys})
    mine = known.get(customer.pk)
    if mine is None or not keys:
        return []
    crowded = crowded_of(known.values())
    found = [compare(mine, known[pk], crowded=crowded) for pk in keys if pk in known]
    found = sorted((each for each in found if each.signs), key=lambda each: (-each.strength, each.low, each.high))
    return _pairs(found, who, first=customer.pk)


def pairs_of(who: Identity, *, after: str = "", size: int = PAGE_SIZE) -> PairPage:
    """The pairs that the last sweep found, the strongest first, behind a key such as ``"80-123"``.

    Never counts, never skips; what was merged or judged since is left out.
    """
    rows = Candidate.objects.order_by("-strength", "pk")
    clear = Customer.objects.clear_to(who)
    if rights.keeps_all(who):
        for side in ("low", "high"):
            rows = rows.filter(Q((f"{side}__merged_into", None), (f"{side}__erased_at", None)))
            if not rights.heads_the_files(who):
                rows = rows.filter(Q((f"{side}__restricted_at", None)))
    else:
        rows = rows.filter(low__in=clear, high__in=clear)
    judged = Distinction.objects.standing().filter(low=OuterRef("low"), high=OuterRef("high"))
    rows = rows.filter(~Exists(judged))
    if start := _key(after):
        rows = rows.filter(Q(strength__lt=start[0]) | Q(pk__gt=start[1]), strength__lte=start[0])
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    known = known_of({pk for row in found for pk in (row.low_id, row.high_id)})
    crowded = crowded_of(known.values())
    compared = [compare(known[row.low_id], known[row.high_id], crowded=crowded) for row in found]
    last = f"{found[-1].strength}-{found[-1].pk}" if more else ""
    return PairPage(_pairs([each for each in compared if each.signs], who), last)


def resemblance_of(one: Customer, other: Customer) -> Resemblance:
    """What two customers have in common."""
    known = known_of([one.pk, other.pk])
    return compare(known[one.pk], known[other.pk], crowded=crowded_of(known.values()))


def distinctions_of(customer: Customer, who: Identity) -> list[tuple[Customer, Distinction]]:
    """Whom somebody told apart from this customer, as far as this person sees them in the clear; newest first."""
    rows = Distinction.objects.standing().filter(Q(low=customer) | Q(high=customer))
    rows = rows.select_related("by", "low", "high").order_by("-pk")[:MOST_COMPARED]
    others = {row.pk: row.high if row.low_id == customer.pk else row.low for row in rows}
    clear = clear_of(others.values(), who)
    return [(others[row.pk], row) for row in rows if others[row.pk].pk in clear]


def known_of(keys: Iterable[int]) -> dict[int, Known]:
    """What is compared of these customers; three queries."""
    wanted = set(keys)
    numbers: dict[int, dict[str, tuple[str, str]]] = defaultdict(dict)
    addresses: dict[int, dict[str, str]] = defaultdict(dict)
    points = ContactPoint.objects.filter(customer__in=wanted).order_by("pk")
    for pk, sort, normal, value, extension in points.values_list("customer_id", "type", "normal", "value", "extension"):
        if sort == ContactType.PHONE:
            numbers[pk][normal] = (value, extension)
        else:
            addresses[pk][normal] = value
    serials: dict[int, dict[str, str]] = defaultdict(dict)
    held = _serials().filter(customer__in=wanted).order_by("pk")
    for pk, key, serial in held.values_list("customer_id", "key", "serial"):
        serials[pk][key] = serial
    rows = Customer.objects.filter(pk__in=wanted).annotate(key=NameKey("folded_name"))
    return {
        pk: Known(pk, sort, name, key, organisation, numbers[pk], addresses[pk], serials[pk])
        for pk, sort, name, key, organisation in rows.values_list("pk", "type", "name", "key", "organisation_id")
    }


def crowded_of(known: Iterable[Known]) -> set[str]:
    """Of the numbers and addresses that two of these have, those that stand in more than two files; one query."""
    seen: set[str] = set()
    twice: set[str] = set()
    for one in known:
        mine = {*one.numbers, *one.addresses}
        twice |= seen & mine
        seen |= mine
    if not twice:
        return set()
    rows = ContactPoint.objects.filter(normal__in=twice, customer__merged_into=None).values("normal")
    crowd = rows.annotate(n=Count("customer", distinct=True)).filter(n__gt=2)
    return set(crowd.values_list("normal", flat=True))


def groups() -> Iterator[list[int]]:
    """Customers that have a number, an address, a name or a serial in common, for the sweep over the whole base.

    Each is one pass over one index. A group of more than a handful is a crowd and is left out: so the pairs stay few,
    however large the base.
    """
    living = Customer.objects.filter(merged_into=None)
    names = living.annotate(key=NameKey("folded_name")).filter(~Q(key=""))
    sources: tuple[QuerySet[Any, Any], ...] = (
        ContactPoint.objects.filter(customer__merged_into=None).values("type", "normal"),
        names.filter(type=CustomerType.ORGANISATION).values("key"),
        names.filter(organisation__isnull=False).values("organisation", "key"),
        _serials().filter(customer__merged_into=None).values("key"),
    )
    for rows, column in zip(sources, ("customer_id", "pk", "pk", "customer_id"), strict=True):
        counted = rows.annotate(n=Count(column, distinct=True), keys=ArrayAgg(column, distinct=True))
        found = counted.filter(n__range=(2, MOST_IN_A_GROUP)).order_by().values_list("keys", flat=True)
        yield from found.iterator(chunk_size=2000)


def pairs_in(found: Iterable[list[int]]) -> set[tuple[int, int]]:
    """Each two of each group, the smaller number first."""
    return {pair for group in found for pair in combinations(sorted(set(group)), 2)}


def _serials() -> QuerySet[Any, Any]:
    """What is on the card of somebody and has a number: contracts and orders belong to the file (A-31)."""
    rows = Holding.objects.filter(~Q(serial=""), removed_at=None, kind__in=Holding.ON_CARD)
    return rows.annotate(key=SerialKey("serial")).filter(~Q(key=""))


def _near(customer: Customer) -> set[int]:
    """Numbers of customers that have something in common with this one."""
    me = known_of([customer.pk])[customer.pk]
    normals = [*me.numbers, *me.addresses]
    points = ContactPoint.objects.filter(normal__in=normals).values_list("customer_id", flat=True)
    named = Customer.objects.annotate(key=NameKey("folded_name")).filter(key=me.name_key)
    if me.is_person:
        named = named.filter(organisation=me.organisation) if me.organisation else named.none()
    held = _serials().filter(key__in=[*me.serials]).values_list("customer_id", flat=True)
    found = {*points[: 2 * MOST_COMPARED], *held[:MOST_COMPARED]}
    if me.name_key:
        found |= {*named.values_list("pk", flat=True)[:MOST_COMPARED]}
    return found - {customer.pk}


def _told_apart(customer: Customer) -> Exists:
    """Whether somebody judged that the row is not this customer."""
    pair = Q(low=customer, high=OuterRef("pk")) | Q(high=customer, low=OuterRef("pk"))
    return Exists(Distinction.objects.standing().filter(pair))


def _pairs(found: list[Resemblance], who: Identity, *, first: int = 0) -> list[Pair]:
    keys = {pk for each in found for pk in (each.low, each.high)}
    cards = {card.customer.pk: card for card in cards_of(with_contacts(Customer.objects.filter(pk__in=keys)), who)}
    return [Pair(cards[mine], cards[each.other(mine)], each) for each in found for mine in [first or each.low]]


def _key(after: str) -> tuple[int, int] | None:
    strength, _, pk = after.partition("-")
    if not (strength.isascii() and strength.isdecimal() and pk.isascii() and pk.isdecimal() and len(pk) < 19):
        return None
    return int(strength[:4]), int(pk)
