"""A world in which every word about one person can be told from every other word: it is planted, and looked for.

The lives of ``full_world`` go through the actions with the planted words; then every field that ``personal`` calls a
customer's is overwritten with them, past all actions. What an erasure leaves anywhere is found by reading every table
as text, every file, and the forms in which words are searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models
from django.utils import timezone

from audit.actor import Actor
from audit.exceptions import Blocked
from cases.models import Case, Hold
from customers.actions.people import Facts, Reach, update_customer
from customers.models import Customer, CustomerImport, CustomerType, ImportMapping
from documents.models import File
from feedback_system import personal
from feedback_system.models import DataRequest, LegalHold
from feedback_system.privacy.erasure import erase
from feedback_system.privacy.subjects import subject_of_case, subject_of_customer
from notifications.delivery import sweep_due
from notifications.models import Message
from organization.traces import Subject
from returns.models import ReturnSlip
from tests.e2e.full_world import Full, answers, beside, lives, returns
from tests.returns.trade import people
from tests.world import World

#: A rare name, so that even a pair of its characters is nobody else's; what pinyin and folding make of it; a number.
NAME, LATIN, PHONE, MAIL = "龘靐麤", "Xqzwvk", "13805126634", "xqzwvk@b.example"
NEEDLES = ("龘", "靐", "麤", "xqzwvk", "13805126634", "05126634", "43662150831", "a@b.example")


@dataclass
class Planted(Full):
    """The world with one person's words in it."""

    def text(self, longest: int | None = None) -> str:
        """The name with a number, so that no two are the same, and enough around it to look like a sentence."""
        return f"{NAME}{next(self.turns)} {LATIN} {PHONE}，一句话。"[:longest]


def plant(world: World) -> Planted:
    """Cases in every state, closed in the end; the customer's file; messages sent; drafts, views and imports."""
    full = Planted(people(world))
    full.cases = lives(full)
    full.slips = returns(full)
    answers(full)
    beside(full)
    _name_customers(full)
    _ask(full)
    sweep_due(budget=60)
    # To a colleague: the number of a workbook and how many rows stand in it.
    Message.objects.filter(thread__in=["reports", "returns", "surveys"]).delete()
    _overwrite(full)
    # Names of systems and sheets are nobody's; the full world fills them too.
    CustomerImport.objects.update(system="", sheet="", sheets=[])
    ImportMapping.objects.update(system="")
    Hold.objects.filter(released_at=None).update(released_at=timezone.now())
    Case.objects.filter(closed_at=None).update(
        state="closed", closed_at=timezone.now(), outcome="settled", resume_state=""
    )
    return full


def _name_customers(full: Planted) -> None:
    Customer.objects.update(type=CustomerType.PERSON)
    for customer in Customer.objects.filter(merged_into=None):
        reach = (Reach("phone", PHONE), Reach("email", MAIL))
        update_customer(
            customer, Facts(full.text(100), attention=full.text(200), contacts=reach), by=full.actor("agent")
        )


def _ask(full: Planted) -> None:
    """Somebody asked for a copy before, and a lawsuit is over."""
    now, user = timezone.now(), full.world.hub_head
    for customer in Customer.objects.all():
        DataRequest.objects.create(
            kind="copy", customer=customer, words=full.text(), channel="phone", asked_at=now, due_at=now, state="done",
            answered_at=now,
        )  # fmt: skip
        LegalHold.objects.create(
            customer=customer, reason=full.text(300), placed_by=user, placed_at=now, lifted_by=user, lifted_at=now
        )


def _overwrite(full: Planted) -> None:
    """Plant what no action wrote: every word field of a customer's in every row. The history only takes what it got."""
    named = personal.named(personal.CUSTOMERS)
    for model in personal.models_of_ours():
        columns = [c for c in model._meta.concrete_fields if (model._meta.label, c.name) in named]
        plain = [column for column in columns if _is_plain(column)]
        if model._meta.app_label == "audit" or not plain:
            continue
        rows = list(model._default_manager.all())
        for row in rows:
            for column in plain:
                if not _holds(getattr(row, column.name)):
                    setattr(row, column.name, _fitting(full, column))
        model._default_manager.bulk_update(rows, [column.name for column in plain], batch_size=200)


def _is_plain(column: models.Field[Any, Any]) -> bool:
    if isinstance(column, models.FileField | SearchVectorField) or column.unique:
        return False
    # A follow-up has somebody and a day, or it is none.
    return column.name != "follow_up" or column.model._meta.label != "customers.Communication"


def _fitting(full: Planted, column: models.Field[Any, Any]) -> Any:
    if isinstance(column, ArrayField):
        return [full.text(column.base_field.max_length)]
    return {"said": full.text()} if isinstance(column, models.JSONField) else full.text(column.max_length)


def _holds(value: Any) -> bool:
    return any(needle in str(value).lower() for needle in NEEDLES)


def erase_everybody(full: Planted) -> None:
    """Each customer with all who became part of it and all cases, then what nobody linked to a customer."""
    by = full.actor("hub_head")
    for customer in Customer.objects.filter(merged_into=None).order_by("pk"):
        _erase(subject_of_customer(customer), by=by)
    for case in Case.objects.filter(erased_at=None).order_by("pk"):
        _erase(subject_of_case(case), by=by)


def _erase(subject: Subject, *, by: Actor) -> None:
    """Whose goods came back is kept as long as the law wants it (A-33); then everything goes all the same."""
    if subject.returns:
        with pytest.raises(Blocked) as refusal:
            erase(subject, by=by)
        assert "kept_cases" in {reason.code for reason in refusal.value.reasons}
    erase(subject, by=by, lawful=not subject.returns)


def erase_at_once(full: Planted) -> None:
    """The same as one erasure: one walk through the rooms."""
    subjects = [subject_of_customer(customer) for customer in Customer.objects.filter(merged_into=None)]
    names = frozenset(name for subject in subjects for name in subject.names)
    reaches = frozenset(reach for subject in subjects for reach in subject.reaches)
    everybody = Subject(
        frozenset(Customer.objects.values_list("pk", flat=True)),
        frozenset(Case.objects.values_list("pk", flat=True)),
        returns=frozenset(ReturnSlip.objects.values_list("pk", flat=True)),
        names=names,
        reaches=reaches,
    )
    erase(everybody, by=full.actor("hub_head"), lawful=False)


def found_in_tables() -> dict[str, int]:
    """In how many rows of which table a planted word still stands, whatever the field: every table of the database."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS t WHERE lower(t::text) LIKE ANY (%s)',
                [[f"%{needle}%" for needle in NEEDLES]],
            )
            if count := cursor.fetchone()[0]:
                found[table] = count
    return found


def stored_files() -> set[Path]:
    """Where the bytes of every file lie: the originals, and the pictures that were made of them."""
    names = {name for row in File.objects.values_list("original", "rendition", "thumbnail") for name in row if name}
    return {Path(settings.MEDIA_ROOT) / name for name in names}
