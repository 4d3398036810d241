"""What rooms above have open beside a case, for its customer: shown on the tracking page and the receipt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from cases.models import Case


@dataclass(frozen=True)
class Beside:
    """One matter of another room: what it is called, and where it stands, in words for a customer."""

    label: str
    state: str | Promise
    note: str = ""


Source = Callable[[Case], list[Beside]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Let a room above say what it has open beside a case (at start-up)."""
    if source not in _sources:
        _sources.append(source)


def beside(case: Case) -> list[Beside]:
    """Everything that rooms above have beside this case."""
    return [matter for source in _sources for matter in source(case)]
