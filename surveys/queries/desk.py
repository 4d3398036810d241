"""What the callback desk's pages show: the queue, one call, the quota."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.lifecycle import FULL_OUTCOMES
from cases.models import Case, Opinion, Reply, Round
from customers.models import ContactPoint, ContactType
from customers.rights import serves
from organization.masks import mask_name, mask_phone
from organization.models import User
from organization.queries import Identity
from surveys.models import Attempt, Callback, Draw, QuestionnaireVersion, Response, Survey
from surveys.queries.drawing import callable_now, independent, quarter_of

#: Rows of the queue on one page; the rest follows as these are called.
SHOWN = 50
QUARTERS_SHOWN = 8
#: Columns of a case that no list shows.
HEAVY = ("case__search", "case__contact_search", "case__text")
_TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Queued:
    """One line of the queue."""

    callback: Callback
    customer: str
    #: A colleague who is making this call.
    holder: User | None


@dataclass(frozen=True)
class Queue:
    """What is due, what comes later today, and how many wait altogether."""

    due: list[Queued]
    later: list[Queued]
    waiting: int


def queue_of(who: Identity, now: datetime) -> Queue:
    """The callbacks that this person may make, due ones first; two queries."""
    rows = independent(callable_now(Callback.objects.all()), who)
    tonight = timezone.make_aware(datetime.combine(timezone.localdate(now) + timedelta(days=1), time.min))
    listed = (
        rows.filter(next_at__lt=tonight)
        .select_related("case", "draw", "taken_by")
        .defer(*HEAVY)
        .order_by("next_at", "id")[:SHOWN]
    )
    clear = serves(who)
    lines = [Queued(row, name_of(row.case, clear=clear), colleague_on(row, who.user_id, now)) for row in listed]
    due = [line for line in lines if line.callback.next_at <= now]
    return Queue(due, lines[len(due) :], rows.count())


def colleague_on(row: Callback, user_id: int, now: datetime) -> User | None:
    """The colleague who is making this call; None where it is free, or one's own."""
    holder = row.holder(now)
    return None if holder is None or holder.pk == user_id else holder


def due_for(who: Identity, now: datetime) -> QuerySet[Callback]:
    """What this person may call now, for the counter of the menu."""
    return independent(callable_now(Callback.objects.all()), who).filter(next_at__lte=now)


def name_of(case: Case, *, clear: bool) -> str:
    """Who reported it, as this reader sees it."""
    if case.erased_at is not None:
        return ""
    name = case.reporter_name if clear else mask_name(case.reporter_name)
    return "，".join(part for part in (name, case.reporter_organisation) if part)


@dataclass(frozen=True)
class Dossier:
    """What the caller has before the eyes: what was reported, what was answered, whom to call, what was tried."""

    round: Round | None
    reply: Reply | None
    opinion: Opinion | None
    phones: list[str]
    clear: bool
    attempts: list[Attempt] = field(default_factory=list)


def dossier_of(row: Callback, who: Identity) -> Dossier:
    """Everything about one call; five queries."""
    same = {"case": row.case_id, "round": row.round}
    clear = serves(who)
    return Dossier(
        round=Round.objects.filter(case=row.case_id, n=row.round).first(),
        reply=Reply.objects.filter(final=True, **same).order_by("-happened_at", "-id").first(),
        opinion=Opinion.objects.filter(**same).order_by("-id").first(),
        phones=[phone if clear else mask_phone(phone) for phone in _phones(row.case)],
        clear=clear,
        attempts=list(row.calls.select_related("by")),
    )


def _phones(case: Case) -> list[str]:
    """The number that was reported first, then those of the customer's file; none that was refused."""
    points = list(ContactPoint.objects.filter(customer=case.customer_id, type=ContactType.PHONE).order_by("pk"))
    refused = {_digits(point.value) for point in points if point.refused}
    numbers = [case.reporter_phone, *(point.value for point in points)]
    found = {_digits(number): number for number in reversed(numbers) if _digits(number) not in refused}
    return [number for digits, number in reversed(found.items()) if digits]


def _digits(phone: str) -> str:
    """By what two ways of writing a number are one: its last eleven digits."""
    return "".join(char for char in phone if char.isdigit())[-11:]


