"""Trees of units as pages show them: pure shapes over rows that were read once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from organization.models.units import Tree

#: Before each level in a list of choices; an ideographic space keeps its width in every font.
INDENT = "\u3000"


@dataclass
class Node:
    """A unit with those that lie under it."""

    row: Any  # a Tree: its parent is known to the concrete models only
    children: list[Node] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many units lie under it, at any depth."""
        return sum(1 + child.count for child in self.children)


def forest(rows: Iterable[Tree]) -> list[Node]:
    """The trees that these rows make; a row whose parent is not among them stands at the top."""
    nodes = {row.pk: Node(row) for row in rows}
    roots: list[Node] = []
    for node in nodes.values():
        parent = nodes.get(node.row.parent_id) if node.row.parent_id else None
        (parent.children if parent else roots).append(node)
    return roots


def walk(nodes: Iterable[Node], depth: int = 0) -> Iterator[tuple[Node, int]]:
    """Every node with its depth, parents before children."""
    for node in nodes:
        yield node, depth
        yield from walk(node.children, depth + 1)


def indented(model: type[Tree], *, without: Tree | None = None) -> list[tuple[int, str]]:
    """Choices of a select, indented by depth: active units, without one and all that lies under it."""
    rows = [
        row
        for row in model._default_manager.filter(retired_at__isnull=True)
        if without is None or without.pk not in row.lineage
    ]
    return [(node.row.pk, INDENT * depth + str(node.row)) for node, depth in walk(forest(rows))]
