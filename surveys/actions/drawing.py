"""Drawing what the callback desk telephones about, and taking back what must not be asked any more (SUR-14, A-13).

Sweeps: safe to run twice, late, in two places, and to die half-way.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from secrets import randbits

from django.db import models, transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Value, When
from django.utils import timezone

from audit.actions import Entry, record_many
from audit.actor import Actor
from cases.models.intake import Severity
from organization.models.units import RESTRICTED_PRINCIPAL
from organization.queries import working_calendar
from organization.working_time import NoWorkingTime, WorkingCalendar
from regulations.profiles import version_for
from surveys.models import Callback, Draw, Response, Survey
from surveys.policy import SurveysPart
from surveys.queries import drawing as reads
from surveys.scores import quota

State = Callback.State
#: Drawn, or taken back, in one transaction: a whole quarter's first draw, as long as the tables' statistics are old.
CHUNK = 20_000
#: Written at once.
_BATCH = 5_000
#: So long after its end a quarter is still drawn for: what was closed in its last hours, and who could not be reached.
AFTER_THE_END = timedelta(days=31)
DRAW = Actor.system("callback-draw")


def next_open(calendar: WorkingCalendar, moment: datetime) -> datetime:
    """The first moment of working time from then on: what falls due at night is due the next open day (A-45).

    A calendar without working time leaves the moment as it is.
    """
    try:
        for day in calendar.working_days_from(timezone.localdate(moment, calendar.zone)):
            for opens, closes in calendar.cut(day).windows:
                if moment < closes:
                    return max(opens, moment)
    except NoWorkingTime:
        pass
    return moment


def draw_callbacks(now: datetime | None = None, *, budget: timedelta = timedelta(seconds=25)) -> int:
    """Draw what is missing to the quota of the quarter, level by level; returns how many were drawn (FX-05).

    Who was called and who waits counts; who could not be reached, did not want to or was withdrawn is replaced. A
    quarter keeps the percentages it began with.
    """
    until = time.monotonic() + budget.total_seconds()
    now = now or timezone.now()
    survey = reads.running()
    if survey is None:
        return 0
    done, quarters = 0, {reads.quarter_of(timezone.localdate(at)) for at in (now - AFTER_THE_END, now)}
    for quarter in sorted(quarters):
        if reads.span_of(quarter)[1] <= survey.asks_since:
            continue
        while True:
            count = _draw_quarter(survey, quarter, now=now)
            done += count
            if count < CHUNK or time.monotonic() > until:
                break
    return done


@transaction.atomic
def _draw_quarter(survey: Survey, quarter: date, *, now: datetime) -> int:
    """One chunk of one quarter; its draws are locked, so that two sweeps never draw for the same gap."""
    profile = version_for(site=None, product=None)
    draws = _locked_draws(survey, quarter, profile.part(SurveysPart).quotas, now=now)
    closed = reads.closed_by_level(survey, quarter)
    standing = {draw: (n, last) for draw, n, last in _standing(draws)}
    due_at = next_open(working_calendar(profile.times.calendar), now)
    new: list[Callback] = []
    taken: set[tuple[int, int]] | None = None
    for draw in draws:
        draw.survey, draw.drawn_at = survey, now
        draw.closed = closed.get(draw.level, 0)
        draw.required = quota(draw.closed, draw.percent)
        counted, last = standing.get(draw.pk, (0, 0))
        missing = min(draw.required - counted, CHUNK - len(new))
        if missing > 0:
            taken = reads.taken_in(quarter) if taken is None else taken
            lots = reads.next_lots(draw, missing, taken)
            new += [
                Callback(draw=draw, case_id=case, round=n, n=number, drawn_at=now, next_at=due_at)
                for number, (case, n) in enumerate(lots, last + 1)
            ]
    Draw.objects.bulk_update(draws, ["closed", "required", "drawn_at"])
    _keep(new, now=now)
    return len(new)


def _locked_draws(survey: Survey, quarter: date, quotas: dict[str, Decimal], *, now: datetime) -> list[Draw]:
    """The draws of a quarter, made where they are new, locked in the order of their levels."""
    rows = Draw.objects.filter(survey=survey, quarter=quarter).order_by("level")
    absent = {level: quotas[level] for level in Severity.values if quotas.get(level)} if quotas else {}
    for level in rows.values_list("level", flat=True):
        absent.pop(level, None)
    Draw.objects.bulk_create(
        [
            Draw(survey=survey, quarter=quarter, level=level, percent=percent, seed=randbits(63), drawn_at=now)
            for level, percent in absent.items()
        ],
        ignore_conflicts=True,
    )
    return list(rows.select_for_update())


def _standing(draws: Sequence[Draw]) -> list[tuple[int, int, int]]:
    """Of each draw: how many count for the quota, and the last number given."""
    counting = Q(state=State.WAITING) | Q(state=State.DONE) & ~Q(response__genuine="doubtful")
    rows = Callback.objects.filter(draw__in=draws).order_by().values("draw")
    return list(
        rows.annotate(counted=Count("pk", filter=counting), last=Max("n")).values_list("draw", "counted", "last")
    )


def _keep(new: Sequence[Callback], *, now: datetime) -> None:
    workers = reads.workers_of({row.case_id for row in new})
    for row in new:
        row.barred = sorted(workers.get(row.case_id, ()))
    Callback.objects.bulk_create(new, batch_size=_BATCH)
    entries = [
        Entry(
            row.thread, "draw_callback", DRAW, now,
            {"callback": (None, row.pk), "round": (None, row.round), "level": (None, row.draw.level)},
        )
        for row in new
    ]  # fmt: skip
    _record(entries)


def _record(entries: list[Entry]) -> None:
    entries.sort(key=lambda entry: entry.thread)
    for start in range(0, len(entries), _BATCH):
        record_many(entries[start : start + _BATCH])


#: Why a callback is taken back; what comes first is said.
_WHY = (
    ("erased", Q(case__erased_at__isnull=False) | Q(case__customer__erased_at__isnull=False)),
    (
        "restricted",
        Q(case__customer__restricted_at__isnull=False) | Q(case__barred__contains=[RESTRICTED_PRINCIPAL]),
    ),
    ("reopened", ~Q(case__round=F("round")) | Q(case__closed_at=None)),
    ("refused", Q(case__contact_refused=True)),
    ("stopped", Q(draw__survey__stopped_at__isnull=False)),
    ("answered", Q(Exists(Response.objects.settling().filter(case=OuterRef("case"), round=OuterRef("round"))))),
)


def withdraw_callbacks(now: datetime | None = None) -> int:
    """Take back what waits and must not be asked any more; returns how many.

    The case was reopened or erased, the customer is restricted, refused to be reached or has answered otherwise, or the
    survey was stopped. A call in progress is left to its caller, whose action asks again.
    """
    now, done = now or timezone.now(), 0
    while True:
        count = _withdraw_chunk(now)
        done += count
        if count < CHUNK:
            return done


@transaction.atomic
def _withdraw_chunk(now: datetime) -> int:
    why = models.Case(*(When(condition, then=Value(name)) for name, condition in _WHY), default=Value(""))
    rows = list(
        Callback.objects.filter(state=State.WAITING)
        .exclude(taken_until__gt=now)
        .annotate(why=why)
        .exclude(why="")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("id")[:CHUNK]
    )
    Callback.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.WITHDRAWN, ended_at=now, taken_by=None, taken_at=None, taken_until=None
    )
    entries = [
        Entry(
            row.thread, "end_callback", DRAW, now,
            {"callback": (None, row.pk), "state": (State.WAITING, State.WITHDRAWN), "why": (None, row.why)},
        )
        for row in rows
    ]  # fmt: skip
    _record(entries)
    return len(rows)
