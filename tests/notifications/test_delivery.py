from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from notifications import claims, delivery
from notifications.actions import withdraw
from notifications.channels import InApp, TryLater
from notifications.claims import LEASE, claim_due, claimed, finish, release
from notifications.delivery import GIVE_UP, back_off, deliver, sweep_due
from notifications.mail import TIMEOUT, Mail
from notifications.models import Message, State
from notifications.queries import inbox
from tests.notifications.conftest import NOON

if TYPE_CHECKING:
    from organization.models import User

pytestmark = pytest.mark.django_db
Post = Callable[..., Message]
Person = Callable[..., "User"]


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


class TestSending:
    def test_a_customer_gets_a_mail(self, post: Post, clock: Any, mailoutbox: list[Any]) -> None:
        message = post(path="/track/1/")
        assert sweep_due() == 1
        mail = mailoutbox[0]
        assert (mail.to, mail.subject) == ([message.address], "Case 2026-000123")
        kept = fresh(message)
        assert (kept.state, kept.sent_at, kept.attempts) == (State.SENT, NOON, 1)
        assert (kept.subject, kept.body) == (mail.subject, mail.body)

    def test_staff_find_it_in_the_inbox(self, post: Post, person: Person) -> None:
        user = person()
        message = post(user_id=user.pk, path="/cases/2026-000123/")
        assert inbox(user.pk).messages == []
        sweep_due()
        assert inbox(user.pk).messages == [message]
        assert inbox(user.pk).messages[0].subject == "Case 2026-000123"

    def test_secrets_reach_the_customer_and_are_not_kept(self, post: Post, mailoutbox: list[Any]) -> None:
        message = post(kind="receipt")
        sweep_due()
        assert "A1B2C3" in mailoutbox[0].body
        kept = fresh(message)
        assert "A1B2C3" not in repr(kept.__dict__)
        assert kept.context["number"] == "2026-000123"

    def test_everybody_reads_in_their_own_language(self, post: Post, person: Person, room: Any) -> None:
        from django.utils.translation import gettext_lazy

        from notifications.templates import register

        register("state", subject=gettext_lazy("Sent"), body="")
        english, chinese = person("a", language="en"), person("b", language="zh-hans")
        for user in (english, chinese):
            post(user_id=user.pk, kind="state")
        sweep_due()
        assert [inbox(user.pk).messages[0].subject for user in (english, chinese)] == ["Sent", "已发送"]

    def test_a_message_of_tomorrow_waits(self, post: Post, clock: Any, mailoutbox: list[Any]) -> None:
        post(not_before=NOON + dt.timedelta(days=1))
        assert sweep_due() == 0
        clock.shift(dt.timedelta(days=1))
        assert sweep_due() == 1

    def test_what_is_out_of_date_is_not_sent(self, post: Post, clock: Any, mailoutbox: list[Any]) -> None:
        message = post(expires_at=NOON + dt.timedelta(hours=1))
        clock.shift(dt.timedelta(hours=1))
        sweep_due()
        assert fresh(message).state == State.WITHDRAWN
        assert mailoutbox == []

    def test_the_number_of_queries_for_each_message_is_bounded(
        self, post: Post, person: Person, django_assert_max_num_queries: Any
    ) -> None:
        user = person()
        for _ in range(20):
            post(user_id=user.pk)
        with django_assert_max_num_queries(12 + 20):
            assert sweep_due() == 20

    def test_the_number_of_queries_for_each_mail_is_bounded(
        self, post: Post, mailoutbox: list[Any], django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(20):
            post()
        with django_assert_max_num_queries(12 + 20 * 2):
            assert sweep_due() == 20
        assert len(mailoutbox) == 20


class TestRightsAtSendTime:
    """Recipients are computed when a message is sent, from the rights of that moment (threat 70)."""

    def test_somebody_who_lost_access_is_not_told(self, post: Post, person: Person, room: Any) -> None:
        user = person()
        message = post(user_id=user.pk)
        room["readers"] = set()
        sweep_due()
        assert fresh(message).state == State.WITHDRAWN
        assert fresh(message).body == ""

    def test_somebody_who_left_is_not_told(self, post: Post, person: Person, mailoutbox: list[Any]) -> None:
        user = person()
        message = post(user_id=user.pk, channel="email")
        get_user_model().objects.update(is_active=False)
        sweep_due()
        assert fresh(message).state == State.WITHDRAWN
        assert mailoutbox == []

    def test_staff_are_written_to_at_the_address_of_today(
        self, post: Post, person: Person, mailoutbox: list[Any]
    ) -> None:
        user = person()
        post(user_id=user.pk, channel="email")
        get_user_model().objects.update(email="new@example.com")
        sweep_due()
        assert mailoutbox[0].to == ["new@example.com"]

    def test_a_person_may_always_be_told_about_themselves(self, post: Post, person: Person) -> None:
        user, other = person("a"), person("b")
        mine = post(user_id=user.pk, thread=f"user:{user.pk}")
        wrong = post(user_id=other.pk, thread=f"user:{user.pk}")
        sweep_due()
        assert (fresh(mine).state, fresh(wrong).state) == (State.SENT, State.WITHDRAWN)


class TestNotSent:
    """Without a working way to the customer the message stands on the desk, never as sent."""

    def test_without_a_mail_server_the_customer_is_to_be_telephoned(self, post: Post, settings: Any) -> None:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", ""
        message = post()
        sweep_due()
        assert fresh(message).state == State.NOT_SENT
        assert fresh(message).sent_at is None
        assert list(Message.objects.to_telephone()) == [message]

    def test_without_an_sms_adapter_the_customer_is_to_be_telephoned(self, post: Post, settings: Any) -> None:
        settings.SMS_ADAPTER = settings.SMS_URL = ""
        message = post(channel="sms", address="13800000000")
        sweep_due()
        assert fresh(message).state == State.NOT_SENT

    def test_staff_without_an_address_are_not_on_the_list_to_telephone(self, post: Post, person: Person) -> None:
        message = post(user_id=person(email="").pk, channel="email")
        sweep_due()
        assert fresh(message).state == State.NOT_SENT
        assert not Message.objects.to_telephone().exists()


class TestFailing:
    @pytest.fixture
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*args: Any) -> None:
            raise TryLater("450 later")

        monkeypatch.setattr(Mail, "send", refuse)

    def test_the_pauses_grow_from_ten_seconds_to_an_hour(self) -> None:
        pauses = [back_off(attempts).total_seconds() for attempts in range(1, 13)]
        assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]

    @pytest.mark.usefixtures("broken")
    def test_a_message_that_did_not_go_out_comes_back_after_a_pause(self, post: Post, clock: Any) -> None:
        message = post()
        sweep_due()
        kept = fresh(message)
        assert (kept.state, kept.attempts, kept.error) == (State.QUEUED, 1, "450 later")
        assert kept.next_try_at == NOON + dt.timedelta(seconds=10)
        assert sweep_due() == 0
        clock.shift(10)
        assert sweep_due() == 1
        assert fresh(message).next_try_at == NOON + dt.timedelta(seconds=30)

    @pytest.mark.usefixtures("broken")
    def test_after_two_days_it_stands_on_the_desk(self, post: Post, clock: Any) -> None:
        message = post()
        tries = 0
        while fresh(message).state == State.QUEUED:
            tries += sweep_due()
            clock.move_to(fresh(message).next_try_at)
        kept = fresh(message)
        assert (kept.state, kept.error) == (State.FAILED, "450 later")
        assert GIVE_UP <= kept.next_try_at - NOON <= GIVE_UP + dt.timedelta(hours=2)
        assert 50 < tries < 70
        assert list(Message.objects.to_telephone()) == [message]

    @pytest.mark.usefixtures("broken")
    def test_the_two_days_of_a_planned_message_begin_at_its_time(self, post: Post, clock: Any) -> None:
        message = post(not_before=NOON + dt.timedelta(days=30))
        clock.shift(dt.timedelta(days=30))
        sweep_due()
        assert fresh(message).state == State.QUEUED

    def test_one_bad_message_does_not_stop_the_others(
        self, post: Post, clock: Any, mailoutbox: list[Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        messages = [post() for _ in range(30)]
        Message.objects.filter(pk=messages[0].pk).update(template="gone")
        assert sweep_due() == 30
        assert len(mailoutbox) == 29
        kept = fresh(messages[0])
        assert (kept.state, kept.next_try_at) == (State.QUEUED, NOON + dt.timedelta(seconds=10))
        assert "ValueError" in kept.error
        assert "cannot be sent" in caplog.text


class TestClaims:
    def test_a_claimed_message_belongs_to_one_until_the_lease_ends(self, post: Post, clock: Any) -> None:
        post()
        assert len(claim_due(5)) == 1
        assert claim_due(5) == []
        clock.shift(LEASE)
        assert len(claim_due(5)) == 1

    def test_only_the_holder_of_the_token_finishes(self, post: Post, clock: Any) -> None:
        message = post()
        [slow] = claim_due(1)
        clock.shift(LEASE)
        [quick] = claim_due(1)
        assert not finish(slow, state=State.FAILED)
        assert claimed([slow]) == {}
        assert finish(quick, state=State.SENT, sent_at=NOON)
        assert fresh(message).state == State.SENT

    def test_what_was_claimed_and_not_tried_is_given_back(self, post: Post, clock: Any) -> None:
        message = post()
        release(claim_due(1))
        kept = fresh(message)
        assert (kept.state, kept.attempts, kept.lease_token, kept.next_try_at) == (State.QUEUED, 0, None, NOON)

    def test_the_longest_waiting_comes_first(self, post: Post, clock: Any) -> None:
        late = post()
        early = post(not_before=NOON - dt.timedelta(minutes=1))
        assert claim_due(1)[0].message_id == early.pk
        assert claim_due(1)[0].message_id == late.pk

    def test_sending_ends_within_half_a_lease(self) -> None:
        assert LEASE.total_seconds() > 2 * TIMEOUT

    @pytest.mark.django_db(transaction=True)
    def test_eight_that_claim_at_once_never_get_the_same_message(self, post: Post) -> None:
        for _ in range(100):
            post()
        start, found, errors = threading.Barrier(8), [], []

        def work() -> None:
            try:
                start.wait(10)
                while got := claim_due(3):
                    found.extend(got)
            except BaseException as error:
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        numbers = [claim.message_id for claim in found]
        assert len(numbers) == len(set(numbers)) == 100

    @pytest.mark.django_db(transaction=True)
    def test_the_same_task_in_eight_places_sends_one_mail(self, post: Post, mailoutbox: list[Any]) -> None:
        """Redelivery: the same task twice to five times, in parallel, out of order (threat 52)."""
        message = post()
        start, results = threading.Barrier(8), []

        def work() -> None:
            start.wait(10)
            results.append(deliver(message.pk))
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == [False] * 7 + [True]
        assert len(mailoutbox) == 1
        assert deliver(message.pk) is False

    @pytest.mark.django_db(transaction=True)
    def test_without_the_claim_the_same_mail_goes_out_several_times(
        self, post: Post, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The protection removed: the test above means something."""
        message = post()
        [claim] = claim_due(1)
        for _ in range(2):
            Message.objects.update(state=State.CLAIMED, lease_token=claim.token)
            with delivery._Round(time.monotonic() + 60) as round_:
                round_.send([claim])
        assert len(mailoutbox) == 2
        assert fresh(message).state == State.SENT


class TestDying:
    """At least once, with the same Message-ID (threat 50)."""

    def test_who_dies_after_sending_is_followed_by_the_same_mail(
        self, post: Post, clock: Any, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        message = post()
        with monkeypatch.context() as dying:
            dying.setattr(delivery, "finish", lambda *args, **kwargs: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                sweep_due()
        assert fresh(message).state == State.CLAIMED
        assert sweep_due() == 0
        clock.shift(LEASE)
        assert sweep_due() == 1
        first, second = (mail.message()["Message-ID"] for mail in mailoutbox)
        assert first == second
        assert fresh(message).state == State.SENT

    def test_who_dies_before_sending_loses_nothing(self, post: Post, clock: Any, mailoutbox: list[Any]) -> None:
        post()
        claim_due(1)
        clock.shift(LEASE)
        sweep_due()
        assert len(mailoutbox) == 1

    def test_what_was_taken_back_while_it_went_out_stays_taken_back_with_what_was_sent(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        message = post()
        monkeypatch.setattr(Mail, "send", lambda *args: withdraw("test:1"))
        sweep_due()
        kept = fresh(message)
        assert kept.state == State.WITHDRAWN
        assert kept.sent_at is not None
        assert kept.body

    def test_what_was_taken_back_after_the_claim_is_not_sent(self, post: Post, mailoutbox: list[Any]) -> None:
        post()
        [claim] = claim_due(1)
        withdraw("test:1")
        with delivery._Round(time.monotonic() + 60) as round_:
            round_.send([claim])
        assert mailoutbox == []

    def test_what_is_taken_back_while_its_bundle_goes_out_is_not_sent(
        self, post: Post, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = post(), post(thread="test:2")
        sent = Mail.send

        def send(self: Mail, message: Message, *args: Any) -> None:
            sent(self, message, *args)
            withdraw("test:2")

        monkeypatch.setattr(Mail, "send", send)
        sweep_due()
        assert [mail.to for mail in mailoutbox] == [[first.address]]
        assert (fresh(second).state, fresh(second).sent_at) == (State.WITHDRAWN, None)


class TestSweep:
    def test_it_ends_in_time_and_gives_back_the_rest(self, post: Post, mailoutbox: list[Any]) -> None:
        for _ in range(5):
            post()
        assert sweep_due(budget=-1) == 0
        assert set(Message.objects.values_list("state", "attempts")) == {(State.QUEUED, 0)}
        assert sweep_due() == 5

    @pytest.mark.django_db(transaction=True)
    def test_a_tick_that_finds_the_last_one_unfinished_does_nothing(self, post: Post, mailoutbox: list[Any]) -> None:
        post()
        holding, leave = threading.Event(), threading.Event()

        def other() -> None:
            with claims.only_sweep() as alone:
                assert alone
                holding.set()
                leave.wait(10)
            connection.close()

        thread = threading.Thread(target=other)
        thread.start()
        holding.wait(10)
        assert sweep_due() == 0
        leave.set()
        thread.join()
        assert sweep_due() == 1

    def test_the_next_tick_may_run_after_one_that_failed(
        self, post: Post, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        post()
        with monkeypatch.context() as broken:
            broken.setattr(delivery, "_sweep", lambda *args: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                sweep_due()
        assert sweep_due() == 1

    def test_a_sweep_without_time_for_the_rest_asks_to_go_on(
        self, post: Post, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        monkeypatch.setattr(delivery, "poke_sweep", lambda: asked.append("again"))
        post()
        assert sweep_due(budget=-1) == 0
        assert asked == ["again"]
        assert sweep_due() == 1
        assert asked == ["again"]

    def test_whoever_comes_for_one_takes_a_bundle_of_what_waits(self, post: Post, mailoutbox: list[Any]) -> None:
        first, *_others = [post() for _ in range(5)]
        assert deliver(first.pk)
        assert len(mailoutbox) == 5

    def test_messages_inside_the_program_need_no_channel(self) -> None:
        assert InApp().is_configured()
