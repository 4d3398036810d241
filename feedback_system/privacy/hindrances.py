"""What stands in the way of an erasure: the page shows it before the click, the action asks again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.exceptions import Blocked, Reason
from cases.models import Case, Hold
from customers.models import Customer, CustomerType
from feedback_system.models import LegalHold, Record
from feedback_system.privacy.policy import RetentionPart, retention
from organization.traces import Subject

NAMED = 5


def hindrances(subject: Subject, *, now: datetime) -> list[Reason]:
    """Why these data must be kept at present; empty when nothing stands in the way (PIPL 47, SEC-05)."""
    return [*_open(subject), *_held(subject), *_lawful(subject, retention(), now=now)]


def of_a_person(subject: Subject) -> list[Reason]:
    """Rights of persons belong to persons."""
    others = Customer.objects.filter(pk__in=subject.customers).exclude(type=CustomerType.PERSON)
    sentence = _("“%(name)s” is an organisation. These rights belong to persons: choose one of its people.")
    return [Reason("organisation", sentence % {"name": row}, "forbidden") for row in others]


def require_free(subject: Subject, *, now: datetime) -> None:
    """Raise ``Blocked`` when something stands in the way."""
    if reasons := hindrances(subject, now=now):
        raise Blocked(reasons)


def _open(subject: Subject) -> list[Reason]:
    numbers = list(Case.objects.open().filter(pk__in=subject.cases).order_by("pk").values_list("number", flat=True))
    if not numbers:
        return []
    named = "、".join(numbers[:NAMED]) + ("…" if len(numbers) > NAMED else "")
    sentence = _("Cases are open: %(numbers)s. They are answered and closed first; until then use can be restricted.")
    return [Reason("open_cases", sentence % {"numbers": named})]


def _held(subject: Subject) -> list[Reason]:
    on_us = Q(customer__in=subject.customers) | Q(case__in=subject.cases)
    reasons = [
        Reason("legal_hold", _("Must be kept: %(reason)s") % {"reason": row.reason})
        for row in LegalHold.objects.filter(on_us, lifted_at=None).select_related("case")[:NAMED]
    ]
    holds = Hold.objects.filter(case__in=subject.cases, released_at=None)[:NAMED]
    return reasons + [Reason("hold", _("Something is not finished: %(what)s") % {"what": row.label}) for row in holds]


def _lawful(subject: Subject, rules: RetentionPart, *, now: datetime) -> list[Reason]:
    days = rules.of(Record.CASES).legal_days
    newest = Case.objects.filter(pk__in=subject.cases, closed_at__isnull=False).order_by("-closed_at").first()
    if not days or newest is None or newest.closed_at is None or newest.closed_at + timedelta(days=days) <= now:
        return []
    until = timezone.localdate(newest.closed_at + timedelta(days=days))
    sentence = _("The law asks to keep feedback for %(days)d days: until %(until)s. Until then use can be restricted.")
    return [Reason("legal_period", sentence % {"days": days, "until": until.isoformat()})]
