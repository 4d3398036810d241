"""The upload corpus: every file gets the verdict that stands beside it."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from documents.inspection import inspect, objections
from documents.limits import made_limits, public_limits, staff_limits
from documents.refusals import SENTENCES
from tests.documents import samples
from tests.documents.corpus import CORPUS, MB, Sent
from tests.documents.measuring import measured


def judge(sent: Sent):
    content = sent.make()
    return inspect(io.BytesIO(content), sent.name, size=sent.size or len(content), limits=public_limits())


@pytest.mark.req("INT-11", "INT-23")
@pytest.mark.parametrize("sent", CORPUS, ids=[sent.label for sent in CORPUS])
def test_every_file_of_the_corpus_gets_its_verdict(sent: Sent) -> None:
    verdict = judge(sent)
    got = verdict.kind.value if verdict.ok else f"!{verdict.code}"
    assert (got, verdict.flags) == (sent.expected, sent.flags)
    if sent.shown:
        assert verdict.name == sent.shown
    assert verdict.ok == (verdict.reason == "")


def test_the_corpus_is_large_enough_and_says_nothing_twice() -> None:
    assert len(CORPUS) >= 200
    assert len({sent.label for sent in CORPUS}) == len(CORPUS)
    refused = {sent.expected[1:] for sent in CORPUS if sent.expected.startswith("!")}
    later = {"too_many", "infected", "no_space", "kind"}
    assert set(SENTENCES) - refused == later


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_refusal_is_a_sentence_that_says_what_to_do(language: str) -> None:
    seen = {}
    for sent in CORPUS:
        verdict = judge(sent)
        if not verdict.ok:
            with translation.override(language):
                seen.setdefault(verdict.code, verdict.reason)
    for code, text in seen.items():
        assert len(text) > (40 if language == "en" else 15), code
        assert "%" not in text, text
        if language == "zh-hans":
            assert any("\u4e00" <= char <= "\u9fff" for char in text), text


def test_a_refused_name_is_shown_short_and_without_tricks() -> None:
    verdict = inspect(io.BytesIO(b"x"), "a\u202e" + "b" * 300 + "\r\n.exe", size=1, limits=public_limits())
    assert len(verdict.name) <= 60
    assert "\u202e" not in verdict.reason
    assert "\n" not in verdict.reason


def test_staff_may_send_larger_files_than_customers() -> None:
    content = io.BytesIO(samples.jpeg())
    assert inspect(content, "a.jpg", size=150 * MB, limits=staff_limits()).ok
    assert not inspect(content, "a.jpg", size=150 * MB, limits=public_limits()).ok


def test_where_tables_are_asked_for_other_kinds_are_refused() -> None:
    for name, content, code in [
        ("a.csv", "姓名,电话\n王,1\n".encode("gb18030"), ""),
        ("a.txt", b"a\tb\n", ""),
        ("a.xlsx", samples.xlsx(), ""),
        ("a.jpg", samples.jpeg(), "kind"),
        ("a.csv", samples.HTML, "lying"),
        ("a.csv", samples.xlsx(), "lying"),
    ]:
        assert inspect(io.BytesIO(content), name, size=len(content), limits=made_limits()).code == code, name


def test_a_sender_hears_about_all_files_at_once() -> None:
    files = [SimpleUploadedFile(f"{n}.jpg", samples.jpeg() if n else b"no picture") for n in range(7)]
    found = objections(files, limits=public_limits())
    assert len(found) == 2
    assert "7" in found[0]
    assert "0.jpg" in found[1]
    assert objections(files[1:4], limits=public_limits()) == []


MEASURE = """
from documents.inspection import inspect
from documents.limits import public_limits
from tests.documents.corpus import CORPUS
limits = public_limits()
inspect(io.BytesIO(b"x"), "a.jpg", size=1, limits=limits)
files = [(sent.name, sent.size, sent.make()) for sent in CORPUS]
before = peak()
for name, size, content in files:
    inspect(io.BytesIO(content), name, size=size or len(content), limits=limits)
careful = peak() - before
if "--control" in sys.argv:
    from PIL import Image
    from tests.documents import samples
    Image.MAX_IMAGE_PIXELS = None
    Image.open(io.BytesIO(samples.png_flood())).convert("L").tobytes()
print(json.dumps([careful, peak() - before]))
"""


@pytest.mark.parametrize("control", [False, True])
def test_bombs_cost_no_memory_and_without_the_checks_they_would(control: bool) -> None:
    """Memory of a process that judges the whole corpus; the control decodes one of its bombs."""
    careful, whole = measured(MEASURE, *(["--control"] if control else []))
    assert careful < 200
    assert (whole >= 200) is control
