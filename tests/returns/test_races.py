"""Two people press at the same moment: exactly one wins, the other is told, and nothing is done twice.

Real transactions on real connections. Twenty races of each sort in the suite, a thousand in the proof; with the row's
lock taken away it goes wrong, so the tests are known to see what they look for.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from audit.exceptions import DomainError
from audit.models import Event
from cases.actions.closure import open_hold
from cases.models import Case, Hold
from organization.models import Counter
from returns.actions import arrival, deciding, leaving, opening, refund, repair
from returns.actions import moves as frame
from returns.models import Inspection, Refund, RefundRefusal, RepairOrder, ReturnClock, ReturnSlip, SlipLine
from returns.models.slip import SlipQuerySet
from tests import world as w
from tests.races import Act, Race
from tests.returns import trade as t
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
IN_SUITE, IN_PROOF = 20, 1_000
#: Races of one sort: how many of so many were violated.
Sort = Callable[[World, Race, int], int]
_numbers = itertools.count(1)


def copy_of(slip: ReturnSlip, *parts: type[Any]) -> ReturnSlip:
    """The same return once more, as its actions left it; a tenth of the time that they would take."""
    row = t.fresh(slip)
    row.pk, row.number, row.case, row.hold = None, f"TH9999-{next(_numbers):06}", None, None
    row._state.adding = True
    row.save(force_insert=True)
    for part in (SlipLine, *parts):
        for one in part.objects.filter(slip=slip):
            one.pk, one.slip = None, row
            if isinstance(one, RepairOrder):
                one.number = f"WX{row.number[2:]}"
            one.save(force_insert=True)
    return t.fresh(row)


class Tries:
    """What two tries became. Anything that is no refusal is a fault, and a fault is a violation."""

    def __init__(self, race: Race, first: Act, second: Act) -> None:
        self.faults: list[str] = []
        self.won = race.run(self._kept(first), self._kept(second))

    def _kept(self, act: Act) -> Act:
        def tried() -> object:
            try:
                return act()
            except DomainError:
                raise
            except Exception as fault:
                self.faults.append(type(fault).__name__)
                raise DomainError("fault") from fault

        return tried

    @property
    def wins(self) -> int:
        return sum(self.won)


def events(slip: ReturnSlip, verb: str) -> int:
    return Event.objects.filter(thread=slip.thread, verb=verb).count()


# --- Money -----------------------------------------------------------------------------------------------


def paying(world: World, slip: ReturnSlip, voucher: str) -> Act:
    """Somebody of finance pays it."""
    by, given = world.actor("finance_handler"), t.payment(reference=voucher)
    return lambda: refund.pay_refund(t.fresh(slip), given, by=by)


def refunds(world: World, race: Race, times: int) -> int:
    """Two refunds for one slip that a case waits for."""
    template, case, by = t.confirmed(world), w.log_call(world), world.actor("finance_handler")
    found = 0
    for n in range(times):
        slip = copy_of(template)
        slip.case = Case.objects.get(pk=case.pk)
        slip.hold = open_hold(slip.case, by=by, kind="return", label=slip.number)
        slip.save(update_fields=["case", "hold"])
        tries = Tries(race, paying(world, slip, "PZ-1"), paying(world, slip, "PZ-2"))
        after = t.fresh(slip)
        once = (
            Refund.objects.filter(slip=slip).count(), events(slip, "pay"), RefundRefusal.objects.filter(slip=slip).count(),
            ReturnClock.objects.filter(slip=slip).count(), after.version - slip.version,
            Event.objects.filter(thread=case.thread, verb="release_hold").count(),
        )  # fmt: skip
        released = Hold.objects.get(pk=slip.hold_id).released_at is not None
        found += not (tries.wins == 1 and not tries.faults and once == (1, 1, 1, 1, 1, n + 1) and released)
    return found


# --- Goods -----------------------------------------------------------------------------------------------


def inspections(world: World, race: Race, times: int) -> int:
    """The result of quality against another result, and against the release; two releases."""
    waiting, ready = t.inspecting(world), t.passed(world)
    head, other, keeper = (world.actor(name) for name in ("quality_head", "quality_handler", "store_keeper"))

    def inspect(slip: ReturnSlip, by: Any, *, passed: bool) -> Act:
        return lambda: repair.inspect_repair(t.fresh(slip), by=by, passed=passed, findings="看过")

    def release(slip: ReturnSlip) -> Act:
        return lambda: leaving.release_goods(t.fresh(slip), by=keeper, shipment="SF1")

    found = 0
    for n in range(times):
        sort = n % 4
        slip = copy_of(ready if sort == 3 else waiting, RepairOrder, Inspection, ReturnClock)
        first = release(slip) if sort == 3 else inspect(slip, head, passed=sort != 2)
        second = inspect(slip, other, passed=False) if sort == 0 else release(slip)
        tries, after = Tries(race, first, second), t.fresh(slip)
        left = after.released_at is not None
        fits = {
            0: tries.wins == 1 and not left and after.state == ("passed" if tries.won[0] else "repairing"),
            1: tries.won[0] and left == tries.won[1] and after.passed_at is not None,
            2: tries.won == [True, False] and not left and after.state == "repairing",
            3: tries.wins == 1 and left,
        }[sort]
        written = events(slip, "inspect") + events(slip, "release")
        told = Inspection.objects.filter(slip=slip, purpose="release", at__isnull=False).count()
        found += not (fits and not tries.faults and written == tries.wins == after.version - slip.version and told == 1)
    return found


def receipts(world: World, race: Race, times: int) -> int:
    """Two people count the same goods; the rest comes later and gets one slip."""
    slip = t.registered(world, "repair", t.goods(21))
    template, by, other = deciding.accept_repair(slip, by=world.actor("repair_head")), "store_keeper", "desk_clerk"
    found = 0
    for _n in range(times):
        slip = copy_of(template)
        line = slip.lines.get().pk

        def count(quantity: int, name: str, slip: ReturnSlip = slip, line: int = line) -> Act:
            counted = {line: arrival.Counted(quantity, "later")}
            return lambda: arrival.receive_goods(t.fresh(slip), counted, by=world.actor(name))

        tries = Tries(race, count(11, by), count(10, other))
        after, rest = t.fresh(slip), ReturnSlip.objects.filter(continues=slip)
        counted = after.lines.get().counted
        found += not (
            tries.wins == 1 and not tries.faults and events(slip, "receive") == 1 == after.version - slip.version
            and counted == (11 if tries.won[0] else 10) and rest.count() == 1
            and rest.get().lines.get().announced == 21 - counted
            and ReturnClock.objects.filter(slip=slip).count() == 1
        )  # fmt: skip
    return found


def double_clicks(world: World, race: Race, times: int) -> int:
    """A new slip is sent twice with one key: both are told the same number, and the series has no gap."""
    by, found = world.actor("desk_clerk"), 0
    for _n in range(times):
        key, numbers = uuid.uuid4(), []

        def register(key: uuid.UUID = key, numbers: list[str] = numbers) -> object:
            wish = opening.Wish(**(vars(t.wish()) | {"submission_key": key}))
            return numbers.append(opening.register_return(wish, by=by).number)

        before = last_number()
        tries = Tries(race, register, register)
        slips = ReturnSlip.objects.filter(submission_key=key)
        found += not (
            tries.wins == 2 and len(set(numbers)) == 1 and slips.count() == 1 and last_number() == before + 1
            and events(slips.get(), "register") == 1
        )  # fmt: skip
    return found


def last_number() -> int:
    row = Counter.objects.filter(series="return").first()
    return row.last if row else 0


SORTS: dict[str, Sort] = {
    "refunds": refunds, "inspections": inspections, "receipts": receipts, "double clicks": double_clicks,
}  # fmt: skip


@pytest.mark.req("RET-09", "RET-24", "RET-03", "RET-02", "SEC-09")
@pytest.mark.parametrize("sort", SORTS)
def test_of_two_at_once_exactly_one_wins_and_nothing_is_doubled(trade: World, race: Race, sort: str) -> None:
    assert SORTS[sort](trade, race, IN_SUITE) == 0


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("sort", SORTS)
def test_a_thousand_races_leave_no_violation(trade: World, race: Race, sort: str) -> None:
    found = SORTS[sort](trade, race, IN_PROOF)
    print(f"\nfigure: races between two {sort}: {IN_PROOF}, violations: {found}")
    assert found == 0


# --- Switches --------------------------------------------------------------------------------------------


@pytest.fixture
def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The return's row is read without its lock, and a moment passes before anything is written."""
    monkeypatch.setattr(SlipQuerySet, "select_for_update", lambda self, **_options: self, raising=False)
    original = frame.lock

    def slow(*args: Any, **options: Any) -> ReturnSlip:
        row = original(*args, **options)
        time.sleep(0.2)  # longer than any pause a busy machine makes between the two
        return row

    for module in (refund, repair, leaving, arrival):
        monkeypatch.setattr(module, "lock", slow)


