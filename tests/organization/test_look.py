"""What all pages share: tags, tokens, icons, and the rules of the templates."""

import json
import re
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone
from django.utils.translation import override

from organization.templatetags import look

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(path for path in PROJECT.glob("**/templates/**/*.html") if ".venv" not in path.parts)


def render(source: str, **context: object) -> str:
    with override("zh-hans"):
        return Template("{% load i18n look %}" + source).render(Context(context)).strip()


class Feedback(forms.Form):
    text = forms.CharField(label="What", help_text="In their own words")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "Complaint"), ("b", "Praise")], widget=forms.RadioSelect)
    consent = forms.BooleanField(label="I agree", required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


# --- Times, chips, icons


def test_a_due_time_carries_its_exact_moment_and_its_colour() -> None:
    html = render("{{ due|remaining }}", due=timezone.now() - timedelta(minutes=121))
    assert 'class="when late"' in html
    assert "data-remaining" in html
    assert ">超时 2 小时</time>" in html
    moment = re.search(r'datetime="([^"]+)"', html)
    assert moment
    assert datetime.fromisoformat(moment[1]).utcoffset() == timedelta(hours=8)


def test_no_time_is_shown_as_nothing() -> None:
    assert render("{{ due|remaining }}{{ due|ago }}{{ due|exact }}", due=None) == ""


def test_a_chip_keeps_its_word_and_refuses_colours_that_do_not_exist() -> None:
    assert render("{% chip text 'red' %}", text="<超时>") == '<span class="chip red">&lt;超时&gt;</span>'
    assert render("{% chip 'x' 'pink' %}") == '<span class="chip">x</span>'


def test_an_icon_is_hidden_from_reading_programs_unless_it_has_a_name() -> None:
    assert 'aria-hidden="true"' in render("{% icon 'bell' %}")
    assert 'aria-label="收件箱"' in render("{% icon 'bell' label='收件箱' %}")


@pytest.mark.parametrize(("name", "shown"), [("林晓", "林"), (" anna", "A"), ("", "·"), (None, "·")])
def test_a_person_without_a_name_still_has_a_mark(name: str | None, shown: str) -> None:
    assert look.initial(name) == shown


def test_every_icon_that_is_asked_for_is_in_the_sprite() -> None:
    there = set(re.findall(r'<symbol id="([^"]+)"', (PROJECT / "static/icons/sprite.svg").read_text()))
    asked = {
        (name, path.name)
        for path in TEMPLATES
        for name in re.findall(r"""{% icon ["']([^"']+)["']""", path.read_text())
        + re.findall(r"""{% chip [^%]*icon=["']([^"']+)["']""", path.read_text())
    }
    assert not {(name, file) for name, file in asked if name not in there}


@pytest.mark.parametrize(
    ("cookie", "attribute"),
    [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ('"><script>', ""), ("", "")],
)
def test_the_scheme_comes_from_a_cookie_with_two_possible_values(cookie: str, attribute: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    assert look.theme(Context({"request": request})) == attribute


def test_the_scripts_get_every_sentence_in_the_readers_language() -> None:
    with override("zh-hans"):
        html = look.script_words()
    words = json.loads(re.search(r">(.*)</script>", html, re.DOTALL)[1])  # type: ignore[index]
    english = {name for name, text in words.items() if isinstance(text, str) and re.fullmatch(r"[\x00-\x7f]+", text)}
    assert english == {"server_time", "weekday"}
    used = {
        name
        for script in (PROJECT / "static/js").glob("*.js")
        for name in re.findall(r"""\b(?:word|say)\("(\w+)\"""", script.read_text())
    }
    assert used
    assert used <= set(words)


# --- Forms


def test_a_field_ties_label_hint_and_error_to_its_input() -> None:
    form = Feedback({"kind": "a"})
    html = render("{% field form.text %}", form=form)
    assert '<label for="id_text">What' in html
    assert 'aria-describedby="id_text_hint id_text_error"' in html
    assert 'id="id_text_hint"' in html
    assert 'id="id_text_error"' in html
    assert 'aria-invalid="true"' in html
    assert "field wrong" in html


def test_a_field_passes_attributes_on_and_takes_other_words() -> None:
    html = render("{% field form.text label='事由' hint='原话' hx_get='/x/' placeholder='…' %}", form=Feedback())
    assert all(part in html for part in (">事由", ">原话<", 'hx-get="/x/"', 'placeholder="…"'))
    assert "In their own words" not in html


def test_radio_groups_are_buttons_and_keep_their_legend() -> None:
    html = render("{% field form.kind %}", form=Feedback({"text": "x", "kind": "b"}))
    assert html.count('class="choice"') == 2
    assert "<legend>Kind" in html
    assert re.search(r'value="b"[^>]*checked', html)
    assert html.count("<label") == 2  # each input has exactly one label


def test_a_single_box_stands_before_its_words() -> None:
    html = render("{% field form.consent %}", form=Feedback())
    assert html.index("<input") < html.index("I agree")
    assert "req" not in html


def test_a_hidden_field_is_only_itself() -> None:
    assert render("{% field form.token %}", form=Feedback()).startswith("<input")


def test_the_summary_leads_to_the_wrong_fields() -> None:
    html = render("{% form_errors form %}", form=Feedback({}))
    assert 'role="alert"' in html
    assert '<a href="#id_text">What</a>、<a href="#id_kind">Kind</a>。' in html


def test_a_good_form_has_no_summary() -> None:
    assert render("{% form_errors form %}", form=Feedback({"text": "x", "kind": "a"})) == ""


# --- Tokens: what must be read can be read


def schemes() -> dict[str, dict[str, str]]:
    css = (PROJECT / "static/css/tokens.css").read_text()
    blocks = [dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", block)) for block in re.split(r"\n\s*:root", css)]
    light, system_dark, chosen_dark = (block for block in blocks if "paper" in block)
    assert system_dark == chosen_dark, "the two dark blocks of tokens.css differ"
    assert set(light) == set(chosen_dark) | (set(light) - set(chosen_dark) & {"rail-mark"})
    return {"light": light, "dark": {**light, **chosen_dark}}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


GROUNDS = ("paper", "card", "sunken", "hover", "selected")
PAIRS = [
    *product(("ink", "ink-2", "ink-3", "teal"), GROUNDS),
    *product(("red", "amber", "green"), ("card", "paper", "hover", "selected")),
    *((tone, f"{tone}-bg") for tone in ("red", "amber", "green", "blue", "violet", "teal")),
    *product(
        ("ink", "ink-2"), ("grey-bg", "note-bg", "customer-bg", "red-bg", "amber-bg", "green-bg", "blue-bg", "teal-bg")
    ),
    *product(("ink-3",), ("note-bg", "customer-bg")),
    *product(("rail-ink", "rail-ink-2"), ("rail", "rail-on")),
    ("on-act", "act"),
    ("on-act", "act-hover"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_reaches_the_contrast_for_reading(scheme: str, text: str, ground: str) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[text], colours[ground]) >= 4.5


def test_colours_are_chosen_in_one_file_only() -> None:
    allowed = {"tokens.css", "print.css"}
    others = [path for path in (PROJECT / "static/css").glob("*.css") if path.name not in allowed]
    found = {
        (path.name, colour)
        for path in others
        for colour in re.findall(r"(?<![\w%-])#[0-9a-fA-F]{3,8}\b", re.sub(r'url\("[^"]*"\)', "", path.read_text()))
    }
    assert {colour for _, colour in found} <= {"#fff", "#b3261e", "#c8402f"}  # on the dark rail and in counters


# --- Rules of the templates


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_templates_hold_no_inline_style_and_no_inline_script(path: Path) -> None:
    html = path.read_text()
    assert not re.search(r"\sstyle\s*=", html)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", html)
    assert "hx-on" not in html
    assert "javascript:" not in html
    for tag in re.findall(r"<script\b[^>]*>", html):
        assert "src=" in tag or "application/json" in tag
