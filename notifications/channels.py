"""What a channel is, and the four ways in which sending can fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from notifications.models import Message
    from notifications.templates import Rendered


class SendingFailed(Exception):
    """Something was not sent; the text says why, for the desk and the settings page."""


class TryLater(SendingFailed):
    """This message did not go out now; it may later."""


class Unavailable(SendingFailed):
    """The whole channel does not work now; no use in trying the next message."""


class Refused(SendingFailed):
    """This message will never go out. `bad_address`: because of its address."""

    def __init__(self, text: str, *, bad_address: bool = False) -> None:
        super().__init__(text)
        self.bad_address = bad_address


class Sender(Protocol):
    """One way out of the house."""

    def is_configured(self) -> bool:
        """Whether the administrator set this channel up at all."""

    def send(self, message: Message, address: str, text: Rendered) -> None:
        """Send, or raise one of the failures above. Must end within half a lease."""

    def close(self) -> None:
        """Let go of what was kept open between messages."""


class InApp:
    """The inbox inside the program: the kept row is the message, nothing is sent."""

    def is_configured(self) -> bool:
        return True

    def send(self, message: Message, address: str, text: Rendered) -> None:
        pass

    def close(self) -> None:
        pass
