"""From what was filled in to a response: checked, converted, scored, kept, and what it sets going.

The customer by link, the callback desk and who fills in on behalf all come through ``keep``.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.lifecycle import FULL_OUTCOMES
from cases.models import Assignment, Case, Round
from organization.models import User
from surveys import notices
from surveys.actions import follow_ups
from surveys.document import Item, QuestionnaireDocument
from surveys.models import Answer, Callback, Invitation, QuestionnaireVersion, Response
from surveys.models.response import ONE_SETTLING
from surveys.policy import SurveysPart
from surveys.scores import Score, band_of, score_of

#: Characters of one comment or one text; the longest name.
LONGEST_COMMENT = 2_000
LONGEST_NAME = 100
#: What an answer by link reads of its case; a case has four times as many columns.
_OF_CASE = (
    "number", "subject", "state", "round", "closed_at", "severity", "barred", "customer_id", "product_id", "owner_id",
    "lead_department", "receiving_department", "profile_version",
)  # fmt: skip


@dataclass(frozen=True)
class Given:
    """What was said to one item: the code of an option, points as digits, or "" beside words."""

    option: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Filled:
    """A filled questionnaire; clean values by item code."""

    given: Mapping[str, Given]
    said_by: str = ""
    submission_key: uuid.UUID | None = None


@dataclass(frozen=True)
class Origin:
    """How it came: by which link or call, or who asked on the customer's behalf and in which situation (SUR-45)."""

    source: str
    invitation: Invitation | None = None
    callback: Callback | None = None
    asked_by: User | None = None
    situation: str = ""


@dataclass(frozen=True)
class Asked:
    """What was asked about: a round of a case, by a version of a questionnaire. The caller holds its lock."""

    case: Case
    round: int
    version: QuestionnaireVersion


@dataclass
class _Counted:
    """The answers with their values."""

    answers: list[Answer] = field(default_factory=list)
    score: Score = field(default_factory=Score)
    points: Decimal | None = None
    solved: bool | None = None


@transaction.atomic
def answer_invitation(invitation: Invitation, filled: Filled) -> Response:
    """The customer answers by the link: once, in time, and only while the case is closed.

    The same ``submission_key`` returns the first response. Raises ``InvalidMove`` for a link that takes no answer any
    more, ``InvalidInput`` for what does not fit the questionnaire.
    """
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    row.survey = invitation.survey  # never another one, and its version stays what it is
    if filled.submission_key and (known := _known(filled.submission_key)):
        if known.invitation_id == row.pk:
            return known
        filled = replace(filled, submission_key=None)  # forged: it is the key of somebody else's answer
    now = timezone.now()
    if not row.may_be_answered(now):
        raise InvalidMove(_("This link takes no answer any more. Thank you all the same."))
    row.case = case = locked_case(row.case_id)  # nobody reopens it meanwhile
    if Response.objects.settling().filter(case=case, round=row.round).exists():
        raise InvalidMove(_("This link takes no answer any more. Thank you all the same."))
    if case.round != row.round or case.closed_at is None:
        raise InvalidMove(_("Your matter was taken up again. We ask you once more when it is settled."))
    origin = Origin(Response.Source.LINK, invitation=row)
    response = keep(Asked(case, row.round, row.survey.version), filled, origin, by=Actor.customer())
    row.state, row.ended_at, row.remind_at = Invitation.State.ANSWERED, now, None
    row.save(update_fields=["state", "ended_at", "remind_at"])
    notices.withdrawn([row.thread])
    return response


def _known(key: uuid.UUID) -> Response | None:
    return Response.objects.filter(submission_key=key).only("invitation_id").first()


def locked_case(pk: int) -> Case:
    """The case locked, with all that a response and what it sets going take from it; raises nothing of its own."""
    rows = Case.objects.select_for_update(of=("self",), no_key=True).only(*_OF_CASE)
    return rows.select_related("profile_version", "lead_department", "receiving_department").get(pk=pk)


