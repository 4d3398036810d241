"""Asking by link: who is invited after closing, reminded, no longer asked; sweeps that may run twice, late, or die.

A round is decided once: its ``Invitation`` is written together with its message and its event, and says that the
customer was asked or why not. ``Survey.swept_until`` never passes a round that is not decided yet, so that none is lost
however long its delay is, and however long no sweep ran.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Entry, record_many
from audit.actor import Actor
from audit.exceptions import InvalidMove
from cases.lifecycle import FULL_OUTCOMES
from cases.models import Case, Round
from organization.queries import working_calendar
from organization.working_time import WorkingCalendar, add_working_days
from regulations.models import ProfileVersion
from surveys import notices
from surveys.models import Callback, Invitation, Response, Survey
from surveys.policy import SurveysPart
from surveys.queries.reach import Address, Points, reach
from surveys.secrets import digest, link_token, of_address

CHUNK = 200
#: A closing is dated when its transaction begins; none takes so long to become visible.
OVERLAP = timedelta(hours=1)
BUDGET = timedelta(seconds=25)
SWEEP = Actor.system("survey-sweep")
State, Why = Invitation.State, Invitation.Why

logger = logging.getLogger(__name__)
RoundKey = tuple[int, int]


def sweep_invitations(now: datetime | None = None, *, budget: timedelta = BUDGET) -> int:
    """Decide on every round of the running survey whose working days are over; returns how many (SUR-14, A-45)."""
    failed: set[int] = set()
    return _chunk_by_chunk(lambda at: _chunk(at, failed), now, monotonic() + budget.total_seconds())


def _chunk_by_chunk(step: Callable[[datetime], int], now: datetime | None, until: float) -> int:
    """Take chunks, each with its own reading of the time, until one is not full or the budget of time is used up."""
    done = 0
    while True:
        count = step(now or timezone.now())
        done += count
        if count < CHUNK or monotonic() > until:
            return done


@transaction.atomic
def _chunk(now: datetime, failed: set[int]) -> int:
    """One chunk, and how far everything is decided. The survey's row keeps out a second sweep, and stopping."""
    running = Survey.objects.filter(kind=Survey.Kind.LINK, stopped_at__isnull=True)
    survey = running.select_for_update(skip_locked=True, no_key=True).first()
    if survey is None:
        return 0
    rounds = list(
        _undecided(survey)
        .filter(_over(survey, now))
        .exclude(pk__in=failed)
        .select_for_update(skip_locked=True, of=("self", "case"), no_key=True)
        .select_related("case__customer", "case__profile_version")
        .defer("case__search", "case__contact_search", "case__text")
        .order_by("closed_at", "id")[:CHUNK]
    )
    _decide(survey, rounds, failed, now=now)
    if len(rounds) < CHUNK:
        _advance(survey, now)
    return len(rounds)


def _undecided(survey: Survey) -> QuerySet[Round]:
    """Closed rounds that are asked about, and of which nothing is decided; not of a case that was taken up again."""
    known = Invitation.objects.filter(case=OuterRef("case"), round=OuterRef("n"))
    return Round.objects.filter(
        ~Exists(known),
        closed_at__gte=max(survey.asks_since, survey.swept_until - OVERLAP),
        outcome__in=FULL_OUTCOMES,
        n=F("case__round"),
        case__closed_at__isnull=False,
    )


def _over(survey: Survey, now: datetime) -> Q:
    """Rounds whose working days are over, each by the calendar and the number of its own profile version."""
    versions = ProfileVersion.objects.filter(
        pk__in=_undecided(survey).order_by().values("case__profile_version").distinct()
    ).defer("document")
    found = Q(pk__in=[])
    for version in versions:
        try:
            calendar = working_calendar(version.times.calendar)
            since = max(survey.asks_since, survey.swept_until - OVERLAP)
            before = closed_before(calendar, version.part(SurveysPart).delay_days, now, since=since)
        except Exception:  # one calendar without working days must not keep the others' customers from being asked
            logger.exception("no working days could be counted by %s", version)
            continue
        found |= Q(case__profile_version=version, closed_at__lt=before)
    return found


