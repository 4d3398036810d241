"""Stops an upload while it runs, before it has filled the disk for temporary files."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext as _

from documents.limits import MB, UploadLimits, public_limits, staff_limits

#: For the fields and the frames around the files.
_SLACK = 2 * MB


class TotalSizeHandler(FileUploadHandler):
    """Counts the bytes of all files of one request; first in `FILE_UPLOAD_HANDLERS`.

    A limit in front of the application is better still, but not every installation has something in front.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._left = 0

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 - Django's own name
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Refuse at once what says itself that it is too large."""
        limits = self._limits()
        self._left = limits.files * limits.bytes_per_file + _SLACK
        if content_length > self._left:
            raise RequestDataTooBig(self._sentence(limits))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count, and hand on to the next handler."""
        self._left -= len(raw_data)
        if self._left < 0:
            raise RequestDataTooBig(self._sentence(self._limits()))
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The file itself is made by the next handler."""

    def _limits(self) -> UploadLimits:
        user = getattr(self.request, "user", None)
        return staff_limits() if user is not None and user.is_authenticated else public_limits()

    def _sentence(self, limits: UploadLimits) -> str:
        return _(
            "The files are too large together: at most %(count)s files of %(size)s MB each are accepted. "
            "Nothing was stored. Please send fewer or smaller ones."
        ) % {
            "count": limits.files,
            "size": limits.bytes_per_file // MB,
        }
