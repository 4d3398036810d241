"""Filling in a page's form as a browser does: what the page holds is sent, what the test says is changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client


@dataclass
class Form:
    """One form of a page: where it goes and what its fields hold."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    """Collects the forms of a page with their present values."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        if self._form is None:
            return
        name = given.get("name", "")
        if name:
            self._form.names.add(name)
        if tag == "input" and name:
            self._input(name, given)
        elif tag == "textarea" and name:
            self._textarea = name
            self._form.values[name] = [""]
        elif tag == "select" and name:
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((given.get("value", ""), "selected" in given))

    def _input(self, name: str, given: dict[str, str]) -> None:
        assert self._form is not None
        if given.get("type") in {"checkbox", "radio"}:
            if "checked" not in given:
                return
            given.setdefault("value", "on")
        if given.get("type") not in {"file", "submit", "button"}:
            self._form.values.setdefault(name, []).append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form:
            self._form.values[self._textarea][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
        elif tag == "select" and self._select and self._form:
            chosen = [value for value, selected in self._options if selected] or [v for v, _s in self._options[:1]]
            self._form.values[self._select] = chosen
            self._select = ""
        elif tag == "form":
            self._form = None


def forms_of(html: str) -> list[Form]:
    """All forms of a page."""
    parser = _Forms()
    parser.feed(html)
    return parser.forms


def submit(client: Client, url: str, *, holds: str = "csrfmiddlewaretoken", **values: Any) -> Any:
    """Open a page, fill in the form that has the given fields, and send it; returns the answer.

    Raises ``AssertionError`` when the page does not offer one of the fields: nobody could have typed it.
    """
    page = client.get(url)
    assert page.status_code == 200, (url, page.status_code)
    wanted = {name for name, value in values.items() if value is not None}
    fitting = [
        f for f in forms_of(page.content.decode()) if f.method == "post" and wanted <= f.names and holds in f.names
    ]
    assert fitting, f"{url} has no form with {sorted(wanted)}"
    form = fitting[0]
    body: dict[str, Any] = dict(form.values)
    body.update({name: value for name, value in values.items() if value is not None})
    for name, value in values.items():
        if value is None:
            body.pop(name, None)
    return client.post(form.action or url, body)
