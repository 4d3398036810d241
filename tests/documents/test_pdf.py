"""T8 and M23: paper reads no file and no network, ends when its time is up, and takes nobody with it."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from django.template import engines
from django.utils import timezone, translation

from documents import checks, pdf
from documents.exceptions import PdfFailed, PdfUnavailable
from documents.sheets import Stamp
from tests.documents import samples

pytestmark = pytest.mark.skipif(bool(checks.missing_packages()), reason="the libraries for paper are not installed")
CANARY = "canary-4417-not-in-any-paper"


class Listener:
    """A server on this machine that only counts who calls."""

    def __enter__(self) -> "Listener":
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]
        self.calls, self.open = 0, True
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()
        return self

    def listen(self) -> None:
        while self.open:
            try:
                connection, _ = self.socket.accept()
            except TimeoutError:
                continue
            self.calls += 1
            connection.close()

    def __exit__(self, *_args: object) -> None:
        self.open = False
        self.thread.join()
        self.socket.close()


def everything_inside(content: bytes) -> bytes:
    """The PDF with its packed streams unpacked, so that nothing hides in it."""
    found = [content]
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            found.append(zlib.decompressobj().decompress(match[1]))
        except zlib.error:
            continue
    return b"\n".join(found)


def attack(path: Path, port: int) -> str:
    """Every way by which a page can ask for a file or an address."""
    file, web = path.as_uri(), f"http://127.0.0.1:{port}"
    drawing = (
        "%3Csvg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'%3E"
        f"%3Cimage xlink:href='{web}/j.png'/%3E%3Cuse href='{file}'/%3E%3C/svg%3E"
    )
    return f"""<html><head>
      <link rel="attachment" href="{file}"><link rel="stylesheet" href="{file}">
      <link rel="stylesheet" href="{web}/a.css"><link rel="attachment" href="{web}/b"><base href="{web}/">
      <style>@import url({file}); @import url({web}/c.css);
        @font-face {{ font-family: x; src: url({web}/d.ttf), url({file}) }}
        body {{ background: url({web}/e.png); font-family: x }} li {{ list-style-image: url({file}) }}
        p::before {{ content: url({web}/f.png) }}</style></head>
      <body><a rel="attachment" href="{file}">x</a><img src="{file}"><img src="{web}/g.png"><img src="h.png">
      <img src="//127.0.0.1:{port}/h.png"><object data="{file}">x</object><embed src="{web}/i">
      <iframe src="{file}"></iframe><img src="data:image/svg+xml,{drawing}"><img src="app:/../../../etc/hostname">
      <img src="app:///etc/hostname"><img src="ftp://127.0.0.1:{port}/k"><p>text</p><ul><li>one</li></ul>
      <svg><image href="{web}/l.png"/><image href="{file}"/></svg></body></html>"""


def test_a_paper_reads_no_file_and_calls_nobody(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text(CANARY)
    before = path.stat().st_atime_ns
    with Listener() as listener:
        content = pdf.render_pdf(attack(path, listener.port))
    inside = everything_inside(content)
    assert listener.calls == 0
    assert CANARY.encode() not in inside
    assert b"/EmbeddedFile" not in inside
    assert path.stat().st_atime_ns == before


def test_control_the_library_by_itself_reads_the_file_and_calls(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text(CANARY)
    with Listener() as listener:
        code = "import sys, weasyprint; sys.stdout.buffer.write(weasyprint.HTML(string=sys.stdin.read()).write_pdf())"
        done = subprocess.run(
            [sys.executable, "-c", code], input=attack(path, listener.port).encode(), capture_output=True, check=True
        )
    assert listener.calls > 0
    assert CANARY.encode() in everything_inside(done.stdout)


def test_the_child_cannot_call_even_if_a_fetcher_would() -> None:
    """The second wall by itself: sockets and programs are refused inside the child."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import pdf_child, socket, subprocess, os\n"
        "sys.addaudithook(pdf_child.refuse)\n"
        "for act in (lambda: socket.create_connection(('127.0.0.1', 9), 1), lambda: subprocess.run(['true']),"
        " lambda: os.system('true'), os.fork):\n"
        "    try: act()\n"
        "    except PermissionError: print('refused')\n"
    )
    folder = str(Path(pdf.__file__).parent)
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused"] * 4


# --- Limits ------------------------------------------------------------------------------------------

ENDLESS = "<table style='width:1px;table-layout:fixed'><tr><td style='width:1px;overflow-wrap:anywhere'>" + "a" * 40_000
DEEP = "<div>" * 5_000 + "x" + "</div>" * 5_000


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The process groups of the papers made so far: this test's own, for a browser beside it starts processes too."""
    started, really = [], pdf._child

    @contextmanager
    def watched() -> Iterator[subprocess.Popen[bytes]]:
        with really() as child:
            started.append(child.pid)
            yield child

    monkeypatch.setattr(pdf, "_child", watched)
    return started


