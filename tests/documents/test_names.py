"""Names of files, whatever they were."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.names import MAX_BYTES, safe_name, shown_name, split_ending

ANYTHING = st.text(st.characters(), max_size=300) | st.text(
    st.sampled_from('a.b/\\:*?"<>| \u200b\u202e．／ＰＨＰ\0\r\n\ud800图'), max_size=40
)


@given(ANYTHING)
def test_a_safe_name_can_be_written_on_every_system(raw: str) -> None:
    name = safe_name(raw, "jpg")
    assert len(name.encode("utf-8")) <= MAX_BYTES
    assert name.endswith(".jpg")
    assert not set(name) & set('<>:"|?*\\/\r\n\t\0')
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in name)
    assert name[0] not in ". "
    assert name.rpartition(".")[0].strip(" .") != ""
    assert safe_name(name, "jpg") == name


@given(ANYTHING)
def test_the_ending_is_looked_at_after_normalisation(raw: str) -> None:
    _stem, ending = split_ending(raw)
    assert ending == unicodedata.normalize("NFKC", ending).lower()
    assert "." not in ending
    assert len(shown_name(raw)) <= 60


@pytest.mark.parametrize("inner", ["php", "pht", "html", "js", "exe", "phtml", "ｐｈｐ", "Php5"])
def test_an_inner_ending_loses_its_dot(inner: str) -> None:
    assert safe_name(f"a.{inner}.jpg", "jpg").count(".") == 1


@pytest.mark.parametrize("name", ["说明 v2.1.jpg", "2026.11.21 现场.jpg", "第3次.来电.jpg"])
def test_dots_of_dates_and_versions_stay(name: str) -> None:
    assert safe_name(name, "jpg") == name
