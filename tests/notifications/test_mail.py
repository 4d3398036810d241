from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from notifications import mail
from notifications.delivery import GIVE_UP, sweep_due
from notifications.mail import message_id
from notifications.models import Channel, Message, State
from notifications.queries import failing_channels, oldest_unsent_age
from tests.notifications.conftest import NOON
from tests.notifications.smtp import DROP, HANG, SmtpServer

if TYPE_CHECKING:
    from organization.models import User

pytestmark = pytest.mark.django_db
Post = Callable[..., Message]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "TIMEOUT", 0.3)


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def test_a_mail_says_that_a_program_wrote_it(smtp: SmtpServer, post: Post) -> None:
    message = post()
    sweep_due()
    [sent] = smtp.mails
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["X-Auto-Response-Suppress"] == "All"
    assert sent["Message-ID"] == message_id(message.dedupe_key)
    assert sent["To"] == message.address


def test_chinese_arrives_as_written(smtp: SmtpServer, post: Post) -> None:
    post(context={"number": "退货 🙂"})
    sweep_due()
    assert smtp.mails[0]["Subject"] == "Case 退货 🙂"
    assert "退货 🙂" in smtp.mails[0].get_content()


def test_the_message_id_depends_on_the_key_alone() -> None:
    assert message_id("case:1:closed") == message_id("case:1:closed")
    assert message_id("case:1:closed") != message_id("case:2:closed")
    assert message_id("案件").isascii()


def test_several_mails_share_one_connection(smtp: SmtpServer, post: Post) -> None:
    for _ in range(5):
        post()
    sweep_due()
    assert (len(smtp.mails), smtp.connections) == (5, 1)


@pytest.mark.parametrize(
    ("step", "reply", "state", "refused", "channel_fails"),
    [
        ("RCPT", "550 no such user", State.FAILED, True, False),
        ("RCPT", "553 bad address", State.FAILED, True, False),
        ("RCPT", "450 greylisted", State.QUEUED, False, False),
        ("RCPT", "452 mailbox full", State.QUEUED, False, False),
        ("RCPT", "421 closing", State.QUEUED, False, True),
        ("BODY", "554 looks like spam", State.FAILED, False, False),
        ("BODY", "451 local error", State.QUEUED, False, False),
        ("DATA", "554 no", State.FAILED, False, False),
        ("MAIL", "550 sender refused", State.QUEUED, False, True),
        ("MAIL", "451 later", State.QUEUED, False, True),
        ("CONNECT", "554 go away", State.QUEUED, False, True),
        ("CONNECT", DROP, State.QUEUED, False, True),
        ("CONNECT", HANG, State.QUEUED, False, True),
        ("RCPT", HANG, State.QUEUED, False, True),
        ("BODY", HANG, State.QUEUED, False, True),
        ("BODY", DROP, State.QUEUED, False, True),
    ],
)
def test_what_each_failure_of_a_mail_server_means(
    smtp: SmtpServer, post: Post, step: str, reply: str, state: State, refused: bool, channel_fails: bool
) -> None:
    smtp.replies[step] = reply
    message = post()
    sweep_due()
    kept = fresh(message)
    assert (kept.state, kept.refused, Channel.objects.exists()) == (state, refused, channel_fails)
    assert kept.error
    assert not kept.sent_at
    smtp.replies.clear()
    if state == State.QUEUED:
        Message.objects.update(next_try_at=NOON)
        Channel.objects.update(retry_at=NOON)
        sweep_due()
        assert fresh(message).state == State.SENT
        assert not Channel.objects.exists()


def test_a_server_that_hides_its_encryption_gets_nothing_in_clear_text(
    smtp: SmtpServer, post: Post, settings: Any
) -> None:
    settings.EMAIL_USE_TLS = True
    message = post(kind="receipt")
    sweep_due()
    assert smtp.mails == []
    assert fresh(message).state == State.QUEUED
    assert Channel.objects.exists()