def closed_before(calendar: WorkingCalendar, days: int, now: datetime, *, since: datetime) -> datetime:
    """Of what was closed from ``since`` and before this moment, so many working days are over by ``now``; of nothing
    later.

    Looked for among local days, because a limit in working days knows only the day it begins on.
    """
    first, last = (moment.astimezone(calendar.zone).date().toordinal() for moment in (since, now))

    def due(day: int) -> datetime:
        return add_working_days(calendar, _midnight(calendar, day), days)

    return _midnight(calendar, first + bisect_right(range(first, last + 1), now, key=due))


def _midnight(calendar: WorkingCalendar, day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), time.min, calendar.zone)


def _advance(survey: Survey, now: datetime) -> None:
    first = _undecided(survey).aggregate(first=Min("closed_at"))["first"]
    survey.swept_until = max(survey.swept_until, min(first or now, now))
    survey.save(update_fields=["swept_until"])


def _decide(survey: Survey, rounds: Sequence[Round], failed: set[int], *, now: datetime) -> None:
    cases = [row.case for row in rounds]
    points, asked = Points.of(cases), _asked_otherwise(cases)
    found: list[tuple[Invitation, Address | None]] = []
    for row in rounds:
        try:
            found.append(_decision(survey, row, reach(row.case, points), asked=asked, now=now))
        except Exception:
            logger.exception("round %s could not be decided; the next sweep tries again", row.pk)
            failed.add(row.pk)
    _leave_in_peace(found, now=now)
    Invitation.objects.bulk_create([row for row, _address in found])
    notices.invited([(row, a.channel, a.value) for row, a in found if a and not row.why], kind="survey_invited")
    record_many([_entry(row, "leave_out" if row.why else "invite", at=now) for row, _address in found])


def _decision(
    survey: Survey, row: Round, way: Address | Invitation.Why, *, asked: dict[RoundKey, Invitation.Why], now: datetime
) -> tuple[Invitation, Address | None]:
    case, policy = row.case, row.case.profile_version.part(SurveysPart)
    if (case.pk, row.n) in asked:
        way = asked[case.pk, row.n]
    invitation = Invitation(
        survey=survey, case=case, round=row.n, invited_at=now, deadline_at=now + timedelta(days=policy.deadline_days)
    )
    if not isinstance(way, Address):
        _leave_out(invitation, way, at=now)
        return invitation, None
    _open(invitation, policy, at=now)
    invitation.to = of_address(way.normal)
    return invitation, way


def _open(row: Invitation, policy: SurveysPart, *, at: datetime) -> None:
    row.key, row.deadline_at = digest(link_token(row.case_id, row.round)), at + timedelta(days=policy.deadline_days)
    row.remind_at = at + timedelta(days=policy.remind_days) if policy.remind_days < policy.deadline_days else None


def _leave_out(row: Invitation, why: str, *, at: datetime) -> None:
    row.state, row.why, row.ended_at = State.LEFT_OUT, why, at
    row.key, row.to, row.remind_at = None, "", None


#: Callbacks by which a customer is asked, or said not to want to be.
_CALLED = (Callback.State.WAITING, Callback.State.DONE, Callback.State.REFUSED)


def _asked_otherwise(cases: Iterable[Case]) -> dict[RoundKey, Invitation.Why]:
    """Rounds about which somebody is called, or which were answered in another way: asked is once a round."""
    keys = [case.pk for case in cases]
    called = Callback.objects.filter(case__in=keys, state__in=_CALLED).values_list("case_id", "round")
    answered = Response.objects.settling().filter(case__in=keys).values_list("case_id", "round")
    return dict.fromkeys(called, Why.CALLED) | dict.fromkeys(answered, Why.ANSWERED)