def alive(groups: list[int]) -> list[str]:
    """Who is left of these groups, also those that nobody waited for."""
    left = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) in groups:
                left.append(f"{process.pid} {process.name()} {process.status()}")
    return left


@pytest.mark.parametrize(
    ("html", "seconds", "memory"),
    [
        pytest.param("<table>" + ENDLESS + "</table>" + DEEP, 3, 1_200_000_000, id="endless"),
        pytest.param("<i>x</i>" * 20_000, 60, 200_000_000, id="memory"),
        pytest.param("<img src='app:/pictures/flood'>", 60, 500_000_000, id="bomb"),
    ],
)
def test_what_does_not_end_is_ended_with_a_sentence(
    settings, groups: list[int], html: str, seconds: int, memory: int
) -> None:
    settings.PDF_SECONDS, settings.PDF_MEMORY_BYTES = seconds, memory
    start = time.monotonic()
    failure = failing(html, pictures={"flood": samples.png_flood()})
    # Only the picture may be left out and the paper made without it.
    assert failure or "flood" in html
    assert not isinstance(failure, PdfUnavailable)
    assert time.monotonic() - start < seconds + 10
    assert len(groups) == 1
    assert alive(groups) == []
    settings.PDF_SECONDS, settings.PDF_MEMORY_BYTES = 60, 1_200_000_000  # the narrow limits were for the other
    assert pdf.render_pdf("<p>next</p>").startswith(b"%PDF-")


def test_control_a_group_that_lives_is_seen(groups: list[int]) -> None:
    with pdf._child():
        assert alive(groups)
    assert alive(groups) == []


def failing(html: str, **options) -> PdfFailed | None:
    """Why no paper was made of it, said in a sentence; None if one was made."""
    try:
        pdf.render_pdf(html, **options)
    except PdfFailed as failure:
        return failure if len(failure.message) > 20 else None
    return None


def test_a_page_nested_too_deeply_is_refused_in_a_sentence() -> None:
    with pytest.raises(PdfFailed) as caught:
        pdf.render_pdf(DEEP)
    assert len(caught.value.message) > 20


def test_a_page_that_is_too_long_is_refused_before_it_is_tried(settings) -> None:
    settings.PDF_HTML_BYTES = 100
    with pytest.raises(PdfFailed, match=r"XLSX"):
        pdf.render_pdf("x" * 101)


def test_a_long_table_is_made_in_time() -> None:
    rows = "".join(f"<tr><td>2026-{n:06d}</td><td>阀门漏水，已经三次来电</td><td>{n}</td></tr>" for n in range(500))
    inside = everything_inside(pdf.render_pdf(f"<table class='list'>{rows}</table>"))
    assert len(re.findall(rb"/Type\s*/Page\b", inside)) > 5


@pytest.mark.prove
@pytest.mark.timeout(300)
def test_the_inputs_that_were_measured_end_within_their_limit(settings) -> None:
    """M23: a table of 2,000 rows is made; 40,000 letters in one point and 1,500 nested boxes are ended."""
    settings.PDF_SECONDS = 25
    rows = "".join(f"<tr><td>{n}</td><td>阀门漏水</td><td>{n}</td></tr>" for n in range(2_000))
    assert pdf.render_pdf(f"<table>{rows}</table>").startswith(b"%PDF-")
    for html in (ENDLESS, "<div>" * 1_500 + "x"):
        start = time.monotonic()
        failing(html)
        assert time.monotonic() - start < 30


