"""The only way from a reference in a request to a customer, and what this person may do there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidMove, NotAllowed
from customers import rights
from customers.models import (
    Communication,
    Customer,
    CustomerImport,
    FileGrant,
    Holding,
    HoldingKind,
    Merge,
    Secrecy,
)
from customers.queries.card import clear_of, with_contacts
from customers.queries.communications import communications_of
from customers.queries.holdings import holdings_of
from customers.queries.merging import living_key, parts_of
from organization.models import User
from organization.queries import Identity, identity_of
from organization.requests import LARGEST_ID


class WasMerged(InvalidMove):
    """The customer that was asked for is part of ``kept`` now."""

    def __init__(self, asked: int, kept: Customer) -> None:
        self.asked, self.kept = asked, kept
        super().__init__(_("This customer was merged into “%(name)s”. Please go on there.") % {"name": kept.name})


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

    def edits_holdings(self, kind: str) -> bool:
        """Contracts and orders belong to the file, which its custodian writes (A-31)."""
        return self.edits_card if kind in Holding.ON_CARD else self.edits_file

    @property
    def finds_duplicates(self) -> bool:
        """Whether this person is shown who may be the same: whoever collects and sees this one in the clear."""
        return rights.looks_for_duplicates(self.who) and self.sees_contacts

    def merges_with(self, other: CustomerAccess) -> bool:
        """Whether this person may make these two one.

        Where that changes who reads what, only who heads the files: another custodian, or a level of secrecy.
        """
        return other.finds_duplicates and self.takes_apart(other.customer)

    def takes_apart(self, other: Customer) -> bool:
        """Whether this person may take back that the other one became part of this customer."""
        one = self.customer
        plain = one.secrecy == other.secrecy == Secrecy.INTERNAL and one.custodian_id == other.custodian_id
        return self.finds_duplicates and (plain or rights.heads_the_files(self.who))

    @property
    def grants(self) -> bool:
        """Who lets others read the file (CUS-18)."""
        return rights.is_general_manager(self.who)

    def require(self, allowed: object) -> None:
        """Refuse what this person may see but not do."""
        if not allowed:
            raise NotAllowed


def get_customer(user: User, pk: int) -> CustomerAccess:
    """The customer for this person: 403 for who does not work with customers, 404 for the absent and the secret.

    Raises ``WasMerged`` for one who is part of another that this person may know of.
    """
    who, now = identity_of(user), timezone.now()
    if not rights.works_with_customers(who):
        raise NotAllowed
    rows = Customer.objects.visible_to(who, now=now).filter(pk=pk) if pk <= LARGEST_ID else Customer.objects.none()
    customer = with_contacts(rows).first()
    if customer is None:
        raise _moved(who, pk, now=now) or Http404
    return CustomerAccess(customer, user, who, now)


def get_communication(access: CustomerAccess, pk: int) -> Communication:
    """One with this customer or with a person of it: 403 where contact data are masked, 404 for the absent."""
    access.require(access.sees_contacts)
    rows = communications_of(access.customer, access.who)
    found = rows.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if found is None:
        raise Http404
    return found


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


def get_holding(access: CustomerAccess, pk: int, *, kinds: Iterable[str] = HoldingKind.values) -> Holding:
    """One of these kinds that this person may change."""
    rows = holdings_of(access.customer).filter(kind__in=kinds)
    found = rows.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if found is None:
        raise Http404
    access.require(access.edits_holdings(found.kind))
    return found


def get_merge(access: CustomerAccess, pk: int) -> Merge:
    """A merge into this customer, or into one who became part of it."""
    customers = [access.customer, *parts_of(access.customer).values()]
    rows = Merge.objects.filter(kept__in=customers).select_related("kept__merged_into", "merged", "by", "undone_by")
    found = rows.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if found is None:
        raise Http404
    return found


def _moved(who: Identity, pk: int, *, now: datetime) -> WasMerged | None:
    if pk > LARGEST_ID or (kept := living_key(pk)) == pk:
        return None
    found = Customer.objects.visible_to(who, now=now).filter(pk=kept).first()
    return WasMerged(pk, found) if found else None
