"""Who is calling, what they called about before, and what may be the same matter (INT-30, RTE-08)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KT
from django.utils import timezone

from cases import rights
from cases.lifecycle import ENDED, Outcome
from cases.models import Assignment, Case, Contact, Draft
from cases.models.intake import CaseQuerySet
from cases.policy import CasesPart
from cases.queries.browse import CaseRow, listed, row_of
from cases.queries.search import contact_scope
from customers.models import Customer
from customers.queries.card import CallerCard, cards_of, with_contacts
from customers.queries.merging import living_key
from customers.queries.search import match
from organization import text
from organization.models import Department, Product, Site, User
from organization.queries import Identity
from regulations.models import ProfileVersion

CASES_READ, OPEN_SHOWN, CONTACTS_SHOWN, REPEATS_SHOWN, OPTIONS_SHOWN = 60, 20, 3, 3, 12
#: A shorter number belongs to too many people to call it the caller's.
WHOLE_NUMBER = 7
MONTH = timedelta(days=365.25 / 12)


@dataclass(frozen=True)
class Caller:
    """A known caller: card, open cases, last contacts, the year behind, the last case.

    ``open_cases`` are of any age, the newest first: whatever is open is continued (RTE-08).
    """

    card: CallerCard
    open_cases: list[CaseRow]
    contacts: list[Contact]
    year: int
    year_more: bool
    complaints: int
    settled: int
    last: Case | None

    @property
    def open_more(self) -> bool:
        """Whether more cases may be open than are listed."""
        return len(self.open_cases) == OPEN_SHOWN

    @property
    def customer(self) -> Customer:
        """The customer in the file."""
        return self.card.customer


@dataclass(frozen=True)
class Recognition:
    """What is known of whoever calls: nobody, one caller with the card, or several to choose from.

    ``by_phone_only``: the name that was typed is not the one that the number belongs to.
    """

    term: str
    name: str = ""
    phone: str = ""
    email: str = ""
    caller: Caller | None = None
    choices: tuple[CallerCard, ...] = ()
    by_number: tuple[CaseRow, ...] = ()
    by_phone_only: bool = False


def recognise(term: str, *, who: Identity) -> Recognition:
    """Whom a number, name, initials or address means, with their earlier cases as this person sees them.

    A number that is in no customer's file is looked for in the cases themselves.
    """
    term = text.clean_line(term)[: text.QUERY_LENGTH]
    typed = split_caller(term)
    found = match(term, who=who) if term else []
    by_phone_only = not found and bool(typed.phone and typed.name)
    if by_phone_only:  # 张三 13800001111: perhaps somebody else with a known number
        found = match(typed.phone, who=who)
    cards = tuple(cards_of(found, who))
    return Recognition(
        term=term,
        name=typed.name,
        phone=typed.phone,
        email=typed.email,
        caller=caller_of(cards[0], who=who) if len(cards) == 1 else None,
        choices=cards if len(cards) > 1 else (),
        by_number=tuple(_cases_of_number(typed.phone, who)) if not found else (),
        by_phone_only=by_phone_only and bool(found),
    )


@dataclass(frozen=True)
class Typed:
    """What somebody typed about a caller, taken apart."""

    name: str = ""
    phone: str = ""
    email: str = ""


_PHONE = re.compile(r"\+?\d[\d\s()\-]{5,}\d(?:\s*(?:转|ext\.?)\s*\d{1,6})?")
_EMAIL = re.compile(r"\S+@\S+")


def split_caller(term: str) -> Typed:
    """Name, number and address out of one box: ``张三 138 0000 1111``."""
    email = found[0] if (found := _EMAIL.search(term)) else ""
    rest = term.replace(email, " ") if email else term
    phone = found[0].strip() if (found := _PHONE.search(text.fold(rest))) else ""
    name = " ".join((_PHONE.sub(" ", text.fold(rest)) if phone else rest).split())
    if not any(char.isalpha() for char in name):
        name = ""
    if len(text.phone_digits(phone)) < WHOLE_NUMBER:
        phone = ""
    return Typed(name, phone, email)


def caller_of(card: CallerCard, *, who: Identity) -> Caller:
    """The caller with the cases that this person sees."""
    now = timezone.now()
    cases = Case.objects.visible_to(who).filter(customer=card.customer)
    newest = list(listed(cases).select_related("product", "site").order_by("-received_at", "-id")[:CASES_READ])
    year = [case for case in newest if case.received_at > now - timedelta(days=365)]
    return Caller(
        card=card,
        open_cases=_open_rows(cases, newest, who),
        contacts=_last_contacts(newest),
        year=len(year),
        year_more=len(year) == CASES_READ,
        complaints=sum(case.kind.code == "complaint" for case in year),
        settled=sum(case.outcome == Outcome.SETTLED for case in year),
        last=newest[0] if newest else None,
    )


def _open_rows(cases: CaseQuerySet, newest: list[Case], who: Identity) -> list[CaseRow]:
    """The newest open ones; most people's cases have all been read already."""
    if len(newest) == CASES_READ:
        return _newest_rows(cases.open(), who, OPEN_SHOWN)
    return [row_of(case, who) for case in newest if case.is_open][:OPEN_SHOWN]


