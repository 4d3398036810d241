from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from audit.actor import Actor
from audit.exceptions import InvalidMove
from audit.models import Event
from notifications import actions
from notifications.actions import (
    NewMessage,
    beat,
    enqueue,
    forget,
    mark_read,
    mark_telephoned,
    purge,
    resend,
    withdraw,
)
from notifications.delivery import sweep_due
from notifications.models import Heartbeat, Message, State
from notifications.queries import unread_count
from tests.notifications.conftest import NOON

if TYPE_CHECKING:
    from organization.models import User

pytestmark = pytest.mark.django_db
Post = Callable[..., Message]
Person = Callable[..., "User"]
CLERK = Actor("staff", 7, "李四")
NEW = NewMessage("k", "plain", "test:1", "email", address="a@example.com", context={"number": "1"})


class TestEnqueue:
    def test_a_message_waits_with_all_that_it_needs(self, clock: Any) -> None:
        message = enqueue(NEW)
        assert message is not None
        kept = Message.objects.get(pk=message.pk)
        assert (kept.state, kept.attempts, kept.next_try_at, kept.created_at) == ("queued", 0, NOON, NOON)
        assert (kept.address, kept.context, kept.language) == ("a@example.com", {"number": "1"}, "zh-hans")

    @pytest.mark.django_db(transaction=True)
    def test_outside_a_transaction_it_refuses_to_work(self) -> None:
        with pytest.raises(TransactionManagementError):
            enqueue(NEW)
        assert not Message.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_a_message_is_lost_with_its_fact(self, monkeypatch: pytest.MonkeyPatch) -> None:
        poked: list[int] = []
        monkeypatch.setattr(actions, "poke", poked.append)
        with transaction.atomic():
            enqueue(NEW)
            transaction.set_rollback(True)
        assert not Message.objects.exists()
        assert poked == []

    def test_the_same_happening_is_told_once(self) -> None:
        assert enqueue(NEW)
        assert enqueue(NEW) is None
        assert Message.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_the_same_happening_is_told_once_by_eight_at_the_same_time(self) -> None:
        start, results = threading.Barrier(8), []

        def work() -> None:
            start.wait(10)
            with transaction.atomic():
                results.append(enqueue(NEW))
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(result is not None for result in results) == 1
        assert len(results) == 8
        assert Message.objects.count() == 1

    def test_the_worker_is_poked_after_the_commit(
        self, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        poked: list[int] = []
        monkeypatch.setattr(actions, "poke", poked.append)
        with django_capture_on_commit_callbacks(execute=True):
            message = enqueue(NEW)
            assert message is not None
            assert poked == []
        assert poked == [message.pk]

    def test_nobody_is_poked_for_a_message_of_tomorrow_or_a_second_one(
        self, monkeypatch: pytest.MonkeyPatch, post: Post, django_capture_on_commit_callbacks: Any
    ) -> None:
        poked: list[int] = []
        monkeypatch.setattr(actions, "poke", poked.append)
        with django_capture_on_commit_callbacks(execute=True):
            post(not_before=timezone.now() + dt.timedelta(days=1), dedupe_key="k")
            assert enqueue(NEW) is None
        assert poked == []

    def test_only_what_the_template_names_is_kept(self, post: Post) -> None:
        assert post(context={"number": "1", "phone": "13800000000"}).context == {"number": "1"}

    @pytest.mark.parametrize(
        ("change", "text"),
        [
            ({"kind": "unheard-of"}, "no template"),
            ({"context": {}}, "lacks number"),
            ({"address": ""}, "a user or an address"),
            ({"user_id": 1, "thread": "unknown:1"}, "who may read"),
        ],
    )
    def test_what_could_never_be_sent_is_refused_at_once(self, post: Post, change: dict[str, Any], text: str) -> None:
        with pytest.raises(ValueError, match=text):
            post(**{"address": "a@example.com", **change})

    def test_a_message_inside_the_program_needs_a_user(self, post: Post) -> None:
        with pytest.raises(IntegrityError):
            post(channel="in_app")

    def test_writing_takes_one_query(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            enqueue(NEW)


class TestWithdraw:
    def test_what_was_not_sent_is_taken_back(self, post: Post, person: Person, mailoutbox: list[Any]) -> None:
        user = person()
        post()
        post(user_id=user.pk)
        other = post(thread="test:2")
        assert withdraw("test:1") == 2
        sweep_due()
        assert [mail.to for mail in mailoutbox] == [[other.address]]

    def test_what_was_sent_stays_sent(self, post: Post, mailoutbox: list[Any]) -> None:
        message = post()
        sweep_due()
        assert withdraw("test:1") == 0
        message.refresh_from_db()
        assert message.state == State.SENT

    def test_somebody_who_lost_access_loses_the_inbox_about_it_too(self, post: Post, person: Person) -> None:
        user, other = person("a"), person("b")
        for reader in (user, other):
            post(user_id=reader.pk)
        sweep_due()
        post(user_id=user.pk)
        assert withdraw("test:1", user_ids=[user.pk]) == 2
        assert (unread_count(user.pk), unread_count(other.pk)) == (0, 1)

    def test_secrets_of_a_withdrawn_message_are_gone(self, post: Post) -> None:
        message = post(kind="receipt")
        withdraw("test:1")
        message.refresh_from_db()
        assert message.context == {}


class TestAgain:
    @pytest.fixture
    def unsent(self, post: Post, settings: Any) -> Message:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", ""
        message = post(kind="receipt")
        sweep_due()
        message.refresh_from_db()
        assert message.state == State.NOT_SENT
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        return message

    def test_what_did_not_go_out_can_be_sent_again_to_another_address(
        self, unsent: Message, mailoutbox: list[Any]
    ) -> None:
        resend(unsent, by=CLERK, address="new@example.com")
        sweep_due()
        assert mailoutbox[0].to == ["new@example.com"]
        assert "A1B2C3" in mailoutbox[0].body
        unsent.refresh_from_db()
        assert (unsent.state, unsent.error) == (State.SENT, "")

    @pytest.mark.req("SEC-09")
    def test_sending_again_and_telephoning_are_in_the_audit_trail(self, unsent: Message) -> None:
        mark_telephoned(unsent, by=CLERK)
        resend(unsent, by=CLERK)
        events = Event.objects.filter(thread="test:1").order_by("seq")
        assert [event.verb for event in events] == ["telephone_message", "resend_message"]
        assert events[0].changes["message"] == [None, unsent.pk]
        assert "example.com" not in repr([event.changes for event in events])

    def test_a_telephoned_message_leaves_the_desk_and_forgets_its_secrets(self, unsent: Message) -> None:
        assert list(Message.objects.to_telephone()) == [unsent]
        mark_telephoned(unsent, by=CLERK)
        assert not Message.objects.to_telephone().exists()
        unsent.refresh_from_db()
        assert unsent.context["code"] != "A1B2C3"

    @pytest.mark.parametrize("act", [resend, mark_telephoned])
    def test_what_went_out_or_waits_is_neither_sent_again_nor_telephoned(
        self, post: Post, mailoutbox: list[Any], act: Callable[..., Message]
    ) -> None:
        message = post()
        with pytest.raises(InvalidMove):
            act(message, by=CLERK)
        sweep_due()
        with pytest.raises(InvalidMove):
            act(message, by=CLERK)
        assert len(mailoutbox) == 1


class TestReading:
    def test_one_message_or_all_are_marked_as_read(self, post: Post, person: Person) -> None:
        user = person()
        first, *_rest = (post(user_id=user.pk) for _ in range(3))
        sweep_due()
        assert mark_read(user.pk, message_id=first.pk) == 1
        assert unread_count(user.pk) == 2
        assert mark_read(user.pk) == 2
        assert mark_read(user.pk) == 0

    def test_nobody_marks_the_message_of_another(self, post: Post, person: Person) -> None:
        user, other = person("a"), person("b")
        message = post(user_id=user.pk)
        sweep_due()
        assert mark_read(other.pk, message_id=message.pk) == 0
        assert unread_count(user.pk) == 1


class TestForgetting:
    def test_a_person_who_is_erased_leaves_nothing_in_the_outbox(self, post: Post, mailoutbox: list[Any]) -> None:
        context = {"number": "KANARIENVOGEL"}
        post(thread="test:1", context=context)
        post(thread="test:2", address="vogel@example.com", context=context)
        sweep_due()
        post(thread="test:1", context=context)
        post(thread="test:3", address="other@example.com")
        assert forget(threads=["test:1"], addresses=["vogel@example.com", ""]) == 3
        values = repr(list(Message.objects.exclude(thread="test:3").values()))
        assert "KANARIENVOGEL" not in values
        assert "example.com" not in values
        assert sorted(Message.objects.values_list("state", flat=True)) == ["queued", "sent", "sent", "withdrawn"]

    def test_old_messages_are_removed_and_waiting_ones_are_not(
        self, post: Post, clock: Any, mailoutbox: list[Any]
    ) -> None:
        for _ in range(5):
            post()
        sweep_due()
        waiting = post(not_before=NOON + dt.timedelta(days=800))
        clock.shift(dt.timedelta(days=10))
        young = post()
        assert purge(before=NOON + dt.timedelta(days=1), chunk=2) == 5
        assert set(Message.objects.all()) == {waiting, young}


def test_a_heartbeat_moves_on(clock: Any, django_assert_num_queries: Any) -> None:
    beat("clock")
    clock.shift(30)
    with django_assert_num_queries(1):
        beat("clock")
    assert Heartbeat.objects.get().at == NOON + dt.timedelta(seconds=30)
