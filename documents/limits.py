"""How much of a file is too much. Every figure is a setting; the defaults stand here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from documents.kinds import ATTACHMENTS, Kind

MB = 1024 * 1024
DEFAULTS: dict[str, Any] = {
    "DOCUMENTS_PUBLIC_FILES": 5,
    "DOCUMENTS_PUBLIC_BYTES": 20 * MB,
    "DOCUMENTS_STAFF_FILES": 20,
    "DOCUMENTS_STAFF_BYTES": 200 * MB,
    # Space that must stay free on the disk of the store; below it uploads are refused, reading goes on.
    "DOCUMENTS_FREE_BYTES": 500 * MB,
    "DOCUMENTS_PIXELS": 40_000_000,
    "DOCUMENTS_ZIP_ENTRIES": 1_000,
    "DOCUMENTS_ZIP_RATIO": 100,
    "DOCUMENTS_ZIP_UNPACKED": 100 * MB,
    # Imports are read row by row, so a large sheet is no danger; its table of texts is held in memory.
    "DOCUMENTS_SHEET_UNPACKED": 1024 * MB,
    "DOCUMENTS_SHEET_TEXTS": 150 * MB,
    "DOCUMENTS_SHEET_ROWS": 1_048_576,
    "DOCUMENTS_SHEET_COLUMNS": 256,
    # Dotted path of a callable, or a callable: see documents.actions.scanning. None: nothing is scanned.
    "SCANNER": None,
    "PDF_SECONDS": 60,
    "PDF_MEMORY_BYTES": 1_200_000_000,
    "PDF_HTML_BYTES": 8 * MB,
}


def setting(name: str) -> Any:
    """The value of one of `DEFAULTS`, as the project's settings have it."""
    return getattr(settings, name, DEFAULTS[name])


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What one sender may hand in at once.

    Attributes:
        files: at most so many in one go.
        bytes_per_file: each at most so large.
        kinds: nothing else.
    """

    files: int
    bytes_per_file: int
    kinds: frozenset[Kind] = ATTACHMENTS


def public_limits() -> UploadLimits:
    """Limits of the public form and the tracking page (INT-23)."""
    return UploadLimits(setting("DOCUMENTS_PUBLIC_FILES"), setting("DOCUMENTS_PUBLIC_BYTES"))


def staff_limits() -> UploadLimits:
    """Limits of people who are logged in, and of the API."""
    return UploadLimits(setting("DOCUMENTS_STAFF_FILES"), setting("DOCUMENTS_STAFF_BYTES"))


def made_limits() -> UploadLimits:
    """Limits of files that the system itself made, such as an export that waits for its reader."""
    return UploadLimits(1, 4096 * MB, frozenset({Kind.XLSX, Kind.CSV, Kind.PDF}))


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """When an office file is taken for a bomb; checked from its directory, before anything is unpacked.

    Attributes:
        ratio: unpacked bytes for each packed one.
        unpacked: bytes of all parts together.
    """

    entries: int = field(default_factory=lambda: setting("DOCUMENTS_ZIP_ENTRIES"))
    ratio: int = field(default_factory=lambda: setting("DOCUMENTS_ZIP_RATIO"))
    unpacked: int = field(default_factory=lambda: setting("DOCUMENTS_ZIP_UNPACKED"))


@dataclass(frozen=True, slots=True)
class SheetLimits:
    """How large a table may be that is read."""

    rows: int = field(default_factory=lambda: setting("DOCUMENTS_SHEET_ROWS"))
    columns: int = field(default_factory=lambda: setting("DOCUMENTS_SHEET_COLUMNS"))
    texts: int = field(default_factory=lambda: setting("DOCUMENTS_SHEET_TEXTS"))
    archive: ZipLimits = field(default_factory=lambda: ZipLimits(unpacked=setting("DOCUMENTS_SHEET_UNPACKED")))
