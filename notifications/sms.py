"""Text messages through an adapter: a class of one's own (SMS_ADAPTER), any gateway that apprise knows, or a file.

SMS_URL is an apprise URL in which `{to}` stands for the number, such as "twilio://sid:token@from/{to}", or
"file:///path/to/sms.log" for development.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from notifications.channels import TryLater
from notifications.models import Message
from notifications.templates import Rendered


class Adapter(Protocol):
    """What SMS_ADAPTER names: a class without arguments."""

    def send(self, to: str, text: str, *, key: str) -> None:
        """Send one text, or raise one of the failures in `notifications.channels`. Ends within 20 s.

        Args:
            key: the same for every attempt; a gateway that takes such a key then sends once.
        """


class FileAdapter:
    """Writes text messages as lines of JSON into a file: for development and tests."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, to: str, text: str, *, key: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = {"at": timezone.now().isoformat(), "to": to, "text": text, "key": key}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


class AppriseAdapter:
    """Sends through one of the gateways that apprise knows; apprise's own timeouts are 4 s each."""

    def __init__(self, url: str) -> None:
        self.url = url

    def send(self, to: str, text: str, *, key: str) -> None:
        from apprise import Apprise

        gateway = Apprise()
        # Apprise says only yes or no, never whether it was the number or the gateway.
        if not gateway.add(self.url.replace("{to}", quote(to, safe=""))) or not gateway.notify(body=text):
            raise TryLater(_("The SMS gateway did not take the message."))


class Sms:
    """The channel for text messages."""

    def is_configured(self) -> bool:
        return bool(settings.SMS_ADAPTER or settings.SMS_URL)

    def send(self, message: Message, address: str, text: Rendered) -> None:
        adapter().send(address, text.body, key=message.dedupe_key)

    def close(self) -> None:
        pass


def adapter() -> Adapter:
    """The adapter that the settings name."""
    if settings.SMS_ADAPTER:
        made: Adapter = import_string(settings.SMS_ADAPTER)()
        return made
    if settings.SMS_URL.startswith("file:"):
        return FileAdapter(Path(unquote(urlsplit(settings.SMS_URL).path)))
    return AppriseAdapter(settings.SMS_URL)
