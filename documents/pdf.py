"""Paper: our own HTML and CSS as PDF, made in a process of its own that can be ended.

A layout can take minutes (a long word in a column one point wide) or all memory, and neither can be stopped inside a
process; and a renderer that fetches addresses reads files and networks for whoever gets text into it. So the page is
made by a child that knows nothing of this system: no settings, no secrets, no addresses but a small table of ours.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from documents.checks import missing_packages
from documents.exceptions import PdfFailed, PdfUnavailable
from documents.limits import setting
from documents.sheets.writing import Stamp

logger = logging.getLogger(__name__)

_FOLDER = Path(__file__).resolve().parent
_CHILD = _FOLDER / "pdf_child.py"
#: Exit codes of the child.
_NO_LIBRARY, _NO_MEMORY, _TOO_DEEP = 3, 4, 5
#: Libraries in C end the process in one way or another when they get no memory.
_OUT_OF_MEMORY = {_NO_MEMORY, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT, -signal.SIGTRAP}
#: What the child may know of its surroundings: where programs and fonts are, and the language.
_ENVIRONMENT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "XDG_CACHE_HOME",
    "XDG_DATA_DIRS",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
)


def render_paper(template: str, context: Mapping[str, Any], *, stamp: Stamp) -> bytes:
    """A paper form from a template that extends `documents/paper.html`, with user, time and number on every page.

    Raises:
        PdfFailed, PdfUnavailable: see `render_pdf`.
    """
    return render_pdf(render_to_string(template, {**context, "stamp": stamp}))


def render_pdf(
    html: str, *, styles: Sequence[str] = ("paper.css",), pictures: Mapping[str, bytes] | None = None
) -> bytes:
    """Make a PDF of a page whose values are already escaped.

    Args:
        styles: names in `documents/paper/`; every one is applied to the page.
        pictures: what `<img src="app:/pictures/NAME">` shows: PNG, JPEG, or SVG of our own making.

    Raises:
        PdfUnavailable: this machine lacks the libraries; the sentence names the packages.
        PdfFailed: too long, too large, or too deep. Nothing else suffers.
    """
    if len(html.encode("utf-8", "replace")) > setting("PDF_HTML_BYTES"):
        raise PdfFailed(
            _("This paper would be too long. Please choose fewer records, or export a table (XLSX) instead.")
        )
    job = {
        "html": html.encode("utf-8", "replace").decode("utf-8"),
        "styles": list(styles),
        "table": {name: [kind, base64.b64encode(body).decode()] for name, (kind, body) in _table(pictures).items()},
        "seconds": setting("PDF_SECONDS"),
        "memory": setting("PDF_MEMORY_BYTES"),
    }
    return _run(json.dumps(job).encode())


def _table(pictures: Mapping[str, bytes] | None) -> dict[str, tuple[str, bytes]]:
    """Everything that a page may name, by its address."""
    table = dict(_own_files())
    for name, body in (pictures or {}).items():
        table[f"app:/pictures/{name}"] = (_picture_type(body), body)
    return table


@cache
def _own_files() -> dict[str, tuple[str, bytes]]:
    return {f"app:/{path.name}": ("text/css", path.read_bytes()) for path in sorted((_FOLDER / "paper").glob("*.css"))}


def _picture_type(body: bytes) -> str:
    if body.startswith(b"\x89PNG"):
        return "image/png"
    return "image/jpeg" if body.startswith(b"\xff\xd8") else "image/svg+xml"


def _run(job: bytes) -> bytes:
    seconds = setting("PDF_SECONDS")
    with _child() as child:
        try:
            out, errors = child.communicate(job, timeout=seconds + 5)
        except subprocess.TimeoutExpired as error:
            raise PdfFailed(_too_slow(seconds)) from error
    if child.returncode == 0 and out.startswith(b"%PDF-"):
        return out
    logger.warning("No PDF (exit %s): %s", child.returncode, errors.decode("utf-8", "replace")[-2000:])
    raise _failure(child.returncode, seconds)


@contextmanager
def _child() -> Iterator[subprocess.Popen[bytes]]:
    """The child in a group of its own; whatever happens here, the group is gone afterwards."""
    child = subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", str(_CHILD), str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        cwd="/",
        close_fds=True,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe and not pipe.closed:
                pipe.close()


def _failure(code: int, seconds: int) -> PdfFailed:
    if code == _NO_LIBRARY:
        packages = missing_packages() or ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
        return PdfUnavailable(
            _(
                "PDFs cannot be made on this server, because system libraries are missing. The administrator has "
                "to install: "
                "%(packages)s. Until then, print the page from your browser."
            )
            % {"packages": " ".join(packages)}
        )
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        return PdfFailed(_too_slow(seconds))
    if code in _OUT_OF_MEMORY:
        return PdfFailed(
            _(
                "This paper needs more memory than is allowed. Please choose fewer records, or export a table "
                "(XLSX) instead."
            )
        )
    if code == _TOO_DEEP:
        return PdfFailed(
            _("This paper is nested too deeply to be laid out. Please print the page from your browser instead.")
        )
    return PdfFailed(
        _(
            "The PDF could not be made. Please print the page from your browser instead, and tell the "
            "administrator what you wanted to print."
        )
    )


def _too_slow(seconds: int) -> str:
    return _(
        "Making this PDF took longer than %(seconds)s seconds and was stopped. Please choose fewer records, or "
        "export a table (XLSX) instead."
    ) % {"seconds": seconds}
