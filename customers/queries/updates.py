"""The update log: the audit trail of a customer as its reader may see it (F68)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    "revoke_reading": _("took the permission to read back"),
}
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
    reader may not see or that were erased.
    """

    at: datetime
    who: str
    what: str | Promise
    about: str | Promise
    changes: tuple[FieldChange, ...]
    hidden: int = 0


def updates_of(customer: Customer, who: Identity, *, personal: bool, file: bool, most: int) -> list[Update]:
    """The update log, newest first (F68).

    Contact data only where ``personal``, fields of the file, contracts and orders only where ``file``; nothing of a
    field that is switched off (CUS-20), and no name of an organisation that this person may not know.
    """
    rows = Event.objects.filter(thread=customer.thread).order_by("-seq").prefetch_related("sealed")[:most]
    words, on = _Words(who), {field.name for field in collected() if field.is_on}
    return [_update(event, words, on, personal=personal, file=file) for event in rows]


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
        if field == "organisation":
            known = Customer.objects.visible_to(self._who)
            return self._once(("organisation", value), lambda: known.filter(pk=value).first(), "***")
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
