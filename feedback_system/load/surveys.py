"""Answers of the generated organisation's customers about its closed cases, with what follows from them.

Rows as the actions would have left them, but for their histories and messages: the results are measured on them. Where
fewer are asked for than rounds were closed, they are spread over all of these; where more, the rest are paper forms
that staff collected, about the same rounds.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from cases.lifecycle import FULL_OUTCOMES
from cases.models import Assignment, Round
from organization.copying import copy_objects, take_keys
from organization.models import User
from surveys.actions.drawing import draw_callbacks
from surveys.actions.tallying import tally
from surveys.document import Item, Option, QuestionnaireDocument
from surveys.models import (
    Answer,
    Callback,
    Draw,
    FollowUp,
    Invitation,
    Questionnaire,
    QuestionnaireVersion,
    Response,
    Survey,
)
from surveys.presets import QUESTIONNAIRES
from surveys.scores import LOW_UP_TO, QUOTAS, score_of

CHUNK = 2_000
#: How many of a hundred answer by link, at the telephone, have it filled in; the rest stand on paper.
_WAYS = (70, 90, 95)
#: How many of a hundred customers are content with everything, find something middling, or are displeased; each chooses
#: by weights of the options, the best first; a department is a little better or worse than that.
_MOODS = (72, 20, 8)
_OPTIONS = ((70, 30, 0, 0, 0), (30, 45, 23, 2, 0), (10, 20, 30, 25, 15))
_REMARK_SHARE = 0.06
_REMARKS = (
    "希望上门前先打电话",
    "配件价格偏高",
    "师傅很专业",
    "处理太慢",
    "建议增加线上报修",
    "说明书看不懂",
    "换新机很及时",
)
_COLUMNS = (
    "n", "closed_at", "case_id", "case__lead_department_id", "case__receiving_department_id", "case__product_id",
    "case__severity", "case__customer_id", "case__owner_id",
)  # fmt: skip
Say = Callable[[str], None]


@dataclass
class _Shelf:
    """What the rows name."""

    rng: random.Random
    now: datetime
    link: Survey
    callback: Survey
    staff: User
    draws: dict[tuple[date, str], Draw] = field(default_factory=dict)


@dataclass
class _Made:
    """The rows of one chunk, and fresh keys for those that others refer to."""

    keys: dict[type[Model], Iterator[int]]
    invitations: list[Invitation] = field(default_factory=list)
    callbacks: list[Callback] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)


def write_responses(count: int, *, seed: int, days: int, say: Say) -> None:
    """So many responses over so many days, in chunks, added up at the end; the generated organisation is there already.

    Raises ``ValueError`` where no round was closed.
    """
    now = timezone.now()
    since = now - timedelta(days=days)
    rows = Round.objects.filter(outcome__in=FULL_OUTCOMES, closed_at__gte=since).order_by("closed_at", "pk")
    rounds = list(rows.values_list(*_COLUMNS))
    if not rounds:
        raise ValueError("No case was closed: there is nothing to ask about.")
    rng = random.Random(seed)  # noqa: S311 - the same load for the same seed
    if len(rounds) > count:
        rounds = [rounds[n] for n in sorted(rng.sample(range(len(rounds)), count))]
    shelf = _Shelf(
        rng,
        now,
        survey_of("link", "five_level", since),
        survey_of("callback", "callback", since),
        User.objects.filter(departments__functions__code="hub").order_by("pk")[:1].get(),
    )
    about = itertools.islice(itertools.cycle(rounds), count)
    for start in range(0, count, CHUNK):
        chunk = list(itertools.islice(about, CHUNK))
        with transaction.atomic():
            _write(shelf, chunk, fresh=len(rounds) - start)
    say(f"{count:,} responses about {min(count, len(rounds)):,} closed rounds")
    while tally():
        pass


def write_queue(*, say: Say) -> None:
    """What the callback desk has to call: drawn of this quarter by the sweep some days ago, so that it is due."""
    say(f"{draw_callbacks(timezone.now() - timedelta(days=5)):,} callbacks wait")


def survey_of(kind: str, code: str, since: datetime) -> Survey:
    """The running survey of a kind, switched on then; begun with the questionnaire of the presets where none runs."""
    document = QUESTIONNAIRES[code]
    row, _new = Questionnaire.objects.get_or_create(code=code, defaults={"name": document.title})
    version = row.versions.first() or QuestionnaireVersion.objects.create(
        questionnaire=row, number=1, document=document.model_dump(mode="json"), published_at=since
    )
    found = Survey.objects.filter(kind=kind, stopped_at=None).first()
    return found or Survey.objects.create(
        kind=kind, version=version, started_at=since, asks_since=since, swept_until=timezone.now()
    )


def _write(shelf: _Shelf, rounds: list[tuple[Any, ...]], *, fresh: int) -> None:
    made = _Made({model: iter(take_keys(model, len(rounds))) for model in (Response, Invitation, Callback)})
    holders = dict(
        Assignment.objects.filter(case__in=[row[2] for row in rounds], is_lead=True, holder__isnull=False)
        .order_by("pk")
        .values_list("case", "holder")
    )
    for n, row in enumerate(rounds):
        _respond(shelf, made, row, person=holders.get(row[2]) or row[8], again=n >= fresh)
    made.follow_ups = list(_follow_ups(shelf, made))
    Draw.objects.bulk_update(shelf.draws.values(), ["required", "closed"])
    for rows in (made.invitations, made.callbacks, made.responses, made.answers, made.follow_ups):
        copy_objects(rows)


def _respond(shelf: _Shelf, made: _Made, row: tuple[Any, ...], *, person: int | None, again: bool) -> None:
    rng, (n, closed_at, case, lead, receiving, product, severity, customer, _owner) = shelf.rng, row
    roll = 99 if again else rng.randrange(100)
    source = ("link", "callback", "proxy", "collected")[sum(roll >= way for way in _WAYS)]
    if source == "callback" and not severity:
        source = "link"  # only what has a level is drawn
    at = min(shelf.now, closed_at + timedelta(days=3, seconds=rng.randrange(6 * 86_400)))
    survey = shelf.callback if source == "callback" else shelf.link
    response = Response(
        pk=next(made.keys[Response]), version_id=survey.version_id, case_id=case, round=n, customer_id=customer,
        source=source, submitted_at=at, department_id=lead or receiving, person_id=person, product_id=product,
        level=severity, personal=source in {"link", "callback"},
    )  # fmt: skip
    if source == "link":
        response.invitation = _invitation(shelf, made, response)
        made.invitations.append(response.invitation)
    elif source == "callback":
        response.callback, response.entered_by = _callback(shelf, made, response), shelf.staff
        made.callbacks.append(response.callback)
    else:
        response.asked_by = response.entered_by = shelf.staff
    answers = list(_answers(rng, survey.version.asks, response))
    score = score_of(answer.value for answer in answers)
    response.answers, response.total, response.satisfied = score.answers, score.total, score.satisfied
    response.has_remark = any(answer.comment for answer in answers)
    made.responses.append(response)
    made.answers += answers


def _answers(rng: random.Random, asks: QuestionnaireDocument, response: Response) -> Iterator[Answer]:
    for item, option, said in said_to(rng, asks, better=(response.department_id or 0) % 5):
        if option is None:
            yield Answer(response=response, item=item.code, comment=said)
            continue
        if item.solved:
            response.solved = option is asks.scale(item.scale).options[0]
        yield Answer(response=response, item=item.code, option=option.code, value=option.value, comment=said)


def said_to(
    rng: random.Random, asks: QuestionnaireDocument, *, better: int = 0
) -> Iterator[tuple[Item, Option | None, str]]:
    """What one customer chooses and writes, in one mood; items left blank are left out."""
    mood = rng.choices(_OPTIONS, _MOODS)[0]
    weights = [weight + better * (4 - place) * (weight > 0) for place, weight in enumerate(mood)]
    for item in asks.items:
        said = rng.choice(_REMARKS) if rng.random() < _REMARK_SHARE / len(asks.items) else ""
        if item.kind == "choice":
            options = asks.scale(item.scale).options
            yield item, rng.choices(options, weights[: len(options)])[0], said
        elif said:
            yield item, None, said


def _invitation(shelf: _Shelf, made: _Made, response: Response) -> Invitation:
    at = response.submitted_at - timedelta(days=1)
    return Invitation(
        pk=next(made.keys[Invitation]), survey=shelf.link, case_id=response.case_id, round=response.round,
        state="answered", key=f"{response.case_id:056x}{response.round:08x}", invited_at=at,
        deadline_at=at + timedelta(days=14), ended_at=response.submitted_at,
    )  # fmt: skip


def _callback(shelf: _Shelf, made: _Made, response: Response) -> Callback:
    at = response.submitted_at
    day = timezone.localdate(at)
    key = (date(day.year, 3 * ((day.month - 1) // 3) + 1, 1), response.level)
    if key not in shelf.draws:
        shelf.draws[key] = Draw.objects.create(
            survey=shelf.callback, quarter=key[0], level=key[1], percent=QUOTAS[key[1]], seed=response.case_id,
            drawn_at=at,
        )  # fmt: skip
    draw = shelf.draws[key]
    draw.required += 1
    draw.closed = draw.required * 100 // QUOTAS[key[1]]
    return Callback(
        pk=next(made.keys[Callback]), draw=draw, case_id=response.case_id, round=response.round, n=draw.required,
        state="done", drawn_at=at, next_at=at, attempts=1, ended_at=at,
    )  # fmt: skip


def _follow_ups(shelf: _Shelf, made: _Made) -> Iterator[FollowUp]:
    """Each dissatisfied item by itself, and the remarks of a response once; those of the last week stand open."""
    for answer in made.answers:
        low = answer.value is not None and answer.value <= LOW_UP_TO
        if low:
            yield _follow_up(shelf, answer.response, answer.item, "low")
    for response in made.responses:
        if response.has_remark:
            yield _follow_up(shelf, response, "", "remark")


def _follow_up(shelf: _Shelf, response: Response, item: str, reason: str) -> FollowUp:
    at = response.submitted_at
    done = shelf.now - at > timedelta(days=7)
    row = FollowUp(
        response=response, item=item, reason=reason, owner_id=response.person_id or shelf.staff.pk,
        department_id=response.department_id, opened_at=at, due_on=timezone.localdate(at) + timedelta(days=7),
        state="done" if done else "open",
    )  # fmt: skip
    if done:
        row.cause, row.result = "派工不及时", "已向客户说明并改进"
        row.ended_at, row.ended_by_id = at + timedelta(days=4), row.owner_id
    else:
        row.next_alert_at = row.due_at
    return row
