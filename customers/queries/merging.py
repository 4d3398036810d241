"""Who became part of whom, and what stands against making two files one or two again."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from audit.exceptions import Reason
from audit.models import Sealed
from customers import merging
from customers.models import Communication, Customer, Distinction, FileGrant, Merge, Secrecy
from organization.queries import identity_of

_LEVELS = list(Secrecy.values)


def living_keys(keys: Iterable[int]) -> dict[int, int]:
    """For each number the one under which that customer is found now; one query for each step of a chain."""
    found = {key: key for key in keys}
    while moved := dict(
        Customer.objects.filter(pk__in=set(found.values()), merged_into__isnull=False).values_list(
            "pk", "merged_into_id"
        )
    ):
        found = {key: moved.get(now) or now for key, now in found.items()}
    return found


def living_key(pk: int) -> int:
    """The number under which this customer is found now."""
    return living_keys([pk])[pk]


def names_of_parts(keys: Iterable[int]) -> dict[int, set[str]]:
    """By which other names, folded, these customers were known: of those who became part of them, also through others.

    One query for each step of a chain.
    """
    found: dict[int, set[str]] = {}
    above = {key: key for key in keys}
    while above:
        rows = Customer.objects.filter(merged_into__in=above).values_list("pk", "merged_into", "folded_name")
        stays = {pk: above[into] for pk, into, _name in rows if into}
        for pk, _into, name in rows:
            found.setdefault(stays[pk], set()).add(name)
        above = stays
    return found


def parts_of(customer: Customer) -> dict[int, Customer]:
    """All who became part of this customer, also through others; by number."""
    found: dict[int, Customer] = {}
    above = [customer.pk]
    while above:
        rows = Customer.objects.filter(merged_into__in=above)
        below = {row.pk: row for row in rows if row.pk not in found}
        found |= below
        above = list(below)
    return found


def merges_of(customer: Customer) -> list[Merge]:
    """The merges into this customer that stand, newest first."""
    rows = Merge.objects.standing().filter(kept=customer).select_related("merged", "by")
    return list(rows.order_by("-pk"))


def against_merging(kept: Customer, merged: Customer) -> list[Reason]:
    """Why these two cannot be made one with ``kept`` staying; empty where they can."""
    if kept.pk == merged.pk:
        return [Reason("itself", _("A customer is not merged with itself."))]
    found = [
        Reason("merged", _("“%(name)s” is part of another customer already.") % {"name": row.name})
        for row in (kept, merged)
        if row.merged_into_id is not None
    ]
    if kept.type != merged.type:
        found.append(Reason("type", _("A person and an organisation are not the same customer.")))
    if _LEVELS.index(kept.secrecy) < _LEVELS.index(merged.secrecy):
        found.append(Reason("secrecy", _lower(kept, merged)))
    if _asked_for(merged):
        sentence = _("Somebody asks to read the file of “%(name)s”. The general manager decides that first.")
        found.append(Reason("asked", sentence % {"name": merged.name}))
    if distinction := standing_distinction(kept, merged):
        sentence = _("%(who)s judged that they are not the same: %(reason)s Take that back first.")
        found.append(Reason("distinct", sentence % {"who": distinction.by.name, "reason": distinction.reason}))
    return found + merging.obstacles(kept) + merging.obstacles(merged)


def _lower(kept: Customer, merged: Customer) -> str:
    sentence = _(
        "“%(merged)s” is %(level)s and would be kept less secret. Let it be the one that stays, or raise the level"
        " of “%(kept)s” first."
    )
    return sentence % {"merged": merged.name, "level": merged.get_secrecy_display(), "kept": kept.name}


def _asked_for(customer: Customer) -> bool:
    rows = FileGrant.objects.filter(customer=customer, approval__isnull=False, approval__decided_at__isnull=True)
    return rows.exists()


def standing_distinction(one: Customer, other: Customer) -> Distinction | None:
    """The judgement that these two are not the same, if one stands."""
    low, high = sorted((one.pk, other.pk))
    return Distinction.objects.standing().filter(low=low, high=high).select_related("by").first()


def followers_lost(kept: Customer, merged: Customer) -> list[str]:
    """Who owes the customer that is merged a follow-up and may not read it with the other one; names."""
    if kept.secrecy == merged.secrecy:
        return []
    owed = Communication.objects.owed().filter(customer=merged).select_related("follow_up_by")
    people = {row.follow_up_by for row in owed if row.follow_up_by is not None}
    known = {person: Customer.objects.clear_to(identity_of(person)).filter(pk=kept.pk).exists() for person in people}
    return sorted(person.name for person, reads in known.items() if not reads)


def against_undoing(merge: Merge) -> list[Reason]:
    """Why this merge cannot be undone, or not yet."""
    if merge.undone_at is not None:
        return [Reason("undone", _("This merge was undone already."))]
    found = []
    kept, merged = merge.kept, merge.merged
    if kept.merged_into is not None:
        sentence = _("“%(name)s” was itself merged into “%(into)s”. Undo that first.")
        found.append(Reason("further", sentence % {"name": kept.name, "into": kept.merged_into.name}))
    later = Merge.objects.standing().filter(kept=kept, pk__gt=merge.pk).select_related("merged").order_by("-pk").first()
    if later is not None:
        sentence = _("“%(name)s” was merged into it later. Undo that first.")
        found.append(Reason("later", sentence % {"name": later.merged.name}))
    if Sealed.objects.filter(event=merge.event_id, erased_at__isnull=False).exists():
        sentence = _("What stood there before was erased for good. This merge stays.")
        found.append(Reason("erased", sentence, kind="forbidden"))
    return found + merging.obstacles(kept) + merging.obstacles(merged)