def _leave_in_peace(found: Sequence[tuple[Invitation, Address | None]], *, now: datetime) -> None:
    """Nobody is asked twice within the quiet days, by whichever way: the same address, or the same customer (SUR-14).

    Withdrawn for a reopening does not count as asked.
    """
    last = _last_asked(found)
    for row, _address in found:
        if not row.to:
            continue
        quiet = timedelta(days=row.case.profile_version.part(SurveysPart).quiet_days)
        names: list[str | int] = [row.to]
        if row.case.customer_id:
            names.append(row.case.customer_id)
        if any(name in last and now - last[name] < quiet for name in names):
            _leave_out(row, Why.QUIET, at=now)
        else:
            last |= dict.fromkeys(names, now)


def _last_asked(found: Sequence[tuple[Invitation, Address | None]]) -> dict[str | int, datetime]:
    """When these addresses and customers were asked last, by link or on the telephone; three queries."""
    addresses = {row.to for row, _address in found if row.to}
    customers = {row.case.customer_id for row, _address in found if row.case.customer_id}
    asked = Invitation.objects.exclude(state=State.LEFT_OUT).exclude(why=Why.REOPENED).order_by()
    called = Callback.objects.filter(
        case__customer__in=customers, state__in=_CALLED[1:], ended_at__isnull=False
    ).order_by()
    last: dict[str | int, datetime] = {}
    for rows in (
        asked.filter(to__in=addresses).values_list("to", "invited_at"),
        asked.filter(case__customer__in=customers).values_list("case__customer", "invited_at"),
        called.values_list("case__customer", "ended_at"),
    ):
        for name, at in rows:
            last[name] = max(at, last.get(name, at))  # type: ignore[type-var, assignment]
    return last


def _entry(row: Invitation, verb: str, *, at: datetime, by: Actor = SWEEP) -> Entry:
    changes: dict[str, tuple[object, object]] = {"invitation": (None, row.pk), "round": (None, row.round)}
    if row.why:
        changes["why"] = (None, str(row.why))
    return Entry(row.thread, verb, by, at, changes)


def sweep_open(now: datetime | None = None, *, budget: timedelta = BUDGET) -> int:
    """Withdraw what must not be asked any more, end what is late, remind once; returns how many (SUR-14).

    In this order, so that nobody is reminded of what is withdrawn.
    """
    until = monotonic() + budget.total_seconds()
    return sum(_chunk_by_chunk(step, now, until) for step in (_withdraw_chunk, _expire_chunk, _remind_chunk))


def _still_open(condition: Q, *order: str) -> list[Invitation]:
    """A chunk of open invitations, locked, with what deciding on them reads."""
    return list(
        Invitation.objects.filter(condition, state=State.OPEN)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("case__customer", "case__profile_version")
        .defer("case__search", "case__contact_search", "case__text")
        .order_by(*order, "id")[:CHUNK]
    )


_REOPENED = ~Q(case__round=F("round")) | Q(case__closed_at__isnull=True)
_RESTRICTED = (
    Q(case__erased_at__isnull=False)
    | Q(case__customer__restricted_at__isnull=False)
    | Q(case__customer__erased_at__isnull=False)
)


@transaction.atomic
def _withdraw_chunk(now: datetime) -> int:
    same = {"case": OuterRef("case"), "round": OuterRef("round")}
    ended = (Callback.State.DONE, Callback.State.REFUSED)
    otherwise = Exists(Response.objects.settling().filter(**same)) | Exists(
        Callback.objects.filter(**same, state__in=ended)
    )
    rows = _still_open(_REOPENED | _RESTRICTED | Q(otherwise) | Q(case__contact_refused=True))
    for row in rows:
        row.why = _why_withdrawn(row)
    return _end(rows, State.WITHDRAWN, "withdraw_invitation", at=now)