@contextmanager
def dropped(*statements: tuple[str, str]) -> Iterator[None]:
    """Without some walls of the database; they stand again afterwards."""
    for down, _up in statements:
        _run(down)
    try:
        yield
    finally:
        Refund.objects.all().delete()
        for _down, up in statements:
            _run(up)


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _unique() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'returns_refund'::regclass AND contype = 'u'"
        )
        (name,) = cursor.fetchone()
    return (
        f'ALTER TABLE returns_refund DROP CONSTRAINT "{name}"',
        f'ALTER TABLE returns_refund ADD CONSTRAINT "{name}" UNIQUE (slip_id)',
    )


TRIGGER = (
    "ALTER TABLE returns_refund DISABLE TRIGGER refund_needs_confirmation",
    "ALTER TABLE returns_refund ENABLE TRIGGER refund_needs_confirmation",
)


@pytest.mark.parametrize("sort", ["refunds", "inspections", "receipts"])
def test_without_the_lock_races_are_violated(trade: World, race: Race, without_lock: None, sort: str) -> None:
    times = 8 if sort == "inspections" else 3
    found = SORTS[sort](trade, race, times)
    print(f"\nfigure: races between two {sort} without the lock: {times}, violations: {found}")
    assert found >= 1


@pytest.mark.gate(1)
def test_without_the_lock_the_table_still_takes_one_payment_a_slip(
    trade: World, race: Race, without_lock: None
) -> None:
    for n in range(3):
        slip = copy_of(t.confirmed(trade))
        tries = Tries(race, paying(trade, slip, "PZ-1"), paying(trade, slip, "PZ-2"))
        assert (tries.wins, tries.faults) == (1, ["IntegrityError"])
        assert Refund.objects.count() == n + 1


