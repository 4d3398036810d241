"""Whose data they are: from a customer or a case to every row that is about the person."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Q

from cases.models import Case
from customers.actions.living import lock_customers
from customers.models import ContactPoint, ContactType, Customer
from customers.queries.merging import parts_of
from organization import text
from organization.traces import Subject
from returns.models import ReturnSlip


def subject_of_customer(customer: Customer) -> Subject:
    """A customer, all who became part of it, and all cases and returns: those of the file, and those under the same
    name and number that nobody linked.
    """
    customers = frozenset({customer.pk, *parts_of(customer)})
    own = frozenset(Case.objects.filter(customer__in=customers).values_list("pk", flat=True))
    given = _reached_by(customer)
    cases = frozenset(_unlinked_cases(customer, given))
    return with_words(Subject(customers, own | cases, returns=frozenset(_unlinked_returns(customer, given))))


def subject_of_case(case: Case) -> Subject:
    """Only what one case holds: its reporter is no customer, or a copy is asked for from its tracking page."""
    return with_words(Subject(cases=frozenset({case.pk})))


def taken(of: Customer | Case) -> Customer | Case:
    """The row as it is now, taken until the commit: whoever asks, holds or erases takes turns."""
    if isinstance(of, Customer):
        return lock_customers([of.pk])[of.pk]
    return Case.objects.select_for_update(of=("self",), no_key=True).get(pk=of.pk)


def _reached_by(customer: Customer) -> set[str]:
    points = list(ContactPoint.objects.filter(customer=customer.pk))
    return {value for point in points for value in (point.value, point.normal)}


def _unlinked_cases(customer: Customer, given: set[str]) -> list[int]:
    if not given:
        return []
    reached = Q(reporter_phone__in=given) | Q(reporter_email__in=given)
    rows = Case.objects.filter(reached, customer=None).only("pk", "reporter_name")
    return [row.pk for row in rows if text.fold(row.reporter_name) == text.fold(customer.name)]


def _unlinked_returns(customer: Customer, given: set[str]) -> list[int]:
    if not given:
        return []
    reached = Q(contact_phone__in=given) | Q(contact_email__in=given)
    rows = ReturnSlip.objects.filter(reached, customer=None, case=None).only("pk", "contact_name")
    return [row.pk for row in rows if text.fold(row.contact_name) == text.fold(customer.name)]


def with_words(subject: Subject) -> Subject:
    """The same with names, numbers and addresses read from the rows, as long as they stand there."""
    names = set(Customer.objects.filter(pk__in=subject.customers, erased_at=None).values_list("name", flat=True))
    reaches: set[str] = set()
    points = ContactPoint.objects.filter(customer__in=subject.customers)
    for sort, value, normal in points.values_list("type", "value", "normal"):
        reaches |= {value, normal, text.phone_digits(value) if sort == ContactType.PHONE else ""}
    folded = {text.fold(name) for name in names}
    reporters = Case.objects.filter(pk__in=subject.cases, erased_at=None)
    for name, phone, email in reporters.values_list("reporter_name", "reporter_phone", "reporter_email"):
        if not folded or text.fold(name) in folded:  # else a dealer who called for the customer
            names.add(name)
            reaches |= {phone, email, text.phone_digits(phone)}
    returns = ReturnSlip.objects.filter(Q(customer__in=subject.customers) | Q(case__in=subject.cases))
    return replace(
        subject,
        names=frozenset(names - {""}),
        reaches=frozenset(reaches - {""}),
        returns=subject.returns | frozenset(returns.values_list("pk", flat=True)),
    )
