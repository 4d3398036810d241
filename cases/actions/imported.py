"""Writing the cases of an import, a hundred at a time: the same rows that one registration would write.

Everything is made ready before the counter of numbers is taken, because whoever holds it holds up every other
registration. A test compares each column with what ``open_case`` writes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from audit.actions import Entry, record_many
from audit.actor import Actor
from cases import readers
from cases.actions import clocks
from cases.actions.intake import SERIES, first_clocks, opening_event, subject_of, urgency_of
from cases.actions.moves import search_words, user_of
from cases.imports.plan import Plan
from cases.imports.rows import Record
from cases.lifecycle import Outcome, State
from cases.models import Access, Case, CaseClock, Category, Channel, Kind, Round
from cases.models.intake import FROM_FILE
from cases.queries.imports import customers_for
from cases.queries.people import duty_person, main_department
from cases.queries.suggestions import category_in, department_for
from cases.secrets import access_code, digest, link_token
from customers.actions.living import hold_living
from customers.models import Customer
from organization import numbering, text
from organization.copying import copy_objects, copy_rows, take_keys
from organization.models import Department, Product, Site, User
from organization.working_time import WorkingCalendar
from regulations.models import ProfileVersion
from regulations.profiles import version_for

#: A name that nobody gave, as it stands in registers.
NO_NAME = "未提供"
_COLUMNS = [f.attname for f in Case._meta.concrete_fields]


@dataclass(frozen=True)
class Row:
    """A row of the file that is not a case yet, and the key under which it will be known again."""

    record: Record
    key: str

    def with_product(self, products: Mapping[str, int]) -> Row:
        """The same row with its product, now that it exists."""
        found = products.get(text.fold(self.record.product_name)) if self.record.product_name else None
        return Row(replace(self.record, product=found, product_name=""), self.key) if found else self


@dataclass
class Job:
    """What all rows of an import share, looked up once."""

    plan: Plan
    name: str
    by: Actor
    user: User | None
    owner: User | None
    receiving_department: Department | None
    channel: Channel
    kinds: dict[str, Kind]
    categories: list[Category]
    products: dict[int, Product]
    sites: dict[int, Site]
    _versions: dict[tuple[int | None, int | None], ProfileVersion] = field(default_factory=dict)
    _calendars: dict[str, WorkingCalendar] = field(default_factory=dict)
    _departments: dict[tuple[int, int | None], Department | None] = field(default_factory=dict)
    _suggesting: list[Category] = field(default_factory=list)

    @classmethod
    def load(cls, plan: Plan, name: str, *, by: Actor) -> Job:
        """Read it; a handful of queries."""
        categories = list(Category.objects.active())
        owner = duty_person()
        return cls(
            plan=plan,
            name=name,
            by=by,
            user=user_of(by),
            owner=owner,
            receiving_department=main_department(owner),
            channel=Channel.objects.get(code=plan.channel),
            kinds={kind.code: kind for kind in Kind.objects.active()},
            categories=categories,
            products=Product.objects.active().in_bulk(),
            sites=Site.objects.active().in_bulk(),
            _suggesting=[category for category in categories if category.keywords],
        )

    def add_product(self, product: Product) -> None:
        """A product that was added while the import runs."""
        self.products[product.pk] = product

    def version(self, site: Site | None, product: Product | None) -> ProfileVersion:
        """The profile version that applies to a site and a product."""
        key = (site.pk if site else None, product.pk if product else None)
        if key not in self._versions:
            self._versions[key] = version_for(site=site, product=product)
        return self._versions[key]

    def category(self, record: Record) -> Category | None:
        """The category that the file names, else the one that the text suggests."""
        if record.category is not None:
            return next(category for category in self.categories if category.pk == record.category)
        return category_in(record.text, self._suggesting)

    def department(self, version: ProfileVersion, category: Category | None) -> Department | None:
        """The department that the profile routes a category to."""
        key = (version.pk, category.pk if category else None)
        if key not in self._departments:
            self._departments[key] = department_for(version, category)
        return self._departments[key]

    def calendar(self, case: Case) -> WorkingCalendar:
        """The working calendar of the case's profile."""
        code = case.profile_version.times.calendar
        if code not in self._calendars:
            self._calendars[code] = clocks.calendar_of(case)
        return self._calendars[code]


@dataclass
class _Ready:
    """A case that lacks nothing but its number."""

    case: Case
    round: Round
    clocks: list[CaseClock]
    words: list[str]
    private: list[str]

    @property
    def all_words(self) -> list[str]:
        """What the case is found by, now that it has a number."""
        return [*self.words, *text.bigrams(self.case.number)]


