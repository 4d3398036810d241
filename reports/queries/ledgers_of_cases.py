"""The register of letters, calls and visits (F01), and the ledger of complaints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext, pgettext_lazy

from cases.lifecycle import Outcome, State
from cases.models import Case, CaseClock, Channel, Kind, Reply
from cases.models.intake import Urgency
from cases.queries.browse import customer_label
from cases.readers import QUALITY_READS
from cases.rights import sees_contact
from organization.masks import mask_email, mask_phone
from organization.queries import Identity
from reports.queries.ledgers import Choices, Heading, Ledger, Line, Wanted, labels

_WORDS = ("channel", "kind", "category", "lead_department")
#: What an entry of either ledger is made from; who may see how the customer is reached stands in the last two.
_READ = (
    "number", "state", "round", "received_at", "outcome", "closed_at", "urgency", "subject", "text", "reporter_name",
    "reporter_organisation", "reporter_phone", "reporter_email", "customer__name", "customer__type",
    "readers", "barred", *(f"{word}__{name}" for word in _WORDS for name in ("name", "name_en")),
)  # fmt: skip
#: A state of the filter that is none of the case.
OPEN = "open"
CLOCKS = (CaseClock.Kind.ACKNOWLEDGEMENT, CaseClock.Kind.ON_SITE, CaseClock.Kind.RESOLUTION)
LIMITS: Mapping[str, Promise] = MappingProxyType(
    {
        "kept": pgettext_lazy("limit", "kept"),
        "recorded_late": pgettext_lazy("limit", "kept, recorded late"),
        "missed": pgettext_lazy("limit", "missed"),
        "running": pgettext_lazy("limit", "running"),
    }
)


def _cases(who: Identity, wanted: Wanted) -> QuerySet[Case]:
    rows = Case.objects.visible_to(who)
    if wanted.department:
        rows = rows.filter(lead_department__in=wanted.departments())
    if wanted.state == OPEN:
        rows = rows.open()
    elif wanted.state:
        rows = rows.filter(state=wanted.state)
    return rows.select_related(*_WORDS, "customer").only(*_READ)


def _states() -> Choices:
    return [(OPEN, pgettext("ledger", "All open ones")), *((value, str(label)) for value, label in State.choices)]


# --- Letters, calls and visits ----------------------------------------------------------------------------------


def _registered(who: Identity, wanted: Wanted) -> QuerySet[Case]:
    rows = _cases(who, wanted)
    return rows.filter(channel__code=wanted.what) if wanted.what else rows


def _register_headings() -> list[Heading]:
    return [
        Heading(_("Number")),
        Heading(pgettext("ledger", "Letter, call, visit"), width=12),
        Heading(_("Date"), "datetime", 17),
        Heading(pgettext("ledger", "User"), width=22),
        Heading(pgettext("ledger", "Contact"), width=18),
        Heading(pgettext("ledger", "Content"), width=60),
        Heading(pgettext("ledger", "Handling"), width=18),
        Heading(pgettext("ledger", "Result"), width=48),
    ]


def _register_lines(rows: Sequence[Case], who: Identity) -> list[Line]:
    answers, said = _answers(rows), labels([*State.choices, *Outcome.choices])
    return [_entry(case, answers.get((case.pk, case.round), ""), said, who) for case in rows]


def _entry(case: Case, answer: str, said: dict[str, str], who: Identity) -> Line:
    handling = (said[case.state], str(case.lead_department or ""))
    result = (said.get(case.outcome, ""), answer)
    return Line(
        (
            case.number, str(case.channel), case.received_at, customer_label(case, who), contact_label(case, who),
            case.text, _joined(*handling), _joined(*result, by="："),
        )
    )  # fmt: skip


def _answers(rows: Sequence[Case]) -> dict[tuple[int, int], str]:
    """The last final answer of each case and round."""
    replies = Reply.objects.filter(case__in=[case.pk for case in rows], final=True).order_by("happened_at", "id")
    return {(case, n): text for case, n, text in replies.values_list("case_id", "round", "text")}


def contact_label(case: Case, who: Identity) -> str:
    """How the customer is reached; masked outside the handling group, as the case slip has it (SEC-08)."""
    phone, email = case.reporter_phone, case.reporter_email
    if not sees_contact(who, case):
        phone, email = mask_phone(phone), mask_email(email)
    return _joined(phone, email)


def _joined(*parts: str, by: str = " · ") -> str:
    return by.join(part for part in parts if part)


# --- Complaints -------------------------------------------------------------------------------------------------


def _complaints(who: Identity, wanted: Wanted) -> QuerySet[Case]:
    return _cases(who, wanted).filter(kind__code__in={wanted.what} if wanted.what else QUALITY_READS)


def _complaint_headings() -> list[Heading]:
    return [
        Heading(_("Number")),
        Heading(_("Received at"), "datetime", 17),
        Heading(pgettext("ledger", "Subject"), width=40),
        Heading(_("Kind"), width=10),
        Heading(_("Category"), width=14),
        Heading(_("Urgency"), width=8),
        Heading(_("Department"), width=14),
        *(Heading(_("Limit: %(clock)s") % {"clock": clock.label}, width=10) for clock in CLOCKS),
        Heading(pgettext("ledger", "Outcome"), width=14),
        Heading(pgettext("case", "Closed at"), "datetime", 17),
    ]


def _complaint_lines(rows: Sequence[Case], who: Identity) -> list[Line]:
    clocks, now, said = _clocks(rows, who), timezone.now(), labels([*Urgency.choices, *Outcome.choices])
    return [_complaint(case, clocks, said, now) for case in rows]


def _complaint(case: Case, clocks: dict[tuple[int, int, str], CaseClock], said: dict[str, str], now: datetime) -> Line:
    limits = (limit_of(clocks.get((case.pk, case.round, kind)), now) for kind in CLOCKS)
    return Line(
        (
            case.number, case.received_at, case.subject, str(case.kind), str(case.category or ""),
            said[case.urgency], str(case.lead_department or ""), *limits,
            said.get(case.outcome, ""), case.closed_at,
        )
    )  # fmt: skip


def _clocks(rows: Sequence[Case], who: Identity) -> dict[tuple[int, int, str], CaseClock]:
    """The clocks of these cases by case, round and kind; none of those that the reader does not read in full."""
    full = Case.objects.read_in_full_by(who).filter(pk__in=[case.pk for case in rows])
    found = CaseClock.objects.filter(case__in=full, kind__in=CLOCKS, assignment=None)
    read = ("case_id", "round", "kind", "first_due_at", "met_at", "met_recorded_late", "stopped_at")
    return {(clock.case_id, clock.round, clock.kind): clock for clock in found.only(*read)}


def limit_of(clock: CaseClock | None, now: datetime) -> str:
    """Whether a limit was kept, judged as the reports judge it: by its first due time; "" where there is none."""
    if clock is None:
        return ""
    if clock.met_at is not None:
        word = "kept" if clock.met_at <= clock.first_due_at else "missed"
        return str(LIMITS["recorded_late" if clock.met_recorded_late else word])
    if clock.first_due_at <= min(now, clock.stopped_at or now):
        return str(LIMITS["missed"])
    return "" if clock.stopped_at is not None else str(LIMITS["running"])


REGISTER = Ledger(
    code="register",
    form="F01",
    title=lazy("Register of letters, calls and visits"),
    about=lazy("Everything that customers brought to us, with the answer."),
    at="received_at",
    headings=_register_headings,
    rows=_registered,
    lines=_register_lines,
    states=_states,
    what=lazy("Channel"),
    whats=lambda: [(row.code, str(row)) for row in Channel.objects.all()],
)
COMPLAINTS = Ledger(
    code="complaints",
    form="",
    title=lazy("Ledger of complaints"),
    about=lazy("Complaints, dissatisfaction and adverse events, with their limits and how they ended."),
    at="received_at",
    headings=_complaint_headings,
    rows=_complaints,
    lines=_complaint_lines,
    states=_states,
    what=lazy("Kind"),
    whats=lambda: [(row.code, str(row)) for row in Kind.objects.filter(code__in=QUALITY_READS)],
)