@transaction.atomic
def fill_in(case: Case, version: QuestionnaireVersion, filled: Filled, *, by: Actor, origin: Origin) -> Response:
    """Keep a form that staff asked or collected (SUR-17, SUR-45): marked, with the asker's name, and left out of
    personal appraisal (A-50). The round must have ended as one that is asked about.
    """
    if origin.source not in {Response.Source.PROXY, Response.Source.COLLECTED} or origin.asked_by is None:
        raise InvalidInput("source", _("Please say who asked, and whether a paper form was collected."))
    locked = Case.objects.select_for_update(of=("self",), no_key=True).select_related("profile_version").get(pk=case.pk)
    _require_asked(locked)
    if Response.objects.filter(case=locked, round=locked.round).exists():
        raise InvalidMove(_("This customer has answered about the case already."))
    return keep(Asked(locked, locked.round, version), filled, origin, by=by)


def _require_asked(case: Case) -> None:
    last = Round.objects.filter(case=case, n=case.round).first()
    if last is None or last.closed_at is None or last.outcome not in FULL_OUTCOMES:
        raise InvalidMove(
            _("Only about a case that was closed, and not merely withdrawn or invalid, is anybody asked.")
        )


def keep(asked: Asked, filled: Filled, origin: Origin, *, by: Actor) -> Response:
    """Check, score and write one response, and open what follows from it.

    Raises ``InvalidInput`` with the item's code as field, ``InvalidMove`` where the round was settled meanwhile.
    """
    now = timezone.now()
    policy = asked.case.profile_version.part(SurveysPart)
    counted = _count(asked.version.asks, filled, policy.satisfied_from)
    response = _build(asked, counted, origin, by=by, at=now)
    response.satisfied_from = policy.satisfied_from
    response.said_by, response.submission_key = filled.said_by[:LONGEST_NAME], filled.submission_key
    response.has_remark = any(answer.comment.strip() for answer in counted.answers)
    _insert(response)
    for answer in counted.answers:
        answer.response = response
    Answer.objects.bulk_create(counted.answers)
    words = {answer.item: (None, answer.comment) for answer in counted.answers if answer.comment}
    record(
        response.thread,
        "answer_survey",
        by=by,
        at=now,
        changes={
            "response": (None, response.pk),
            "source": (None, response.source),
            "answers": (None, {answer.item: answer.option for answer in counted.answers if answer.option}),
        },
        sealed=words | ({"said_by": (None, response.said_by)} if response.said_by else {}),
    )
    follow_ups.open_for(response, counted.answers, case=asked.case, by=by, at=now)
    return response


def _insert(response: Response) -> None:
    """Write it; two answers that come at once are told apart by the database, whatever was looked at before."""
    try:
        with transaction.atomic():
            response.save(force_insert=True)
    except IntegrityError as fault:
        if "submission_key" in str(fault):
            _insert_beside(response, fault)
            return
        if ONE_SETTLING not in str(fault):
            raise
        if response.source == Response.Source.LINK:
            raise InvalidMove(_("This link takes no answer any more. Thank you all the same.")) from fault
        raise InvalidMove(_("This customer has answered about the case already.")) from fault


def _insert_beside(response: Response, fault: IntegrityError) -> None:
    """Its key came with another answer at this moment; a customer's answer is kept all the same, once."""
    if response.source != Response.Source.LINK:
        raise used_elsewhere() from fault
    response.submission_key = None
    _insert(response)


def used_elsewhere() -> InvalidMove:
    """The refusal of a page whose key was used for another case."""
    return InvalidMove(_("This page was used for another case. Nothing was saved; open it again."))


def _build(asked: Asked, counted: _Counted, origin: Origin, *, by: Actor, at: datetime) -> Response:
    case = asked.case
    on_behalf = origin.source in {Response.Source.PROXY, Response.Source.COLLECTED}
    response = Response(
        version=asked.version,
        case=case,
        round=asked.round,
        customer_id=case.customer_id,
        source=origin.source,
        invitation=origin.invitation,
        callback=origin.callback,
        asked_by=origin.asked_by,
        situation=origin.situation,
        entered_by=User.objects.filter(pk=by.id).first() if by.kind in {"staff", "token"} and by.id else None,
        submitted_at=at,
        personal=not on_behalf,
        department=case.lead_department or case.receiving_department,
        person_id=_handler(case, asked.round),
        product_id=case.product_id,
        level=case.severity,
    )
    _score(response, counted)
    return response


