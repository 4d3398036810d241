"""How bytes leave: an original is saved, never shown; a rendition is shown, and nothing else can be done with it."""

import re

import pytest
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.utils.http import parse_header_parameters
from hypothesis import given
from hypothesis import strategies as st

from audit.actor import Actor
from documents import actions, serving
from documents.exceptions import FileHeldBack
from documents.kinds import FACTS, Kind
from documents.models import File, State
from documents.storage import private
from tests.documents import samples
from tests.documents.corpus import ENDINGS

SYSTEM = Actor.system("files")


def body(response) -> bytes:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    response.close()
    return content


@pytest.mark.django_db
@pytest.mark.req("INT-11")
@pytest.mark.parametrize("kind", sorted(samples.GOOD))
def test_an_original_is_only_offered_for_saving(send, kind: str) -> None:
    content = samples.GOOD[kind]()
    ending = ENDINGS[kind]
    response = serving.serve_original(send(content, f"现场 1.{ending}"))
    assert body(response) == content
    assert dict(response.headers) == {
        "Content-Type": FACTS[Kind(kind)].media_type,
        "Content-Length": str(len(content)),
        "Content-Disposition": f"attachment; filename=\"1.{ending}\"; filename*=UTF-8''%E7%8E%B0%E5%9C%BA%201.{ending}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("thumb", [False, True])
def test_a_rendition_is_shown_in_the_page_and_kept_briefly(send, thumb: bool) -> None:
    file = send(samples.jpeg((900, 600)))
    actions.process_due(by=SYSTEM)
    file.refresh_from_db()
    response = serving.serve_rendition(file, thumb=thumb)
    assert body(response).startswith(b"\xff\xd8")
    headers = dict(response.headers)
    headers.pop("Content-Length", None)
    assert headers == {
        "Content-Type": "image/jpeg",
        "Content-Disposition": "inline",
        "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; style-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=300",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.mp4", "a.jpg"])
def test_what_was_not_painted_has_no_rendition(send, name: str) -> None:
    content = {"a.pdf": samples.pdf(), "a.docx": samples.docx(), "a.mp4": samples.mp4(), "a.jpg": samples.jpeg()}[name]
    with pytest.raises(Http404):
        serving.serve_rendition(send(content, name))


@pytest.mark.django_db
def test_a_file_in_quarantine_is_given_to_nobody(send, settings) -> None:
    settings.SCANNER = lambda _stream: None
    file = send()
    with pytest.raises(FileHeldBack):
        serving.serve_original(file)
    with pytest.raises(Http404):
        serving.serve_rendition(file)


@pytest.mark.django_db
def test_a_refused_file_is_given_to_nobody_and_says_why(send, settings) -> None:
    settings.SCANNER = lambda _stream: "Eicar"
    file = send()
    actions.process_due(by=SYSTEM)
    file.refresh_from_db()
    assert file.state == State.REFUSED
    with pytest.raises(FileHeldBack, match="Eicar"):
        serving.serve_original(file)


@pytest.mark.django_db
def test_an_erased_file_is_given_to_nobody(send) -> None:
    file = actions.erase_file(send(), by=SYSTEM)
    with pytest.raises(FileHeldBack):
        serving.serve_original(file)
    with pytest.raises(Http404):
        serving.serve_rendition(file)


@pytest.mark.django_db
def test_missing_bytes_are_not_found_and_no_fault(send) -> None:
    file = send()
    private().delete(file.original.name)
    with pytest.raises(Http404):
        serving.serve_original(file)


@pytest.mark.django_db
def test_the_policy_of_the_pages_does_not_replace_that_of_files(send) -> None:
    from csp.middleware import CSPMiddleware

    file = send()
    served = CSPMiddleware(lambda _request: serving.serve_original(file))(RequestFactory().get("/"))
    assert served["Content-Security-Policy"] == "sandbox; default-src 'none'"
    served.close()


def test_a_made_file_is_saved_and_not_cached() -> None:
    response = serving.serve_made(b"%PDF-", filename="处理单 2026-000123.pdf", media_type="application/pdf")
    assert response["Content-Disposition"].startswith('attachment; filename="2026-000123.pdf"; ')
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"


@given(st.text(st.characters(), max_size=200))
def test_no_name_breaks_the_header(name: str) -> None:
    header = serving.attachment(name)
    response = HttpResponse()
    response["Content-Disposition"] = header  # raises on line ends and what latin-1 lacks
    assert header.isascii()
    assert re.fullmatch(
        r"""attachment; filename="[A-Za-z0-9 ._()\-+,@&=!~]+"; filename\*=UTF-8''[A-Za-z0-9%._~\-]+""", header
    )
    assert parse_header_parameters(header)[0] == "attachment"


@pytest.mark.parametrize(
    ("name", "plain", "whole"),
    [
        ("现场照片.jpg", "file.jpg", "现场照片.jpg"),
        ('a"; filename=evil.html; x=".jpg', "a_; filename=evil.html; x=_.jpg", None),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie_ x=1.pdf", "aSet-Cookie_ x=1.pdf"),
        ("Rechnung für Zoë.pdf", "Rechnung fur Zoe.pdf", "Rechnung für Zoë.pdf"),
        ("a.jpg\u202e.pdf", "a_jpg.pdf", "a_jpg.pdf"),
        ("", "file.bin", "file.bin"),
    ],
)
def test_a_name_arrives_as_it_was_and_safe(name: str, plain: str, whole: str | None) -> None:
    header = serving.attachment(name)
    assert f'filename="{plain.replace(";", "_")}"' in header or f'filename="{plain}"' in header
    if whole is not None:
        assert parse_header_parameters(header)[1]["filename"] == whole


def test_types_that_a_browser_would_run_are_never_ours() -> None:
    types = {facts.media_type for facts in FACTS.values()}
    assert not {each for each in types if "html" in each or "svg" in each or "javascript" in each or each == "text/xml"}
    assert File._meta.get_field("media_type").max_length >= max(len(each) for each in types)
