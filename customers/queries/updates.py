"""The update log: the audit trail of a customer as its reader may see it (F68)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.models import Event
from audit.queries import changes_of
from customers.fields import BY_NAME, CARD, collected
from customers.models import (
    Customer,
    CustomerKind,
    CustomerType,
    HoldingKind,
    Mark,
    Secrecy,
    Tier,
)
from customers.queries.merging import parts_of
from organization.models import Product, User
from organization.queries import Identity

LABELS: dict[str, str | Promise] = {
    "name": pgettext_lazy("of a person or an organisation", "Name"),
    "type": _("Person or organisation"),
    "visit_class": _("Class"),
    "tier": _("Tier"),
    "marks": _("What counts"),
    "national_rank": _("National rank"),
    "yearly_demand": _("Yearly demand in yuan"),
    "kinds": _("Kinds of customer"),
    "organisation": _("Organisation"),
    "salesperson": _("Salesperson"),
    "custodian": _("Custodian"),
    "secrecy": _("Secrecy"),
    "attention": _("Please note"),
    "contacts": _("Telephone and e-mail"),
    "merged": pgettext_lazy("update log", "Merged into it"),
    "merged_into": pgettext_lazy("update log", "Merged into"),
    "other": _("Another customer"),
    "apart_reason": _("Why they are not the same"),
    "external_number": _("Number in the old system"),
    **{name: field.label for name, field in BY_NAME.items()},
}
_OF_HOLDINGS: dict[str, str | Promise] = {
    "name": pgettext_lazy("of a thing", "Name"),
    "product": _("Product"),
    "serial": _("Number"),
    "starts_on": _("from"),
    "ends_on": _("until"),
    "amount": _("Amount in yuan"),
    "note": _("Note"),
}
#: What the update log tells: verb -> words.
VERBS: dict[str, str | Promise] = {
    "create": _("opened the file"),
    "update": _("changed the card"),
    "update_file": _("changed the file"),
    "add_holding": pgettext_lazy("update log", "added"),
    "change_holding": pgettext_lazy("update log", "changed"),
    "remove_holding": pgettext_lazy("update log", "took out"),
    "say_standing": _("changed what the class is proposed from"),
    "classify": _("changed the class"),
    "hand_over": _("handed over"),
    "ask_to_read": _("asked to read the file"),
    "allow_reading": _("allowed reading the file"),
    "refuse_reading": _("refused reading the file"),
    "record_communication": _("wrote down a communication"),
    "correct_communication": _("corrected a communication"),
    "finish_follow_up": _("followed up"),
    "merge": _("merged two files"),
    "unmerge": _("took a merge back"),
    "tell_apart": _("judged that two are not the same"),
    "propose_again": _("took back that two are not the same"),
    "revoke_reading": _("took the permission to read back"),
    "give_consent": _("wrote a consent down"),
    "withdraw_consent": _("took a consent back"),
}


def register(words: Mapping[str, str | Promise]) -> None:
    """Let a room above say what its own verbs in the histories of customers are called (at start-up)."""
    VERBS.update(words)


#: What has a page of its own, or nothing but a name.
_TOLD_WITHOUT_FIELDS = frozenset({"create", "record_communication", "correct_communication", "finish_follow_up"})
#: Values that say nothing.
_NOTHING: tuple[Any, ...] = (None, "", [])
_CHOICES: dict[str, Any] = {
    **dict(CustomerType.choices), **dict(Secrecy.choices), **dict(Tier.choices), **dict(Mark.choices),
}  # fmt: skip


@dataclass(frozen=True)
class FieldChange:
    """Old and new of one field (F68)."""

    label: str | Promise
    old: str
    new: str


@dataclass(frozen=True)
class Update:
    """One entry of the update log: who did what, when, and which fields changed; ``hidden`` counts those that the
    reader may not see or that were erased. ``part`` names the file in which it happened, where that was merged since.
    """

    at: datetime
    who: str
    what: str | Promise
    about: str | Promise
    changes: tuple[FieldChange, ...]
    hidden: int = 0
    part: str = ""


def updates_of(customer: Customer, who: Identity, *, personal: bool, file: bool, most: int) -> list[Update]:
    """The update log, newest first (F68).

    Contact data only where ``personal``, fields of the file, contracts and orders only where ``file``; nothing of a
    field that is switched off (CUS-20), and no name of an organisation that this person may not know.
    """
    parts = {row.thread: row.name for row in parts_of(customer).values()}
    rows = Event.objects.filter(thread__in=[customer.thread, *parts]).order_by("-at", "-pk").prefetch_related("sealed")
    if parts:  # that a file became part of this one is told once, by this one
        rows = rows.exclude(thread__in=[*parts], verb="merge", changes__has_key="merged_into")
    words, on = _Words(who), {field.name for field in collected() if field.is_on}
    found = ((event, _update(event, words, on, personal=personal, file=file)) for event in rows[:most])
    return [replace(update, part=parts.get(event.thread, "")) for event, update in found]


def _update(event: Event, words: _Words, on: set[str], *, personal: bool, file: bool) -> Update:
    kind = event.changes.get("kind", [None, None])[1] if "holding" in event.changes else ""
    of_file = kind in {HoldingKind.CONTRACT, HoldingKind.ORDER}
    labels = _OF_HOLDINGS if kind else LABELS
    order = list(labels)
    changes, hidden = [], 0
    told = event.verb not in _TOLD_WITHOUT_FIELDS
    shown = [change for change in changes_of(event) if change.field in labels] if told else []
    for change in sorted(shown, key=lambda change: order.index(change.field)):
        field = BY_NAME.get(change.field) if not kind else None
        if field is not None and field.name not in on:
            continue
        secret = of_file or (field is not None and field.section != CARD)
        if change.erased or (secret and not file) or (change.personal and not secret and not personal):
            hidden += change.old not in _NOTHING or change.new not in _NOTHING
            continue
        old, new = words.of(change.field, change.old), words.of(change.field, change.new)
        if old or new:
            changes.append(FieldChange(labels[change.field], old, new))
    about = HoldingKind(kind).label if kind else ""
    return Update(event.at, event.actor_label, VERBS.get(event.verb, event.verb), about, tuple(changes), hidden)


class _Words:
    """Values of the history as a person reads them; each table is asked once."""

    def __init__(self, who: Identity) -> None:
        self._who = who
        self._people: dict[int, str] = {}
        self._kinds: dict[str, str] = {}
        self._read: dict[tuple[str, Any], str] = {}

    def of(self, field: str, value: Any) -> str:
        """Names instead of numbers and codes."""
        if value in _NOTHING:
            return ""
        if field == "product":
            return self._once(("product", value), lambda: Product.objects.filter(pk=value).first(), f"#{value}")
        if field in {"salesperson", "custodian"}:
            return self._person(value)
        if field in {"organisation", "merged", "merged_into", "other"}:
            known = Customer.objects.known_to(self._who)
            return self._once(("customer", value), lambda: known.filter(pk=value).first(), "***")
        if field == "kinds":
            return "、".join(self._kind(code) for code in value)
        if field == "marks":
            return "、".join(str(_CHOICES.get(code, code)) for code in value)
        if field in {"type", "secrecy", "tier"}:
            return str(_CHOICES.get(value, value))
        return "、".join(map(str, value)) if isinstance(value, list) else str(value)

    def _once(self, key: tuple[str, Any], read: Callable[[], object | None], absent: str) -> str:
        if key not in self._read:
            found = read()
            self._read[key] = str(found) if found else absent
        return self._read[key]

    def _person(self, pk: int) -> str:
        if pk not in self._people:
            found = User.objects.filter(pk=pk).first()
            self._people[pk] = found.name if found else f"#{pk}"
        return self._people[pk]

    def _kind(self, code: str) -> str:
        if not self._kinds:
            self._kinds = {row.code: str(row) for row in CustomerKind.objects.all()}
        return self._kinds.get(code, code)
