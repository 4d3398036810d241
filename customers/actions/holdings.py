"""What a customer has of us: adding, changing, taking out."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Entry, record_many
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from customers.actions.living import lock_living, was_merged
from customers.held import Held, check_held, values_of
from customers.models import Customer, Holding
from organization import stale


@transaction.atomic
def add_holding(customer: Customer, held: Held, *, by: Actor) -> Holding:
    """Note down what a customer has (CUS-22). Raises ``InvalidInput`` for what cannot be."""
    check_held(held)
    now = timezone.now()
    customer = lock_living(customer)
    row = Holding.objects.create(customer=customer, created_at=now, **values_of(held))
    _touch(customer, "add_holding", {}, holding_facts(row), row, by=by)
    return row


@transaction.atomic
def change_holding(holding: Holding, held: Held, *, by: Actor, base: str = "") -> Holding:
    """Correct it, the old values kept in the history; its kind stays. Raises ``StaleRecord``, ``InvalidInput``."""
    row = _locked(holding)
    if row.removed_at is not None:
        raise InvalidMove(_("Somebody took it out of the file meanwhile."))
    before = holding_facts(row)
    stale.require_fresh(before, base)
    if held.kind != row.kind:
        raise InvalidInput("kind", _("What sort of thing it is cannot be changed. Take it out and add another."))
    check_held(held)
    for name, value in values_of(held).items():
        setattr(row, name, value)
    row.version += 1
    row.save()
    _touch(row.customer, "change_holding", before, holding_facts(row), row, by=by)
    return row


@transaction.atomic
def remove_holding(holding: Holding, *, by: Actor) -> Holding:
    """Take it out of the file; the history keeps it. Taking out twice changes nothing."""
    row = _locked(holding)
    if row.removed_at is None:
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at"])
        _touch(row.customer, "remove_holding", holding_facts(row), {}, row, by=by)
    return row


def _locked(holding: Holding) -> Holding:
    """The holding under its customer, both taken; raises ``InvalidMove`` where it moved to another one meanwhile."""
    lock_living(holding.customer)
    row = Holding.objects.select_for_update(of=("self",)).select_related("customer").get(pk=holding.pk)
    if row.customer_id != holding.customer_id:
        raise InvalidMove(was_merged(holding.customer, row.customer))
    return row


def holding_facts(row: Holding) -> dict[str, object]:
    """All that its page changes."""
    return {
        "name": row.name,
        "product": row.product_id,
        "serial": row.serial,
        "starts_on": row.starts_on and row.starts_on.isoformat(),
        "ends_on": row.ends_on and row.ends_on.isoformat(),
        "amount": None if row.amount is None else f"{row.amount:.2f}",
        "note": row.note,
    }


def _touch(
    customer: Customer, verb: str, before: dict[str, object], after: dict[str, object], row: Holding, *, by: Actor
) -> None:
    now = timezone.now()
    if entry := holding_entry(verb, before, after, row, by=by, at=now):
        Customer.objects.filter(pk=customer.pk).update(file_updated_at=now)
        record_many([entry])


def holding_entry(
    verb: str, before: dict[str, object], after: dict[str, object], row: Holding, *, by: Actor, at: datetime
) -> Entry | None:
    """What the history says of it; None where nothing changes."""
    names = [name for name in (after or before) if before.get(name) != after.get(name)]
    if not names:
        return None
    changes = {"holding": (None, row.pk), "kind": (None, str(row.kind))}
    sealed = {name: (before.get(name), after.get(name)) for name in names}
    return Entry(f"customer:{row.customer_id}", verb, by, at, changes, sealed)
