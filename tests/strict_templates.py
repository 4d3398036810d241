"""A template of ours that names a variable which is not there fails its test, instead of showing nothing."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.template import Engine, Node

PROJECT = Path(__file__).resolve().parent.parent


class UndefinedVariable(AssertionError):
    """Name the variable in the view, or ask with `{% if %}` or `|default` on a variable that exists."""


class _Strict(str):
    """Django asks "%s" in it, then puts the variable's name in: that is when it was not found."""

    __slots__ = ()

    def __contains__(self, key: object) -> bool:
        return key == "%s"

    def __bool__(self) -> bool:
        return True

    def __mod__(self, missing: object) -> str:
        template = _template_being_rendered()
        if template and PROJECT in Path(template).parents and ".venv" not in Path(template).parts:
            raise UndefinedVariable(f"{template} uses {missing}, which is not defined")
        return ""  # other people's templates lean on names that are absent


def _template_being_rendered() -> str:
    """The file of the innermost node on the stack: with inheritance, the context names another one."""
    frame = inspect.currentframe()
    while frame := frame.f_back if frame else None:
        node = frame.f_locals.get("self")
        if isinstance(node, Node) and (origin := getattr(node, "origin", None)):
            return str(origin.name)
    return ""


@pytest.fixture(autouse=True, scope="session")
def strict_templates() -> Iterator[None]:
    """For every engine that is made: overriding DEBUG, for one, makes new ones."""
    from django.template import engines

    plain = Engine.__init__

    def strict(self: Engine, *args: Any, **options: Any) -> None:
        plain(self, *args, **options)
        self.string_if_invalid = _Strict("%s")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "__init__", strict)
        patch.setattr(engines["django"].engine, "string_if_invalid", _Strict("%s"))
        yield