def _score(response: Response, counted: _Counted) -> None:
    bands = response.version.asks.bands
    response.answers, response.total = counted.score.answers, counted.score.total
    response.satisfied, response.solved, response.points = counted.score.satisfied, counted.solved, counted.points
    response.band = band_of(counted.points, bands) if bands and counted.points is not None else ""


def rescore(response: Response, answers: Iterable[Answer]) -> dict[str, Decimal | None]:
    """Count its answers anew, one of which was changed: sets the score of the response and returns the values by item.

    Saves nothing. Raises ``InvalidInput`` as ``keep`` does.
    """
    filled = Filled({answer.item: Given(answer.option, answer.comment) for answer in answers})
    counted = _count(response.version.asks, filled, response.satisfied_from)
    _score(response, counted)
    return {answer.item: answer.value for answer in counted.answers}


def _handler(case: Case, round_: int) -> int | None:
    """Whose work is judged: who handled it in the leading department, else the case's owner."""
    lead = Assignment.objects.filter(case=case, round=round_, is_lead=True, holder__isnull=False).order_by("-pk")
    return lead.values_list("holder", flat=True).first() or case.owner_id


def _count(asks: QuestionnaireDocument, filled: Filled, satisfied_from: Decimal) -> _Counted:
    unknown = set(filled.given) - {item.code for item in asks.items}
    if unknown:
        raise InvalidInput(min(unknown), _("This question does not belong to the questionnaire."))
    counted, values, points = _Counted(), [], Decimal(0)
    for item in asks.items:
        given = filled.given.get(item.code, Given())
        value = _value(asks, item, given)
        if not given.option and not given.comment.strip():
            continue
        counted.answers.append(Answer(item=item.code, option=given.option, value=value, comment=given.comment.strip()))
        values.append(value)
        if item.kind == "points" and given.option:
            points += Decimal(given.option)
        if item.solved and given.option:
            counted.solved = given.option == asks.scale(item.scale).options[0].code
    if not counted.answers:
        raise InvalidInput("", _("Nothing was answered yet."))
    counted.score = score_of(values, satisfied_from=satisfied_from)
    # Blank is not zero: a form is graded only where every item marked by points was answered.
    marked = {item.code for item in asks.items if item.kind == "points"}
    given_points = {answer.item for answer in counted.answers if answer.option}
    counted.points = points if marked and marked <= given_points else None
    return counted


def _value(asks: QuestionnaireDocument, item: Item, given: Given) -> Decimal | None:
    if len(given.comment) > LONGEST_COMMENT:
        sentence = _("At most %(max)s characters fit here; there are %(n)s.")
        raise InvalidInput(item.code, sentence % {"max": f"{LONGEST_COMMENT:,}", "n": f"{len(given.comment):,}"})
    if item.required and not (given.comment.strip() if item.kind == "text" else given.option):
        raise InvalidInput(item.code, _("Please answer this question."))
    if item.kind == "text":
        if given.option:
            raise InvalidInput(item.code, _("Here only words are expected."))
        return None
    if not given.option:
        return None
    if item.kind == "points":
        return asks.value_of(item, str(_points(item, given.option)))
    try:
        return asks.value_of(item, given.option)
    except KeyError:
        raise InvalidInput(item.code, _("Please choose one of the offered values.")) from None


def _points(item: Item, given: str) -> int:
    try:
        points = Decimal(given)
    except InvalidOperation:
        points = Decimal(-1)
    if not points.is_finite() or points != points.to_integral_value() or not 0 <= points <= item.points:
        raise InvalidInput(item.code, _("Please enter whole points from 0 to %(max)d.") % {"max": item.points})
    return int(points)
