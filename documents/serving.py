"""How bytes leave the house. The room that owns a file checks the right first, then calls one of these.

An original is only ever offered for saving. What a page shows are renditions, which we painted ourselves.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, TypeVar
from urllib.parse import quote

from django.http import FileResponse, Http404, HttpResponse
from django.utils.translation import gettext as _

from documents.exceptions import FileHeldBack
from documents.models import File, State
from documents.names import safe_name, split_ending

#: Even a browser that opens the bytes after all runs nothing in them and loads nothing for them.
_POLICY = "sandbox; default-src 'none'"
_PICTURE_POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'none'"
Response = TypeVar("Response", HttpResponse, FileResponse)
_NOT_ASCII = re.compile(r"[^A-Za-z0-9 ._()\-+,@&=!~]")


def serve_original(file: File, *, filename: str = "") -> FileResponse:
    """The original bytes, to be saved under this name (default: as its sender called it). Never inline.

    Raises:
        FileHeldBack: it waits for the scanner, was refused, or was erased.
        Http404: its bytes are missing.
    """
    if not file.is_available:
        raise FileHeldBack(_held_back(file))
    response = FileResponse(_open(file.original), content_type=file.media_type)
    response["Content-Length"] = str(file.size)
    return _harden(response, attachment(filename or file.claimed_name), _POLICY, "private, no-store")


def serve_rendition(file: File, *, thumb: bool = False) -> FileResponse:
    """The picture of a file for a page, or its small version.

    Raises:
        Http404: there is none (yet): no picture, not painted, held back.
    """
    if not file.has_rendition or file.erased_at:
        raise Http404(_("There is no picture to show of this file."))
    field = file.thumbnail if thumb else file.rendition
    response = FileResponse(_open(field), content_type=file.rendition_type)
    # Private and short: who loses the right to a case must not find its pictures in the browser tomorrow.
    return _harden(response, "inline", _PICTURE_POLICY, "private, max-age=300")


def serve_made(content: bytes, *, filename: str, media_type: str) -> HttpResponse:
    """A file that we made for this request, such as a paper or a table; to be saved, not cached."""
    response = HttpResponse(content, content_type=media_type)
    return _harden(response, attachment(filename), _POLICY, "private, no-store")


def attachment(filename: str) -> str:
    """A Content-Disposition for saving under any name (RFC 6266, RFC 5987); never breaks the header.

    Old programs read the plain parameter, so its letters are a safe rest of the name; all others read the second.
    """
    _stem, ending = split_ending(filename)
    name = safe_name(filename, ending if re.fullmatch(r"[a-z0-9]{1,10}", ending) else "bin")
    flat = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = _NOT_ASCII.sub("_", flat).strip(" .")
    if not plain or plain.startswith(".") or "." not in plain:
        plain = f"file.{name.rpartition('.')[2]}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _harden(response: Response, disposition: str, policy: str, cache: str) -> Response:
    response["Content-Disposition"] = disposition
    response["Content-Security-Policy"] = policy
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = cache
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _open(field: Any) -> Any:
    try:
        return field.storage.open(field.name, "rb")
    except FileNotFoundError as error:
        raise Http404(_("The bytes of this file are missing in the store; please tell the administrator.")) from error


def _held_back(file: File) -> str:
    if file.erased_at:
        return _("This file was erased for the protection of personal data; it cannot be brought back.")
    if file.state == State.REFUSED:
        return file.why_kept_back
    return _("This file is still waiting for the virus scanner. Please try again in a few minutes.")
