"""E-mail as we send it, and what a mail server's refusals mean."""

from __future__ import annotations

import hashlib
import smtplib
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _

from notifications.channels import Refused, TryLater, Unavailable
from notifications.models import Message
from notifications.templates import Rendered

TIMEOUT = 20
"""Seconds for each answer of the mail server; less than half of a lease."""
_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_CLOSING = 421


def message_id(dedupe_key: str) -> str:
    """The Message-ID of a message: the same for every attempt, so that a mail program drops a repetition."""
    domain = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{hashlib.sha256(dedupe_key.encode()).hexdigest()[:32]}.outbox@{domain}>"


class Mail:
    """The e-mail channel; keeps its connection open from one message to the next."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def is_configured(self) -> bool:
        return settings.EMAIL_BACKEND != _SMTP or bool(settings.EMAIL_HOST)

    def send(self, message: Message, address: str, text: Rendered) -> None:
        """Hand one mail to the mail server.

        Raises:
            Refused: this mail or this address will never be taken.
            TryLater: not now.
            Unavailable: nothing can be sent now: no connection, no login, no encryption.
        """
        try:
            connection = self._open()
            mail = EmailMessage(
                subject=text.subject,
                body=text.body,
                to=[address],
                headers={
                    "Message-ID": message_id(message.dedupe_key),
                    # RFC 3834: nobody's holiday notice answers us, and two help desks do not answer each other.
                    "Auto-Submitted": "auto-generated",
                    "X-Auto-Response-Suppress": "All",
                },
                connection=connection,
            )
            mail.send(fail_silently=False)  # silent would also go on in clear text after a failed STARTTLS
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise _meaning(error) from error
        except ValueError as error:  # the address cannot be one
            raise Refused(_("This is not an e-mail address."), bad_address=True) from error

    def close(self) -> None:
        """End the connection; the next message opens a new one."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(smtplib.SMTPException, OSError):  # it may be gone already
                connection.close()

    def _open(self) -> BaseEmailBackend:
        if self._connection is None:
            options: dict[str, Any] = {"timeout": TIMEOUT} if settings.EMAIL_BACKEND == _SMTP else {}
            self._connection = get_connection(fail_silently=False, **options)
            self._connection.open()
        return self._connection


def _meaning(error: Exception) -> Refused | TryLater | Unavailable:
    """What to do after this failure. One address is tried at a time, so its refusal is about this address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _of_reply(code, text, bad_address=True)
    if isinstance(error, smtplib.SMTPDataError):
        return _of_reply(error.smtp_code, error.smtp_error, bad_address=False)
    # Connection, greeting, encryption, login and sender are ours, not the recipient's.
    return Unavailable(_("The mail server cannot be used: %(error)s") % {"error": error})


def _of_reply(code: int, reply: bytes | str, *, bad_address: bool) -> Refused | TryLater | Unavailable:
    said = f"{code} {reply.decode(errors='replace') if isinstance(reply, bytes) else reply}"
    if code == _CLOSING:
        return Unavailable(_("The mail server cannot be used: %(error)s") % {"error": said})
    if code < 500:
        return TryLater(_("The mail server asks to try later: %(error)s") % {"error": said})
    if bad_address:
        return Refused(_("The mail server refuses this address: %(error)s") % {"error": said}, bad_address=True)
    return Refused(_("The mail server refuses this mail: %(error)s") % {"error": said})
