"""What a visitor without an account may see: remembered in the session, never in the address."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from cases.models import Case
from organization import limits

_CASES, _LAST = "tracked", "tracked_last"
#: Older ones are forgotten; their link opens them again.
MOST_CASES = 20
FULL, STAGE = "full", "stage"


def sender(request: HttpRequest) -> str:
    """Whom the limits count: the visitor's network, as our own proxy saw it."""
    return limits.network_of(request.META.get("REMOTE_ADDR", ""))


def let_in(request: HttpRequest, case: Case, *, full: bool) -> None:
    """Remember that this visitor proved to know the case; stage only never takes back what was open in full."""
    opened: dict[str, Any] = dict(request.session.get(_CASES, {}))
    wanted = FULL if full or opened.pop(case.number, "") == FULL else STAGE
    opened.pop(case.number, None)
    opened[case.number] = wanted
    if not request.user.is_authenticated:
        # A session that somebody else planted in this browser must not see what is opened now.
        request.session.cycle_key()
    request.session[_CASES] = dict(list(opened.items())[-MOST_CASES:])
    request.session[_LAST] = case.number


def sees(request: HttpRequest, number: str, *, full: bool = False) -> bool:
    """Whether this visitor has opened the case, in full if that is asked."""
    found = request.session.get(_CASES, {}).get(number)
    return found == FULL or (not full and found == STAGE)


def last(request: HttpRequest) -> str:
    """The number that was opened last; empty when there is none."""
    return str(request.session.get(_LAST, ""))


def opened(request: HttpRequest) -> list[str]:
    """Numbers of all cases that this visitor has opened, the newest first."""
    return list(reversed(request.session.get(_CASES, {})))


def leave(request: HttpRequest) -> None:
    """Forget them all, for the next person at a shared computer."""
    for key in (_CASES, _LAST):
        request.session.pop(key, None)


def too_much(error: limits.TooMany) -> str:
    """What a form says when its sender sent too much; the text that was typed is still in it."""
    minutes = max(1, round(error.retry_after / 60))
    return ngettext(
        "Much has been sent from your connection in a short time. Your text is still here: please send it again in "
        "%(n)d minute, or telephone us. Files have to be chosen again.",
        "Much has been sent from your connection in a short time. Your text is still here: please send it again in "
        "%(n)d minutes, or telephone us. Files have to be chosen again.",
        minutes,
    ) % {"n": minutes}


def lost_files(names: tuple[str, ...]) -> str:
    """What a page says about files for which there was no space."""
    return _(
        "These files could not be stored, the server has no space: %(names)s. Your text is safe; please add them later."
    ) % {"names": pgettext("between names", ", ").join(names)}
