"""The ground that all tests stand on: it must be as strict as it says."""

import socket
from pathlib import Path
from typing import Any

import pytest
from django.template import Template, TemplateDoesNotExist, engines
from django.test import override_settings

from tests import strict_templates, trace


def rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, **context: Any) -> str:
    """Rendered as if the project's templates lay in a folder of this test."""
    monkeypatch.setattr(strict_templates, "PROJECT", tmp_path)
    (tmp_path / "page.html").write_text(text)
    engine = engines["django"].engine
    monkeypatch.setattr(engine, "dirs", [tmp_path])
    for loader in engine.template_loaders:
        loader.reset()
    return engine.get_template("page.html").render(engine_context(context))


def engine_context(values: dict[str, Any]) -> Any:
    from django.template import Context

    return Context(values)


def test_a_variable_that_is_not_there_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendered(tmp_path, monkeypatch, "{{ a }}", a=1) == "1"
    assert rendered(tmp_path, monkeypatch, "{% if b %}{{ b }}{% endif %}") == ""
    for text in ("{{ b }}", "{{ a.b.c }}", '{{ b|default:"x" }}', "{% for i in b %}{{ i }}{% endfor %}{{ c }}"):
        with pytest.raises(strict_templates.UndefinedVariable, match="which is not defined"):
            rendered(tmp_path, monkeypatch, text, a={})


def test_a_new_template_engine_is_as_strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with override_settings(DEBUG=True), pytest.raises(strict_templates.UndefinedVariable):
        rendered(tmp_path, monkeypatch, "{{ b }}")
    with pytest.raises(strict_templates.UndefinedVariable):
        rendered(tmp_path, monkeypatch, "{{ b }}")


def test_templates_of_others_may_lean_on_absent_names() -> None:
    assert Template("{{ absent }}").render(engine_context({})) == ""


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.com", 80), (b"example.com", 80)])
def test_no_test_reaches_another_machine(address: Any) -> None:
    with pytest.raises(AssertionError, match="tests have no network"):
        socket.create_connection(address)


@pytest.mark.django_db
def test_the_application_role_is_taken_and_given_back(as_application_role: None) -> None:
    from django.db import DatabaseError, connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("huiyin",)
        with pytest.raises(DatabaseError, match="permission denied"):
            cursor.execute("CREATE TABLE t (i int)")


@pytest.mark.django_db
def test_after_the_application_role_the_owner_is_back() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() != ("huiyin",)


def test_settings_are_those_of_tests() -> None:
    from django.conf import settings

    assert settings.TESTING
    assert not settings.DEBUG
    assert not settings.DEMO
    with override_settings(DEBUG=True), pytest.raises(TemplateDoesNotExist):
        engines["django"].get_template("absent.html")


PAGE = """
| id | what |
|---|---|
| CAP-03 | Somebody else verifies. |
| **S17** | First asked. |
| F41 | Slip |
| gate 9 | Verified measures |
| not an id | x |
"""


def test_trace_lists_what_no_test_shows() -> None:
    requirements = trace.read_requirements(PAGE)
    assert list(requirements) == ["CAP-03", "S17", "F41", "gate 9"]
    marks = [pytest.mark.req("CAP-03", "A-99").mark, pytest.mark.gate(9).mark]
    shown = {name: ["tests/x.py::test"] for name in trace.names_in(marks)}
    lines, unknown = trace.report(requirements, shown)
    assert lines == [
        "S17      First asked.",
        "F41      Slip",
        "2 of 4 ids are shown by at least one test.",
        "A-99: named by tests/x.py::test, absent from requirements.md",
    ]
    assert unknown == ["A-99"]
