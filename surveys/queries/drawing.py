"""What the callback desk draws from: the rounds closed in a quarter, and who worked on their cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import MD5, Cast, Concat
from django.utils import timezone

from audit.models import ActorKind, Event
from cases.lifecycle import FULL_OUTCOMES
from cases.models import Assignment, Case, Measure, Round
from cases.queries.hands import worked_beside, workers_beside
from customers.models import ContactPoint, ContactType
from organization.models.units import RESTRICTED_PRINCIPAL
from organization.queries import Identity
from surveys.models import Callback, Draw, Invitation, Response, Survey
from surveys.models.callback import CallbackQuerySet

#: A person at a desk, or a program with a person's key; an import or the clock works on nothing.
_PEOPLE = (ActorKind.STAFF, ActorKind.TOKEN)


def running() -> Survey | None:
    """The callback survey that is switched on; there is at most one."""
    return Survey.objects.select_related("version").filter(kind=Survey.Kind.CALLBACK, stopped_at=None).first()


def quarter_of(day: date) -> date:
    """The first day of the quarter that a day lies in."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def quarter_after(quarter: date) -> date:
    """The first day of the next quarter."""
    return quarter_of(quarter + timedelta(days=93))


def span_of(quarter: date) -> tuple[datetime, datetime]:
    """When a quarter begins here, and when the next one does."""
    first, last = (datetime.combine(day, time.min) for day in (quarter, quarter_after(quarter)))
    return timezone.make_aware(first), timezone.make_aware(last)


def closed_rounds(survey: Survey, quarter: date) -> QuerySet[Round]:
    """The rounds of a quarter that are asked about: the denominator of the quota (A-13).

    Closed after the survey was switched on, as settled, unsatisfied but explained or without an answer; of cases with a
    level that were not erased. Read by the index of closing times.
    """
    opens, ends = span_of(quarter)
    return Round.objects.filter(
        closed_at__gte=max(opens, survey.asks_since),
        closed_at__lt=ends,
        outcome__in=sorted(FULL_OUTCOMES),
        case__erased_at=None,
    ).exclude(case__severity="")


def closed_by_level(survey: Survey, quarter: date) -> dict[str, int]:
    """How many rounds of a quarter are asked about, by level; one query."""
    counted = closed_rounds(survey, quarter).order_by().values_list("case__severity").annotate(n=Count("pk"))
    return dict(counted)


def candidates(draw: Draw) -> QuerySet[Round]:
    """The rounds that can be telephoned about, drawn already or not, in the order of a draw's lots.

    A lot is a digest of seed and round, so that whoever knows the seed draws the same again, whatever was drawn
    meanwhile. Left out is who cannot or must not be telephoned (CUS-19), who has answered or has a link to
    answer by, and what was reopened.
    """
    telephone = ContactPoint.objects.filter(
        customer=OuterRef("case__customer"), type=ContactType.PHONE, refused=False
    )  # fmt: skip
    known = Q(case__customer__restricted_at=None, case__customer__erased_at=None) & Exists(telephone)
    unknown = Q(case__customer=None) & ~Q(case__reporter_phone="")
    return (
        closed_rounds(draw.survey, draw.quarter)
        .filter(known | unknown, case__severity=draw.level, case__round=F("n"), case__closed_at__isnull=False)
        .filter(~Exists(Response.objects.settling().filter(case=OuterRef("case"), round=OuterRef("n"))))
        .filter(~Exists(Invitation.objects.filter(case=OuterRef("case"), round=OuterRef("n"), state="open")))
        .exclude(case__contact_refused=True)
        .exclude(case__barred__contains=[RESTRICTED_PRINCIPAL])
        .annotate(lot=MD5(Concat(Value(f"{draw.seed}:"), Cast("pk", TextField()), output_field=CharField())))
        .order_by("lot", "pk")
    )


def next_lots(draw: Draw, n: int, taken: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """The next cases and rounds of a draw that are not among those ``taken``.

    These are left out here: they are the first lots, and a join with them is slow as long as the table's statistics
    are older than the draw.
    """
    lots = candidates(draw).values_list("case", "n")[: n + len(taken)]
    return [lot for lot in lots if lot not in taken][:n]


def taken_in(quarter: date) -> set[tuple[int, int]]:
    """Case and round of everything that was ever drawn of a quarter's rounds."""
    return set(Callback.objects.filter(draw__quarter=quarter).values_list("case", "round"))


def workers_of(cases: Collection[int]) -> dict[int, set[int]]:
    """Who worked on these cases and their goods, or answered for who did, by case (SUR-15); nine queries."""
    found: dict[int, set[int | None]] = defaultdict(set)
    threads = {f"case:{pk}": pk for pk in cases}
    acts = Event.objects.filter(thread__in=list(threads), actor_kind__in=_PEOPLE).order_by()
    for thread, *people in acts.values_list("thread", "actor_id", "deputy_for").distinct():
        found[threads[thread]].update(people)
    holding = Assignment.objects.filter(case__in=cases).order_by()
    for rows in (
        Case.objects.filter(pk__in=cases).values_list("pk", "owner", "acknowledged_by"),
        holding.values_list("case", "holder", "passed_to", "received_by", "answered_by"),
        Measure.objects.filter(case__in=cases).order_by().values_list("case", "owner", "done_by"),
    ):
        for case, *people in rows:
            found[case].update(people)
    for case, others in workers_beside(cases).items():
        found[case].update(others)
    return {case: {pk for pk in people if pk is not None} for case, people in found.items()}


def independent(rows: CallbackQuerySet, who: Identity) -> CallbackQuerySet:
    """Of these callbacks those that somebody may make: who worked on the case, or on its goods, since it was drawn is
    left out too.
    """
    people = [who.user_id, *(one.user_id for one in who.deputised)]
    thread = Concat(Value("case:"), Cast(OuterRef("case"), TextField()), output_field=CharField())
    acts = Event.objects.filter(thread=thread, actor_kind__in=_PEOPLE)
    worked = acts.filter(Q(actor_id__in=people) | Q(deputy_for__in=people))
    return rows.for_caller(who).exclude(Exists(worked)).exclude(worked_beside(people))


def callable_now(rows: CallbackQuerySet) -> CallbackQuerySet:
    """Those that wait, and whose round is still the closed last one of its case."""
    return rows.filter(
        state=Callback.State.WAITING,
        case__round=F("round"),
        case__closed_at__isnull=False,
        case__erased_at=None,
        case__contact_refused=False,
    )
