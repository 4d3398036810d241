"""Whether a customer may be approached for a purpose in a way (CUS-19; PIPL 13 to 15)."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from audit.exceptions import Reason
from customers.models import NEEDS_CONSENT, ContactPoint, ContactType, ContactWay, Customer, Purpose

#: By which sort of contact point a way goes.
_POINTS = {ContactWay.PHONE: ContactType.PHONE, ContactWay.SMS: ContactType.PHONE, ContactWay.EMAIL: ContactType.EMAIL}


def refusal(customer: Customer, purpose: str, way: str) -> Reason | None:
    """Why the customer must not be approached; None where nothing is against it.

    The answer to feedback is owed whatever was refused; everything else respects refused numbers and a restriction,
    and offers need a consent for this way.
    """
    if purpose == Purpose.FEEDBACK:
        return None
    if customer.erased_at is not None or customer.restricted_at is not None:
        return Reason("restricted", _("The use of these data is restricted."), "forbidden")
    if way in _POINTS and not _reachable(customer, ContactWay(way)):
        return Reason("refused", _("The customer does not want to be reached in this way."), "forbidden")
    if purpose in NEEDS_CONSENT and not _agreed(customer, purpose, way):
        return Reason("no_consent", _("The customer has not agreed to be approached for this in this way."))
    return None


def _reachable(customer: Customer, way: ContactWay) -> bool:
    points = ContactPoint.objects.filter(customer=customer, type=_POINTS[way])
    return points.filter(refused=False).exists()


def _agreed(customer: Customer, purpose: str, way: str) -> bool:
    consents = customer.consents.standing(timezone.now())
    return bool(consents.filter(text__purpose=purpose, contact_ways__contains=[way]).exists())


def agreed_ways(customer: Customer, purpose: str) -> list[str]:
    """In which ways the customer may be approached for a purpose now, in words; what was refused is left out."""
    return [str(way.label) for way in ContactWay if refusal(customer, purpose, way) is None]
