from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.transaction import TransactionManagementError

from audit.actions import Entry, erase, forget_reasons, record, record_many, record_reading
from audit.actor import Actor
from audit.models import Event, Head, Reading, Sealed
from audit.queries import changes_of, events_of
from audit.verification import verify
from tests.audit.conftest import CLERK, MORNING

pytestmark = pytest.mark.django_db
Write = Callable[..., Event]


@pytest.mark.req("SEC-09")
def test_an_event_keeps_who_did_what_when_with_old_and_new(write: Write) -> None:
    event = write("case:1", "close", changes={"state": ("replied", "closed")}, by=Actor("staff", 7, "李四", 3))
    kept = Event.objects.get(pk=event.pk)
    assert (kept.thread, kept.seq, kept.verb, kept.at) == ("case:1", 1, "close", MORNING)
    assert (kept.actor_kind, kept.actor_id, kept.actor_label, kept.deputy_for) == ("staff", 7, "李四", 3)
    assert kept.changes == {"state": ["replied", "closed"]}


def test_each_event_hangs_on_the_one_before_it(write: Write) -> None:
    first, second = write(), write()
    assert (first.seq, first.prev) == (1, "")
    assert (second.seq, second.prev) == (2, first.hash)
    assert Head.objects.get(pk="case:1").hash == second.hash


def test_each_thread_counts_for_itself(write: Write) -> None:
    write("case:1")
    assert write("customer:5").seq == 1


@pytest.mark.req("SEC-08")
def test_personal_values_stand_outside_the_event(write: Write) -> None:
    event = write(changes={"state": ("a", "b")}, sealed={"phone": (None, "13800000000")})
    kept = Event.objects.get(pk=event.pk)
    assert "13800000000" not in repr([kept.changes, kept.digest])
    assert list(kept.digest) == ["phone"]
    sealed = Sealed.objects.get(event=event)
    assert (sealed.field, sealed.old, sealed.new) == ("phone", None, "13800000000")


def test_the_same_personal_value_never_has_the_same_digest_twice(write: Write) -> None:
    events = [write(sealed={"phone": (None, "13800000000")}) for _ in range(3)]
    assert len({event.digest["phone"] for event in events}) == 3


def test_values_of_any_kind_survive_the_database(write: Write) -> None:
    odd = [1e22, 0.1, dt.date(2026, 1, 1), "\x00\ud800", {"b": [1, None]}, 2**70, "退货"]
    write(changes={f"f{n}": (None, value) for n, value in enumerate(odd)}, sealed={"x": (1.5, {"ü": "\ud800"})})
    assert verify(files=False).ok


@pytest.mark.django_db(transaction=True)
def test_an_event_cannot_be_written_outside_the_transaction_of_its_fact() -> None:
    with pytest.raises(TransactionManagementError):
        record("case:1", "open", by=CLERK, at=MORNING)
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_is_lost_with_its_fact() -> None:
    with transaction.atomic():
        record("case:1", "open", by=CLERK, at=MORNING)
        transaction.set_rollback(True)
    assert not Event.objects.exists()
    assert not Head.objects.exists()


def _together(count: int, work: Callable[[int], Any]) -> list[BaseException]:
    """Run `work(0..count-1)` at once, each on a connection of its own."""
    start, errors = threading.Barrier(count), []

    def run(number: int) -> None:
        try:
            start.wait(timeout=10)
            work(number)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.mark.django_db(transaction=True)
def test_appends_to_one_thread_at_the_same_time_wait_for_each_other() -> None:
    def work(number: int) -> None:
        for turn in range(10):
            with transaction.atomic():
                record("case:1", "act", by=CLERK, at=MORNING, changes={"who": (number, turn)})

    assert _together(8, work) == []
    assert list(Event.objects.values_list("seq", flat=True)) == list(range(1, 81))
    assert verify(files=False).ok


@pytest.mark.django_db(transaction=True)
def test_acts_on_several_threads_in_any_order_do_not_block_each_other_for_ever() -> None:
    names = [f"case:{number}" for number in range(5)]

    def work(number: int) -> None:
        for turn in range(5):
            order = names if (number + turn) % 2 else names[::-1]
            with transaction.atomic():
                record_many([Entry(name, "act", CLERK, MORNING) for name in order])

    assert _together(6, work) == []
    assert verify(files=False).events == 150


def test_many_events_are_written_with_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    def entries(count: int) -> list[Entry]:
        return [
            Entry(f"case:{n % 7}", "import", CLERK, MORNING, {"n": (None, n)}, {"t": ("", "x")}) for n in range(count)
        ]

    record_many(entries(7))
    with django_assert_num_queries(4):
        events = record_many(entries(100))
    assert [event.seq for event in events[:8]] == [2] * 7 + [3]
    verdict = verify(files=False)
    assert (verdict.ok, verdict.events, verdict.threads) == (True, 107, 7)
    assert record_many([]) == []


def test_one_event_takes_three_queries(write: Write, django_assert_num_queries: Any) -> None:
    write()
    with django_assert_num_queries(3):
        write()