def _why_withdrawn(row: Invitation) -> str:
    case, customer = row.case, row.case.customer
    if case.round != row.round or case.closed_at is None:
        return Why.REOPENED
    if case.erased_at or (customer and (customer.restricted_at or customer.erased_at)):
        return Why.RESTRICTED
    return Why.REFUSED if case.contact_refused else Why.ANSWERED


def _end(rows: Sequence[Invitation], state: str, verb: str, *, at: datetime, by: Actor = SWEEP) -> int:
    for why in {row.why for row in rows}:
        keys = [row.pk for row in rows if row.why == why]
        Invitation.objects.filter(pk__in=keys).update(state=state, why=why, ended_at=at, remind_at=None)
    notices.withdrawn(row.thread for row in rows)
    record_many([_entry(row, verb, at=at, by=by) for row in rows])
    return len(rows)


@transaction.atomic
def _expire_chunk(now: datetime) -> int:
    return _end(_still_open(Q(deadline_at__lt=now), "deadline_at"), State.EXPIRED, "expire_invitation", at=now)


@transaction.atomic
def _remind_chunk(now: datetime) -> int:
    """Remind once, at the address that stands in the case now; nobody who does not want to be reached any more."""
    rows = _still_open(Q(remind_at__lte=now, deadline_at__gte=now), "remind_at")
    points = Points.of([row.case for row in rows])
    ways = [(row, reach(row.case, points)) for row in rows]
    sent = [(row, way.channel, way.value) for row, way in ways if isinstance(way, Address)]
    Invitation.objects.filter(pk__in=[row.pk for row in rows]).update(remind_at=None)
    Invitation.objects.filter(pk__in=[row.pk for row, _channel, _address in sent]).update(reminded_at=now)
    notices.invited(sent, kind="survey_reminded")
    record_many([_entry(row, "remind", at=now) for row, _channel, _address in sent])
    return len(rows)


def withdraw_stopped(survey: Survey, *, by: Actor, at: datetime) -> int:
    """Withdraw what a survey has open, in the transaction that stops it; returns how many."""
    done = 0
    rows = Invitation.objects.filter(survey=survey, state=State.OPEN).select_for_update(of=("self",)).order_by("id")
    while chunk := list(rows[:1000]):
        for row in chunk:
            row.why = Why.STOPPED
        done += _end(chunk, State.WITHDRAWN, "withdraw_invitation", at=at, by=by)
    return done


@transaction.atomic
def ask_on_paper(invitation: Invitation, *, by: Actor) -> Invitation:
    """Ask somebody whom no message reaches by a printed code (SUR-14); the link is good for the usual time.

    Raises ``InvalidMove`` unless there was no address to write to and the case still stands closed in that round.
    """
    row = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("survey", "case__customer", "case__profile_version")
        .get(pk=invitation.pk)
    )
    if row.state != State.LEFT_OUT or row.why != Why.NO_ADDRESS:
        raise InvalidMove(_("A code is printed only for somebody who was not asked because there is no address."))
    if row.survey.stopped_at is not None:
        raise InvalidMove(_("The survey is switched off; nobody is asked any more."))
    if row.case.round != row.round or row.case.closed_at is None or _restricted(row.case):
        raise InvalidMove(_("The case was taken up again, or its data are restricted; nobody is asked now."))
    if (row.case_id, row.round) in _asked_otherwise([row.case]):
        raise InvalidMove(_("This customer has answered about the case already."))
    now = timezone.now()
    row.state, row.why, row.ended_at, row.invited_at = State.OPEN, "", None, now
    _open(row, row.case.profile_version.part(SurveysPart), at=now)
    row.remind_at = None
    row.save()
    record_many([_entry(row, "invite", at=now, by=by)])
    return row


def _restricted(case: Case) -> bool:
    customer = case.customer
    return bool(case.erased_at or (customer and (customer.restricted_at or customer.erased_at)))
