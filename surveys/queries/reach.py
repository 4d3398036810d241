"""Whether, and where, the people of cases may be asked in writing; as many queries for one as for hundreds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cases.models import Case
from customers.models import ContactPoint, ContactType
from customers.reach import Reach, normal_of
from notifications.models import ChannelName
from organization import text
from surveys.models import Invitation

Why = Invitation.Why


@dataclass(frozen=True)
class Address:
    """Where somebody is written to: over which channel, and by what the address is recognised."""

    channel: str
    value: str
    normal: str


@dataclass
class Points:
    """The numbers and addresses of some customers: in which sort some may be used, and which must not be."""

    usable: set[tuple[int, str]] = field(default_factory=set)
    refused: set[tuple[int, str, str]] = field(default_factory=set)

    @classmethod
    def of(cls, cases: Iterable[Case]) -> Points:
        """Those of the customers of these cases; one query."""
        found = cls()
        customers = {case.customer_id for case in cases if case.customer_id}
        rows = ContactPoint.objects.filter(customer__in=customers) if customers else ContactPoint.objects.none()
        for customer, kind, normal, refused in rows.values_list("customer_id", "type", "normal", "refused"):
            if refused:
                found.refused.add((customer, kind, normal))
            else:
                found.usable.add((customer, kind))
        return found

    def allow(self, case: Case, address: Address) -> bool:
        """As ``customers.queries.consent.refusal`` says for asking by mail or SMS; and not where this very number was
        refused.
        """
        kind = ContactType.EMAIL if address.channel == ChannelName.EMAIL else ContactType.PHONE
        customer = case.customer_id
        if customer is None:
            return True
        return (customer, kind) in self.usable and (customer, kind, address.normal) not in self.refused


def addresses_of(case: Case) -> list[Address]:
    """Where the reporter of a case can be written to: by mail first, then by SMS; not to a fixed line."""
    found = []
    if mail := case.reporter_email.strip():
        found.append(Address(ChannelName.EMAIL, mail, normal_of(Reach(ContactType.EMAIL, mail))))
    if (phone := case.reporter_phone.strip()) and _takes_text(phone):
        found.append(Address(ChannelName.SMS, phone, normal_of(Reach(ContactType.PHONE, phone))))
    return found


def _takes_text(phone: str) -> bool:
    number = text.normalise_phone(phone)
    if number.e164 is None:
        return False
    return not number.e164.startswith("+86") or number.national.startswith("1")


def reach(case: Case, points: Points) -> Address | Invitation.Why:
    """Where the reporter is asked, or why he or she is not. ``case.customer`` is read."""
    customer = case.customer
    if case.erased_at or (customer and (customer.restricted_at or customer.erased_at)):
        return Why.RESTRICTED
    if case.contact_refused:
        return Why.REFUSED
    found = addresses_of(case)
    if not found:
        return Why.NO_ADDRESS
    return next((address for address in found if points.allow(case, address)), Why.REFUSED)
