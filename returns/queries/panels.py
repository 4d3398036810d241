"""Returns as other pages show them: beside a case, on a customer's card, on the desk."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Case
from cases.queries.beside import Beside
from cases.queries.browse import of_customer
from customers.merging import Part
from notifications.models import Message
from notifications.queries import to_telephone, words_of
from organization.queries import Identity
from returns import rights
from returns.models import ReturnSlip
from returns.queries.board import NOT_LISTED, Row, customer_label, goods_label, listed, mine, rows_of

SHOWN = 20

#: Returns follow a customer whose file becomes part of another (``customers.merging``).
PART_OF_A_CUSTOMER = Part(
    "returns",
    gettext_lazy("Returns"),
    "returns.ReturnSlip.customer",
    lambda customer: ReturnSlip.objects.filter(customer=customer),
    lambda customer, who: ReturnSlip.objects.visible_to(who).filter(customer=customer),
)


def of_case(case: Case, who: Identity) -> list[Row]:
    """The returns of a case that this person may see, the newest first."""
    rows = ReturnSlip.objects.visible_to(who).filter(case=case).order_by("-pk")
    return rows_of(listed(rows)[:SHOWN], who)


def of_one(customer: int, who: Identity) -> list[Row]:
    """The returns of a customer, of an organisation also those of its people."""
    rows = ReturnSlip.objects.visible_to(who).filter(customer__in=of_customer(customer))
    return rows_of(listed(rows.order_by("-registered_at", "-pk"))[:SHOWN], who)


def waiting_for(who: Identity, *, most: int) -> list[Row]:
    """What waits for this person, the longest waiting first: for the desk."""
    return rows_of(listed(mine(who).order_by("turn_since", "pk"))[:most], who)


@dataclass(frozen=True)
class Call:
    """A customer who has to be told by telephone what could not be sent."""

    slip: ReturnSlip
    customer: str
    subject: str


def to_call(who: Identity, *, most: int) -> list[Call]:
    """Customers to whom messages about returns did not go out; who waits longest first. For who opens slips."""
    if not rights.places_anywhere(who, "register"):
        return []
    waiting: dict[int, Message] = {}
    for message in to_telephone(sort="return"):
        waiting.setdefault(int(message.thread.partition(":")[2]), message)
    rows = ReturnSlip.objects.visible_to(who).filter(pk__in=waiting).defer(*NOT_LISTED).in_bulk()
    found = [(rows[pk], message) for pk, message in waiting.items() if pk in rows][:most]
    return [Call(slip, customer_label(slip, who), words_of(message).kept_subject) for slip, message in found]


def for_customer(case: Case) -> list[Beside]:
    """What a customer reads of the returns of a case: number, goods, where it stands."""
    rows = ReturnSlip.objects.filter(case=case, erased_at=None).prefetch_related("lines__product").order_by("pk")
    return [
        Beside(
            _("Return %(number)s") % {"number": slip.number},
            slip.get_outcome_display() if slip.outcome else slip.get_state_display(),
            " · ".join(part for part in (goods_label(slip), slip.shipment) if part),
        )
        for slip in rows
    ]
