"""Opening a slip, and correcting what it says."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases.actions.moves import Extra
from cases.models import Case
from customers.actions.living import hold_living
from customers.models import Customer
from documents.models import File
from organization import numbering, stale
from organization.models import Product, User
from regulations.profiles import version_for
from returns import notices, readers
from returns.actions import clocks, ties
from returns.actions.files import attach
from returns.actions.moves import finish, lock, plain, write_search
from returns.lifecycle import UNDECIDED, Handling
from returns.models import ReturnClock, ReturnSlip, SlipLine, Source

#: More lines than this belong on a second slip.
MOST_LINES = 20
_LINE_FACTS = (
    "product_id", "product_text", "batch", "serial", "announced", "purchased_on", "received_on", "accepted_on",
    "warranty_ends_on", "excluded",
)  # fmt: skip
_SLIP_FACTS = (
    "wish", "reason", "unused", "description", "claimed_amount", "contact_name", "contact_organisation",
    "contact_phone", "contact_email", "contact_address",
)  # fmt: skip


@dataclass(frozen=True)
class Goods:
    """One line; clean values."""

    announced: int
    product: Product | None = None
    product_text: str = ""
    batch: str = ""
    serial: str = ""
    purchased_on: date | None = None
    received_on: date | None = None
    accepted_on: date | None = None
    warranty_ends_on: date | None = None
    excluded: str = ""


@dataclass(frozen=True)
class Contact:
    """Who returns it, and where it goes back to."""

    name: str
    organisation: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""


@dataclass(frozen=True)
class Wish:
    """What a slip says; clean values. The same ``submission_key`` gives the slip of the first time."""

    wish: str
    reason: str
    description: str
    goods: tuple[Goods, ...]
    contact: Contact
    unused: bool = False
    claimed_amount: Decimal | None = None
    customer: Customer | None = None
    case: Case | None = None
    files: tuple[File, ...] = ()
    certificates: tuple[File, ...] = ()
    submission_key: uuid.UUID | None = field(default=None)


def register_return(wish: Wish, *, by: Actor, source: str = Source.DESK) -> ReturnSlip:
    """Open a return acceptance slip (RET-01, RET-02): a number without gaps, and it stands in the account book.

    A case it comes from is held until the return ends (RET-32). Raises ``InvalidInput`` for what cannot be, and
    ``InvalidMove`` where the case has ended.
    """
    if known := submitted(wish.submission_key):
        return known
    try:
        return _register(wish, by=by, source=source)
    except IntegrityError:
        # The same submission arrived twice at once: the other one won, and its slip is ours too.
        if known := submitted(wish.submission_key):
            return known
        raise


def submitted(key: uuid.UUID | None) -> ReturnSlip | None:
    """The slip that an earlier try with this key became."""
    return ReturnSlip.objects.filter(submission_key=key).first() if key else None


@transaction.atomic
def _register(wish: Wish, *, by: Actor, source: str) -> ReturnSlip:
    now = timezone.now()
    wish = _of_living(wish)
    slip = _new(wish, source=source, at=now)
    _check(slip, wish.goods)
    slip.registered_by = User.objects.filter(pk=by.id).first() if by.id else None
    return _insert(slip, wish, by=by, at=now)


def _of_living(wish: Wish) -> Wish:
    customer = wish.customer or (wish.case.customer if wish.case else None)
    if customer is None:
        return wish
    return replace(wish, customer=hold_living([customer.pk]).get(customer.pk))


def _new(wish: Wish, *, source: str, at: datetime) -> ReturnSlip:
    product = next((goods.product for goods in wish.goods if goods.product), None)
    case = wish.case
    version = case.profile_version if case else version_for(site=None, product=product)
    return ReturnSlip(
        source=source, registered_at=at, turn_since=at, profile_version=version, customer=wish.customer, case=case,
        submission_key=wish.submission_key, **_values(wish),
    )  # fmt: skip


def _values(wish: Wish) -> dict[str, Any]:
    contact = wish.contact
    return {
        "wish": wish.wish,
        "reason": wish.reason,
        "unused": wish.unused,
        "description": wish.description,
        "claimed_amount": wish.claimed_amount,
        "contact_name": contact.name,
        "contact_organisation": contact.organisation,
        "contact_phone": contact.phone,
        "contact_email": contact.email,
        "contact_address": contact.address,
    }


def _check(slip: ReturnSlip, goods: Sequence[Goods]) -> None:
    if slip.wish not in Handling.values:
        raise InvalidInput("wish", _("Please choose one of the offered values."))
    if slip.reason not in {rule.code for rule in slip.policy.reasons}:
        raise InvalidInput("reason", _("Please choose one of the offered values."))
    if not slip.description.strip():
        raise InvalidInput("description", _("Please say what is wrong with the goods."))
    if not slip.contact_name.strip():
        raise InvalidInput("contact_name", _("Please say who returns the goods."))
    if not goods:
        raise InvalidInput("goods", _("Please name at least one product."))
    if len(goods) > MOST_LINES:
        raise InvalidInput("goods", _("A slip has room for %(n)d lines. Please open a second one.") % {"n": MOST_LINES})
    for line in goods:
        _check_line(line)


def _check_line(line: Goods) -> None:
    if line.product is None and not line.product_text.strip():
        raise InvalidInput("goods", _("Please name the product of each line."))
    if not 1 <= line.announced <= 1_000_000:
        raise InvalidInput("goods", _("Please enter a quantity between 1 and 1,000,000."))
    today = timezone.localdate()
    for day in (line.purchased_on, line.received_on, line.accepted_on):
        if day is not None and day > today:
            raise InvalidInput("goods", _("A date of purchase, receipt or acceptance lies in the future."))
    if line.purchased_on and line.received_on and line.received_on < line.purchased_on:
        raise InvalidInput("goods", _("The goods cannot have been received before they were bought."))


def _insert(slip: ReturnSlip, wish: Wish, *, by: Actor, at: datetime) -> ReturnSlip:
    ties.take_case(slip)
    slip.turn = readers.turn_of(slip)
    slip.readers = readers.readers_of(slip)
    slip.number = new_number(at)
    slip.save(force_insert=True)
    SlipLine.objects.bulk_create(SlipLine(slip=slip, **vars(line)) for line in wish.goods)
    attach(slip, wish.files, by=by, at=at, from_customer=slip.source == Source.PUBLIC)
    attach(slip, wish.certificates, by=by, at=at, certificate=True)
    if slip.case is not None:
        slip.hold = ties.open_hold_of(slip, slip.case, by=by)
        slip.save(update_fields=["hold"])
    write_search(slip)
    sealed = {name: (None, getattr(slip, name)) for name in ("description", "contact_name", "contact_phone")}
    changes = {
        name: (None, plain((None, getattr(slip, name)))[1])
        for name in ("number", "source", "wish", "reason", "unused", "claimed_amount", "case_id", "customer_id")
    }
    changes |= {"units": (None, sum(line.announced for line in wish.goods))}
    record(slip.thread, "register", by=by, at=at, changes=changes, sealed=sealed)
    notices.return_registered(slip)
    return slip


def new_number(at: datetime) -> str:
    """The next number of the series; taken last before the insert."""
    return f"TH{numbering.next_number('return', at=at)}"


def slip_facts(slip: ReturnSlip) -> dict[str, object]:
    """All that its page of correction changes."""
    facts: dict[str, object] = {name: _fact(getattr(slip, name)) for name in _SLIP_FACTS}
    lines = slip.lines.order_by("pk").values(*_LINE_FACTS)
    return facts | {"goods": [{name: _fact(value) for name, value in line.items()} for line in lines]}


def _fact(value: Any) -> Any:
    return plain((None, value))[1]


@transaction.atomic
def correct_slip(slip: ReturnSlip, wish: Wish, *, by: Actor, base: str = "") -> ReturnSlip:
    """Correct what the slip says while nothing is decided; the old values stay in the history.

    After the decision it is refused: what was confirmed is what was looked at. Raises ``StaleRecord``,
    ``InvalidInput``, ``InvalidMove``.
    """
    slip = lock(slip, sources=UNDECIDED)
    before = slip_facts(slip)
    stale.require_fresh(before, base)
    if wish.wish != slip.wish:
        raise InvalidInput("wish", _("What is asked for is changed by “ask for a refund instead”, with its reason."))
    for name, value in _values(wish).items():
        setattr(slip, name, value)
    _check(slip, wish.goods)
    lines = list(slip.lines.order_by("pk"))
    if slip.received_at is not None and len(lines) != len(wish.goods):
        raise InvalidInput("goods", _("The goods were counted already: lines can be corrected, not added or removed."))
    _write_lines(slip, lines, wish.goods)
    if slip.is_on_site:  # nothing is counted there: its limit follows what is announced
        clocks.refit(slip, ReturnClock.Kind.REPAIR)
    write_search(slip)
    goods = (before["goods"], slip_facts(slip)["goods"])
    return finish(
        slip, "correct", by=by, at=timezone.now(), extra=Extra({}, {"goods": goods} if goods[0] != goods[1] else {})
    )


def _write_lines(slip: ReturnSlip, lines: list[SlipLine], goods: Sequence[Goods]) -> None:
    for line, new in zip(lines, goods, strict=False):
        for name, value in vars(new).items():
            setattr(line, name, value)
        if not line.differs:
            line.difference, line.difference_note = "", ""
        line.save()
    SlipLine.objects.filter(pk__in=[line.pk for line in lines[len(goods) :]]).delete()
    SlipLine.objects.bulk_create(SlipLine(slip=slip, **vars(new)) for new in goods[len(lines) :])
