"""Every text of the sources that a reader may be shown in Chinese, found without the gettext programs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.utils.translation import template as templates

ROOT = Path(__file__).resolve().parents[2]
#: Where the program stands; tests and scripts speak to programmers.
ROOMS = (
    "audit", "cases", "customers", "documents", "feedback_system", "notifications", "organization", "regulations",
    "reports", "returns", "surveys",
)  # fmt: skip
#: Context and text, as the catalogue keeps them.
Word = tuple[str, str]
_CALL = re.compile(r"\b(n?p?gettext|_)\(")
_LITERAL = re.compile(r"""\s*,?\s*u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", re.DOTALL)


def in_code(source: str) -> Iterator[Word]:
    """The texts that a module marks, whatever it calls the marking functions: ``_``, ``lazy``, ``_L``."""
    tree = ast.parse(source)
    known = dict(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in known:
            known |= {target.id: known[node.value.id] for target in node.targets if isinstance(target, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
            given = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            yield from _words(known[node.func.id], given)


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for each in node.names:
                if "gettext" in each.name:
                    yield each.asname or each.name, each.name.removesuffix("_lazy").removesuffix("_noop")


def _words(function: str, given: list[str]) -> Iterator[Word]:
    context, rest = (given[0], given[1:]) if "pgettext" in function and given else ("", given)
    if rest:
        yield context, rest[0]


def in_template(source: str) -> Iterator[Word]:
    """The texts that a template marks."""
    plain = templates.templatize(source)
    for found in _CALL.finditer(plain):
        given, at = [], found.end()
        while literal := _LITERAL.match(plain, at):
            given.append(ast.literal_eval(literal[1]))
            at = literal.end()
        yield from _words(found[1], given)


@cache
def everywhere() -> dict[Word, str]:
    """Every text with a file in which it stands."""
    found: dict[Word, str] = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if "migrations" not in path.parts:
                found |= dict.fromkeys(in_code(path.read_text(encoding="utf-8")), str(path.relative_to(ROOT)))
    for path in (ROOT / "templates").rglob("*"):
        if path.suffix in {".html", ".txt"}:
            found |= dict.fromkeys(in_template(path.read_text(encoding="utf-8")), str(path.relative_to(ROOT)))
    return found
