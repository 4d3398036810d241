"""Translations are compiled without the gettext programs."""

import gettext
import os
import stat
from pathlib import Path

import polib
import pytest

from feedback_system import catalogues
from tests.feedback_system import words

PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=1; plural=0;\\n"

msgid "case"
msgstr "案件"

msgctxt "verb"
msgid "close"
msgstr "结案"

msgid "%(n)s case"
msgid_plural "%(n)s cases"
msgstr[0] "%(n)s 件"

#, fuzzy
msgid "unsure"
msgstr "不确定"
"""


@pytest.fixture
def locale(tmp_path: Path) -> Path:
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(PO, encoding="utf-8")
    return tmp_path


def test_the_compiled_catalogue_says_what_the_source_says(locale: Path) -> None:
    assert catalogues.compile_catalogues(locale) == 1
    target = locale / "zh_Hans" / "LC_MESSAGES" / "django.mo"
    with target.open("rb") as file:
        found = gettext.GNUTranslations(file)
    assert found.gettext("case") == "案件"
    assert found.pgettext("verb", "close") == "结案"
    assert found.ngettext("%(n)s case", "%(n)s cases", 2) == "%(n)s 件"
    assert found.gettext("unsure") == "unsure"
    assert stat.S_IMODE(target.stat().st_mode) == 0o644


def test_only_what_changed_is_compiled_again(locale: Path) -> None:
    catalogues.compile_catalogues(locale)
    assert catalogues.compile_catalogues(locale) == 0
    source = locale / "zh_Hans" / "LC_MESSAGES" / "django.po"
    later = source.stat().st_mtime_ns + 2_000_000_000
    os.utime(source, ns=(later, later))
    os.utime(source.with_suffix(".mo"), ns=(later - 1, later - 1))
    assert catalogues.compile_catalogues(locale) == 1
    assert [path.name for path in source.parent.iterdir() if path.name.startswith(".")] == []


def untranslated(catalogue: polib.POFile) -> dict[words.Word, str]:
    """Texts that would be shown in English, with a file in which each stands."""
    said = {
        (entry.msgctxt or "", entry.msgid)
        for entry in catalogue.translated_entries()
        if all(entry.msgstr_plural.values()) and not entry.obsolete
    }
    return {word: where for word, where in words.everywhere().items() if word not in said and word[1]}


def chinese() -> polib.POFile:
    return polib.pofile(str(words.ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))


def test_the_chinese_catalogue_says_everything() -> None:
    found = words.everywhere()
    assert len(found) > 3000
    assert untranslated(chinese()) == {}


@pytest.mark.parametrize(
    "word",
    [("", "The repair has begun."), ("return move", "Refuse"), ("return clock", "Callback"), ("", "Hand over work")],
    ids=lambda word: word[1],
)
def test_a_text_that_is_not_translated_is_found_whatever_marks_it(word: words.Word) -> None:
    catalogue = chinese()
    entry = next(entry for entry in catalogue if (entry.msgctxt or "", entry.msgid) == word)
    entry.msgstr = ""
    assert set(untranslated(catalogue)) == {word}
