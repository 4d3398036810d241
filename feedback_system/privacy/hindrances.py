"""What stands in the way of an erasure: the page shows it before the click, the action asks again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.exceptions import Blocked, Reason
from cases.models import Case, Hold
from customers.models import Communication, Customer, CustomerType
from feedback_system.models import PENDING, DataRequest, LegalHold, Record
from feedback_system.privacy.policy import RetentionPart, retention
from organization.traces import Subject
from returns.models import ReturnSlip

NAMED = 5


def hindrances(subject: Subject, *, now: datetime, besides: DataRequest | None = None) -> list[Reason]:
    """Why these data must be kept at present; empty when nothing stands in the way (PIPL 47, SEC-05, A-33).

    ``besides`` is the request that asks for the erasure; others of the same person are answered first.
    """
    rules = retention()
    return [
        *_open(subject),
        *_held(subject),
        *_kept(subject, rules),
        *_asked(subject, besides),
        *_lawful(subject, rules, now=now),
    ]


def of_a_person(subject: Subject) -> list[Reason]:
    """Rights of persons belong to persons."""
    others = Customer.objects.filter(pk__in=subject.customers).exclude(type=CustomerType.PERSON)
    sentence = _("“%(name)s” is an organisation. These rights belong to persons: choose one of its people.")
    return [Reason("organisation", sentence % {"name": row}, "forbidden") for row in others]


def require_free(subject: Subject, *, now: datetime, besides: DataRequest | None = None) -> None:
    """Raise ``Blocked`` when something stands in the way."""
    if reasons := hindrances(subject, now=now, besides=besides):
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


def _kept(subject: Subject, rules: RetentionPart) -> list[Reason]:
    """Accidents, goods that came back, refunds: excluded from deletion (A-33)."""
    cases = Case.objects.filter(pk__in=subject.cases, erased_at=None)
    of_kind = cases.filter(kind__code__in=rules.kept_kinds)
    returned = cases.filter(holds__kind__in=rules.kept_holds)
    numbers = list((of_kind | returned).distinct().order_by("pk").values_list("number", flat=True)[:NAMED])
    slips = ReturnSlip.objects.filter(pk__in=subject.returns, erased_at=None).order_by("pk")
    numbers += list(slips.values_list("number", flat=True)[:NAMED])
    sentence = _("Accidents, returns and refunds are kept: %(numbers)s. Use can be restricted instead.")
    return [Reason("kept_cases", sentence % {"numbers": "、".join(numbers)}, "forbidden")] if numbers else []


def _asked(subject: Subject, besides: DataRequest | None) -> list[Reason]:
    """What the person asked beside: a copy after the erasure would be empty."""
    on_us = Q(customer__in=subject.customers) | Q(case__in=subject.cases)
    rows = DataRequest.objects.filter(on_us, state__in=PENDING).exclude(pk=besides.pk if besides else 0)
    sentence = _("Another request of this person waits for its answer: %(kind)s.")
    return [Reason("other_request", sentence % {"kind": row.get_kind_display()}) for row in rows[:NAMED]]


def _lawful(subject: Subject, rules: RetentionPart, *, now: datetime) -> list[Reason]:
    """Periods that the law sets, by type of record (SEC-04)."""
    talks = Communication.objects.filter(customer__in=subject.customers) | Communication.objects.filter(
        pk__in=subject.communications
    )
    ended = {
        Record.CASES: Case.objects.filter(pk__in=subject.cases, erased_at=None).aggregate(at=Max("closed_at"))["at"],
        Record.COMMUNICATIONS: talks.filter(erased_at=None).aggregate(at=Max("happened_at"))["at"],
        Record.CUSTOMERS: Customer.objects.filter(pk__in=subject.customers, erased_at=None).aggregate(
            at=Max(Coalesce("file_updated_at", "created_at"))
        )["at"],
    }
    reasons = []
    for record, at in ended.items():
        days = rules.of(record).legal_days
        if at is not None and days and at + timedelta(days=days) > now:
            until = timezone.localdate(at + timedelta(days=days)).isoformat()
            words = {"what": record.label, "days": days, "until": until}
            sentence = _("%(what)s: by law kept for %(days)d days, until %(until)s. Until then use can be restricted.")
            reasons.append(Reason("legal_period", sentence % words))
    return reasons
