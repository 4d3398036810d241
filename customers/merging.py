"""What belongs to a customer and moves when two files are made one; rooms above say here what they keep.

A room names its rows (``register``); moving them and giving them back is the same for all and stands in
``customers.actions.merging``. A test fails for a reference to a customer that nobody named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.exceptions import Reason
from customers.models import Communication, Consent, ContactPoint, Customer, ExternalNumber, Holding
from organization.queries import Identity


@dataclass(frozen=True)
class Part:
    """Rows that refer to a customer and follow it.

    Attributes:
        code: the name under which the numbers of the moved rows are kept.
        label: what they are called on the page.
        field: the reference: "cases.Case.customer".
        rows: those of a customer.
        seen: those that somebody may know of; only these are counted on the page.
    """

    code: str
    label: str | Promise
    field: str
    rows: Callable[[Customer], QuerySet[Any]]
    seen: Callable[[Customer, Identity], QuerySet[Any]]

    @property
    def column(self) -> str:
        """The name of the reference within its table."""
        return self.field.rpartition(".")[2]


Obstacle = Callable[[Customer], list[Reason]]
_parts: dict[str, Part] = {}
_obstacles: list[Obstacle] = []

#: References that have their own way, or stay with the row on purpose, and why.
ELSEWHERE: dict[str, str] = {
    "customers.ContactPoint.customer": "a number that both have stays where it is; see actions.merging",
    "customers.Customer_kinds.customer": "kinds are added to those of the one that stays",
    "customers.FileGrant.customer": "a permission is for one file: it ends and moves nowhere",
    "customers.Distinction.low": "a judgement follows its customer, in order",
    "customers.Distinction.high": "a judgement follows its customer, in order",
    "customers.Candidate.low": "found again by the next sweep",
    "customers.Candidate.high": "found again by the next sweep",
    "customers.Customer.merged_into": "this is the merge",
    "customers.Merge.kept": "this is the merge",
    "customers.Merge.merged": "this is the merge",
    "customers.CustomerFile.customer": "what the other file says stays there; chosen fields are copied",
    "customers.Standing.customer": "belongs to the class, which the one that stays keeps",
    "customers.ClassChange.customer": "history; the page of classes shows it too",
}


def register(part: Part) -> None:
    """Let a room name what it keeps of customers (called at start-up)."""
    if _parts.setdefault(part.code, part).field != part.field:
        raise ValueError(f"two parts of a customer are called {part.code!r}")


def register_obstacle(obstacle: Obstacle) -> None:
    """Let a room say why a customer may not be merged or taken apart now, such as being erased."""
    if obstacle not in _obstacles:
        _obstacles.append(obstacle)


def parts() -> tuple[Part, ...]:
    """All that follows a customer, in the order of registration."""
    return tuple(_parts.values())


def obstacles(customer: Customer) -> list[Reason]:
    """Everything that rooms have against touching this customer now."""
    return [reason for obstacle in _obstacles for reason in obstacle(customer)]


def covered() -> frozenset[str]:
    """Every reference for which somebody decided what becomes of it."""
    return frozenset({part.field for part in parts()} | ELSEWHERE.keys())


def counts(merged: Customer, who: Identity) -> list[tuple[str | Promise, int]]:
    """What would move, as far as this person may know of it."""
    found = ((part.label, part.seen(merged, who).count()) for part in parts())
    return [(label, count) for label, count in found if count]


def moved_to(kept: Customer, moved: Mapping[str, Any], who: Identity) -> list[tuple[str | Promise, int]]:
    """What moved to this customer and is still there, as far as this person may know of it."""
    found = ((part.label, part.seen(kept, who).filter(pk__in=moved.get(part.code, [])).count()) for part in parts())
    points = ContactPoint.objects.filter(customer=kept, pk__in=moved.get("points", [])).count()
    return [(label, count) for label, count in ((_("Telephone and e-mail"), points), *found) if count]


def register_own() -> None:
    """This room's own parts."""
    for part in (
        Part(
            "holdings", _("What the customer has of us"), "customers.Holding.customer",
            lambda customer: Holding.objects.filter(customer=customer),
            lambda customer, who: Holding.objects.there().on_card().filter(customer=customer),
        ),
        Part(
            "communications", _("Visits and communications"), "customers.Communication.customer",
            lambda customer: Communication.objects.filter(customer=customer),
            lambda customer, who: Communication.objects.filter(
                customer=customer, customer__in=Customer.objects.clear_to(who)
            ),
        ),
        Part(
            "consents", _("Consents"), "customers.Consent.customer",
            lambda customer: Consent.objects.filter(customer=customer),
            lambda customer, who: Consent.objects.filter(customer=customer),
        ),
        Part(
            "external_numbers", _("Numbers in other systems"), "customers.ExternalNumber.customer",
            lambda customer: ExternalNumber.objects.filter(customer=customer),
            lambda customer, who: ExternalNumber.objects.filter(customer=customer),
        ),
        Part(
            "people", _("People"), "customers.Customer.organisation",
            lambda customer: Customer.objects.filter(organisation=customer),
            lambda customer, who: Customer.objects.visible_to(who).filter(organisation=customer),
        ),
    ):  # fmt: skip
        register(part)
