"""Returns of the generated organisation: as many as are asked for, most of them ended, the newer ones at every step.

Rows as the actions would have left them, but for their histories: the account book and the board are measured on them,
not the audit trail.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone
from psycopg2.extras import execute_values

from customers.models import Customer
from organization import numbering, text
from organization.models import Product, User
from organization.models.units import Function
from regulations.models import ProfileVersion
from regulations.profiles import version_for
from returns import rights
from returns.lifecycle import Handling, Outcome, State
from returns.models import Refund, RepairOrder, ReturnClock, ReturnSlip, SlipLine
from returns.models.slip import TURNS

CHUNK = 2_000
#: Part of the returns that stand open.
OPEN_SHARE = 0.03
_WRONG = (
    "内胆漏水，要求处理",
    "加热慢",
    "外壳开裂",
    "外包装受潮",
    "到货晚了，错过使用",
    "显示故障代码",
    "噪音大",
    "充不进电",
)
_REASONS = ("quality", "quality", "quality", "delivery", "packaging", "transport")
_OPEN = {
    Handling.REFUND: (State.REGISTERED, State.RECEIVED, State.CONFIRMED),
    Handling.REPAIR: (
        State.REGISTERED, State.ACCEPTED, State.RECEIVED, State.SCHEDULED, State.REPAIRING, State.INSPECTING,
        State.PASSED, State.RELEASED,
    ),
}  # fmt: skip
_TURNS = TURNS | {State.CONFIRMED: Function.FINANCE, State.ENDED: ""}
_STEPS = {
    Handling.REFUND: ("warehouse", "quality", "finance"),
    Handling.REPAIR: ("repair", "warehouse", "quality", "returns_desk"),
}
Say = Callable[[str], None]


@dataclass
class _Shelf:
    """Whom and what the rows name."""

    rng: random.Random
    now: datetime
    days: int
    customers: list[tuple[int, str]]
    products: list[Product]
    people: dict[str, User]
    version: ProfileVersion


def write_returns(count: int, *, seed: int, days: int, say: Say) -> None:
    """So many returns over so many days, in chunks; the database holds the generated organisation already."""
    people = {
        name: User.objects.filter(departments__functions__code=name).order_by("pk")[:1].get()
        for name in ("hub", "repair", "warehouse", "quality", "finance")
    }
    known = Customer.objects.filter(type="person").order_by("pk").values_list("pk", "name")[:20_000]
    shelf = _Shelf(
        random.Random(seed),  # noqa: S311 - the same load for the same seed
        timezone.now(),
        days,
        list(known),
        list(Product.objects.all()),
        people,
        version_for(site=None, product=None),
    )
    for start in range(0, count, CHUNK):
        with transaction.atomic():
            _write(shelf, range(start, min(start + CHUNK, count)), count)
    say(f"{count:,} returns")


def _write(shelf: _Shelf, chunk: range, count: int) -> None:
    made = [_slip(shelf, n, count) for n in chunk]
    by_year: dict[int, list[ReturnSlip]] = {}
    for slip in made:
        by_year.setdefault(numbering.year_of(slip.registered_at), []).append(slip)
    for slips in by_year.values():
        at = slips[0].registered_at
        for slip, n in zip(slips, numbering.take_numbers("return", at=at, count=len(slips)), strict=True):
            slip.number = f"TH{numbering.format_number(at, n)}"
    ReturnSlip.objects.bulk_create(made, batch_size=CHUNK)
    lines = [_line(shelf, slip) for slip in made]
    SlipLine.objects.bulk_create(lines, batch_size=CHUNK)
    _money_and_orders(shelf, made)
    _words(made, lines)


def _slip(shelf: _Shelf, n: int, count: int) -> ReturnSlip:
    rng = shelf.rng
    at = shelf.now - timedelta(days=shelf.days * (1 - n / count), seconds=rng.randrange(3600))
    wish = rng.choice((Handling.REFUND, Handling.REPAIR))
    open_now = n > count * (1 - 2 * OPEN_SHARE) and rng.random() < 0.5
    state = rng.choice(_OPEN[wish]) if open_now else State.ENDED
    customer, name = rng.choice(shelf.customers)
    slip = ReturnSlip(
        source="desk", wish=wish, reason=rng.choice(_REASONS), description=f"{rng.choice(_WRONG)}。第 {n} 单",
        state=state,
        customer_id=customer, contact_name=name, contact_phone=f"138{n * 7919 % 10**8:08d}", registered_at=at,
        registered_by=shelf.people["hub"], turn_since=at + timedelta(hours=2), profile_version=shelf.version,
    )  # fmt: skip
    slip.turn = _TURNS.get(state, "repair" if wish == Handling.REPAIR else "warehouse")
    if state == State.RECEIVED:
        slip.turn = rights.decider(slip)
    names = {"returns_desk", slip.turn, *(_STEPS[wish] if state == State.ENDED else ())} - {""}
    slip.readers = sorted(Function.NUMBERS[name] for name in names)
    _milestones(slip, shelf)
    return slip


def _milestones(slip: ReturnSlip, shelf: _Shelf) -> None:
    at, state = slip.registered_at, slip.state
    if slip.wish == Handling.REPAIR and state != State.REGISTERED:
        slip.accepted_at, slip.accepted_by, slip.handling = at, shelf.people["repair"], Handling.REPAIR
    if state not in {State.REGISTERED, State.ACCEPTED}:
        slip.received_at, slip.received_by = at + timedelta(hours=20), shelf.people["warehouse"]
    if state in {State.CONFIRMED, State.ENDED} and slip.wish == Handling.REFUND:
        slip.confirmed_at, slip.confirmed_by = at + timedelta(hours=30), shelf.people["quality"]
        slip.handling, slip.refund_amount = Handling.REFUND, Decimal(shelf.rng.randrange(50, 3000))
    if slip.wish == Handling.REPAIR and state in {State.PASSED, State.RELEASED, State.ENDED}:
        slip.passed_at = at + timedelta(hours=60)
    if slip.wish == Handling.REPAIR and state in {State.RELEASED, State.ENDED}:
        slip.released_at, slip.shipment = at + timedelta(hours=62), "顺丰"
    if state == State.ENDED:
        slip.ended_at = at + timedelta(hours=90)
        slip.outcome = Outcome.REFUNDED if slip.wish == Handling.REFUND else Outcome.REPAIRED
        slip.called_back_at, slip.satisfaction = slip.ended_at, "satisfied"


def _line(shelf: _Shelf, slip: ReturnSlip) -> SlipLine:
    rng, many = shelf.rng, shelf.rng.choice((1, 1, 1, 2, 5, 12))
    return SlipLine(
        slip=slip, product=rng.choice(shelf.products), batch=f"B{rng.randrange(2300, 2612)}",
        serial=f"SN{slip.pk:08d}", announced=many, counted=many if slip.received_at else None,
        purchased_on=timezone.localdate(slip.registered_at) - timedelta(days=rng.randrange(3, 400)),
    )  # fmt: skip


def _money_and_orders(shelf: _Shelf, made: list[ReturnSlip]) -> None:
    Refund.objects.bulk_create(
        Refund(
            slip=slip,
            amount=slip.refund_amount,
            way="transfer",
            reference=f"FK{slip.pk}",
            paid_on=timezone.localdate(slip.ended_at),
            by=shelf.people["finance"],
            at=slip.ended_at,
        )
        for slip in made
        if slip.outcome == Outcome.REFUNDED and slip.ended_at and slip.refund_amount
    )
    begun = {State.SCHEDULED, State.REPAIRING, State.INSPECTING, State.PASSED, State.RELEASED, State.ENDED}
    repairs = [slip for slip in made if slip.wish == Handling.REPAIR and slip.state in begun]
    RepairOrder.objects.bulk_create(_orders(shelf, repairs))
    clocks = [
        ReturnClock(
            slip=slip, kind="repair", policy={"warn": 0.75}, started_at=slip.received_at,
            due_at=slip.received_at + timedelta(days=1), first_due_at=slip.received_at + timedelta(days=1),
            breached_at=slip.received_at + timedelta(days=1),
        )
        for slip in repairs
        if slip.state != State.ENDED and slip.received_at
    ]  # fmt: skip
    ReturnClock.objects.bulk_create(clocks)
    for clock in clocks:
        clock.slip.due_at = clock.due_at
    ReturnSlip.objects.bulk_update([clock.slip for clock in clocks], ["due_at"])


def _orders(shelf: _Shelf, repairs: list[ReturnSlip]) -> Iterator[RepairOrder]:
    done = {State.INSPECTING, State.PASSED, State.RELEASED, State.ENDED}
    for slip in repairs:
        at = slip.registered_at + timedelta(hours=24)
        order = RepairOrder(
            slip=slip, number=f"WX{slip.number[2:]}", repairer=shelf.people["repair"], scheduled_at=at,
            planned_on=timezone.localdate(at), started_at=None if slip.state == State.SCHEDULED else at,
        )  # fmt: skip
        if slip.state in done:
            order.finished_at, order.work, order.cause = at + timedelta(hours=20), "更换配件", "老化"
        yield order


def _words(made: list[ReturnSlip], lines: list[SlipLine]) -> None:
    rows = []
    for slip, line in zip(made, lines, strict=True):
        goods = f"{line.product} {line.product.code if line.product else ''} {line.batch} {line.serial}"
        words = text.bigrams(f"{slip.number}\n{slip.description}\n{slip.contact_name}\n{goods}")
        private = {*text.bigrams(slip.contact_name), slip.contact_phone, slip.contact_phone[-4:]} - {""}
        rows.append((slip.pk, _vector(words), _vector(sorted(private))))
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            "UPDATE returns_returnslip AS slip SET search = made.search::tsvector,"
            " contact_search = made.private::tsvector"
            " FROM (VALUES %s) AS made (id, search, private) WHERE slip.id = made.id",
            rows,
            page_size=500,
        )


def _vector(words: Iterable[str]) -> str:
    return " ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words)