@pytest.mark.req("SEC-02")
def test_a_reading_says_who_looked_at_what_and_why() -> None:
    record_reading("customer:5", "export", by=CLERK, at=MORNING, rows=200, reason="年度回访")
    reading = Reading.objects.get()
    assert (reading.thread, reading.what, reading.actor_id, reading.rows) == ("customer:5", "export", 7, 200)
    assert reading.reason == "年度回访"


class TestErasing:
    def test_erased_values_are_gone_and_the_chain_still_holds(self, write: Write) -> None:
        write(sealed={"phone": (None, "138"), "note": (None, "n")})
        assert erase(thread="case:1", by=CLERK, at=MORNING) == 2
        assert set(Sealed.objects.values_list("old", "new", "salt")) == {(None, None, "")}
        assert verify(files=False).ok

    def test_only_the_named_fields_are_erased(self, write: Write) -> None:
        event = write(sealed={"phone": (None, "138"), "note": (None, "n")})
        assert erase(thread="case:1", fields=["phone"], by=CLERK, at=MORNING) == 1
        shown = {change.field: (change.new, change.erased) for change in changes_of(event)}
        assert shown == {"phone": (None, True), "note": ("n", False)}

    def test_another_thread_keeps_its_values(self, write: Write) -> None:
        write("case:2", sealed={"phone": (None, "139")})
        assert erase(thread="case:1", by=CLERK, at=MORNING) == 0
        assert Sealed.objects.get().new == "139"

    def test_erasing_is_itself_an_event(self, write: Write) -> None:
        write(sealed={"phone": (None, "138")})
        erase(thread="case:1", by=CLERK, at=MORNING)
        last = list(events_of("case:1"))[-1]
        assert (last.verb, last.changes) == ("erase_values", {"fields": [["phone"], None], "values": [1, 0]})

    def test_erasing_twice_changes_nothing(self, write: Write) -> None:
        write(sealed={"phone": (None, "138")})
        erase(thread="case:1", by=CLERK, at=MORNING)
        assert erase(thread="case:1", by=CLERK, at=MORNING) == 0
        assert Event.objects.count() == 2


class TestAppendOnly:
    """Neither the owner of the tables nor the application can change history by ordinary means."""

    @pytest.fixture(autouse=True)
    def _rows(self, write: Write) -> None:
        write(sealed={"phone": (None, "138")})
        record_reading("case:1", "page", by=CLERK, at=MORNING)

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE audit_event SET verb = 'x'",
            "DELETE FROM audit_event",
            "UPDATE audit_reading SET what = 'x'",
            "UPDATE audit_reading SET reason = 'x'",
            "UPDATE audit_reading SET reason = '', rows = 7",
            "DELETE FROM audit_reading",
            "DELETE FROM audit_sealed",
            'UPDATE audit_sealed SET "new" = \'"139"\'',
            "UPDATE audit_sealed SET erased_at = now()",
            "UPDATE audit_sealed SET field = 'x', \"new\" = NULL, salt = '', erased_at = now()",
        ],
    )
    def test_a_trigger_refuses_to_change_what_was_written(self, sql: str) -> None:
        with pytest.raises(DatabaseError, match=r"refused|only be blanked"), connection.cursor() as cursor:
            cursor.execute(sql)

    def test_a_blanked_value_cannot_be_filled_again(self) -> None:
        erase(thread="case:1", by=CLERK, at=MORNING)
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute('UPDATE audit_sealed SET "new" = \'"139"\', erased_at = NULL')

    @pytest.mark.usefixtures("as_application_role")
    def test_the_application_may_write_read_and_blank(self, write: Write) -> None:
        write(sealed={"phone": (None, "139")})
        record_reading("case:1", "page", by=CLERK, at=MORNING)
        assert erase(thread="case:1", by=CLERK, at=MORNING) == 2
        assert verify(files=False).ok

    @pytest.mark.usefixtures("as_application_role")
    def test_of_a_reading_the_application_may_blank_the_reason(self) -> None:
        record_reading("case:1", "file:grant", by=CLERK, at=MORNING, reason="ask after his wife")
        assert forget_reasons(["case:1"]) == 1
        assert forget_reasons(["case:1"]) == 0
        assert set(Reading.objects.filter(thread="case:1").values_list("reason", flat=True)) == {""}

    @pytest.mark.usefixtures("as_application_role")
    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE audit_event SET verb = 'x'",
            "DELETE FROM audit_event",
            "TRUNCATE audit_event CASCADE",
            "ALTER TABLE audit_event DISABLE TRIGGER ALL",
            "DELETE FROM audit_head",
            "UPDATE audit_reading SET what = 'x'",
            "DELETE FROM audit_reading",
            "DELETE FROM audit_checkpoint",
            "UPDATE audit_checkpoint SET hash = 'x'",
            "DELETE FROM audit_checkpointhead",
            "DELETE FROM audit_sealed",
            "UPDATE audit_sealed SET field = 'x'",
        ],
    )
    def test_the_application_has_no_right_to_anything_else(self, sql: str) -> None:
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), connection.cursor() as cursor:
            cursor.execute(sql)
