"""Erasing what we hold about somebody: every room in its order, in one transaction (PIPL 47)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.actions import Entry, record_many
from audit.actor import Actor
from cases.models import Case
from customers.actions.living import lock_customers
from customers.models import Communication, Customer
from feedback_system import personal
from feedback_system.models import DataRequest, Erasure
from feedback_system.privacy import ledger
from feedback_system.privacy.hindrances import require_free
from feedback_system.privacy.places import place_words
from feedback_system.privacy.rooms import traces
from feedback_system.privacy.subjects import with_words
from organization.models import User
from organization.traces import Deed, Subject


@transaction.atomic
def erase(subject: Subject, *, by: Actor, request: DataRequest | None = None, lawful: bool = True) -> Erasure:
    """Take every word about somebody out of every room; numbers, times, classifications and the chain stay.

    What stands in the way is asked again under the locks: raises ``Blocked`` (open cases, a legal hold, a period that
    the law sets). ``lawful`` off repeats an erasure that was carried out before, after a restore. Twice harms nothing.
    """
    now = timezone.now()
    lock_customers(subject.customers)
    list(Case.objects.select_for_update(no_key=True).filter(pk__in=subject.cases).order_by("pk").values_list("pk"))
    if lawful:
        require_free(subject, now=now, besides=request)
        ledger.note(subject, at=now)
    deed = Deed(by, now, label())
    rows: dict[str, int] = {}
    for trace in traces():
        if count := trace.erase(subject, deed):
            rows[trace.name] = rows.get(trace.name, 0) + count
    record_many([Entry(thread, "erase", by, now) for thread in subject.threads])
    return Erasure.objects.create(
        request=request,
        customers=sorted(subject.customers),
        cases=sorted(subject.cases),
        by=User.objects.filter(pk=by.id).first() if by.id else None,
        at=now,
        rows=rows,
    )


def places(subject: Subject) -> list[tuple[str, int]]:
    """How many rows an erasure would touch, by the place's name in words; the largest first."""
    found: dict[str, int] = {}
    for trace in traces():
        if count := trace.count(subject):
            name = place_words(trace.name)
            found[name] = found.get(name, 0) + count
    return sorted(found.items(), key=lambda each: -each[1])


def label() -> str:
    """What stands where a row needs words, in the language of the organisation."""
    with translation.override(settings.LANGUAGE_CODE):
        return _("Personal data erased")


def repeat_all() -> int:
    """After a restore: erase again whom the backup brought back; how many erasures were repeated.

    A key that was given to somebody else since is left alone: only rows from before the erasure are meant.
    """
    by = Actor.system("restore")
    count = 0
    for at, said in ledger.erased():
        subject = _from_before(said, at)
        if _is_back(subject):
            erase(with_words(subject), by=by, lawful=False)
            count += 1
    return count


def _from_before(said: Subject, at: datetime) -> Subject:
    customers = Customer.objects.filter(pk__in=said.customers, created_at__lte=at)
    cases = Case.objects.filter(pk__in=said.cases, registered_at__lte=at)
    talks = Communication.objects.filter(pk__in=said.communications, recorded_at__lte=at)
    found = [frozenset(rows.values_list("pk", flat=True)) for rows in (customers, cases, talks)]
    return Subject(found[0], found[1], found[2])


def _is_back(subject: Subject) -> bool:
    return (
        Customer.objects.filter(pk__in=subject.customers, erased_at=None).exists()
        or Case.objects.filter(pk__in=subject.cases, erased_at=None).exists()
        or Communication.objects.filter(pk__in=subject.communications, erased_at=None).exists()
    )


def residue(words: frozenset[str]) -> dict[str, int]:
    """Where words of a person still stand after the erasure, in rows that are about others: field -> rows.

    One pass over each table with personal fields; for the proof, and for whoever looks at what is left.
    """
    wanted = sorted(f"%{_escaped(word)}%" for word in words if len(word) > 1)
    found = {}
    for model, columns in _columns().items():
        table = model._meta.db_table
        for column in columns if wanted else ():
            with connection.cursor() as cursor:
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ILIKE ANY (%s)',  # noqa: S608 - our names
                    [wanted],
                )
                if count := cursor.fetchone()[0]:
                    found[f"{model._meta.label}.{column}"] = count
    return found


def _columns() -> dict[type[models.Model], list[str]]:
    found: dict[type[models.Model], list[str]] = {}
    named = personal.named(personal.CUSTOMERS)
    for model in personal.models_of_ours():
        for column in model._meta.concrete_fields:
            inner = column.base_field if isinstance(column, ArrayField) else column
            if (model._meta.label, column.name) in named and not isinstance(inner, SearchVectorField):
                found.setdefault(model, []).append(str(column.column))
    return found


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
