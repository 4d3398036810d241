"""Moving messages from the outbox to people: claim, render, send, finish. Safe to run twice, late, or in two places."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notifications import readers
from notifications.channels import InApp, Refused, Sender, SendingFailed, Unavailable
from notifications.claims import Claim, claim_due, claimed, finish, only_sweep, release
from notifications.mail import Mail
from notifications.models import Channel, ChannelName, Message, State
from notifications.sms import Sms
from notifications.templates import MASK, Rendered, render, template_of

logger = logging.getLogger(__name__)

GIVE_UP = dt.timedelta(hours=48)
BUDGET = 4.0
"""Seconds after which a sweep leaves the rest to the next tick: deadlines are swept in the same queue."""
BUNDLE = 20
REFUSALS = 2
"""After so many refusals an address is not tried any more."""
FIRST_REST, LONGEST_REST = dt.timedelta(seconds=30), dt.timedelta(minutes=10)


class _Withdraw(Exception):
    """The recipient may not, or need not, be told any more."""


class _NotSent(Exception):
    """There is no way to send this: somebody has to telephone."""


def deliver(message_id: int) -> bool:
    """Send one message if it is due and nobody else has it; True if it was claimed here."""
    claims = claim_due(1, closed=_closed_channels(), only=message_id)
    with _senders() as senders:
        for claim in claims:
            _process(claim, senders)
    return bool(claims)


def sweep_due(*, budget: float = BUDGET) -> int:
    """Send what is due, for about `budget` seconds; returns how many messages were tried.

    Does nothing while another sweep runs anywhere.
    """
    end = time.monotonic() + budget
    with only_sweep() as alone:
        if not alone:
            return 0
        _give_up(timezone.now())
        with _senders() as senders:
            return _sweep(senders, end)


def _sweep(senders: dict[str, Sender], end: float) -> int:
    done = 0
    while claims := claim_due(BUNDLE, closed=_closed_channels()):
        failing: set[str] = set()
        for number, claim in enumerate(claims):
            if time.monotonic() > end:
                release(claims[number:])
                return done
            if claim.channel in failing:
                release([claim])
                continue
            if not _process(claim, senders):
                failing.add(claim.channel)
            done += 1
    return done


def _process(claim: Claim, senders: dict[str, Sender]) -> bool:
    """Send one claimed message and finish it; False if its channel turned out not to work."""
    message = claimed(claim)
    if message is None:
        return True
    with translation.override(settings.LANGUAGE_CODE):
        try:
            text = _send(message, senders[message.channel])
        except _Withdraw:
            finish(claim, state=State.WITHDRAWN, context={})
        except _NotSent as error:
            finish(claim, state=State.NOT_SENT, error=str(error))
        except Refused as error:
            finish(claim, state=State.FAILED, error=str(error), refused=error.bad_address)
        except Unavailable as error:
            _close_channel(message.channel, str(error))
            _retry(claim, message, str(error))
            return False
        except SendingFailed as error:
            _retry(claim, message, str(error))
        except Exception as error:
            # One bad row must not stop the others; it comes back more and more rarely, then stands on the desk.
            logger.exception("Message %s (%s) cannot be sent", message.pk, message.kind)
            _retry(claim, message, f"{type(error).__name__}: {error}")
        else:
            _sent(claim, message, text)
    return True


def _send(message: Message, sender: Sender) -> Rendered:
    if message.expires_at and message.expires_at <= timezone.now():
        raise _Withdraw
    if message.user and not readers.may_read(message.thread, message.user):
        raise _Withdraw
    address = _address(message)
    if not sender.is_configured():
        raise _NotSent(_("This channel is not set up. Please telephone."))
    if address and _was_refused(address):
        raise _NotSent(_("This address refused our messages several times. Please telephone."))
    text = render(
        template_of(message.template),
        message.context,
        language=message.user.language if message.user else message.language,
        path=message.path,
        thread=message.thread,
        short=message.channel == ChannelName.SMS,
    )
    sender.send(message, address, text)
    return text


def _address(message: Message) -> str:
    """Where to send now: for staff what stands in their file today, not what stood there when it was written."""
    if message.channel == ChannelName.IN_APP:
        return ""
    address = message.address
    if message.user:
        address = message.user.email if message.channel == ChannelName.EMAIL else message.user.phone
    if not address:
        raise _NotSent(_("There is no address for this channel. Please telephone."))
    return address


def _was_refused(address: str) -> bool:
    return Message.objects.filter(address=address, refused=True)[:REFUSALS].count() >= REFUSALS


def _sent(claim: Claim, message: Message, text: Rendered) -> None:
    kept: dict[str, Any] = {
        "sent_at": timezone.now(),
        "subject": text.kept_subject,
        "body": text.kept_body,
        "context": without_secrets(message),
    }
    if not finish(claim, state=State.SENT, **kept):
        # Taken back while it went out. It stays withdrawn, but what reached the person is on record.
        Message.objects.filter(pk=claim.message_id, state=State.WITHDRAWN).update(**kept)
    Channel.objects.filter(name=message.channel).delete()


def without_secrets(message: Message) -> dict[str, object]:
    """The message's context with access codes and links masked, as it is kept once nothing has to be sent any more."""
    secrets = template_of(message.template).secrets
    return {name: MASK if name in secrets and value else value for name, value in message.context.items()}


def _retry(claim: Claim, message: Message, error: str) -> None:
    now = timezone.now()
    if now - message.not_before >= GIVE_UP:
        finish(claim, state=State.FAILED, error=error)
    else:
        finish(claim, state=State.QUEUED, error=error, next_try_at=now + back_off(message.attempts))


def back_off(attempts: int) -> dt.timedelta:
    """How long to wait after so many attempts: 10 s, 20 s, 40 s ... 1 h."""
    return dt.timedelta(seconds=min(10 * 2 ** min(max(attempts, 1) - 1, 10), 3600))


def _close_channel(name: str, error: str) -> None:
    """Leave a channel alone for a while: a twentieth of how long it has been failing, 30 s to 10 minutes."""
    now = timezone.now()
    known = Channel.objects.filter(name=name).first()
    since = known.failing_since if known else now
    rest = min(max((now - since) / 20, FIRST_REST), LONGEST_REST)
    Channel.objects.update_or_create(
        name=name, defaults={"failing_since": since, "retry_at": now + rest, "error": error[:500]}
    )


def _closed_channels() -> list[str]:
    return list(Channel.objects.filter(retry_at__gt=timezone.now()).values_list("name", flat=True))


def _give_up(now: dt.datetime) -> None:
    """After 48 hours without a channel its old messages are failures to telephone, not things that may still go out."""
    for channel in Channel.objects.filter(failing_since__lte=now - GIVE_UP):
        Message.objects.filter(state=State.QUEUED, channel=channel.name, not_before__lte=now - GIVE_UP).update(
            state=State.FAILED, error=channel.error
        )


@contextmanager
def _senders() -> Iterator[dict[str, Sender]]:
    """The channels; what they keep open between messages is closed at the end."""
    senders: dict[str, Sender] = {ChannelName.IN_APP: InApp(), ChannelName.EMAIL: Mail(), ChannelName.SMS: Sms()}
    try:
        yield senders
    finally:
        for sender in senders.values():
            sender.close()
