"""Saying how a customer stands, and confirming its classes (CUS-07, CUS-08)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Entry, record, record_many
from audit.actor import Actor
from audit.exceptions import InvalidInput
from customers.actions.living import lock_living
from customers.classes import Proposal
from customers.models import ClassChange, Customer, Mark, Standing, Tier, VisitClass
from customers.queries.classes import proposal_for
from organization import stale
from organization.models import User


@dataclass(frozen=True)
class Said:
    """What a person says of a customer's standing; clean values."""

    marks: tuple[str, ...] = ()
    national_rank: int | None = None
    yearly_demand: Decimal | None = None


@transaction.atomic
def say_standing(customer: Customer, said: Said, *, by: Actor, base: str = "") -> Standing:
    """Keep the marks, rank and demand from which a class is proposed. Raises ``InvalidInput``, ``StaleRecord``."""
    lock_living(customer)
    if not set(said.marks) <= set(Mark.values):
        raise InvalidInput("marks", _("Please choose one of the offered values."))
    row, _made = Standing.objects.get_or_create(customer=customer)
    before = standing_facts(row)
    stale.require_fresh(before, base)
    row.marks = sorted(set(said.marks))
    row.national_rank, row.yearly_demand = said.national_rank, said.yearly_demand
    row.save()
    after = standing_facts(row)
    changed = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
    if changed:
        changes = {name: change for name, change in changed.items() if name == "marks"}
        sealed = {name: change for name, change in changed.items() if name != "marks"}
        now = timezone.now()
        Customer.objects.filter(pk=customer.pk).update(file_updated_at=now)
        record(customer.thread, "say_standing", by=by, at=now, changes=changes, sealed=sealed)
    return row


def standing_facts(row: Standing) -> dict[str, object]:
    """All that its form changes."""
    demand = None if row.yearly_demand is None else f"{row.yearly_demand:.2f}"
    return {"marks": sorted(row.marks), "national_rank": row.national_rank, "yearly_demand": demand}


@transaction.atomic
def classify_customer(
    customer: Customer, visit_class: str, tier: str, *, reason: str, by: User, base: str = ""
) -> ClassChange:
    """Confirm both classes; what the rules proposed and the reason stay with the change.

    Raises ``InvalidInput`` without a reason, for an unknown class, or where nothing changes.
    """
    row = lock_living(customer)
    before = {"visit_class": row.visit_class, "tier": row.tier}
    stale.require_fresh(dict(before), base)
    chosen = Chosen(visit_class, tier, reason)
    check_class(chosen)
    if before == {"visit_class": visit_class, "tier": tier}:
        raise InvalidInput("visit_class", _("The customer has these classes already."))
    now = timezone.now()
    change = class_change(row, chosen, proposed=proposal_for(row), by=by, at=now)
    row.version, row.file_updated_at = row.version + 1, now
    row.save(update_fields=["visit_class", "tier", "version", "file_updated_at"])
    change.save(force_insert=True)
    record_many([class_entry(change, by=Actor.staff(by))])
    return change


@dataclass(frozen=True)
class Chosen:
    """Both classes as a person decided them, and why."""

    visit_class: str
    tier: str
    reason: str


def check_class(chosen: Chosen) -> None:
    """Raise ``InvalidInput`` without a reason or for an unknown class."""
    if chosen.visit_class not in {"", *VisitClass.values} or chosen.tier not in {"", *Tier.values}:
        raise InvalidInput("visit_class", _("Please choose one of the offered values."))
    if not chosen.reason:
        raise InvalidInput("reason", _("Please say why."))


def class_change(customer: Customer, chosen: Chosen, *, proposed: Proposal, by: User, at: datetime) -> ClassChange:
    """The unsaved change, its classes written on the customer, who is not saved either."""
    change = ClassChange(
        customer=customer,
        old_class=customer.visit_class,
        new_class=chosen.visit_class,
        old_tier=customer.tier,
        new_tier=chosen.tier,
        proposed_class=proposed.visit_class,
        proposed_tier=proposed.tier,
        reason=chosen.reason,
        by=by,
        at=at,
    )
    customer.visit_class, customer.tier = chosen.visit_class, chosen.tier
    return change


def class_entry(change: ClassChange, *, by: Actor) -> Entry:
    """What the history says of it."""
    both = {
        "visit_class": (str(change.old_class), str(change.new_class)),
        "tier": (str(change.old_tier), str(change.new_tier)),
    }
    changes = {name: (old, new) for name, (old, new) in both.items() if old != new}
    thread, sealed = f"customer:{change.customer_id}", {"reason": (None, change.reason)}
    return Entry(thread, "classify", by, change.at, changes, sealed)