@pytest.mark.gate(1)
def test_without_lock_and_constraint_the_same_slip_is_paid_twice(
    trade: World, race: Race, without_lock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refund.clocks, "start_clock", lambda *_args, **_options: None)  # a clock is taken once, too
    slip = t.confirmed(trade)
    with dropped(_unique()):
        tries = Tries(race, paying(trade, slip, "PZ-1"), paying(trade, slip, "PZ-2"))
        assert Refund.objects.count() == 2, (tries.won, tries.faults)


@pytest.mark.gate(1)
def test_with_the_gate_forgotten_the_trigger_holds_and_without_it_money_goes_out(
    trade: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    slip, by = t.received(trade), trade.actor("finance_handler")
    row = Refund(slip=slip, by=trade.finance_handler, at=timezone.now(), **vars(t.payment()))
    monkeypatch.setattr(refund.gates, "refunding", lambda *_args, **_options: [])
    monkeypatch.setattr(refund, "MOVES", dict(refund.MOVES) | {"pay": _anywhere()})
    with pytest.raises(IntegrityError):
        refund.pay_refund(slip, t.payment(), by=by)
    with dropped(TRIGGER):
        with pytest.raises(IntegrityError):  # the slip itself does not end as refunded without a confirmation
            refund.pay_refund(slip, t.payment(), by=by)
        row.save()
        assert Refund.objects.count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        Refund(slip=slip, by=trade.finance_handler, at=timezone.now(), **vars(t.payment())).save()


def _anywhere() -> Any:
    from dataclasses import replace

    from returns.lifecycle import MOVES, State

    return replace(MOVES["pay"], sources=frozenset(State))


def test_without_the_constraint_one_key_would_be_two_slips(
    trade: World, race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch: nobody looks for the key, and the column takes it twice."""
    original = opening.submitted

    def forgetful(key: uuid.UUID | None) -> ReturnSlip | None:
        found = original(key)
        time.sleep(0.2)
        return found

    monkeypatch.setattr(opening, "submitted", forgetful)
    assert double_clicks(trade, race, 2) == 0  # both found nothing, and the column held
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'returns_returnslip'::regclass AND contype = 'u'"
            " AND pg_get_constraintdef(oid) LIKE '%(submission_key)%'"
        )
        (name,) = cursor.fetchone()
    _run(f'ALTER TABLE returns_returnslip DROP CONSTRAINT "{name}"')
    try:
        assert double_clicks(trade, race, 2) == 2
    finally:
        ReturnSlip.objects.update(submission_key=None)
        _run(f'ALTER TABLE returns_returnslip ADD CONSTRAINT "{name}" UNIQUE (submission_key)')
