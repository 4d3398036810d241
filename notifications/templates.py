"""What messages say. Rooms above register one template per kind; the texts are translatable msgids.

Placeholders are `{name}` with names from a fixed list per kind, replaced once by plain text. Never str.format and never
a template engine: what a customer typed stands in the values, and `{a.__class__}` must come out as typed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise

Text = str | Promise
Make = Callable[[str], str]
MASK = "••••••"
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BUILT_IN = frozenset({"url"})


@dataclass(frozen=True, slots=True)
class Template:
    """The texts of one kind of message.

    Attributes:
        names: the placeholders that subject, body and sms may use, besides `url` (SITE_URL + the message's path).
        secrets: those of `names` that are masked in the text we keep and removed from the context once sent.
        sms: the short text for a telephone; empty means the body.
        made: placeholders whose value is made from the thread's name at the moment of sending. They are secrets that
            no row ever holds: not while the message waits, and not afterwards.
    """

    kind: str
    subject: Text
    body: Text
    names: frozenset[str]
    secrets: frozenset[str] = frozenset()
    sms: Text = ""
    made: Mapping[str, Make] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in the reader's language: what is sent, and what is kept (with secrets masked)."""

    subject: str
    body: str
    kept_subject: str
    kept_body: str


_templates: dict[str, Template] = {}


def register(
    kind: str, *, subject: Text, body: Text, names: Iterable[str] = (), secrets: Iterable[str] = (), sms: Text = ""
) -> None:
    """Say what messages of this kind read like. Called once per kind, from a room's `AppConfig.ready`.

    Raises:
        ValueError: another template has this kind, or a text uses a placeholder that is not in `names`.
    """
    add(Template(kind, subject, body, frozenset(names) | frozenset(secrets), frozenset(secrets), sms))


def add(template: Template) -> None:
    """As `register`, for a template that was put together already."""
    texts = (template.subject, template.body, template.sms)
    with translation.override(None):
        unknown = [name for text in texts for name in unknown_placeholders(template, str(text))]
    if unknown:
        raise ValueError(f"template {template.kind!r} uses placeholders without a name: {', '.join(unknown)}")
    if _templates.setdefault(template.kind, template) != template:
        raise ValueError(f"two templates for {template.kind!r}")


def template_of(kind: str) -> Template:
    """The template of this kind.

    Raises:
        ValueError: no room registered one.
    """
    try:
        return _templates[kind]
    except KeyError:
        raise ValueError(f"no template for messages of kind {kind!r}: register it in the room's notices") from None


def registered() -> list[Template]:
    """All templates, for the settings page and for tests that read every text."""
    return sorted(_templates.values(), key=lambda template: template.kind)


def unknown_placeholders(template: Template, text: str) -> list[str]:
    """Placeholders of a text (in any language) that would never be replaced."""
    return [name for name in _PLACEHOLDER.findall(text) if name not in placeholders_of(template)]


def placeholders_of(template: Template) -> frozenset[str]:
    """Everything that the template's texts may name."""
    return template.names | _BUILT_IN | template.made.keys()


def stored(context: Mapping[str, Any]) -> dict[str, Any]:
    """The context as JSON, whose language is chosen when it is sent, by who reads it then.

    Moments stay moments, so that they are written in the reader's zone. What has a name in each language (a translated
    sentence, a department) is kept in all of them: who acts and who reads may not share one.
    """
    return {name: _stored(value) for name, value in context.items()}


def _stored(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return {"at": value.isoformat()}
    if isinstance(value, dt.date):
        return {"on": value.isoformat()}
    if isinstance(value, int):
        return value
    return clean(value) if isinstance(value, str) else _in_each_language(value)


def _in_each_language(value: Any) -> str | dict[str, dict[str, str]]:
    said = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            said[code] = clean(str(value))
    return {"in": said} if len(set(said.values())) > 1 else said[settings.LANGUAGE_CODE]


def clean(text: str) -> str:
    """Text that PostgreSQL and mail accept: no NUL, no lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def render(
    template: Template, context: Mapping[str, Any], *, language: str, path: str, thread: str = "", short: bool = False
) -> Rendered:
    """The message in the reader's language.

    Args:
        context: as kept in the row (see `stored`).
        thread: what the template's `made` values are made from.
        short: the text for a telephone.
    """
    with translation.override(language):
        values = {name: _shown(context[name]) for name in template.names if name in context}
        values["url"] = settings.SITE_URL.rstrip("/") + path if path else ""
        values |= {name: make(thread) for name, make in template.made.items()}
        subject, body = str(template.subject), str(template.sms if short and template.sms else template.body)
    masked = values | {name: MASK for name in template.secrets | template.made.keys() if values.get(name)}
    return Rendered(
        subject=_one_line(replace(subject, values)),
        body=replace(body, values),
        kept_subject=_one_line(replace(subject, masked)),
        kept_body=replace(body, masked),
    )


def replace(text: str, values: Mapping[str, str]) -> str:
    """Put values for `{name}`. One pass: braces inside a value stay as they are; unknown names stay too."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def _shown(value: Any) -> str:
    if isinstance(value, dict) and "at" in value:
        return date_format(timezone.localtime(dt.datetime.fromisoformat(value["at"])), "DATETIME_FORMAT")
    if isinstance(value, dict) and "on" in value:
        return date_format(dt.date.fromisoformat(value["on"]), "DATE_FORMAT")
    if isinstance(value, dict) and "in" in value:
        said: dict[str, str] = value["in"]
        return said.get(translation.get_language() or "", said[settings.LANGUAGE_CODE])
    return str(value)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
