"""What ties a unit to work that rooms above know of: they say it here, and retiring asks (ORG-01)."""

from __future__ import annotations

from collections.abc import Callable

from audit.exceptions import Reason
from organization.models.units import Tree

Tie = Callable[[Tree], list[Reason]]
_ties: list[Tie] = []


def register(tie: Tie) -> None:
    """Let a room name its reasons against retiring a unit (called at start-up)."""
    if tie not in _ties:
        _ties.append(tie)


def reasons(row: Tree) -> list[Reason]:
    """Everything that rooms above have against retiring this unit."""
    return [reason for tie in _ties for reason in tie(row)]
