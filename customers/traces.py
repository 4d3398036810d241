"""Where this room keeps words about people, what a copy tells of them, and what is left of them (PIPL 44 to 47)."""

from __future__ import annotations

from customers.actions import imports
from customers.models import (
    ClassChange,
    Communication,
    Consent,
    ContactPoint,
    Customer,
    CustomerFile,
    Distinction,
    ExternalNumber,
    FileGrant,
    Holding,
)
from organization.traces import AT, LABEL, Deed, Deeds, Subject, Trace, Words


def _erase_imports(subject: Subject, deed: Deed) -> int:
    return imports.erase_person_traces(subject.spellings, by=deed.by)


TRACES: tuple[Trace, ...] = (
    Deeds(
        "customers.CustomerImport",
        words="customers.CustomerImport.file_name customers.CustomerImport.header customers.CustomerImport.samples"
        " customers.CustomerImport.notes customers.CustomerImport.problem customers.CustomerImport.class_reason"
        " customers.ImportLine.values customers.ImportLine.notes customers.ImportLine.message",
        doing=_erase_imports,
        counting=lambda _of: 0,  # reading every waiting upload takes too long for a page
    ),
    Words(
        ExternalNumber,
        lambda of: ExternalNumber.objects.filter(customer__in=of.customers),
        words="number",
        told="system number",
        deletes=True,
    ),
    Words(
        Customer,
        lambda of: Customer.objects.filter(pk__in=of.customers, erased_at=None),
        words="name name_key folded_name initials attention search",
        told="name type organisation__name visit_class tier attention created_at",
        withheld="name_key folded_name initials search",
        instead={"name": LABEL, "organisation": None, "erased_at": AT, "file_updated_at": AT},
    ),
    Words(
        ContactPoint,
        lambda of: ContactPoint.objects.filter(customer__in=of.customers),
        words="value normal reversed extension",
        told="type value extension refused",
        withheld="normal reversed",
        deletes=True,
    ),
    Words(
        CustomerFile,
        lambda of: CustomerFile.objects.filter(customer__in=of.customers),
        words="address postcode fax legal_representative registered_capital business_scope qualifications"
        " major_changes dealings credit finances analysis opinions",
        told="address postcode fax legal_representative registered_capital business_scope qualifications"
        " major_changes dealings credit finances opinions",
        withheld="analysis",
        deletes=True,
    ),
    Words(
        Holding,
        lambda of: Holding.objects.filter(customer__in=of.customers),
        words="name serial note",
        marked="name",
        told="kind name serial starts_on ends_on amount note",
    ),
    Words(
        Communication,
        lambda of: (
            Communication.objects.filter(customer__in=of.customers)
            | Communication.objects.filter(pk__in=of.communications)
        ),
        words="place persons_met content opinions handling result follow_up followed_up_note",
        told="happened_at kind place persons_met content opinions handling result follow_up followed_up_note",
        instead={"follow_up_by": None, "follow_up_on": None, "erased_at": AT},
    ),
    Words(
        ClassChange,
        lambda of: ClassChange.objects.filter(customer__in=of.customers),
        words="reason",
        marked="reason",
        told="at new_class new_tier reason",
    ),
    Words(
        Distinction,
        lambda of: Distinction.objects.filter(low__in=of.customers) | Distinction.objects.filter(high__in=of.customers),
        words="reason",
        marked="reason",
        withheld="reason",
    ),
    Words(
        FileGrant,
        lambda of: FileGrant.objects.filter(customer__in=of.customers),
        words="purpose",
        marked="purpose",
        withheld="purpose",
    ),
    Words(
        Consent,
        lambda of: Consent.objects.filter(customer__in=of.customers) | Consent.objects.filter(thread__in=of.threads),
        words="proof",
        marked="proof",
        told="text__purpose text__version contact_ways channel given_at withdrawn_at proof",
    ),
)
