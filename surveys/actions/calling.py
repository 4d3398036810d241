"""The callback desk telephones: takes a call, notes what came of it, keeps the answers (SUR-14, SUR-15, F73)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove, NotAllowed
from cases.models import Case
from organization.queries import Identity, identities_of, working_calendar
from organization.working_time import NoWorkingTime, WorkingCalendar, add_working_hours
from surveys import notices
from surveys.actions.answering import Asked, Filled, Origin, keep, locked_case, used_elsewhere
from surveys.actions.drawing import next_open
from surveys.models import Attempt, Callback, Invitation, Response
from surveys.policy import SurveysPart
from surveys.queries.desk import colleague_on
from surveys.queries.drawing import callable_now, independent

Result, State = Attempt.Result, Callback.State
LONGEST_NOTE = 500
#: Nobody asks to be called later than this.
LONGEST_WAIT = timedelta(days=90)
#: Calls that reached nobody: tried again after which share of the profile's hours; a busy line is free sooner.
NOT_REACHED: Mapping[str, Decimal] = MappingProxyType(
    {Result.NO_ANSWER: Decimal(1), Result.OFF: Decimal(1), Result.BUSY: Decimal("0.25")}
)
#: What ends the callback at once. Both are made up for by a further draw.
_ENDS: Mapping[str, Callback.State] = MappingProxyType({Result.WRONG: State.UNREACHABLE, Result.REFUSED: State.REFUSED})


class NotTaken(InvalidMove):
    """Nobody has taken this call: whoever makes it takes it first, so that no two ring the same customer."""


@dataclass(frozen=True)
class Heard:
    """What came of a call; ``next_at`` is when the person asked to be called."""

    result: str
    note: str = ""
    next_at: datetime | None = None


@transaction.atomic
def take(callback: Callback, *, by: Actor) -> Callback:
    """Mark who makes this call; a colleague is refused for the profile's minutes, or until a result is noted.

    Raises ``NotAllowed`` for who worked on the case (SUR-15, hard gate 9), ``InvalidMove`` for a call that has ended or
    is being made.
    """
    now = timezone.now()
    return _mark(_lock(callback, by=by, now=now), by=by, now=now)


@transaction.atomic
def take_next(*, by: Actor) -> Callback | None:
    """Take the call that is due longest and nobody is making; None when none is due for this person."""
    now = timezone.now()
    row = (
        independent(callable_now(Callback.objects.free_for(by.id, now)), _who(by))
        .filter(next_at__lte=now)
        .select_related("case__profile_version")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("next_at", "id")
        .first()
    )
    return _mark(row, by=by, now=now) if row is not None else None


def _mark(row: Callback, *, by: Actor, now: datetime) -> Callback:
    if row.taken_by_id == by.id and row.taken_until is not None and row.taken_until > now:
        return row  # held already: pressing twice neither prolongs it nor stands in the history
    before, row.taken_by_id, row.taken_at = row.taken_by_id, by.id, now
    row.taken_until = now + timedelta(minutes=row.case.profile_version.part(SurveysPart).held_minutes)
    row.save(update_fields=["taken_by", "taken_at", "taken_until"])
    changes = {"callback": (None, row.pk), "taken_by": (before, by.id)}
    record(row.thread, "take_callback", by=by, at=now, changes=changes)
    return row


@transaction.atomic
def record_attempt(callback: Callback, heard: Heard, *, by: Actor) -> Callback:
    """Note a call without answers, and when it is made again, or that it is not.

    Nobody answered: again after the profile's working hours, and after so many tries it ends as unreachable; a wrong
    number ends it at once, and so does who does not want to answer. Raises as ``take``, ``NotTaken`` where it was not
    taken, and ``InvalidInput`` for a result that needs answers or a time, or a time that cannot be meant.
    """
    now = timezone.now()
    _check(heard, now)
    row = _taken(callback, by=by, now=now)
    policy = row.case.profile_version.part(SurveysPart)
    ends = _ENDS.get(heard.result) or (State.UNREACHABLE if _was_last(row, heard, policy) else None)
    next_at = None if ends else _next_at(row.case, heard, policy, now=now)
    attempt = _attempt(row, heard, next_at=next_at, by=by, at=now)
    if next_at is not None:
        row.next_at = next_at
    elif ends is not None:
        row.state, row.ended_at = ends, now
    row.save()
    changes = {
        "callback": (None, row.pk),
        "attempt": (None, attempt.n),
        "result": (None, heard.result),
        "next_at": (None, next_at),
        "state": (State.WAITING, row.state),
    }
    sealed = {"note": (None, heard.note)} if heard.note else {}
    record(row.thread, "call_attempt", by=by, at=now, changes=changes, sealed=sealed)
    return row


def _check(heard: Heard, now: datetime) -> None:
    if heard.result not in Result.values or heard.result == Result.REACHED:
        raise InvalidInput("result", _("Please choose what came of the call."))
    _check_note(heard.note)
    if heard.result != Result.LATER:
        return
    if heard.next_at is None:
        raise InvalidInput("next_at", _("Please enter when to call again."))
    if heard.next_at <= now:
        raise InvalidInput("next_at", _("This time has passed. Please enter when to call again."))
    if heard.next_at > now + LONGEST_WAIT:
        raise InvalidInput("next_at", _("Please enter a time within %(n)d days.") % {"n": LONGEST_WAIT.days})


def _check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        sentence = _("At most %(max)s characters fit here; there are %(n)s.")
        raise InvalidInput("note", sentence % {"max": f"{LONGEST_NOTE:,}", "n": f"{len(note):,}"})


def _was_last(row: Callback, heard: Heard, policy: SurveysPart) -> bool:
    """Whether this was the last try to reach anybody."""
    if heard.result not in NOT_REACHED:
        return False
    return row.calls.filter(result__in=list(NOT_REACHED)).count() + 1 >= policy.tries


def _next_at(case: Case, heard: Heard, policy: SurveysPart, *, now: datetime) -> datetime:
    """When it is tried again, in working time (A-45)."""
    calendar = working_calendar(case.profile_version.times.calendar)
    if heard.result == Result.LATER and heard.next_at is not None:
        return next_open(calendar, heard.next_at)
    return next_open(calendar, _hours_later(calendar, now, policy.retry_hours * NOT_REACHED[heard.result]))


def _hours_later(calendar: WorkingCalendar, moment: datetime, hours: Decimal) -> datetime:
    try:
        return add_working_hours(calendar, moment, hours)
    except NoWorkingTime:
        return moment + timedelta(hours=float(hours))


def _attempt(row: Callback, heard: Heard, *, next_at: datetime | None, by: Actor, at: datetime) -> Attempt:
    row.attempts += 1
    row.taken_by = row.taken_at = row.taken_until = None
    attempt = Attempt(callback=row, n=row.attempts, result=heard.result, note=heard.note, next_at=next_at, at=at)
    attempt.by_id = by.id or 0
    attempt.save(force_insert=True)
    return attempt


@transaction.atomic
def record_call(callback: Callback, filled: Filled, *, by: Actor, note: str = "") -> Response:
    """Keep what the customer said on the telephone; the callback is done, an open link of the round ends.

    What is not solved or not satisfied opens its follow-up. The same ``submission_key`` returns the first response.
    Raises as ``take``, ``NotTaken`` where it was not taken; ``InvalidInput`` with the item's code for what does not fit
    the questionnaire, ``InvalidMove`` where the customer has answered already.
    """
    now = timezone.now()
    _check_note(note)
    Callback.objects.select_for_update().only("pk").get(pk=callback.pk)  # a form sent twice at once waits for itself
    if filled.submission_key and (known := Response.objects.filter(submission_key=filled.submission_key).first()):
        if known.callback_id == callback.pk:
            return known
        raise used_elsewhere()
    row = _taken(callback, by=by, now=now)
    link = _open_link(row)  # before the case, in the order in which an answer by link takes both
    row.case = case = locked_case(row.case_id)
    if case.round != row.round or case.closed_at is None:
        raise InvalidMove(_("The case was taken up again; the customer is asked once it is settled."))
    if link is not None:
        _end_invitation(link, row, by=by, at=now)
    if Response.objects.settling().filter(case=row.case_id, round=row.round).exists():
        raise InvalidMove(_("This customer has answered about the case already."))
    version = row.draw.survey.version
    origin = Origin(Response.Source.CALLBACK, callback=row)
    response = keep(Asked(case, row.round, version), filled, origin, by=by)
    attempt = _attempt(row, Heard(Result.REACHED, note), next_at=None, by=by, at=now)
    row.state, row.ended_at = State.DONE, now
    row.save()
    changes = {
        "callback": (None, row.pk),
        "attempt": (None, attempt.n),
        "result": (None, Result.REACHED),
        "state": (State.WAITING, row.state),
    }
    sealed = {"note": (None, note)} if note else {}
    record(row.thread, "call_attempt", by=by, at=now, changes=changes, sealed=sealed)
    return response


def _open_link(row: Callback) -> Invitation | None:
    """Take the link of the round, as long as it takes an answer."""
    links = Invitation.objects.select_for_update().filter(case=row.case_id, round=row.round)
    return links.filter(state=Invitation.State.OPEN).first()


def _end_invitation(link: Invitation, row: Callback, *, by: Actor, at: datetime) -> None:
    """The link of the round takes no answer any more: the customer was asked by telephone."""
    link.state, link.why, link.ended_at, link.remind_at = Invitation.State.WITHDRAWN, Invitation.Why.CALLED, at, None
    link.save(update_fields=["state", "why", "ended_at", "remind_at"])
    changes = {"invitation": (None, link.pk), "why": (None, link.why)}
    notices.withdrawn([row.thread])
    record(row.thread, "withdraw_invitation", by=by, at=at, changes=changes)


def _lock(callback: Callback, *, by: Actor, now: datetime) -> Callback:
    """Take the row of a call that may be made now, by this person."""
    row = (
        Callback.objects.select_for_update(of=("self",))
        .select_related("case__profile_version", "draw__survey__version")  # not the taker: read before the lock was had
        .get(pk=callback.pk)
    )
    if not independent(Callback.objects.filter(pk=row.pk), _who(by)).exists():
        raise NotAllowed(_("Whoever worked on a case does not ask its customer. A colleague must make this call."))
    if row.state != State.WAITING:
        raise InvalidMove(
            _("This is not possible while the callback is “%(state)s”. Reload the page.")
            % {"state": row.get_state_display()}
        )
    if not callable_now(Callback.objects.filter(pk=row.pk)).exists():
        raise InvalidMove(_("The case was taken up again; the customer is asked once it is settled."))
    if holder := colleague_on(row, by.id or 0, now):
        raise InvalidMove(_("%(name)s is making this call just now.") % {"name": holder.name or holder.username})
    return row


def _taken(callback: Callback, *, by: Actor, now: datetime) -> Callback:
    """Take the row of a call that this person took; also where the time is over, as long as no colleague took it."""
    row = _lock(callback, by=by, now=now)
    if row.taken_by_id != by.id:
        raise NotTaken(_("Take the call before you make it, so that no colleague rings the same customer."))
    return row


def _who(by: Actor) -> Identity:
    if by.id is None or by.kind not in {"staff", "token"}:
        raise NotAllowed
    return identities_of([by.id])[by.id]
