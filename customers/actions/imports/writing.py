"""Writing the customers of some rows at once: the same rows and the same history as the single actions write.

New customers go in by COPY, changed ones by a few statements for all of them. A test compares both with what
``open_file``, ``update_customer``, ``update_file``, ``add_holding`` and ``classify_customer`` write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from audit.actions import Entry, record_many
from audit.actor import Actor
from customers.actions.classes import class_change, class_entry
from customers.actions.file import set_values
from customers.actions.holdings import holding_entry, holding_facts
from customers.actions.imports.deciding import Step, chosen_of
from customers.actions.people import Found, changes_between, found_from, set_facts
from customers.classes import propose
from customers.held import Held, values_of
from customers.models import ClassChange, ContactPoint, Customer, CustomerFile, ExternalNumber, Holding
from customers.policy import CustomersPart
from customers.queries.classes import COUNTED, business
from customers.queries.imports import Known
from organization import text
from organization.copying import copy_objects, copy_rows, take_keys, vector_of
from organization.models import User

_COLUMNS = [f.attname for f in Customer._meta.concrete_fields]
_PLAIN = [name for name in _COLUMNS if name != "search"]
_CHANGED = [name for name in _PLAIN if name not in {"id", "created_at"}]
_FILE = [f.attname for f in CustomerFile._meta.concrete_fields if f.attname != "customer_id"]
_HELD = ["name", "product", "serial", "starts_on", "ends_on", "amount", "version"]


@dataclass(frozen=True)
class Job:
    """What all rows of a table share: who, under which name in the history, the system, the rules of classes."""

    by: User
    actor: Actor
    system: str
    rules: CustomersPart


@dataclass
class _Batch:
    """Everything that is written together."""

    job: Job
    now: datetime
    created: list[Customer] = field(default_factory=list)
    changed: list[Customer] = field(default_factory=list)
    renamed: list[Customer] = field(default_factory=list)
    points: list[ContactPoint] = field(default_factory=list)
    refused: list[ContactPoint] = field(default_factory=list)
    kinds: dict[int, list[int]] = field(default_factory=dict)
    numbers: list[ExternalNumber] = field(default_factory=list)
    new_files: list[CustomerFile] = field(default_factory=list)
    files: list[CustomerFile] = field(default_factory=list)
    new_held: list[Holding] = field(default_factory=list)
    held: list[Holding] = field(default_factory=list)
    classes: list[ClassChange] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def note(self, customer: Customer, verb: str, changes: Any = None, sealed: Any = None) -> None:
        """Something for the history of a customer."""
        self.entries.append(Entry(customer.thread, verb, self.job.actor, self.now, changes or {}, sealed or {}))


def write_steps(steps: Sequence[Step], job: Job) -> list[str]:
    """Write them in the transaction of the caller, who holds the locks of the customers that are there already.

    No customer may stand in two of the steps. Returns "created", "changed" or "same" of each.
    """
    batch = _Batch(job, timezone.now())
    fresh = [step for step in steps if step.known is None]
    keys = iter(take_keys(Customer, len(fresh))) if fresh else iter(())
    held = iter(take_keys(Holding, sum(len(step.given.held) for step in steps)))
    verdicts = []
    for step in steps:
        known = step.known or _new(step, next(keys), batch)
        before = len(batch.entries)
        _card(step, known, batch)
        _file(step, known, batch)
        for each in step.given.held:
            _held(each, known, held, batch)
        _class(step, known, batch)
        changed = len(batch.entries) > before
        if step.known and changed:
            known.customer.file_updated_at = batch.now
            batch.changed.append(known.customer)
        verdicts.append("created" if step.known is None else "changed" if changed else "same")
    _write(batch)
    return verdicts


def would_change(step: Step, job: Job) -> bool:
    """Whether this row would change the customer whom it means; writes nothing, but on the rows in memory."""
    if step.known is None:
        return True
    batch = _Batch(job, timezone.now())
    _card(step, step.known, batch)
    _file(step, step.known, batch)
    for each in step.given.held:
        _held(each, step.known, iter(range(1, 2**31)), batch)
    return bool(batch.entries) or chosen_of(step.given, step.known) is not None


# --- One row ----------------------------------------------------------------------------------------------


def _new(step: Step, pk: int, batch: _Batch) -> Known:
    """A customer whose card is still empty, as ``create_customer`` opens it."""
    customer = Customer(pk=pk, type=step.facts.type, name=step.facts.name)
    customer.created_at = customer.file_updated_at = batch.now
    batch.created.append(customer)
    sealed = {"name": (None, step.facts.name)}
    batch.note(customer, "create", {"type": (None, step.facts.type)}, sealed)
    return Known(customer)


def _card(step: Step, known: Known, batch: _Batch) -> None:
    customer, facts = known.customer, step.facts
    before = _found(known)
    old_name = customer.name
    set_facts(customer, facts)
    for point in step.fresh:
        point.customer = customer
        batch.points.append(point)
    for point in step.refused:
        point.refused = True
        batch.refused.append(point)
    known.points += step.fresh
    if {kind.pk for kind in known.kinds} != {kind.pk for kind in facts.kinds}:
        known.kinds = list(facts.kinds)
        batch.kinds[customer.pk] = [kind.pk for kind in facts.kinds]
    changes, sealed = changes_between(before, _found(known))
    if step.number:
        batch.numbers.append(ExternalNumber(customer=customer, system=batch.job.system, number=step.number))
        sealed["external_number"] = (None, step.number)
    if changes or sealed:
        customer.version += 1
        batch.note(customer, "update", changes, sealed)
    if step.known and customer.name != old_name:
        batch.renamed.append(customer)


def _found(known: Known) -> Found:
    return found_from(known.customer, [kind.code for kind in known.kinds], known.points)


def _file(step: Step, known: Known, batch: _Batch) -> None:
    if not step.given.file:
        return
    file = known.file or CustomerFile(customer=known.customer)
    if sealed := set_values(file, step.given.file):
        (batch.files if known.file else batch.new_files).append(file)
        known.file = file
        known.customer.version += 1
        batch.note(known.customer, "update_file", sealed=sealed)


def _held(held: Held, known: Known, keys: Any, batch: _Batch) -> None:
    """The same thing is known again by its number, else by its name; filled cells change it."""
    same = [row for row in known.held if row.kind == held.kind and _is_same(row, held)]
    if not same:
        row = Holding(pk=next(keys), customer=known.customer, created_at=batch.now, **values_of(held))
        known.held.append(row)
        batch.new_held.append(row)
        _note_held("add_holding", {}, row, batch)
        return
    row = same[0]
    before = holding_facts(row)
    for name, value in values_of(held).items():
        stood_in = name == "name" and held.name == held.serial  # its cell was empty
        if value not in (None, "") and name != "kind" and not stood_in:
            setattr(row, name, value)
    if holding_facts(row) != before:
        row.version += 1
        batch.held.append(row)
        _note_held("change_holding", before, row, batch)


def _is_same(row: Holding, held: Held) -> bool:
    if row.serial and held.serial:
        return text.fold(row.serial) == text.fold(held.serial)
    return text.fold(row.name) == text.fold(str(values_of(held)["name"]))


def _note_held(verb: str, before: dict[str, object], row: Holding, batch: _Batch) -> None:
    if entry := holding_entry(verb, before, holding_facts(row), row, by=batch.job.actor, at=batch.now):
        batch.entries.append(entry)


def _class(step: Step, known: Known, batch: _Batch) -> None:
    """The class that the row asks for, beside what the rules propose for it now (CUS-07, CUS-08)."""
    chosen = chosen_of(step.given, known)
    if chosen is None:
        return
    amounts = [(row.starts_on, row.amount) for row in known.held if row.kind in COUNTED]
    today = timezone.localdate(batch.now)
    proposed = propose(business(known.standing, amounts, today=today), batch.job.rules)
    change = class_change(known.customer, chosen, proposed=proposed, by=batch.job.by, at=batch.now)
    known.customer.version += 1
    batch.classes.append(change)
    batch.entries.append(class_entry(change, by=batch.job.actor))


# --- All rows ---------------------------------------------------------------------------------------------


def _write(batch: _Batch) -> None:
    copy_rows(
        Customer,
        [*_PLAIN, "search"],
        ([*(getattr(row, name) for name in _PLAIN), text.bigrams(row.name)] for row in batch.created),
    )
    if batch.changed:
        Customer.objects.bulk_update(batch.changed, _CHANGED)
    for row in batch.renamed:
        Customer.objects.filter(pk=row.pk).update(search=vector_of(text.bigrams(row.name)))
    copy_objects(batch.points)
    if batch.refused:
        ContactPoint.objects.bulk_update(batch.refused, ["refused"])
    _write_kinds(batch)
    copy_objects(batch.numbers)
    copy_objects(batch.new_files)
    if batch.files:
        CustomerFile.objects.bulk_update(batch.files, _FILE)
    copy_objects(batch.new_held)
    if batch.held:
        Holding.objects.bulk_update(batch.held, _HELD)
    copy_objects(batch.classes)
    record_many(batch.entries)


def _write_kinds(batch: _Batch) -> None:
    through = Customer.kinds.through
    created = {row.pk for row in batch.created}
    if others := [pk for pk in batch.kinds if pk not in created]:
        through._default_manager.filter(customer__in=others).delete()
    copy_objects([through(customer_id=pk, customerkind_id=kind) for pk, kinds in batch.kinds.items() for kind in kinds])
