"""The story of a case: one list of entries from its rows, and from the audit trail where no row tells it.

Asks the database nothing: everything comes from the ``Dossier``. An entry names the template that says
it in words; ``group`` is the tab it stands under.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from cases.models import Assignment
from cases.queries.case import Dossier
from cases.queries.moves import Offer
from cases.queries.timeline_events import from_events

SHOWN_AT_ONCE = 150

#: Tabs over the timeline, in their order; "" is everything.
TABS: tuple[tuple[str, Promise], ...] = (
    ("", pgettext_lazy("timeline", "All")),
    ("contact", pgettext_lazy("timeline", "Contacts")),
    ("task", pgettext_lazy("timeline", "Assignments")),
    ("finding", pgettext_lazy("timeline", "Findings")),
    ("measure", pgettext_lazy("timeline", "Measures")),
    ("note", pgettext_lazy("timeline", "Notes")),
)


@dataclass(frozen=True)
class Entry:
    """One thing that happened.

    ``look`` is how it stands on the page: note, customer, reply or event. ``by`` is the colleague, with
    the one in whose place he or she acted.
    """

    at: datetime
    kind: str
    group: str
    by: str = ""
    row: Any = None
    look: str = "event"
    more: Mapping[str, Any] = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()

    @property
    def template(self) -> str:
        """The template that says it."""
        return f"cases/case/timeline/{self.group}.html"


@dataclass(frozen=True)
class Tab:
    """One tab with the number of its entries."""

    code: str
    label: str | Promise
    count: int
    on: bool


@dataclass(frozen=True)
class Timeline:
    """The entries to show, the tabs over them, and how many there are beyond those shown."""

    entries: list[Entry]
    tabs: list[Tab]
    hidden: int = 0


def timeline(
    dossier: Dossier,
    parts: Mapping[str, list[Offer]],
    *,
    show: str = "",
    oldest_first: bool = False,
    everything: bool = False,
) -> Timeline:
    """All that happened, newest first, or one tab of it."""
    entries = sorted(_Teller(dossier, parts).entries(), key=lambda e: e.at, reverse=not oldest_first)
    codes = {code for code, _label in TABS}
    show = show if show in codes else ""
    wanted = [entry for entry in entries if not show or entry.group == show]
    tabs = [Tab(code, label, sum(not code or e.group == code for e in entries), code == show) for code, label in TABS]
    shown = wanted if everything else wanted[:SHOWN_AT_ONCE]
    return Timeline(shown, [tab for tab in tabs if tab.count or not tab.code], len(wanted) - len(shown))


class _Teller:
    """Turns the rows of one dossier into entries."""

    def __init__(self, dossier: Dossier, parts: Mapping[str, list[Offer]]) -> None:
        self.d = dossier
        self.parts = parts
        # Rows know who did it, the audit event of the same moment knows in whose place.
        self.deputies = {(e.at, e.actor_id): e.deputy_for for e in dossier.events if e.deputy_for is not None}
        self.completions = {e.at for e in dossier.events if e.verb == "ask_completion"}

    def by(self, user_id: int | None, at: datetime, recorded_at: datetime | None = None) -> str:
        """The person's name, and whose deputy he or she was."""
        name = self.d.name(user_id)
        principal = self.deputies.get((recorded_at or at, user_id))
        if principal is None:
            return name
        return _("%(name)s (for %(principal)s)") % {"name": name, "principal": self.d.name(principal)}

    def offers(self, key: str) -> tuple[Offer, ...]:
        """What may be done with a part."""
        return tuple(self.parts.get(key, ()))

    def entries(self) -> Iterator[Entry]:
        """Everything, in no order."""
        for source in (
            self._contacts, self._replies, self._opinions, self._escalations, self._dispatches, self._assignments,
            self._extensions, self._verifications, self._investigations, self._visits, self._measures, self._approvals,
            self._notes, self._breaches,
        ):  # fmt: skip
            yield from source()
        for told in from_events(self.d):
            by = self.by(told.event.actor_id, told.event.at) or told.by
            yield Entry(told.event.at, told.kind, told.group, by, told.row, more=told.more)

    def _contacts(self) -> Iterator[Entry]:
        for row in self.d.contacts:
            if row.recorded_at in self.completions:
                continue  # told by the act that put the case on hold
            look = "customer" if row.direction == "in" else "event"
            by = self.by(row.by_id, row.happened_at, row.recorded_at) or row.by_label
            more = {"files": self.d.files_by_subject.get(f"contact:{row.pk}", [])}
            yield Entry(row.happened_at, "contact", "contact", by, row, look, more)

    def _replies(self) -> Iterator[Entry]:
        for row in self.d.replies:
            more = {"message": self.d.delivery.get(f"reply:{row.pk}")}
            by = self.by(row.by_id, row.happened_at, row.recorded_at)
            yield Entry(row.happened_at, "reply" if row.final else "progress", "contact", by, row, "reply", more)

    def _opinions(self) -> Iterator[Entry]:
        for request in self.d.requests:
            more = {"message": self.d.delivery.get(f"opinion:{request.pk}")}
            yield Entry(request.at, "asked", "contact", self.by(request.by_id, request.at), request, more=more)
        for opinion in self.d.opinions:
            by = self.by(opinion.by_id, opinion.happened_at, opinion.recorded_at)
            yield Entry(opinion.happened_at, "opinion", "contact", by, opinion, "customer")

    def _escalations(self) -> Iterator[Entry]:
        for row in self.d.escalations:
            yield Entry(
                row.asked_at, "escalated", "contact", self.by(row.asked_by_id, row.asked_at), row, "customer",
                offers=self.offers(f"escalations:{row.pk}"),
            )  # fmt: skip
            if row.answered_at is not None:
                by = self.by(row.answered_by_id, row.answered_at)
                yield Entry(row.answered_at, "escalation_answered", "contact", by, row)

    def _dispatches(self) -> Iterator[Entry]:
        """One entry for all that was sent in one act."""
        sent: dict[datetime, list[Assignment]] = {}
        for row in self.d.assignments:
            sent.setdefault(row.sent_at, []).append(row)
        for at, rows in sent.items():
            rows.sort(key=lambda row: (not row.is_lead, row.pk))
            kind = "dispatched" if rows[0].is_lead else "added"
            yield Entry(at, kind, "task", self.by(rows[0].sent_by_id, at), rows[0], more={"rows": rows})

    def _assignments(self) -> Iterator[Entry]:
        for row in self.d.assignments:
            if row.received_at is not None:
                yield Entry(row.received_at, "received", "task", self.by(row.received_by_id, row.received_at), row)
            if row.answered_at is not None:
                yield Entry(row.answered_at, "answered", "task", self.by(row.answered_by_id, row.answered_at), row)
            if row.ended_at is not None:
                yield Entry(row.ended_at, row.state, "task", self.by(row.ended_by_id, row.ended_at), row)

    def _extensions(self) -> Iterator[Entry]:
        for row in self.d.extensions:
            yield Entry(
                row.asked_at, "extension_asked", "task", self.by(row.asked_by_id, row.asked_at), row,
                offers=self.offers(f"extensions:{row.pk}"),
            )  # fmt: skip
            if row.decided_at is not None:
                by = self.by(row.decided_by_id, row.decided_at)
                yield Entry(row.decided_at, "extension_decided", "task", by, row)

    def _verifications(self) -> Iterator[Entry]:
        for row in self.d.verifications:
            yield Entry(row.at, "verified", "finding", self.by(row.by_id, row.at), row)

    def _investigations(self) -> Iterator[Entry]:
        for row in self.d.investigations:
            yield Entry(row.at, "investigated", "finding", self.by(row.by_id, row.at), row)

    def _visits(self) -> Iterator[Entry]:
        for row in self.d.visits:
            more: dict[str, Any] = {
                "visitor": self.d.name(row.visitor_id),
                "files": self.d.files_by_subject.get(f"visit:{row.pk}", []),
            }
            yield Entry(
                row.created_at, "visit_planned", "finding", self.by(row.planned_by_id, row.created_at), row, more=more,
                offers=self.offers(f"visits:{row.pk}"),
            )  # fmt: skip
            if row.arrived_at is not None:
                yield Entry(row.arrived_at, "visited", "finding", more["visitor"], row, more=more)
            if row.cancelled_at is not None:
                yield Entry(row.cancelled_at, "visit_cancelled", "finding", "", row)

    def _measures(self) -> Iterator[Entry]:
        for row in self.d.measures:
            more = {"owner": self.d.name(row.owner_id)}
            yield Entry(
                row.planned_at, "planned", "measure", self.by(row.planned_by_id, row.planned_at), row, more=more
            )
        for check in self.d.checks:
            yield Entry(check.at, "checked", "measure", self.by(check.by_id, check.at), check)

    def _approvals(self) -> Iterator[Entry]:
        for row in self.d.approvals:
            yield Entry(
                row.asked_at, "approval_asked", "measure", self.by(row.asked_by_id, row.asked_at), row,
                offers=self.offers(f"approvals:{row.pk}"),
            )  # fmt: skip
        for decision in self.d.decisions:
            yield Entry(decision.at, "approval_decided", "measure", self.by(decision.by_id, decision.at), decision)

    def _notes(self) -> Iterator[Entry]:
        for row in self.d.notes:
            yield Entry(row.at, "note", "note", self.by(row.by_id, row.at), row, "note")

    def _breaches(self) -> Iterator[Entry]:
        for row in self.d.clocks:
            if row.breached_at is not None:
                yield Entry(row.breached_at, "breach", "move", "", row, offers=self.offers(f"clocks:{row.pk}"))
