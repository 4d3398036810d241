"""What was corrected or re-classified, with old and new value in words (CLS-17, SEC-09)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.models import Event
from audit.queries import changes_of
from cases.models import Case, Category, Kind
from cases.models.intake import Priority, Stage, Urgency
from customers.models import Customer
from organization.models import Department, Product, Site, User

CORRECTING = frozenset({"correct", "classify", "agree_date"})
#: Changed by the way, or told elsewhere: no field that a person typed.
_NOT_TYPED = frozenset({"reason", "clocks", "state", "resume_state", "next_due_at", "next_due_kind", "contact_id"})

LABELS: dict[str, str | Promise] = {
    "kind": gettext_lazy("Kind"),
    "category": gettext_lazy("Category"),
    "urgency": gettext_lazy("Urgency"),
    "criteria": gettext_lazy("Facts that decide the urgency"),
    "priority": gettext_lazy("Priority"),
    "severity": gettext_lazy("Severity (IT service)"),
    "stage": gettext_lazy("Stage"),
    "subject": gettext_lazy("Subject"),
    "demand": gettext_lazy("What the customer asks for"),
    "customer_deadline": gettext_lazy("Customer's date"),
    "reporter_name": gettext_lazy("Name"),
    "reporter_organisation": gettext_lazy("Organisation"),
    "reporter_phone": gettext_lazy("Telephone"),
    "reporter_email": gettext_lazy("E-mail"),
    "contact_refused": gettext_lazy("No contact wanted"),
    "customer": gettext_lazy("Customer file"),
    "product": gettext_lazy("Product"),
    "product_text": gettext_lazy("Product as named by the customer"),
    "batch": gettext_lazy("Batch"),
    "serial": gettext_lazy("Serial number"),
    "quantity": gettext_lazy("Quantity"),
    "order_number": gettext_lazy("Order number"),
    "purchased_on": gettext_lazy("Bought on"),
    "shipped_on": gettext_lazy("Shipped on"),
    "site": gettext_lazy("Site"),
    "accused_department": gettext_lazy("Department complained about"),
    "salesperson": gettext_lazy("Responsible salesperson"),
}
_ROWS: dict[str, type[Model]] = {
    "kind_id": Kind,
    "category_id": Category,
    "product_id": Product,
    "site_id": Site,
    "accused_department_id": Department,
    "salesperson_id": User,
    "customer_id": Customer,
}
_WORDS: dict[str, dict[Any, Any]] = {
    "urgency": dict(Urgency.choices),
    "priority": dict(Priority.choices),
    "stage": dict(Stage.choices),
}


@dataclass(frozen=True)
class Change:
    """One field: its label, and both values in words; ``hidden`` where the reader may not see them."""

    label: str
    old: str
    new: str
    hidden: bool = False
    erased: bool = False


@dataclass(frozen=True)
class Correction:
    """One act of correcting or re-classifying."""

    at: datetime
    by: str
    verb: str
    reason: str
    changes: list[Change]


def label_of(name: str) -> str:
    """What people call a field of a case."""
    return str(LABELS.get(name.removesuffix("_id"), name))


def changed_labels(event: Event) -> list[str]:
    """The fields that an event changed, by label; without values, so that everybody may read it."""
    names = [*event.changes, *event.digest]
    return [label_of(name) for name in sorted(names) if name not in _NOT_TYPED]


def corrections(case: Case, events: Iterable[Event], *, contact: bool) -> list[Correction]:
    """Corrections and re-classifications, newest first.

    ``contact`` false hides the values of personal fields and the reasons, which may name people.
    """
    relevant = [event for event in events if event.verb in CORRECTING]
    rows = _rows(relevant)
    return [
        Correction(
            at=event.at,
            by=event.actor_label,
            verb=event.verb,
            reason=_reason(event) if contact else "",
            changes=[
                _change(case, change, rows, hidden=change.personal and not contact)
                for change in changes_of(event)
                if change.field not in _NOT_TYPED
            ],
        )
        for event in reversed(relevant)
    ]


def _reason(event: Event) -> str:
    return next((str(c.new) for c in changes_of(event) if c.field == "reason" and c.new), "")


def _rows(events: list[Event]) -> dict[tuple[str, int], str]:
    """The names of all rows that the events refer to by id: one query for each table that occurs."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for event in events:
        for name, values in event.changes.items():
            if name in _ROWS:
                wanted[name] |= {int(value) for value in values if value is not None}
    return {
        (name, row.pk): str(row)
        for name, ids in wanted.items()
        for row in _ROWS[name]._default_manager.filter(pk__in=ids)
    }


def _change(case: Case, change: Any, rows: dict[tuple[str, int], str], *, hidden: bool) -> Change:
    label = label_of(change.field)
    if hidden or change.erased:
        return Change(label, "", "", hidden=hidden, erased=change.erased)
    old, new = (_in_words(case, change.field, value, rows) for value in (change.old, change.new))
    return Change(label, old, new)


def _in_words(case: Case, name: str, value: Any, rows: dict[tuple[str, int], str]) -> str:
    if value in (None, "", []):
        return "—"
    if name in _ROWS:
        return rows.get((name, int(value)), "—")
    if name == "criteria":
        labels = {c.code: c.label for c in case.policy.criteria}
        return "、".join(labels.get(code, code) for code in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(_WORDS.get(name, {}).get(value, value))
