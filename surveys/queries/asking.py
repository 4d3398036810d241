"""What the pages of questionnaires and surveys show, and whose link somebody holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Count, Max, QuerySet

from cases.models import Case
from organization.queries import Identity
from surveys.models import Invitation, Questionnaire, QuestionnaireVersion, Survey
from surveys.secrets import digest

State = Invitation.State
PAGE = 50
#: Past surveys on the page; the running ones stand before them.
MOST_SURVEYS = 50
#: What the page of a link reads; it is asked for a hundred times a second.
_OF_LINK = (
    "case_id", "round", "state", "why", "deadline_at", "survey__version__questionnaire_id", "survey__version__document",
    "case__number", "case__subject", "case__round", "case__closed_at",
)  # fmt: skip


@dataclass
class Counted:
    """How far a survey came: invitations by state, and by the reason for which somebody was not asked."""

    states: dict[str, int] = field(default_factory=dict)
    whys: dict[tuple[str, str], int] = field(default_factory=dict)

    def of(self, state: str) -> int:
        """How many stand in a state."""
        return self.states.get(state, 0)

    @property
    def asked(self) -> int:
        """Who was asked, and not withdrawn."""
        return self.of(State.OPEN) + self.answered + self.expired

    @property
    def open(self) -> int:
        """Who may still answer."""
        return self.of(State.OPEN)

    @property
    def answered(self) -> int:
        """Who answered."""
        return self.of(State.ANSWERED)

    @property
    def expired(self) -> int:
        """Who did not answer in time."""
        return self.of(State.EXPIRED)

    @property
    def withdrawn(self) -> int:
        """Who was asked, and must not be asked any more."""
        return self.of(State.WITHDRAWN)

    @property
    def left_out(self) -> int:
        """Who was not asked."""
        return self.of(State.LEFT_OUT)

    @property
    def rate(self) -> Decimal | None:
        """Share of the asked who answered, in per cent, to the tenth; None where nobody was asked."""
        if not self.asked:
            return None
        return (Decimal(100) * self.answered / self.asked).quantize(Decimal("0.1"), ROUND_HALF_UP)

    def reasons(self, state: str) -> list[tuple[str, int]]:
        """In words why, the most frequent first."""
        found = [(str(Invitation.Why(why).label), n) for (of, why), n in self.whys.items() if of == state and why]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    @property
    def left_out_reasons(self) -> list[tuple[str, int]]:
        """Why nobody was asked."""
        return self.reasons(State.LEFT_OUT)

    @property
    def withdrawn_reasons(self) -> list[tuple[str, int]]:
        """Why it was withdrawn."""
        return self.reasons(State.WITHDRAWN)


@dataclass(frozen=True)
class Running:
    """A survey with its figures."""

    survey: Survey
    counted: Counted


def surveys() -> QuerySet[Survey]:
    """All surveys with what their lines name; whoever may read surveys reads all of them."""
    return Survey.objects.select_related("version__questionnaire", "started_by", "stopped_by").defer(
        "version__document"
    )


def overview() -> list[Running]:
    """The running ones, then the past, the newest first; two queries."""
    rows = sorted(surveys()[: MOST_SURVEYS + 2], key=lambda row: row.stopped_at is not None)
    counts = counted_of(row.pk for row in rows)
    return [Running(row, counts.get(row.pk, Counted())) for row in rows]


def counted_of(keys: Iterable[int]) -> dict[int, Counted]:
    """The figures of some surveys; one query over an index."""
    found: dict[int, Counted] = {}
    rows = Invitation.objects.filter(survey__in=list(keys)).values_list("survey", "state", "why")
    for survey, state, why, n in rows.annotate(n=Count("pk")).order_by():
        counted = found.setdefault(survey, Counted())
        counted.states[state] = counted.of(state) + n
        counted.whys[state, why] = n
    return found


def running(kind: str) -> Survey | None:
    """The survey of a kind that runs."""
    return surveys().filter(kind=kind, stopped_at__isnull=True).first()


@dataclass(frozen=True)
class Asked:
    """One line of who was asked: whether the reader may open the case, and whether a code is printed or could be."""

    row: Invitation
    may_open: bool


@dataclass(frozen=True)
class AskedPage:
    """A page of them, and where the next begins."""

    rows: list[Asked]
    after: int | None


def asked_of(survey: Survey, who: Identity, *, state: str = "", before: int | None = None) -> AskedPage:
    """Whom a survey asked or left out, the newest first; nobody of a case that bars the reader."""
    rows = Invitation.objects.visible_to(who).filter(survey=survey)
    if state in State.values:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("case").order_by("-pk")[: PAGE + 1])
    keys = [row.case_id for row in found]
    readable = set(Case.objects.visible_to(who).filter(pk__in=keys).values_list("pk", flat=True))
    lines = [Asked(row, row.case_id in readable) for row in found[:PAGE]]
    return AskedPage(lines, found[PAGE - 1].pk if len(found) > PAGE else None)


def questionnaires() -> list[Any]:
    """All questionnaires with the number of their newest version, those in use first."""
    rows = Questionnaire.objects.annotate(newest=Max("versions__number"), last=Max("versions__published_at"))
    return sorted(rows, key=lambda row: (row.retired_at is not None, row.code))


def versions_of(questionnaire: Questionnaire) -> QuerySet[QuestionnaireVersion]:
    """Its versions, the newest first, with who published them."""
    return questionnaire.versions.select_related("published_by")


def newest_of(questionnaire: Questionnaire) -> QuestionnaireVersion | None:
    """Its newest version."""
    return questionnaire.versions.first()


def to_be_copied(code: str) -> QuestionnaireVersion | None:
    """What a new questionnaire begins with: the newest version of the named one, else the first that there is."""
    rows = QuestionnaireVersion.objects.all()
    return rows.filter(questionnaire__code=code).first() or rows.order_by("pk").first()


def offered_versions() -> QuerySet[QuestionnaireVersion]:
    """What a survey may ask: every version of what is not retired, the newest of each first."""
    rows = QuestionnaireVersion.objects.filter(questionnaire__retired_at__isnull=True)
    return rows.select_related("questionnaire").defer("document").order_by("questionnaire__code", "-number")


def invitation_of_link(token: str) -> Invitation | None:
    """Whom the secret of a link belongs to, whatever became of the asking."""
    rows = Invitation.objects.select_related("survey__version", "case").only(*_OF_LINK)
    return rows.filter(key=digest(token)).first()
