"""The only way from a reference in a request to a customer, and what this person may do there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import Http404
from django.utils import timezone

from audit.actor import Actor
from audit.exceptions import NotAllowed
from customers import rights
from customers.models import Customer, CustomerImport, FileGrant
from customers.queries.card import clear_of, with_contacts
from organization.models import User
from organization.queries import Identity, identity_of
from organization.requests import LARGEST_ID

CUSTODIAN, GENERAL_MANAGER, GRANT = "custodian", "general_manager", "grant"


@dataclass(frozen=True)
class CustomerAccess:
    """A customer in front of somebody who may know of it."""

    customer: Customer
    user: User
    who: Identity
    now: datetime

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return Actor.staff(self.user)

    @property
    def is_custodian(self) -> bool:
        """Whether the person, or somebody deputised for, keeps this file (CUS-06)."""
        return self.customer.custodian_id in {one.user_id for one in self.who.acting}

    @cached_property
    def file_right(self) -> str:
        """By what the whole file may be read: as custodian, as general manager, by a grant; "" not at all (A-31)."""
        if self.is_custodian:
            return CUSTODIAN
        if rights.is_general_manager(self.who):
            return GENERAL_MANAGER
        return GRANT if self.grant is not None else ""

    @cached_property
    def grant(self) -> FileGrant | None:
        """The running grant by which this person reads the file; a deputy does not inherit it."""
        rows = FileGrant.objects.running(self.now).filter(person=self.user)
        return rows.filter(customer=self.customer).first() or rows.filter(customer=None).first()

    @cached_property
    def sees_contacts(self) -> bool:
        """Whether telephone and address are shown in the clear (SEC-08, CUS-17)."""
        return bool(clear_of([self.customer], self.who, now=self.now))

    @property
    def edits_card(self) -> bool:
        """Name, contacts, products: who collects data, and the custodian (CUS-29)."""
        return (rights.collects(self.who) and self.sees_contacts) or self.is_custodian

    @property
    def edits_file(self) -> bool:
        """The custodian alone writes the file (CUS-06)."""
        return self.is_custodian

    @property
    def grants(self) -> bool:
        """Who lets others read the file (CUS-18)."""
        return rights.is_general_manager(self.who)

    def require(self, allowed: object) -> None:
        """Refuse what this person may see but not do."""
        if not allowed:
            raise NotAllowed


def get_customer(user: User, pk: int) -> CustomerAccess:
    """The customer for this person: 403 for who does not work with customers, 404 for the absent and the secret."""
    who, now = identity_of(user), timezone.now()
    if not rights.works_with_customers(who):
        raise NotAllowed
    rows = Customer.objects.visible_to(who, now=now).filter(pk=pk) if pk <= LARGEST_ID else Customer.objects.none()
    customer = with_contacts(rows).first()
    if customer is None:
        raise Http404
    return CustomerAccess(customer, user, who, now)


def require_head(user: User) -> Identity:
    """Who heads the customers' files and so may bring in tables of them; 403 for others."""
    who = identity_of(user)
    if not rights.heads_the_files(who):
        raise NotAllowed
    return who


def get_import(user: User, pk: int) -> CustomerImport:
    """The person's own import: nobody else reads the rows that stayed out, which may hold values of files."""
    require_head(user)
    rows = CustomerImport.objects.filter(by=user).select_related("by", "file")
    found = rows.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if found is None:
        raise Http404
    return found
