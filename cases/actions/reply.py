"""Answering the customer, and asking what the customer thinks of the answer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases import gates, lifecycle, notices
from cases.actions import clocks
from cases.actions.investigation import check_late
from cases.actions.moves import Extra, enter, finish, lock, moment, require, required, user_of, write_search
from cases.lifecycle import MOVES, State
from cases.models import Assignment, Case, Opinion, OpinionRequest, Reply
from cases.models.reply import Way
from cases.queries.closure import reply_facts
from cases.queries.people import hub_owner
from cases.ranks import rank_of


@dataclass(frozen=True)
class Answer:
    """What the customer is told, how, and when it happened (RES-02, RES-04)."""

    text: str
    way: str
    happened_at: datetime | None = None
    late_reason: str = ""
    minutes: int | None = None


@transaction.atomic
def reply_to_customer(case: Case, answer: Answer, *, by: Actor) -> Reply:
    """Give the final answer (办结): the resolution clock ends, unless the regulations let it run until closing.

    Refused while an assignment is unanswered (SLA-07) or a decision it would promise is still open
    (RES-05). "Not possible: no contact given" is accepted only where there is no contact.
    """
    required(answer.text, "text", _("Please write the answer: result, measures, thanks."))
    case = lock(case, "reply")
    _check_way(case, answer)
    _check_short_way(case)
    require(gates.replying(reply_facts(case)))
    now = timezone.now()
    at = moment(answer.happened_at, now=now, not_before=_handled_at(case))
    check_late(case, happened_at=at, now=now, reason=answer.late_reason)
    row = Reply.objects.create(
        case=case,
        round=case.round,
        final=True,
        way=answer.way,
        text=answer.text,
        by=user_of(by),
        rank=rank_of(by),
        minutes=answer.minutes,
        happened_at=at,
        recorded_at=now,
        late_reason=answer.late_reason,
    )
    first_answer = case.replied_at is None
    replied_at = case.replied_at
    enter(case, MOVES["reply"], at=at)
    # A second answer of the same round leaves the resolution met when it was first met.
    case.replied_at = at if first_answer else replied_at
    case.owner, case.owner_department = hub_owner(case) or case.owner, None
    clocks.meet(case, clocks.Kind.RESOLUTION, happened_at=at, now=now, event="replied")
    write_search(case)
    finish(case, "reply", by=by, at=now, extra=Extra({"way": (None, answer.way)}, {"reply": (None, answer.text)}))
    notices.replied(case, row)
    return row


def _handled_at(case: Case) -> datetime:
    """Before when there was nothing to answer: the case was not taken on, or a department still owed its part.

    To the minute, because a person types no seconds.
    """
    answered = Assignment.objects.filter(case=case, round=case.round).aggregate(last=Max("answered_at"))["last"]
    latest = max(at for at in (clocks.round_start(case), case.acknowledged_at, answered) if at is not None)
    return latest.replace(second=0, microsecond=0)


def _check_way(case: Case, answer: Answer) -> None:
    if answer.way not in Way.values:
        raise InvalidInput("way", _("Please choose how the customer was answered."))
    if answer.way == Way.NOT_POSSIBLE and case.has_contact:
        raise InvalidInput("way", _("There is a contact: please answer the customer."))
    _check_address(case, answer.way)


def _check_address(case: Case, way: str) -> None:
    """Nothing is sent another way than the one that was chosen (RES-04)."""
    needed = {Way.EMAIL: case.reporter_email, Way.SMS: case.reporter_phone}
    if way in needed and not needed[Way(way)]:
        raise InvalidInput("way", _("There is no address for this way. Please choose another."))


def _check_short_way(case: Case) -> None:
    """From acknowledged only enquiries and praise are answered at once (INT-20); others are dispatched first."""
    if case.state == State.ACKNOWLEDGED and case.kind.code not in lifecycle.SHORT_KINDS and not case.replied_at:
        handled = Assignment.objects.filter(case=case, round=case.round, state="answered").exists()
        if not handled and case.round == 1:
            raise InvalidInput(
                "kind", _("Only enquiries and praise are answered without a department. Please dispatch the case.")
            )


@transaction.atomic
def send_progress(case: Case, answer: Answer, *, by: Actor, expected_at: datetime | None) -> Reply:
    """Tell the customer how far it is and when to expect the answer (RES-03); no clock ends."""
    required(answer.text, "text", _("Please write what the customer is told."))
    case = lock(case, sources=lifecycle.OPEN)
    if answer.way == Way.NOT_POSSIBLE or answer.way not in Way.values:
        raise InvalidInput("way", _("Please choose how the customer was told."))
    _check_address(case, answer.way)
    now = timezone.now()
    if expected_at and expected_at <= now:
        raise InvalidInput("expected_at", _("Please choose a time in the future."))
    row = Reply.objects.create(
        case=case,
        round=case.round,
        final=False,
        way=answer.way,
        text=answer.text,
        by=user_of(by),
        rank=rank_of(by),
        expected_at=expected_at,
        minutes=answer.minutes,
        happened_at=moment(answer.happened_at, now=now, not_before=clocks.round_start(case)),
        recorded_at=now,
    )
    write_search(case)
    finish(case, "send_progress", by=by, at=now, extra=Extra(sealed={"reply": (None, answer.text)}))
    notices.progress_told(case, row)
    return row


@transaction.atomic
def ask_opinion(case: Case, *, by: Actor, way: str, result: str = "", reached: bool = False) -> OpinionRequest:
    """Ask whether the customer is satisfied; each attempt is kept and counted (RES-07, A-26)."""
    case = lock(case, sources={State.REPLIED, State.AWAITING_OPINION})
    if way not in Way.values:
        raise InvalidInput("way", _("Please choose how the customer was asked."))
    if way == Way.NOT_POSSIBLE and case.has_contact:
        raise InvalidInput("way", _("There is a contact: please ask the customer."))
    _check_address(case, way)
    now = timezone.now()
    row = OpinionRequest.objects.create(
        case=case, round=case.round, way=way, result=result, reached=reached, by=user_of(by), at=now
    )
    if MOVES["ask_opinion"].allowed_from(case.state):
        enter(case, MOVES["ask_opinion"], at=now)
    case.opinion_asked_at = case.opinion_asked_at or now
    finish(case, "ask_opinion", by=by, at=now, extra=Extra({"way": (None, way), "reached": (None, reached)}))
    notices.opinion_asked(case, row)
    return row


@dataclass(frozen=True)
class CustomerOpinion:
    """Satisfied or not solved, as the customer said it."""

    satisfied: bool
    way: str
    remark: str = ""
    happened_at: datetime | None = None
    submission_key: uuid.UUID | None = None


@transaction.atomic
def record_opinion(case: Case, opinion: CustomerOpinion, *, by: Actor) -> Opinion:
    """Keep the customer's opinion. A "no" stays here: then reply again, escalate or reopen (RES-08)."""
    if opinion.submission_key and (known := Opinion.objects.filter(submission_key=opinion.submission_key).first()):
        return known
    case = lock(case)
    if opinion.submission_key and (known := Opinion.objects.filter(submission_key=opinion.submission_key).first()):
        return known  # the same was sent twice at once, and the other one had the lock first
    case = lock(case, "record_opinion")
    if not opinion.satisfied and by.kind != "customer":
        required(opinion.remark, "remark", _("Please write what the customer is not satisfied with."))
    now = timezone.now()
    row = Opinion.objects.create(
        case=case,
        round=case.round,
        satisfied=opinion.satisfied,
        way=opinion.way,
        remark=opinion.remark,
        by=user_of(by),
        happened_at=moment(opinion.happened_at, now=now, not_before=case.replied_at),
        recorded_at=now,
        submission_key=opinion.submission_key,
    )
    enter(case, MOVES["record_opinion"], at=now)
    case.opinion_asked_at = case.opinion_asked_at or now
    finish(
        case,
        "record_opinion",
        by=by,
        at=now,
        extra=Extra(
            {"satisfied": (None, opinion.satisfied), "way": (None, opinion.way)}, {"remark": (None, opinion.remark)}
        ),
    )
    notices.opinion_given(case, row)
    return row
