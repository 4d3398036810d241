"""Search over a million cases: newest first, by number, telephone, name, initials or any words.

An index of character pairs narrows the rows; what is shown is checked again letter by letter. The
statement leaves both ways open: walk by date for a common word, take the index for a rare one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from django.db import OperationalError, connection, transaction
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from cases import rights
from cases.models import Case, Contact, Reply
from cases.models.intake import CaseQuerySet
from cases.queries.paging import NEWEST, PAGE_SIZE
from organization import text
from organization.models import Role
from organization.models.units import Function
from organization.paging import Key
from organization.queries import Identity, department_principals

SHORTEST_TAIL = 4
#: A search that takes longer is given up with a sentence; its worker is free again.
PATIENCE_MS = 5_000
#: Rows read for one page at most: where neighbours fit by chance only, the reader goes on by "next".
CHUNKS = (PAGE_SIZE + 1, 100, 200)
EXCERPT = 36

_NUMBER = re.compile(r"(\d{4})-?(\d{6})")
_SHORT_NUMBER = re.compile(r"\d{1,6}")
_PHONE_LIKE = re.compile(r"[\d\s()+\-]{4,}")


class TooSlow(Exception):
    """The database gave the search up."""


@dataclass(frozen=True)
class Term:
    """What somebody typed, and the ways in which it can be meant."""

    typed: str

    @cached_property
    def folded(self) -> str:
        """For comparison."""
        return text.fold(self.typed)

    @property
    def is_empty(self) -> bool:
        """Nothing in it can be looked for."""
        return not self.words

    @cached_property
    def words(self) -> str | None:
        """The question to the open words of a case."""
        return text.tsquery(self.typed)

    @cached_property
    def digits(self) -> str:
        """The telephone number or its tail, when it looks like one; as it is dialled at home."""
        if not _PHONE_LIKE.fullmatch(self.folded):
            return ""
        number = text.normalise_phone(self.typed)
        digits = number.national if number.e164 else text.phone_digits(self.typed)
        return digits if len(digits) >= SHORTEST_TAIL else ""

    @cached_property
    def parts(self) -> tuple[Term, ...]:
        """What has to be there, each somewhere: a telephone number as a whole, else word by word."""
        return tuple(part for part in self.pieces if part.words)

    @cached_property
    def pieces(self) -> tuple[Term, ...]:
        """As ``parts``, with the signs that no index holds."""
        return (self,) if self.digits else tuple(map(Term, self.typed.split()))

    @cached_property
    def contact_words(self) -> str | None:
        """The question to names, addresses and telephone numbers."""
        return f"'{self.digits}'" if self.digits else self.words

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """Case numbers that it can be, complete or without the year."""
        if whole := _NUMBER.fullmatch(self.folded):
            return (f"{whole[1]}-{whole[2]}",)
        if _SHORT_NUMBER.fullmatch(self.folded):
            year = timezone.localtime().year
            return tuple(f"{year - back}-{int(self.folded):06d}" for back in range(2))
        return ()

    @property
    def is_number(self) -> bool:
        """A complete case number: nothing else is meant."""
        return _NUMBER.fullmatch(self.folded) is not None and "-" in self.folded


@dataclass(frozen=True)
class Excerpt:
    """The place of the text where it was found."""

    before: str
    hit: str
    after: str


@dataclass(frozen=True)
class Hit:
    """A found case, with the place where the word stands in what the customer said."""

    case: Case
    excerpt: Excerpt | None = None


@dataclass(frozen=True)
class Found:
    """One page of hits; ``after`` is the key of the next page, empty at the end."""

    hits: list[Hit]
    after: str = ""


def search(term: Term, who: Identity, *, after: Key | None = None, size: int = PAGE_SIZE) -> Found:
    """The newest cases this person may see that hold what was typed.

    At most three reads of cases, each with the contacts and replies that the check needs.

    Raises:
        TooSlow: the database took longer than ``PATIENCE_MS``.
    """
    if term.is_empty:
        return Found([])
    cases = matching(term, who).select_related("kind", "customer", "lead_department", "owner", "product")
    cases = cases.defer("search", "contact_search", "demand")
    with patience():
        return _page(cases, term, who, after=after, size=size)


def _page(cases: CaseQuerySet, term: Term, who: Identity, *, after: Key | None, size: int) -> Found:
    segment = NEWEST.segments[0]
    hits: list[Hit] = []
    beyond = after if NEWEST.knows(after) else None
    for chunk in CHUNKS:
        rows = list(segment.rows(cases, backwards=False, beyond=beyond)[:chunk])
        for case in checked(rows, term, who):
            if len(hits) == size:
                return Found(hits, after=str(segment.key_of(hits[-1].case)))
            hits.append(Hit(case, excerpt_of(case, term)))
        if len(rows) < chunk:
            return Found(hits)
        beyond = segment.key_of(rows[-1])
    return Found(hits, after=str(beyond))


def matching(term: Term, who: Identity) -> CaseQuerySet:
    """Cases this person may see whose words fit; before the check of the letters."""
    cases = Case.objects.visible_to(who)
    if term.is_number:
        return cases.filter(number__in=term.numbers)
    scope = contact_scope(who)
    for part in term.parts:
        condition = _holds("search", part.words)
        if scope is not None:
            contact = _holds("contact_search", part.contact_words)
            condition |= contact & Q(readers__overlap=sorted(scope)) if scope else contact
        cases = cases.filter(condition)
    return cases


def by_number(term: Term, who: Identity) -> list[Case]:
    """The cases that bear exactly this number, newest first."""
    if not term.numbers:
        return []
    cases = Case.objects.visible_to(who).filter(number__in=term.numbers)
    return list(
        cases.select_related("kind", "customer", "lead_department", "owner")
        .defer("search", "contact_search", "demand")
        .order_by("-number")
    )


def _holds(column: str, query: str | None) -> Q:
    return Q(RawSQL(f"cases_case.{column} @@ %s::tsquery", [query], output_field=BooleanField()))  # noqa: S611 - our column


def contact_scope(who: Identity) -> frozenset[int] | None:
    """Where a person may search contact data (SEC-08): an empty set for everywhere, None for nowhere.

    The same rule as ``rights.sees_contact``, as principals of the readers.
    """
    scope: set[int] = set()
    for person in who.acting:
        if person.role == Role.AUDITOR:
            continue
        if Function.HUB in person.functions or person.role == Role.MANAGER:
            return frozenset()
        scope |= {-person.user_id, *department_principals(person.departments, person.headed)}
    return frozenset(scope) or None


def checked(cases: list[Case], term: Term, who: Identity) -> Iterator[Case]:
    """Those that hold every part letter by letter, each wherever it stands in what this reader may see."""
    sure = {case.pk for case in cases if case.number in term.numbers or _holds_all(case, term, who)}
    spoken = _spoken([case.pk for case in cases if case.pk not in sure])
    for case in cases:
        if case.pk in sure or _holds_all(case, term, who, spoken[case.pk]):
            yield case


def _holds_all(case: Case, term: Term, who: Identity, spoken: str = "") -> bool:
    """Whether nothing is missing; a telephone number counts by its digits, however it is written down."""
    words, numbers = f"{_open_words(case)}\n{spoken}", set()
    if rights.sees_contact(who, case):
        name = f"{case.reporter_name} {text.initials(case.reporter_name)}"
        words += f"\n{name} {case.reporter_email} {case.reporter_phone}"
        numbers = text.phone_forms(case.reporter_phone) if any(part.digits for part in term.pieces) else set()
    rest = [part.typed for part in term.pieces if not any(part.digits in number for number in numbers if part.digits)]
    return not rest or text.phrase_matches(" ".join(rest), words)


def _open_words(case: Case) -> str:
    product = f"{case.product} {case.product.code}" if case.product else ""
    customer = case.customer.name if case.customer else ""
    parts = (case.number, case.subject, case.text, product, case.product_text, customer, case.reporter_organisation)
    return "\n".join(parts)


def _spoken(case_ids: list[int]) -> dict[int, str]:
    """What was said in contacts and replies of these cases; two queries, none for none."""
    found: dict[int, str] = defaultdict(str)
    if case_ids:
        for model in (Contact, Reply):
            rows = model.objects.filter(case_id__in=case_ids)
            for pk, said in rows.values_list("case_id", "text"):
                found[pk] += f"\n{said}"
    return found


def excerpt_of(case: Case, term: Term) -> Excerpt | None:
    """The first place of the text where the first word stands; None where the subject shows it already."""
    whole, part = case.text, next(iter(term.typed.split()), "")
    if part.lower() in case.subject.lower():
        return None
    at = whole.lower().find(part.lower()) if part else -1
    if at < 0 or len(whole.lower()) != len(whole):
        return None
    start, end = max(0, at - EXCERPT), at + len(part)
    before, after = whole[start:at], whole[end : end + EXCERPT]
    return Excerpt(("…" if start else "") + before, whole[at:end], after + ("…" if end + EXCERPT < len(whole) else ""))


@contextmanager
def patience(milliseconds: int | None = None) -> Iterator[None]:
    """Give up a read that takes too long: ``TooSlow`` instead of a fault."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds or PATIENCE_MS)])
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != "57014":
            raise
        raise TooSlow from error


def term_of(typed: str) -> Term:
    """A term of what was typed."""
    return Term(text.clean_line(typed)[: text.QUERY_LENGTH])