@dataclass(frozen=True)
class Progress:
    """How far one level of a quarter is: only answered calls count (A-13)."""

    draw: Draw
    drawn: int
    done: int
    waiting: int
    replaced: int

    @property
    def achieved(self) -> Decimal | None:
        """Calls answered among the closed rounds, in per cent; None where nothing was closed."""
        if not self.draw.closed:
            return None
        return (100 * Decimal(self.done) / self.draw.closed).quantize(_TENTH, ROUND_HALF_UP)

    @property
    def missing(self) -> int:
        """How many answered calls the quota still needs."""
        return max(0, self.draw.required - self.done)

    @property
    def uncovered(self) -> int:
        """For how many of those nobody is left who could be drawn."""
        return max(0, self.missing - self.waiting)

    @property
    def is_met(self) -> bool:
        """Whether the quota is reached."""
        return not self.missing


def progress_of(draws: Iterable[Draw]) -> list[Progress]:
    """The draws with what became of them; one query."""
    rows = list(draws)
    counts = {
        draw: counted
        for draw, *counted in Callback.objects.filter(draw__in=rows)
        .order_by()
        .values("draw")
        .annotate(
            drawn=Count("pk"),
            done=Count("pk", filter=Q(state=Callback.State.DONE) & ~Q(response__genuine="doubtful")),
            waiting=Count("pk", filter=Q(state=Callback.State.WAITING)),
        )
        .values_list("draw", "drawn", "done", "waiting")
    }
    found = []
    for row in rows:
        drawn, done, waiting = counts.get(row.pk, (0, 0, 0))
        found.append(Progress(row, drawn, done, waiting, drawn - done - waiting))
    return found


def this_quarter(now: datetime) -> list[Progress]:
    """The running survey's levels in the quarter of this moment."""
    return progress_of(
        Draw.objects.filter(survey__stopped_at=None, quarter=quarter_of(timezone.localdate(now))).order_by("level")
    )


@dataclass(frozen=True)
class Quarter:
    """One quarter with its levels; a survey that was stopped and started again draws anew."""

    first: date
    levels: list[Progress]

    @property
    def number(self) -> int:
        """The how manieth of its year."""
        return (self.first.month + 2) // 3

    @property
    def is_over(self) -> bool:
        """Whether nobody can use any more what its seeds foretell."""
        return self.first < quarter_of(timezone.localdate())


def quarters() -> list[Quarter]:
    """The last quarters, the newest first; three queries."""
    firsts = list(Draw.objects.order_by("-quarter").values_list("quarter", flat=True).distinct()[:QUARTERS_SHOWN])
    rows = progress_of(Draw.objects.filter(quarter__in=firsts).order_by("level", "-survey"))
    return [Quarter(first, [row for row in rows if row.draw.quarter == first]) for first in firsts]


def offered_versions() -> list[QuestionnaireVersion]:
    """What can be filled in: the running surveys' versions, that of the link first, then the newest of the others."""
    running = [
        survey.version
        for survey in Survey.objects.filter(stopped_at=None)
        .select_related("version__questionnaire")
        .order_by("-kind")  # by link before the callback
    ]
    known = {version.questionnaire_id for version in running}
    others = (
        QuestionnaireVersion.objects.filter(questionnaire__retired_at=None)
        .exclude(questionnaire__in=known)
        .select_related("questionnaire")
        .order_by("questionnaire__code", "-number")
        .distinct("questionnaire__code")
    )
    found: dict[int, QuestionnaireVersion] = {}
    for version in [*running, *others]:
        found.setdefault(version.questionnaire_id, version)
    return list(found.values())


def why_not_asked(case: Case) -> str:
    """Why nobody is asked about a case, said before anything is typed; "" where nothing is against it."""
    last = Round.objects.filter(case=case, n=case.round).first()
    if last is None or last.closed_at is None or last.outcome not in FULL_OUTCOMES:
        return _("Only about a case that was closed, and not merely withdrawn or invalid, is anybody asked.")
    if Response.objects.filter(case=case, round=case.round).exists():
        return _("This customer has answered about the case already.")
    return ""
