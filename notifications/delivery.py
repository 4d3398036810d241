"""Moving messages from the outbox to people: claim, render, send, finish. Safe to run twice, late, or in two places."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notifications import readers
from notifications.channels import InApp, Refused, Sender, SendingFailed, Unavailable
from notifications.claims import Claim, claim_due, claimed, finish, is_held, only_sweep, release
from notifications.mail import Mail
from notifications.models import Channel, ChannelName, Message, State
from notifications.poke import poke_sweep
from notifications.sms import Sms
from notifications.templates import MASK, Rendered, render, template_of
from organization.queries import remembered_identities

logger = logging.getLogger(__name__)

GIVE_UP = dt.timedelta(hours=48)
BUDGET = 4.0
"""Seconds after which a turn ends and lets the sweep of deadlines through, which waits in the same queue."""
BUNDLE = 20
REFUSALS = 2
"""After so many refusals an address is not tried any more."""
FIRST_REST, LONGEST_REST = dt.timedelta(seconds=30), dt.timedelta(minutes=10)


class _Withdraw(Exception):
    """The recipient may not, or need not, be told any more."""


class _Gone(Exception):
    """It was taken back, or taken over, since it was claimed."""


class _NotSent(Exception):
    """There is no way to send this: somebody has to telephone."""


def deliver(message_id: int) -> bool:
    """Send one message if it is due and nobody else has it, and a bundle of what waits beside it.

    So a day's rush is worked off in bundles: whoever comes for a message that went out with another's has little to do.

    Returns:
        Whether it was claimed here.
    """
    with _Round(time.monotonic() + BUDGET) as round_:
        if not round_.send(claim_due(1, closed=round_.closed, only=message_id)):
            return False
        if round_.has_time:
            round_.send(claim_due(BUNDLE, closed=round_.closed))
    return True


def sweep_due(*, budget: float = BUDGET) -> int:
    """Send what is due, for about `budget` seconds; what is left is asked for again at once.

    Does nothing while another sweep runs anywhere.

    Returns:
        How many messages were tried.
    """
    with only_sweep() as alone:
        if not alone:
            return 0
        _give_up(timezone.now())
        with _Round(time.monotonic() + budget) as round_:
            done = _sweep(round_)
    if not round_.has_time:
        poke_sweep()
    return done


def _sweep(round_: _Round) -> int:
    done = 0
    while claims := claim_due(BUNDLE, closed=round_.closed):
        done += round_.send(claims)
        if not round_.has_time:
            break
    return done


class _Round:
    """One turn at the outbox: until when it lasts, the ways out, which are open as long, and which of them fail."""

    def __init__(self, end: float) -> None:
        self._end = end
        self._senders: dict[str, Sender] = {
            ChannelName.IN_APP: InApp(),
            ChannelName.EMAIL: Mail(),
            ChannelName.SMS: Sms(),
        }
        now = timezone.now()
        failing = dict(Channel.objects.values_list("name", "retry_at"))
        self._failing = set(failing)
        self._closed = {name for name, retry_at in failing.items() if retry_at > now}

    def __enter__(self) -> _Round:
        return self

    def __exit__(self, *_: object) -> None:
        for sender in self._senders.values():
            sender.close()

    @property
    def has_time(self) -> bool:
        """Whether the turn is not over yet: deadlines are swept in the same queue."""
        return time.monotonic() <= self._end

    @property
    def closed(self) -> list[str]:
        """Channels that are left alone for a while."""
        return sorted(self._closed)

    def send(self, claims: Sequence[Claim]) -> int:
        """Send what is claimed, and give back what is not tried; returns how many were tried."""
        if not claims:
            return 0
        messages = claimed(claims)
        refused = _refused(messages.values())
        done = 0
        with remembered_identities():
            for number, claim in enumerate(claims):
                if not self.has_time:
                    release(claims[number:])
                    break
                if claim.channel in self._closed:
                    release([claim])
                    continue
                message = messages.get(claim.message_id)
                if message is not None:
                    self._process(claim, message, refused)
                done += 1
        return done

    def _process(self, claim: Claim, message: Message, refused: Collection[str]) -> None:
        """Send one claimed message and finish it."""
        with translation.override(settings.LANGUAGE_CODE):
            try:
                text = _send(claim, message, self._senders[message.channel], refused)
            except _Gone:
                pass
            except _Withdraw:
                finish(claim, state=State.WITHDRAWN, context={})
            except _NotSent as error:
                finish(claim, state=State.NOT_SENT, error=str(error))
            except Refused as error:
                finish(claim, state=State.FAILED, error=str(error), refused=error.bad_address)
            except Unavailable as error:
                self._close(message.channel, str(error))
                _retry(claim, message, str(error))
            except SendingFailed as error:
                _retry(claim, message, str(error))
            except Exception as error:
                # One bad row must not stop the others; it comes back more and more rarely, then stands on the desk.
                logger.exception("Message %s (%s) cannot be sent", message.pk, message.kind)
                _retry(claim, message, f"{type(error).__name__}: {error}")
            else:
                _sent(claim, message, text)
                self._works(message.channel)

    def _close(self, name: str, error: str) -> None:
        """Leave a channel alone for a while: a twentieth of how long it has been failing, 30 s to 10 minutes."""
        now = timezone.now()
        known = Channel.objects.filter(name=name).first()
        since = known.failing_since if known else now
        rest = min(max((now - since) / 20, FIRST_REST), LONGEST_REST)
        Channel.objects.update_or_create(
            name=name, defaults={"failing_since": since, "retry_at": now + rest, "error": error[:500]}
        )
        self._failing.add(name)
        self._closed.add(name)

    def _works(self, name: str) -> None:
        if name in self._failing:
            Channel.objects.filter(name=name).delete()
            self._failing.discard(name)


def _send(claim: Claim, message: Message, sender: Sender, refused: Collection[str]) -> Rendered:
    if message.expires_at and message.expires_at <= timezone.now():
        raise _Withdraw
    if message.user and not readers.may_read(message.thread, message.user):
        raise _Withdraw
    address = _address(message)
    if not sender.is_configured():
        raise _NotSent(_("This channel is not set up. Please telephone."))
    if address in refused:
        raise _NotSent(_("This address refused our messages several times. Please telephone."))
    text = render(
        template_of(message.template),
        message.context,
        language=message.user.language if message.user else message.language,
        path=message.path,
        thread=message.thread,
        short=message.channel == ChannelName.SMS,
    )
    if address and not is_held(claim):  # what leaves the house cannot be taken back afterwards
        raise _Gone
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


def _refused(messages: Iterable[Message]) -> frozenset[str]:
    """Those of the addresses of these messages that are not tried any more."""
    found = {message.address for message in messages}
    found |= {text for message in messages if message.user for text in (message.user.email, message.user.phone)}
    rows = Message.objects.filter(address__in=found - {""}, refused=True).values("address")
    return frozenset(
        rows.annotate(n=Count("pk")).filter(n__gte=REFUSALS).values_list("address", flat=True) if found - {""} else ()
    )


def _sent(claim: Claim, message: Message, text: Rendered) -> None:
    kept: dict[str, Any] = {
        "sent_at": timezone.now(),
        "subject": text.kept_subject,
        "body": text.kept_body,
        "context": without_secrets(message),
    }
    if not finish(claim, state=State.SENT, **kept) and message.channel != ChannelName.IN_APP:
        # Taken back while it went out. It stays withdrawn, but what reached the person is on record.
        Message.objects.filter(pk=claim.message_id, state=State.WITHDRAWN).update(**kept)


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


def _give_up(now: dt.datetime) -> None:
    """After 48 hours without a channel its old messages are failures to telephone, not things that may still go out."""
    for channel in Channel.objects.filter(failing_since__lte=now - GIVE_UP):
        Message.objects.filter(state=State.QUEUED, channel=channel.name, not_before__lte=now - GIVE_UP).update(
            state=State.FAILED, error=channel.error
        )
