"""Writing the file beyond the card; which fields are collected at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput
from customers.actions.living import lock_living
from customers.fields import BY_NAME, CARD, FILE, collected, fields_for
from customers.models import Customer, CustomerFile, FieldRule
from organization import stale


@transaction.atomic
def update_file(
    customer: Customer, values: Mapping[str, str], *, by: Actor, sections: Sequence[str] = (CARD, FILE), base: str = ""
) -> CustomerFile:
    """Change fields of the file; the values are sealed in the history, with old and new (F68, SEC-09).

    Only fields that are collected of such a customer are taken (CUS-20, A-49): raises ``InvalidInput`` for others,
    ``StaleRecord`` when a field changed since ``base`` was made.
    """
    row = lock_living(customer)
    allowed = {field.name for field in fields_for(row.type, *sections)}
    for name in values:
        if name not in allowed:
            raise InvalidInput(name, _("This is not collected of such a customer."))
    file, _made = CustomerFile.objects.get_or_create(customer=row)
    stale.require_fresh(file_facts(file, *sections), base)
    if sealed := set_values(file, values):
        now = timezone.now()
        file.save()
        row.file_updated_at, row.version = now, row.version + 1
        row.save(update_fields=["file_updated_at", "version"])
        record(row.thread, "update_file", by=by, at=now, sealed=sealed)
    return file


def set_values(file: CustomerFile, values: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Write them on the row, which is not saved; returns old and new of those that changed, for the history."""
    changed = {name: (getattr(file, name), value) for name, value in values.items() if getattr(file, name) != value}
    for name, (_old, value) in changed.items():
        setattr(file, name, value)
    return changed


def file_facts(file: CustomerFile, *sections: str) -> dict[str, object]:
    """The fields of these sections, for the stamp of a page."""
    return {name: getattr(file, name) for name, field in BY_NAME.items() if field.section in sections}


def rule_facts() -> dict[str, object]:
    """What is decided of each field, for the stamp of the page."""
    return {field.name: [field.is_on, str(field.purpose)] for field in collected()}


@transaction.atomic
def set_field_rules(rules: Mapping[str, tuple[bool, str]], *, by: Actor, base: str = "") -> None:
    """Say of each field whether it is collected, and what for (CUS-20); raises ``InvalidInput`` without a purpose.

    What was collected before a field was switched off is not shown any more; it goes with the file's end. Raises
    ``StaleRecord`` when a field was decided otherwise since ``base`` was made.
    """
    before = {rule.name: rule for rule in FieldRule.objects.select_for_update()}
    stale.require_fresh(rule_facts(), base)
    changes = {}
    for name, (is_on, purpose) in rules.items():
        if name not in BY_NAME:
            raise InvalidInput(name, _("There is no such field."))
        if is_on and not purpose:
            raise InvalidInput(name, _("Please say what this is collected for, or switch it off."))
        old = before.get(name)
        was = (old.is_on, old.purpose) if old else (True, str(BY_NAME[name].purpose))
        if was != (is_on, purpose):
            FieldRule.objects.update_or_create(name=name, defaults={"is_on": is_on, "purpose": purpose})
            changes[name] = (list(was), [is_on, purpose])
    if changes:
        record("settings", "set_field_rules", by=by, at=timezone.now(), changes=changes)
