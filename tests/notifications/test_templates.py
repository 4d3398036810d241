from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings as project
from django.utils import translation
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from notifications.templates import (
    MASK,
    Template,
    register,
    registered,
    render,
    replace,
    stored,
    template_of,
    unknown_placeholders,
)

PLAIN = Template("x", "{name}", "Dear {name}, {url}", frozenset({"name"}))
SECRET = Template("x", "{name}", "{name}: {code}", frozenset({"name", "code"}), frozenset({"code"}), sms="{code}!")


def show(template: Template, context: dict[str, object], **options: object) -> str:
    return render(template, stored(context), **{"language": "en", "path": "", **options}).body  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "typed",
    [
        "{a.__class__}",
        "{name}",
        "{0}",
        "{{7*7}}",
        "%(x)s",
        "%s",
        "{name!r}",
        "{name:>99999999}",
        "${name}",
        "{code}",
        "\\1",
    ],
)
def test_what_a_customer_typed_comes_out_as_typed(typed: str) -> None:
    assert show(PLAIN, {"name": typed}) == f"Dear {typed}, "


@given(st.text())
def test_any_text_comes_out_as_it_went_in(typed: str) -> None:
    assert replace("<{name}>", {"name": typed}) == f"<{typed}>"


@given(st.text(alphabet="{}a_.name!:0"))
def test_only_fixed_names_are_replaced_in_a_text(text: str) -> None:
    assert replace(text, {}) == text


def test_the_path_becomes_a_whole_address(settings: object) -> None:
    assert show(PLAIN, {"name": "x"}, path="/cases/1/") == f"Dear x, {project.SITE_URL}/cases/1/"


def test_a_subject_has_one_line_and_cannot_add_a_header() -> None:
    rendered = render(PLAIN, {"name": "a\r\nBcc: all@example.com\n" + "x" * 999}, language="en", path="")
    assert rendered.subject.startswith("a Bcc: all@example.com x")
    assert len(rendered.subject) == 300


def test_secrets_are_sent_and_masked_in_what_is_kept() -> None:
    rendered = render(SECRET, {"name": "李四", "code": "A1B2"}, language="en", path="")
    assert rendered.body == "李四: A1B2"
    assert rendered.kept_body == f"李四: {MASK}"


def test_what_is_made_when_sending_is_sent_and_masked_in_what_is_kept() -> None:
    made = {"url": lambda thread: f"/track/{thread}/"}
    template = Template("x", "{name}", "{name}: {url}", frozenset({"name"}), made=made)
    rendered = render(template, {"name": "李四"}, language="en", path="", thread="case:1")
    assert rendered.body == "李四: /track/case:1/"
    assert rendered.kept_body == f"李四: {MASK}"


def test_a_telephone_gets_the_short_text() -> None:
    assert show(SECRET, {"name": "x", "code": "A1B2"}, short=True) == "A1B2!"
    assert show(PLAIN, {"name": "x"}, short=True) == "Dear x, "


def test_moments_and_days_are_written_in_the_readers_language_and_zone() -> None:
    at = dt.datetime(2026, 11, 20, 16, 5, tzinfo=dt.UTC)
    chinese = show(PLAIN, {"name": at}, language="zh-hans")
    assert "2026年11月21日" in chinese
    assert "00:05" in chinese
    assert "Nov" in show(PLAIN, {"name": dt.date(2026, 11, 20)})


@pytest.mark.parametrize("writer", ["en", "zh-hans"])
def test_translated_words_in_the_context_are_in_the_readers_language(writer: str) -> None:
    with translation.override(writer):
        assert show(PLAIN, {"name": gettext_lazy("Sent")}, language="zh-hans") == "Dear 已发送, "
        assert show(PLAIN, {"name": gettext_lazy("Sent")}, language="en") == "Dear Sent, "
    assert stored({"n": 3, "name": gettext_lazy("nothing says it")}) == {"n": 3, "name": "nothing says it"}


def test_text_that_the_database_refuses_is_cleaned() -> None:
    assert stored({"name": "a\x00b\ud800"}) == {"name": "ab"}


def test_a_placeholder_without_a_name_is_found_when_the_program_starts() -> None:
    with pytest.raises(ValueError, match="numbr"):
        register("broken", subject="{numbr}", body="", names=["number"])


def test_a_kind_has_one_template() -> None:
    register("once", subject="a", body="b")
    register("once", subject="a", body="b")
    with pytest.raises(ValueError, match="two templates"):
        register("once", subject="a", body="c")


def test_a_kind_without_a_template_is_told_by_name() -> None:
    with pytest.raises(ValueError, match="no template"):
        template_of("unheard-of")


def test_the_texts_of_every_kind_use_only_their_placeholders_in_every_language() -> None:
    wrong = []
    for language, _name in project.LANGUAGES:
        with translation.override(language):
            for template in registered():
                for text in (template.subject, template.body, template.sms):
                    wrong += [(language, template.kind, name) for name in unknown_placeholders(template, str(text))]
    assert wrong == []