def _newest_rows(cases: CaseQuerySet, who: Identity, most: int) -> list[CaseRow]:
    rows = listed(cases).select_related("product").order_by("-received_at", "-id")[:most]
    return [row_of(case, who) for case in rows]


def caller_by_id(pk: int, *, who: Identity) -> Caller | None:
    """The card of one customer of the file."""
    customer = with_contacts(Customer.objects.visible_to(who).filter(pk=living_key(pk))).first()
    return caller_of(cards_of([customer], who)[0], who=who) if customer else None


def _last_contacts(cases: list[Case]) -> list[Contact]:
    rows = Contact.objects.filter(case__in=[case.pk for case in cases[:10]]).select_related("channel", "case")
    return list(rows.defer("case__text").order_by("-happened_at")[:CONTACTS_SHOWN]) if cases else []


def _cases_of_number(phone: str, who: Identity) -> list[CaseRow]:
    """Open cases that came from this number, where nobody opened a customer's file."""
    digits = text.phone_digits(text.normalise_phone(phone).national) if phone else ""
    scope = contact_scope(who)
    if len(digits) < WHOLE_NUMBER or scope is None:
        return []
    holds = RawSQL("cases_case.contact_search @@ %s::tsquery", [f"'{digits}'"], output_field=BooleanField())
    cases = Case.objects.visible_to(who).open().filter(holds)
    if scope:
        cases = cases.filter(readers__overlap=sorted(scope))
    return _newest_rows(cases, who, OPEN_SHOWN)


def addable(rows: Iterable[CaseRow], *, who: Identity) -> frozenset[int]:
    """To which of these cases a person may add a contact (RTE-08); one query for all of them."""
    cases = [row.case for row in rows if row.case.is_open]
    given: dict[int, list[Assignment]] = defaultdict(list)
    for assignment in Assignment.objects.filter(case__in=[case.pk for case in cases]) if cases else ():
        given[assignment.case_id].append(assignment)
    return frozenset(
        case.pk
        for case in cases
        if "record_contact" in rights.permissions_on(who, case, given[case.pk]) and rights.reads_in_full(who, case)
    )


@dataclass(frozen=True)
class Matter:
    """What a new record is about, as far as it is known while typing."""

    customer: int | None = None
    site: int | None = None
    category: int | None = None


def possible_repeats(matter: Matter, *, who: Identity, version: ProfileVersion) -> list[CaseRow]:
    """Cases that may be the same matter: same customer, or same site and category (CLS-09).

    Of the last months that the profile names, open ones first, and only those this person may see.
    """
    alike = Q()
    if matter.customer:
        alike |= Q(customer_id=matter.customer)
    if matter.site and matter.category:
        alike |= Q(site_id=matter.site, category_id=matter.category)
    if not alike:
        return []
    since = timezone.now() - version.part(CasesPart).repeat_months * MONTH
    cases = Case.objects.visible_to(who).filter(alike, received_at__gte=since).exclude(outcome__in=_NO_MATTER)
    rows = _newest_rows(cases.open(), who, REPEATS_SHOWN)
    if more := REPEATS_SHOWN - len(rows):
        rows += _newest_rows(cases.filter(state__in=list(ENDED)), who, more)
    return rows


#: Ends that say that there was no matter.
_NO_MATTER = [Outcome.INVALID, Outcome.DUPLICATE]


# Offers while typing


def product_offers(typed: str) -> list[Product]:
    """Products whose name, model number or pinyin fits, in order of their names."""
    return list(_offers(Product.objects.active(), typed).select_related("parent")[:OPTIONS_SHOWN])


def site_offers(typed: str) -> list[Site]:
    """Sites whose name, code or pinyin fits."""
    return list(_offers(Site.objects.active(), typed)[:OPTIONS_SHOWN])


def department_offers(typed: str) -> list[Department]:
    """Departments whose name, code or pinyin fits."""
    return list(_offers(Department.objects.active(), typed)[:OPTIONS_SHOWN])


def people_offers(typed: str) -> list[User]:
    """Active colleagues whose name, initials or user name fits."""
    folded = text.fold(typed)
    fits = Q(name__icontains=typed) | Q(initials__startswith=folded) | Q(username__istartswith=folded)
    people = User.objects.filter(fits, is_active=True).order_by("name_key", "pk")
    return list(people.prefetch_related("departments")[:OPTIONS_SHOWN])


def _offers(rows: QuerySet, typed: str) -> QuerySet:
    fits = Q(name__icontains=typed) | Q(name_en__icontains=typed) | Q(code__icontains=typed)
    key = text.pinyin_key(typed)
    if key and typed.isascii():
        fits |= Q(name_key__startswith=key)
    return rows.filter(fits).order_by("name_key", "pk")


def drafts_of(user: User, *, form: str = "log", limit: int = 50) -> list[Draft]:
    """What somebody has not finished, newest first; without the texts.

    ``add_to`` of each is the case whose further contact it is, if any.
    """
    rows = Draft.objects.filter(user=user, form=form).annotate(add_to=KT("data__add_to"))
    return list(rows.defer("data")[:limit])
