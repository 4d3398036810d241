"""Making two files one, and two again.

What a customer has moves as rows (``customers.merging``); what there can be only one of is chosen. Nothing is deleted:
the other file stays as a row that nobody finds, with its own history, and takes everything back when it is undone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Entry, record_many
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidMove
from audit.queries import changes_of
from customers import merging
from customers.actions import merging_parts as own
from customers.actions.file import file_facts
from customers.actions.people import Change, changes_between, found_of, name_fields
from customers.fields import BY_NAME, CARD, FILE
from customers.models import Candidate, Customer, CustomerFile, Merge
from customers.queries.merging import against_merging, against_undoing
from organization import stale, text
from organization.copying import vector_of
from organization.models import User

#: What a customer has one of, beside the fields of the file; the value of either may be kept.
SINGLE = ("name", "organisation", "attention", "salesperson", "custodian")


@dataclass
class Undone:
    """What could not go back: fields that somebody changed since, and how many rows are not there any more."""

    fields: list[str] = field(default_factory=list)
    rows: int = 0


class _Before:
    """Card and file of the one that stays, as they were before."""

    def __init__(self, kept: Customer) -> None:
        self.kept, self.card, self.file = kept, found_of(kept), _file_facts(kept)

    def changes(self) -> tuple[dict[str, Change], dict[str, Change]]:
        """What differs now, as the history keeps it: open and sealed."""
        changes, sealed = changes_between(self.card, found_of(self.kept))
        after = _file_facts(self.kept)
        return changes, sealed | {name: (self.file[name], new) for name, new in after.items() if self.file[name] != new}


@transaction.atomic
def merge_customers(
    kept: Customer, merged: Customer, *, taken: Collection[str] = (), by: User, base: str = ""
) -> Merge:
    """Make ``merged`` part of ``kept``; of the fields ``taken`` its values are kept, of the others those of ``kept``.

    ``base`` is the stamp of what the preview showed (``merge_facts``): raises ``StaleRecord`` when that is no longer
    so, ``Blocked`` with everything that stands against it.
    """
    now, actor = timezone.now(), Actor.staff(by)
    rows = _locked(kept, merged, Q(organisation=merged))
    kept, merged = rows[kept.pk], rows[merged.pk]
    if reasons := against_merging(kept, merged):
        raise Blocked(reasons)
    stale.require_fresh(merge_facts(kept, merged), base)
    before = _Before(kept)
    moved: dict[str, Any] = {part.code: _move(part, merged, kept) for part in merging.parts()}
    moved |= own.move(merged, kept, by=by, at=now)
    moved["file"] = _take(kept, merged, frozenset(taken))
    merged.merged_into, merged.version = kept, merged.version + 1
    merged.save(update_fields=["merged_into", "version"])
    _touch(kept, now)
    Candidate.objects.filter(Q(low=merged) | Q(high=merged)).delete()
    changes, sealed = before.changes()
    event, _theirs = record_many(
        [
            Entry(kept.thread, "merge", actor, now, {"merged": (None, merged.pk)} | changes, sealed),
            Entry(merged.thread, "merge", actor, now, {"merged_into": (None, kept.pk)}),
        ]
    )
    return Merge.objects.create(kept=kept, merged=merged, by=by, at=now, moved=moved, event=event)


@transaction.atomic
def unmerge_customers(merge: Merge, *, by: User) -> Undone:
    """Take a merge back: exactly what moved goes back, what came since stays where it came.

    Values that somebody changed since stay too, and are named. Raises ``Blocked`` with the reasons why it is not
    possible, or not yet.
    """
    now, actor = timezone.now(), Actor.staff(by)
    people = merge.moved.get("people", [])
    rows = _locked(merge.kept, merge.merged, Q(pk__in=people))
    merge = Merge.objects.select_for_update(of=("self",)).select_related("event").get(pk=merge.pk)
    kept, merged = rows[merge.kept_id], rows[merge.merged_id]
    merge.kept, merge.merged = kept, merged
    if reasons := against_undoing(merge):
        raise Blocked(reasons)
    before = _Before(kept)
    undone = Undone()
    for part in merging.parts():
        undone.rows += _give_back(part, merged, kept, merge.moved.get(part.code, []))
    undone.rows += own.give_back(merged, kept, merge)
    undone.fields = _put_back(kept, merge)
    merged.merged_into, merged.version = None, merged.version + 1
    merged.save(update_fields=["merged_into", "version"])
    _touch(kept, now)
    merge.undone_by, merge.undone_at = by, now
    merge.save(update_fields=["undone_by", "undone_at"])
    changes, sealed = before.changes()
    record_many(
        [
            Entry(kept.thread, "unmerge", actor, now, {"merged": (merged.pk, None)} | changes, sealed),
            Entry(merged.thread, "unmerge", actor, now, {"merged_into": (kept.pk, None)}),
        ]
    )
    return undone


def merge_facts(kept: Customer, merged: Customer) -> dict[str, object]:
    """All that the preview shows of both cards and files, for its stamp."""
    one, other = found_of(kept), found_of(merged)
    first, second = one.open | one.sealed, other.open | other.sealed
    facts: dict[str, object] = {name: [first[name], second[name]] for name in first}
    one_file, other_file = _file_facts(kept), _file_facts(merged)
    return facts | {name: [one_file[name], other_file[name]] for name in one_file}


def _locked(kept: Customer, merged: Customer, people: Q) -> dict[int, Customer]:
    """Both rows, and the people who change their organisation, all in the order of their numbers."""
    rows = Customer.objects.filter(Q(pk__in=[kept.pk, merged.pk]) | people).order_by("pk")
    found = {row.pk: row for row in rows.select_for_update(of=("self",))}
    if not {kept.pk, merged.pk} <= found.keys():
        raise InvalidMove(_("One of the two is not there any more."))
    return found


def _move(part: merging.Part, merged: Customer, kept: Customer) -> list[int]:
    rows = part.rows(merged).order_by("pk").select_for_update(of=("self",))
    keys = list(rows.values_list("pk", flat=True))
    part.rows(merged).filter(pk__in=keys).update(**{part.column: kept})
    return keys


def _give_back(part: merging.Part, merged: Customer, kept: Customer, keys: list[int]) -> int:
    """How many of these rows are not there any more."""
    rows = part.rows(kept).filter(pk__in=keys).order_by("pk").select_for_update(of=("self",))
    there = list(rows.values_list("pk", flat=True))
    part.rows(kept).filter(pk__in=there).update(**{part.column: merged})
    return len(keys) - len(there)


def _touch(customer: Customer, now: datetime) -> None:
    customer.file_updated_at, customer.version = now, customer.version + 1
    customer.save(update_fields=["file_updated_at", "version"])


def _file_facts(customer: Customer) -> dict[str, Any]:
    row = CustomerFile.objects.filter(customer=customer).first() or CustomerFile(customer=customer)
    return dict(file_facts(row, CARD, FILE))


def _take(kept: Customer, merged: Customer, taken: frozenset[str]) -> str:
    """Take values over; "made" where the one that stays had no file before."""
    if values := {name: getattr(merged, name) for name in SINGLE if name in taken}:
        _set(kept, values)
    theirs = _file_facts(merged)
    if wanted := {name: theirs[name] for name in BY_NAME if name in taken}:
        file, made = CustomerFile.objects.get_or_create(customer=kept)
        _write(file, wanted)
        return "made" if made else "there"
    return ""


def _set(customer: Customer, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(customer, name, value)
    if "name" in values:
        for name, value in name_fields(customer.name).items():
            setattr(customer, name, value)
        customer.search = vector_of(text.bigrams(customer.name))
    customer.save()
    del customer.search  # read again where it is wanted: here it may still be the expression


def _write(file: CustomerFile, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(file, name, value)
    file.save(update_fields=list(values))


def _put_back(kept: Customer, merge: Merge) -> list[str]:
    """Give fields their old values where they still have the new ones; the names of the others."""
    stayed, card, papers = [], {}, {}
    facts = found_of(kept)
    now = facts.open | facts.sealed | _file_facts(kept)
    for change in changes_of(merge.event):
        if change.field not in SINGLE and change.field not in BY_NAME:
            continue
        if now[change.field] != change.new:
            stayed.append(change.field)
        elif change.field in SINGLE:
            card[_attname(change.field)] = change.old
        else:
            papers[change.field] = change.old
    if card:
        _set(kept, card)
    if papers:
        _write(CustomerFile.objects.get(customer=kept), papers)
    if merge.moved.get("file") == "made" and not any(_file_facts(kept).values()):
        CustomerFile.objects.filter(customer=kept).delete()
    return stayed


def _attname(name: str) -> str:
    return Customer._meta.get_field(name).attname  # type: ignore[union-attr]
