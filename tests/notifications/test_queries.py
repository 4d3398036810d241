from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from notifications.actions import beat, mark_read
from notifications.claims import LEASE, claim_due
from notifications.delivery import sweep_due
from notifications.models import Message
from notifications.queries import (
    heartbeats,
    inbox,
    oldest_unsent_age,
    outgoing,
    to_telephone,
    to_telephone_of,
    unread_count,
    waiting_counts,
)
from tests.notifications.conftest import NOON

if TYPE_CHECKING:
    from organization.models import User

pytestmark = pytest.mark.django_db
Post = Callable[..., Message]
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def user(person: Callable[..., User]) -> User:
    return person()


def test_the_inbox_is_read_page_by_page_newest_first(post: Post, user: User) -> None:
    messages = [post(user_id=user.pk) for _ in range(5)]
    sweep_due()
    first = inbox(user.pk, limit=2)
    assert first.messages == [messages[4], messages[3]]
    second = inbox(user.pk, before=first.next_before, limit=2)
    assert second.messages == [messages[2], messages[1]]
    last = inbox(user.pk, before=second.next_before, limit=2)
    assert (last.messages, last.next_before) == ([messages[0]], None)


def test_the_inbox_shows_only_ones_own_messages(post: Post, user: User, person: Callable[..., User]) -> None:
    post(user_id=person("other").pk)
    post(user_id=user.pk, channel="email")
    sweep_due()
    assert inbox(user.pk).messages == []


def test_the_inbox_can_show_only_what_is_unread(post: Post, user: User) -> None:
    first, second = post(user_id=user.pk), post(user_id=user.pk)
    sweep_due()
    mark_read(user.pk, message_id=first.pk)
    assert inbox(user.pk, unread=True).messages == [second]


def test_what_is_out_of_date_leaves_the_inbox_and_the_bell(post: Post, user: User, clock: Any) -> None:
    post(user_id=user.pk, expires_at=NOON + MINUTE)
    sweep_due()
    assert unread_count(user.pk) == 1
    clock.shift(MINUTE)
    assert (unread_count(user.pk), inbox(user.pk).messages) == (0, [])


def test_the_bell_counts_no_further_than_asked(post: Post, user: User) -> None:
    for _ in range(4):
        post(user_id=user.pk)
    sweep_due()
    assert unread_count(user.pk, limit=3) == 3


def test_what_goes_out_is_listed_by_state_channel_and_thread(post: Post, user: User, mailoutbox: list[Any]) -> None:
    mail = post()
    sweep_due()
    waiting = post(thread="test:2")
    inside = post(user_id=user.pk)
    assert outgoing().messages == [inside, waiting, mail]
    assert outgoing(state="sent").messages == [mail]
    assert outgoing(channel="in_app").messages == [inside]
    assert outgoing(thread="test:2").messages == [waiting]


def test_customers_to_telephone_are_listed_oldest_first(post: Post, settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", ""
    first, second = post(), post(thread="test:2")
    sweep_due()
    assert list(to_telephone()) == [first, second]
    assert list(to_telephone_of("test:2")) == [second]


class TestLiveness:
    """Sending works if nothing due has waited long (threat 84): a process number says nothing."""

    def test_nothing_waits_when_there_is_nothing(self) -> None:
        assert oldest_unsent_age(NOON) == dt.timedelta(0)

    def test_a_due_message_grows_older_until_it_is_sent(self, post: Post, clock: Any, mailoutbox: list[Any]) -> None:
        post()
        assert oldest_unsent_age(NOON + 3 * MINUTE) == 3 * MINUTE
        sweep_due()
        assert oldest_unsent_age(NOON + 3 * MINUTE) == dt.timedelta(0)

    def test_a_planned_message_and_a_pause_do_not_count(self, post: Post, clock: Any) -> None:
        post(not_before=NOON + 60 * MINUTE)
        assert oldest_unsent_age(NOON + 3 * MINUTE) == dt.timedelta(0)

    def test_a_dead_holder_counts_from_the_end_of_the_lease(self, post: Post, clock: Any) -> None:
        post()
        claim_due(1)
        assert oldest_unsent_age(NOON + LEASE) == dt.timedelta(0)
        assert oldest_unsent_age(NOON + LEASE + MINUTE) == MINUTE

    def test_waiting_messages_are_counted_by_channel(self, post: Post, user: User) -> None:
        post()
        post()
        post(user_id=user.pk)
        assert waiting_counts() == {"email": 2, "in_app": 1}

    def test_each_part_shows_when_it_last_worked(self, clock: Any) -> None:
        beat("clock")
        clock.shift(MINUTE)
        beat("work")
        assert heartbeats() == {"clock": NOON, "work": NOON + MINUTE}
