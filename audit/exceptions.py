"""How an action says no. One handler turns these into 403, 409 and 422 for pages and the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why something may not happen yet.

    Attributes:
        code: stable name for programs and tests, such as "no_reply".
        text: what a person reads: what is missing and what to do about it (may be a lazy translation).
        kind: "missing" if doing something removes it, "forbidden" if nothing this person does will.
    """

    code: str
    text: str | Promise
    kind: str = "missing"

    def __str__(self) -> str:
        return str(self.text)


class DomainError(Exception):
    """A rule of the house refuses; `message` says to a person what, why, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class InvalidMove(DomainError):
    """The record's present state does not allow this step."""


class Blocked(DomainError):
    """The step exists, but its gate is not passed; `reasons` lists everything that is missing."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        self.reasons = list(reasons)
        super().__init__(
            _("This is not possible yet: %(reasons)s") % {"reasons": " ".join(str(reason) for reason in self.reasons)}
        )


class StaleRecord(DomainError):
    """Somebody else changed the record since this page was opened; `changed` names the fields, if known."""

    def __init__(self, changed: Sequence[str] = (), message: str = "") -> None:
        self.changed = list(changed)
        super().__init__(
            message or _("Somebody else changed this meanwhile. Nothing was saved; look at the change and try again.")
        )


class NotAllowed(DomainError):
    """This person may see the record but not do this."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or _("Your role does not allow this. Ask your administrator if you need it."))


class InvalidInput(DomainError):
    """A value cannot be right; `field` says which, so that the form can show the sentence beside it."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)
