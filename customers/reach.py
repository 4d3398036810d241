"""Numbers and addresses at which a customer is reached: as they were given, and as they are compared."""

from __future__ import annotations

from dataclasses import dataclass

from customers.models import ContactPoint, ContactType, Customer
from customers.queries.search import comparable, normal_phone
from organization import text

#: Stands behind a number or address at which the customer does not want to be reached.
REFUSED = " ✕"


@dataclass(frozen=True)
class Reach:
    """A number or address as it was given, and whether the customer wants to be left alone there."""

    type: str
    value: str
    refused: bool = False


def normal_of(reach: Reach) -> str:
    """Its comparable form."""
    return normal_phone(reach.value) if reach.type == ContactType.PHONE else text.fold(reach.value)


def contact_point(customer: Customer | None, reach: Reach) -> ContactPoint:
    """An unsaved number or address; the given spelling is kept."""
    point = ContactPoint(customer=customer, type=reach.type, value=reach.value, refused=reach.refused)
    if reach.type == ContactType.PHONE:
        number = text.normalise_phone(reach.value)
        point.normal = comparable(number, reach.value)
        point.extension, point.reversed = number.extension, text.phone_digits(number.national)[::-1]
    else:
        point.normal = text.fold(reach.value)
    return point
