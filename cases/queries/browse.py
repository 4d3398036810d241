"""Cases as rows of lists: what is loaded for them, and what each column says to this reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from cases import rights
from cases.lifecycle import ENDED, State
from cases.models import Case, SavedView
from cases.models.intake import CaseQuerySet, Urgency
from cases.queries.next_step import NextStep, next_step
from customers.merging import Part
from customers.models import Customer, CustomerType
from customers.queries.merging import living_key
from organization.masks import mask_name
from organization.queries import Identity

#: Long columns that no list shows.
NOT_LISTED = ("text", "demand", "search", "contact_search", "late_reason")
#: How many rows a printed list has at most: forty pages of paper help nobody.
PRINTED_ROWS = 1000

TONES = {
    State.REGISTERED: "blue",
    State.INCOMPLETE: "amber",
    State.ACKNOWLEDGED: "blue",
    State.DISPATCHED: "amber",
    State.RECEIVED: "teal",
    State.INVESTIGATING: "teal",
    State.ACTING: "teal",
    State.REPLIED: "green",
    State.AWAITING_OPINION: "violet",
    State.CLOSED: "grey",
    State.ARCHIVED: "grey",
}


@dataclass(frozen=True)
class Mark:
    """A chip behind the subject: a word on a colour."""

    text: str
    tone: str


@dataclass(frozen=True)
class CaseRow:
    """One line of a list."""

    case: Case
    customer: str
    step: NextStep
    department: str
    marks: tuple[Mark, ...]

    @property
    def state_tone(self) -> str:
        """The colour of the state's chip."""
        return TONES[State(self.case.state)]


def listed(cases: CaseQuerySet) -> CaseQuerySet:
    """The same cases with what their rows show, and without their long texts."""
    return cases.select_related("kind", "customer", "lead_department", "owner").defer(*NOT_LISTED)


def rows_of(cases: Iterable[Case], who: Identity) -> list[CaseRow]:
    """The rows for this reader; expects ``listed`` cases and asks no further query."""
    return [row_of(case, who) for case in cases]


def row_of(case: Case, who: Identity) -> CaseRow:
    """One row for this reader."""
    return CaseRow(
        case=case,
        customer=customer_label(case, who),
        step=next_step(case, who),
        department=str(case.lead_department) if case.lead_department else "",
        marks=tuple(marks_of(case)),
    )


def customer_label(case: Case, who: Identity) -> str:
    """Who it is about; the reporter's own name only for the handling group (SEC-08)."""
    name = case.reporter_name or (case.customer.name if case.customer else "")
    open_name = case.customer is not None and case.customer.type == CustomerType.ORGANISATION
    if not open_name and not rights.sees_contact(who, case):
        name = mask_name(name)
    return " · ".join(part for part in (name, case.reporter_organisation) if part)


#: Cases follow a customer whose file becomes part of another (``customers.merging``). Who reads a case, how its
#: reporter is reached, its link and its code stand on the case itself and stay what they are.
PART_OF_A_CUSTOMER = Part(
    "cases",
    gettext_lazy("Cases"),
    "cases.Case.customer",
    lambda customer: Case.objects.filter(customer=customer),
    lambda customer, who: Case.objects.visible_to(who).filter(customer=customer),
)


def of_customer(pk: int) -> QuerySet[Customer]:
    """The customer of that number and, for an organisation, its people, also by a number from before a merge."""
    pk = living_key(pk)
    return Customer.objects.filter(Q(pk=pk) | Q(organisation_id=pk))


def marks_of(case: Case) -> list[Mark]:
    """What sets a case apart: urgent, repeated, called again, escalated, returned, a later round."""
    found = []
    if case.urgency == Urgency.URGENT and case.state not in ENDED:
        found.append(Mark(str(Urgency.URGENT.label), "red"))
    if case.repeat_of_id is not None:
        found.append(Mark(_("Repeat"), "violet"))
    if case.contact_count > 1:
        found.append(Mark(_("Contact no. %(n)d") % {"n": case.contact_count}, "violet"))
    if case.escalated_at and case.state not in ENDED:
        found.append(Mark(pgettext("mark", "Escalated"), "red"))
    if case.return_count and case.state == State.ACKNOWLEDGED:
        found.append(Mark(pgettext("mark", "Returned"), "amber"))
    if case.round > 1:
        found.append(Mark(_("Round %(n)d") % {"n": case.round}, "blue"))
    return found


def views_of(user_id: int) -> list[SavedView]:
    """The saved views this person has: own ones and those that are shared, in their order."""
    mine = SavedView.objects.filter(owner_id=user_id)
    shared = SavedView.objects.filter(shared=True).exclude(owner_id=user_id)
    return [*mine.order_by("position", "id"), *shared.order_by("position", "id")[:50]]
