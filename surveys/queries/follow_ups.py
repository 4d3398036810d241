"""Follow-ups as lists and pages show them, and who may do what with one (SUR-26, SUR-27, RES-15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from cases import lifecycle as case_life
from organization.queries import Identity
from surveys import rights
from surveys.models import FollowUp
from surveys.queries.versions import with_versions

State = FollowUp.State
#: What the list can be narrowed to.
SCOPES = {
    "mine": pgettext_lazy("follow-ups", "Mine"),
    "open": pgettext_lazy("follow-ups", "Everything open"),
    "late": pgettext_lazy("follow-ups", "Overdue"),
    "proposed": pgettext_lazy("follow-ups", "Reopening proposed"),
    "ended": pgettext_lazy("follow-ups", "Ended"),
}


@dataclass(frozen=True)
class Row:
    """One follow-up with the words that its list shows."""

    row: FollowUp
    about: str
    is_late: bool

    @property
    def tone(self) -> str:
        """The colour beside its state."""
        return {"open": "amber", "proposed": "violet", "done": "green", "reopened": "blue"}[self.row.state]


def found(who: Identity, scope: str) -> QuerySet[FollowUp]:
    """Those of one scope that this person may see; "mine" are also those that he or she acts for."""
    rows = FollowUp.objects.visible_to(who)
    if scope == "ended":
        return rows.filter(state__in=[State.DONE, State.REOPENED])
    if scope == "proposed":
        return rows.filter(state=State.PROPOSED)
    rows = rows.open()
    if scope == "mine":
        return rows.filter(owner__in=[one.user_id for one in who.acting])
    return overdue(rows) if scope == "late" else rows


def overdue(rows: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    """Those of these open ones whose day is over."""
    return rows.filter(due_on__lt=timezone.localdate())


def listed(rows: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    """With all that a row shows; ``rows_of`` adds the questionnaires."""
    return rows.select_related("response__case", "owner", "department")


def rows_of(rows: Iterable[FollowUp], today: date | None = None) -> list[Row]:
    """The rows with their words; one query, however many they are."""
    rows, day = list(rows), today or timezone.localdate()
    with_versions(row.response for row in rows)
    return [Row(row, about(row), row.is_open and row.due_on < day) for row in rows]


def about(row: FollowUp) -> str:
    """What it is about: the item, or that something was said in words."""
    if row.reason == FollowUp.Reason.GRADE:
        return _("The whole form")
    if not row.item:
        return _("What was said in words")
    try:
        return row.response.version.asks.item(row.item).name
    except KeyError:  # a document that was made by hand
        return row.item


@dataclass(frozen=True)
class Offer:
    """An act that the page offers now."""

    name: str
    label: str
    is_first: bool = False


def acting(row: FollowUp, who: Identity) -> Identity | None:
    """In whose place, own first, somebody may work on it: the owner's, a head's of its department, or of who watches
    over follow-ups; an auditor only reads.
    """
    for person in who.acting:
        headed = row.department_id is not None and row.department_id in person.headed
        if person.role in rights.WORKING and (row.owner_id == person.user_id or headed or rights.watches(person)):
            return person
    return None


def offers(row: FollowUp, who: Identity) -> list[Offer]:
    """What this person may do with it now, the likeliest first."""
    found: list[Offer] = []
    if row.state == State.PROPOSED and rights.has(who, "confirm_reopening"):
        found.append(Offer("decide_reopening", _("Decide on the reopening"), is_first=True))
    if acting(row, who) is None:
        return found
    if row.state == State.OPEN:
        found.append(Offer("finish", _("Finish the follow-up"), is_first=True))
        if row.response.case.state == case_life.State.CLOSED and row.response.case.round == row.response.round:
            found.append(Offer("propose_reopening", _("Propose to reopen the case")))
    if row.is_open:
        found.append(Offer("hand_on", _("Hand on")))
    return found
