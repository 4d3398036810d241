"""How this room says no."""

from __future__ import annotations

from audit.exceptions import DomainError, InvalidInput, NotAllowed


class FileRefused(InvalidInput):
    """A file cannot be taken; `message` tells its sender why and what to do, `code` is for programs and tests."""

    def __init__(self, code: str, message: str, *, field: str = "files") -> None:
        self.code = code
        super().__init__(field, message)


class StoreFull(DomainError):
    """The disk has no space for another file. The record itself can still be saved."""


class FileHeldBack(NotAllowed):
    """The file exists, but is not given to anybody: it waits for the scanner, was refused, or was erased."""


class SheetRefused(InvalidInput):
    """A table cannot be read; `message` names the place and what to do."""

    def __init__(self, message: str, *, row: int | None = None) -> None:
        self.row = row
        super().__init__("file", message)


class PdfFailed(DomainError):
    """The paper could not be made from this content; nothing was changed by trying."""


class PdfUnavailable(PdfFailed):
    """This machine lacks what is needed to make any paper."""