def test_a_wrong_password_is_our_fault_and_not_the_recipients(smtp: SmtpServer, post: Post, settings: Any) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "huiyin", "wrong"
    smtp.replies |= {"EHLO": "250-test\r\n250 AUTH PLAIN LOGIN", "AUTH": "535 wrong password"}
    message = post()
    sweep_due()
    assert (fresh(message).state, fresh(message).refused) == (State.QUEUED, False)
    assert "535" in failing_channels()[0].error


@pytest.mark.parametrize("address", ["not an address", "a@b\nBcc: all@example.com", "@", "a@" + "x" * 70 + ".com"])
def test_what_is_no_address_fails_alone(smtp: SmtpServer, post: Post, address: str) -> None:
    smtp.replies["RCPT"] = "553 bad address"  # in case it gets that far
    message = post(address=address)
    sweep_due()
    assert (fresh(message).state, fresh(message).refused) == (State.FAILED, True)
    assert not Channel.objects.exists()


def test_an_address_that_refused_twice_is_not_tried_again(smtp: SmtpServer, post: Post) -> None:
    smtp.replies["RCPT"] = "550 no such user"
    for _ in range(2):
        post(address="gone@example.com")
    sweep_due()
    smtp.replies.clear()
    third, other = post(address="gone@example.com"), post(address="here@example.com")
    sweep_due()
    assert (fresh(third).state, fresh(other).state) == (State.NOT_SENT, State.SENT)


def test_sending_again_forgives_the_address(smtp: SmtpServer, post: Post) -> None:
    from audit.actor import Actor
    from notifications.actions import resend

    smtp.replies["RCPT"] = "550 no such user"
    first, _second = post(address="back@example.com"), post(address="back@example.com")
    sweep_due()
    smtp.replies.clear()
    resend(fresh(first), by=Actor("staff", 7, "李四"))
    sweep_due()
    assert fresh(first).state == State.SENT


class TestOutage:
    @pytest.fixture(autouse=True)
    def _down(self, smtp: SmtpServer, clock: Any) -> None:
        smtp.replies["CONNECT"] = "421 down for maintenance"

    def test_one_message_tries_and_the_others_wait_untouched(self, smtp: SmtpServer, post: Post) -> None:
        for _ in range(30):
            post()
        assert sweep_due() == 1
        assert smtp.connections == 1
        assert sorted(Message.objects.values_list("attempts", flat=True)) == [0] * 29 + [1]
        assert sweep_due() == 0

    def test_messages_inside_the_program_go_on(self, post: Post, person: Callable[..., User]) -> None:
        user = person()
        for _ in range(5):
            post()
        inside = post(user_id=user.pk)
        sweep_due()
        assert fresh(inside).state == State.SENT

    def test_it_is_tried_again_more_and_more_rarely(self, smtp: SmtpServer, post: Post, clock: Any) -> None:
        for _ in range(200):
            post()
        pauses = []
        for _ in range(60):
            sweep_due()
            retry_at = Channel.objects.get().retry_at
            pauses.append((retry_at - dt.datetime.now(dt.UTC)).total_seconds())
            clock.move_to(retry_at)
        assert pauses[0] == 30
        assert pauses == sorted(pauses)
        assert max(pauses) <= 600
        assert Channel.objects.get().failing_since == NOON

    def test_the_worker_is_not_blamed(self, post: Post, clock: Any) -> None:
        for _ in range(3):
            post()
        sweep_due()
        clock.shift(600)
        assert oldest_unsent_age(NOON + dt.timedelta(seconds=600)) == dt.timedelta(0)

    def test_when_it_is_over_everything_goes_out(self, smtp: SmtpServer, post: Post, clock: Any) -> None:
        for _ in range(25):
            post()
        sweep_due()
        smtp.replies.clear()
        clock.shift(30)
        assert sweep_due() == 25
        assert len(smtp.mails) == 25
        assert failing_channels() == []

    def test_after_two_days_of_it_everything_old_is_to_be_telephoned(self, post: Post, clock: Any) -> None:
        old = [post() for _ in range(3)]
        sweep_due()
        clock.shift(GIVE_UP)
        young = post()
        sweep_due()
        sweep_due()
        assert {fresh(message).state for message in old} == {State.FAILED}
        assert all(fresh(message).error for message in old)
        assert fresh(young).state == State.QUEUED
