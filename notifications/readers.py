"""Who may read about a thread. The rooms that own threads say it; asked when a message is sent, not when written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from organization.models import User

MayRead = Callable[[str, "User"], bool]
_readers: dict[str, MayRead] = {}


def register(sort: str, may_read: MayRead) -> None:
    """Say who may read about threads of this sort: `register("case", lambda thread, user: ...)`.

    Args:
        sort: the part of the thread's name before the colon.
        may_read: (thread, user) -> whether this person may read about this thread now.
    """
    if _readers.setdefault(sort, may_read) is not may_read:
        raise ValueError(f"two readers for threads of sort {sort!r}")


def known(thread: str) -> bool:
    """Whether somebody said who may read threads of this sort."""
    return _sort(thread) in _readers


def may_read(thread: str, user: User) -> bool:
    """Whether this person may be told about this thread now. Nobody who left, nobody by default."""
    rule = _readers.get(_sort(thread))
    return user.is_active and rule is not None and rule(thread, user)


def everyone(thread: str, user: User) -> bool:
    """For threads that every member of staff may know about."""
    return True


def only_oneself(thread: str, user: User) -> bool:
    """For threads named after a user: "user:7" is read by user 7."""
    return thread.partition(":")[2] == str(user.pk)


def _sort(thread: str) -> str:
    return thread.partition(":")[0]


register("user", only_oneself)