def register_rows(rows: Iterable[Row], job: Job) -> tuple[float, list[Case]]:
    """Write the cases of these rows, in the transaction of the caller, who commits at once.

    Returns the moment (``perf_counter``) from which the counter is held, and the cases. Clocks are started, the
    customer's access is granted and the event recorded as for every other case; nobody is told.
    """
    now = timezone.now()
    ready = _make_ready(list(rows), job, now=now)
    copy_objects([each.round for each in ready])
    copy_objects([clock for each in ready for clock in each.clocks])
    held_from = time.perf_counter()
    if ready:
        numbers = numbering.take_numbers(SERIES, at=now, count=len(ready))
        for each, n in zip(ready, numbers, strict=True):
            each.case.number = numbering.format_number(now, n)
        _write_cases(ready, now=now)
        record_many([entry for each in ready for entry in _entries(each, job, now=now)])
    return held_from, [each.case for each in ready]


def _make_ready(rows: list[Row], job: Job, *, now: datetime) -> list[_Ready]:
    if not rows:
        return []
    lines = [row.record.lines for row in rows]
    customers = customers_for([(line.get("phone", ""), line.get("email", ""), line.get("name", "")) for line in lines])
    known = hold_living(pk for pk in customers if pk)
    keys = take_keys(Case, len(rows))
    return [
        _one_ready(row, job, customer=known.get(customer or 0), pk=pk, now=now)
        for row, customer, pk in zip(rows, customers, keys, strict=True)
    ]


def _one_ready(row: Row, job: Job, *, customer: Customer | None, pk: int, now: datetime) -> _Ready:
    case = _build(row, job, customer=customer, now=now)
    case.pk = pk
    round_ = Round(case=case, n=1, opened_at=case.received_at)
    running = [] if job.plan.history else first_clocks(case, job.calendar(case))
    if job.plan.history:
        _close(case, round_, job, at=now)
    case.readers, case.barred = readers.readers_of(case, []), []
    words, private = search_words(case)
    return _Ready(case, round_, running, words, private)


def _build(row: Row, job: Job, *, customer: Customer | None, now: datetime) -> Case:
    given, lines = row.record, row.record.lines
    product = job.products[given.product] if given.product else None
    site = job.sites[given.site] if given.site else None
    version = job.version(site, product)
    category = job.category(given)
    case = Case(
        number="",
        kind=job.kinds[given.kind],
        channel=job.channel,
        suggested_category=category,
        suggested_department=job.department(version, category),
        subject=lines.get("subject") or subject_of(given.text),
        text=given.text,
        demand=given.demand,
        reporter_name=lines.get("name") or NO_NAME,
        reporter_organisation=lines.get("organisation", ""),
        reporter_phone=lines.get("phone", ""),
        reporter_email=lines.get("email", ""),
        contact_refused=not (lines.get("phone") or lines.get("email")),
        customer=customer,
        product=product,
        product_text=given.product_name,
        site=site,
        received_at=given.received_at or now,
        registered_at=now,
        first_asked_label=FROM_FILE,
        receiving_department=job.receiving_department,
        owner=job.owner,
        profile_version=version,
        import_name=job.name,
        import_key=row.key,
        **{name: lines.get(name, "") for name in ("batch", "serial", "quantity", "order_number")},
        **given.days,
    )
    case.urgency = urgency_of(case)
    return case


def _close(case: Case, round_: Round, job: Job, *, at: datetime) -> None:
    """Handled elsewhere: closed as it is registered, with the import as its proof."""
    case.state, case.outcome, case.closed_at, case.version = State.CLOSED, Outcome.IMPORTED, at, 2
    round_.outcome, round_.ended_at, round_.closed_at, round_.closed_by = Outcome.IMPORTED, at, at, job.user
    round_.reason, round_.proof = f"{FROM_FILE}：{job.name}", job.name


def _write_cases(ready: list[_Ready], *, now: datetime) -> None:
    vectors = {"search", "contact_search"}
    plain = [name for name in _COLUMNS if name not in vectors]
    copy_rows(
        Case,
        [*plain, "search", "contact_search"],
        ([*(getattr(each.case, name) for name in plain), each.all_words, each.private] for each in ready),
    )
    copy_objects(
        [
            Access(
                case=each.case,
                link_hash=digest(link_token(each.case)),
                code_hash=digest(access_code(each.case)),
                created_at=now,
            )
            for each in ready
        ]
    )


def _entries(each: _Ready, job: Job, *, now: datetime) -> list[Entry]:
    case, opened = each.case, opening_event(each.case)
    entries = [Entry(case.thread, "open", job.by, now, opened["changes"], opened["sealed"])]
    if job.plan.history:
        changes: dict[str, tuple[Any, Any]] = {
            "state": (State.REGISTERED.value, case.state),
            "outcome": ("", case.outcome),
            "closed_at": (None, now.isoformat()),
        }
        sealed = {"reason": (None, each.round.reason), "proof": (None, each.round.proof)}
        entries.append(Entry(case.thread, "close", job.by, now, changes, sealed))
    return entries
