"""The words and shapes that every page shares: times, chips, icons, form fields.

Loaded in every template (see ``TEMPLATES`` in the settings). Nothing here reads the database.
"""

from datetime import datetime
from typing import Any, Final

from django import forms, template
from django.forms import BoundField
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe

from organization import time_words
from organization.script_words import SCRIPT_WORDS

register = template.Library()

TONES: Final = frozenset({"red", "amber", "green", "blue", "violet", "grey", "teal"})
THEMES: Final = frozenset({"light", "dark"})

# --- Times ------------------------------------------------------------------------------------


@register.filter
def remaining(due: datetime | None) -> str:
    """``{{ case.next_due_at|remaining }}``: what is left or overdue, coloured, exact on hover."""
    if not due:
        return ""
    now = timezone.now()
    tone = time_words.remaining_tone(now, due)
    return _time(due, time_words.remaining_words(now, due), css=f"when {tone}".strip(), live="data-remaining")


@register.filter
def ago(at: datetime | None) -> str:
    """``{{ event.at|ago }}``: 6 minutes ago, today 08:00, yesterday 16:10; exact on hover."""
    if not at:
        return ""
    return _time(at, time_words.ago_words(timezone.now(), at), css="", live="data-ago")


@register.filter
def exact(at: datetime | None) -> str:
    """``{{ event.at|exact }}``: 11-19 10:20, with the year where it is another one."""
    return _time(at, time_words.exact_words(timezone.now(), at), css="", live="") if at else ""


def _time(at: datetime, words: str, *, css: str, live: str) -> SafeString:
    marks = (format_html(' class="{}"', css) if css else "") + (f" {live}" if live else "")
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        timezone.localtime(at).isoformat(timespec="seconds"),
        time_words.full_words(at),
        mark_safe(marks),  # noqa: S308  -- built above from escaped parts
        words,
    )


# --- Small shapes -------------------------------------------------------------------------------


@register.filter
def initial(name: str | None) -> str:
    """The character that stands for a person in a round mark: 林晓 -> 林, Anna -> A."""
    return (name or "").strip()[:1].upper() or "·"


@register.simple_tag
def icon(name: str, label: str | Promise = "", css: str = "") -> SafeString:
    """An icon of the sprite. Without ``label`` it is decoration and hidden from reading programs."""
    aria = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="{}" {} focusable="false"><use href="{}#{}"></use></svg>',
        f"icon {css}".strip(),
        aria,
        static("icons/sprite.svg"),
        name,
    )


@register.simple_tag
def chip(text: object, tone: str = "", *, icon: str = "", dot: bool = False) -> SafeString:
    """A state: a word on a coloured ground. The colour never stands without the word."""
    classes = " ".join(["chip", *([tone] if tone in TONES else []), *(["dot"] if dot else [])])
    picture = _icon(icon) if icon else ""
    return format_html('<span class="{}">{}{}</span>', classes, picture, text)


_icon = icon


@register.simple_tag(takes_context=True)
def theme(context: Context) -> SafeString:
    """The attribute for ``<html>`` of the reader's chosen scheme; nothing when the system decides.

    It comes from a cookie and not from a script, so that a dark page never flashes white.
    """
    request = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request else ""
    return format_html(' data-theme="{}"', chosen) if chosen in THEMES else mark_safe("")


@register.simple_tag
def script_words() -> SafeString:
    """The catalogue of the scripts' sentences in the reader's language, as a block of data."""
    words = {**SCRIPT_WORDS, **time_words.PHRASES}
    return json_script(
        {
            **{name: str(text) for name, text in words.items()},
            "server_time": timezone.now().isoformat(),
            "weekdays": [str(day) for day in time_words.WEEKDAYS],
            "countdown": time_words.COUNTDOWN.total_seconds(),
            "with_minutes": time_words.WITH_MINUTES.total_seconds(),
            "soon": time_words.SOON.total_seconds(),
        },
        "script-words",
    )


# --- Forms --------------------------------------------------------------------------------------


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, **options: Any) -> dict[str, object]:
    """Render one bound field: label, widget, hint and error, tied together for reading programs.

    Options: ``label``, ``hint``, ``after`` (small words behind the label), ``wide`` (whole grid
    row), ``as_`` ("choices" or "list" for radio groups); anything else becomes an attribute of
    the widget, with ``_`` read as ``-`` (``hx_get``, ``data_combo``, ``placeholder``).
    """
    label = options.pop("label", None) or bound.label
    hint = options.pop("hint", None) or bound.help_text
    after, wide, as_ = options.pop("after", ""), options.pop("wide", False), options.pop("as_", "")
    attrs = {name.rstrip("_").replace("_", "-"): value for name, value in options.items()}
    ids = [f"{bound.auto_id}_hint"] * bool(hint) + [f"{bound.auto_id}_error"] * bool(bound.errors)
    if ids:
        attrs["aria-describedby"] = " ".join(ids)
    return {
        "bound": bound,
        "shape": _shape(bound, as_),
        "label": label,
        "hint": hint,
        "after": after,
        "wide": wide,
        "described": " ".join(ids),
        "required": bound.field.required,
        "widget": bound.as_widget(attrs=attrs),
    }


def _shape(bound: BoundField, wanted: str) -> str:
    widget = bound.field.widget
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.CheckboxSelectMultiple):
        return wanted or "list"
    if isinstance(widget, forms.RadioSelect):
        return wanted or "choices"
    return "group" if widget.use_fieldset else "line"


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: forms.BaseForm) -> dict[str, object]:
    """The summary above a form that was refused: its own errors, and links to the wrong fields."""
    return {
        "general": list(form.non_field_errors())
        + [message for hidden in form.hidden_fields() for message in hidden.errors],
        "wrong": [bound for bound in form.visible_fields() if bound.errors],
    }
