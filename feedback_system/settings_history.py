"""What was done to a setting, in words, for the page that shows the setting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.models import Event


@dataclass(frozen=True)
class Line:
    """One thing that somebody did."""

    who: str
    words: str
    at: datetime


def lines(events: Iterable[Event]) -> list[Line]:
    """Events of a calendar as sentences."""
    return [Line(_who(event), _words(event), event.at) for event in events]


def _who(event: Event) -> str:
    return event.actor_label if event.actor_kind in {"staff", "token"} else _("System")


def _words(event: Event) -> str:
    changes: dict[str, Any] = event.changes
    match event.verb:
        case "set_days":
            count = len(changes)
            return ngettext("entered %(count)d day", "entered %(count)d days", count) % {"count": count}
        case "clear_days":
            count = len(changes)
            return ngettext("removed %(count)d day", "removed %(count)d days", count) % {"count": count}
        case "set_weekly":
            return _("changed the weekly hours")
        case "confirm_through":
            return _("confirmed it through %(day)s") % {"day": changes["complete_through"][1]}
        case "recompute_clocks":
            count = changes["clocks"][1]
            return ngettext("moved %(count)d clock", "moved %(count)d clocks", count) % {"count": count}
        case _:
            return _("changed it")