def test_a_caller_that_is_killed_leaves_no_child(tmp_path: Path) -> None:
    """kill -9 on the worker while it waits for a paper."""
    code = (
        "import django; from django.conf import settings\n"
        "settings.configure(USE_I18N=False); django.setup()\n"
        "from documents import pdf\n"
        f"pdf.render_pdf({('<table>' + ENDLESS)!r} + {DEEP!r})\n"
    )
    script = tmp_path / "caller.py"
    script.write_text(code)
    root = Path(pdf.__file__).parent.parent
    caller = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(root)})
    try:
        found: list[psutil.Process] = []
        deadline = time.monotonic() + 30
        while not found and time.monotonic() < deadline:
            found = [
                child for child in psutil.Process(caller.pid).children() if "pdf_child" in " ".join(child.cmdline())
            ]
            time.sleep(0.05)
        assert found
        time.sleep(0.5)
        caller.send_signal(signal.SIGKILL)
        caller.wait(10)
        _gone, alive = psutil.wait_procs(found, timeout=5)
        assert not [child for child in alive if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    finally:
        if caller.poll() is None:
            caller.kill()
            caller.wait()


def test_the_child_gets_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", CANARY)
    monkeypatch.setenv("DATABASE_URL", CANARY)
    seen: dict[str, object] = {}
    original = subprocess.Popen

    def spy(command, **options):
        seen.update(options)
        return original(command, **options)

    monkeypatch.setattr(pdf.subprocess, "Popen", spy)
    pdf.render_pdf("<p>x</p>")
    assert CANARY not in str(seen)
    assert "SECRET_KEY" not in seen["env"]


# --- Missing libraries --------------------------------------------------------------------------------


def test_missing_libraries_are_named_in_the_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "child.py"
    broken.write_text("import sys; print('cannot load library', file=sys.stderr); sys.exit(3)")
    monkeypatch.setattr(pdf, "_CHILD", broken)
    with pytest.raises(PdfUnavailable) as caught:
        pdf.render_pdf("<p>x</p>")
    for package in ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"):
        assert package in caught.value.message


@pytest.mark.parametrize("code", [1, 2, 137])
def test_a_child_that_fails_otherwise_is_a_sentence_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int
) -> None:
    broken = tmp_path / "child.py"
    broken.write_text(f"import sys; sys.exit({code})")
    monkeypatch.setattr(pdf, "_CHILD", broken)
    with pytest.raises(PdfFailed):
        pdf.render_pdf("<p>x</p>")


# --- What is on the paper -------------------------------------------------------------------------------


def on_paper(content: bytes, tmp_path: Path) -> list[str]:
    """The text of each page, as a reader of PDFs sees it."""
    import shutil

    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return done.stdout.split("\f")[:-1]


@pytest.fixture
def slip(tmp_path: Path, settings):
    """A paper form as another room writes it."""
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "slip.html").write_text(
        '{% extends "documents/paper.html" %}{% block content %}<h1>处理单</h1><p class="text">{{ text }}</p>'
        "{% for n in lines %}<p>{{ n }}</p>{% endfor %}{% endblock %}"
    )
    engine = engines["django"].engine
    engine.dirs.append(folder)
    for loader in engine.template_loaders:
        if hasattr(loader, "reset"):
            loader.reset()
    yield "slip.html"
    engine.dirs.remove(folder)


@pytest.mark.req("SEC-13", "RPT-23")
def test_every_page_carries_user_time_number_and_pages(slip: str, tmp_path: Path) -> None:
    stamp = Stamp("张三", timezone.now(), "2026-000123")
    with translation.override("zh-hans"):
        content = pdf.render_paper(slip, {"text": "x", "lines": range(120)}, stamp=stamp)
    pages = on_paper(content, tmp_path)
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        compact = re.sub(r"\s+", "", page)
        assert "张三" in compact
        assert "2026-000123" in compact
        assert f"{timezone.localtime(stamp.at):%Y-%m-%d%H:%M}" in compact
        assert f"第{number}页，共{len(pages)}页" in compact


def test_what_a_customer_wrote_is_text_on_the_paper(slip: str, tmp_path: Path) -> None:
    text = "<script>alert(1)</script><link rel=attachment href=file:///etc/hostname> & “引号” 王芳"
    content = pdf.render_paper(slip, {"text": text, "lines": []}, stamp=Stamp("张三", timezone.now(), "1"))
    (page,) = on_paper(content, tmp_path)
    assert re.sub(r"\s+", "", text) in re.sub(r"\s+", "", page)
    assert b"/EmbeddedFile" not in everything_inside(content)


@pytest.mark.parametrize(
    "text", ["\0\x0b\x1b", "\ud800", "\uffff\ufffe", "图" * 5_000, "😀👩‍🔧", "\u202eabc", "a" * 5_000]
)
def test_any_text_can_be_printed(slip: str, text: str) -> None:
    content = pdf.render_paper(slip, {"text": text, "lines": []}, stamp=Stamp("张三", timezone.now(), "1"))
    assert content.startswith(b"%PDF-")


def test_a_picture_is_named_by_the_table_only(slip: str) -> None:
    with_picture = pdf.render_pdf("<img src='app:/pictures/1'>", pictures={"1": samples.jpeg()})
    without = pdf.render_pdf("<img src='app:/pictures/2'>", pictures={"1": samples.jpeg()})
    image = re.compile(rb"/Subtype\s*/Image")
    assert image.search(everything_inside(with_picture))
    assert not image.search(everything_inside(without))


def test_chinese_is_set_in_a_chinese_face() -> None:
    if not checks.has_chinese_font():
        pytest.skip("no Chinese font is installed")
    inside = everything_inside(pdf.render_pdf("<p>客户投诉</p>"))
    assert re.search(rb"/BaseFont\s*/\w+\+(Noto-Serif-CJK|Source-Han|SimSun|Songti|WenQuanYi)", inside)
