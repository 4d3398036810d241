"""The kinds of file that this system takes, and what is fixed about each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What a file is, by our own decision from its content; never what its sender says."""

    JPEG = "jpeg", _("JPEG picture")
    PNG = "png", _("PNG picture")
    WEBP = "webp", _("WebP picture")
    HEIC = "heic", _("HEIC picture")
    PDF = "pdf", _("PDF document")
    DOCX = "docx", _("Word document")
    XLSX = "xlsx", _("Excel workbook")
    MP3 = "mp3", _("MP3 recording")
    WAV = "wav", _("WAV recording")
    M4A = "m4a", _("M4A recording")
    AMR = "amr", _("AMR recording")
    MP4 = "mp4", _("MP4 video")
    CSV = "csv", _("CSV table")


class Family(StrEnum):
    """Kinds that people tell apart; each has its icon."""

    PICTURE = "picture"
    DOCUMENT = "document"
    OFFICE = "office"
    SHEET = "sheet"
    SOUND = "sound"
    FILM = "film"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is fixed about one kind.

    Attributes:
        extensions: endings that claim this kind, without the dot, small letters; the first is the one we write.
        media_type: what we say when we send the file.
    """

    extensions: tuple[str, ...]
    media_type: str
    family: Family


_OFFICE = "application/vnd.openxmlformats-officedocument."
FACTS: dict[Kind, Facts] = {
    Kind.JPEG: Facts(("jpg", "jpeg", "jpe", "jfif"), "image/jpeg", Family.PICTURE),
    Kind.PNG: Facts(("png",), "image/png", Family.PICTURE),
    Kind.WEBP: Facts(("webp",), "image/webp", Family.PICTURE),
    Kind.HEIC: Facts(("heic", "heif", "hif"), "image/heic", Family.PICTURE),
    Kind.PDF: Facts(("pdf",), "application/pdf", Family.DOCUMENT),
    Kind.DOCX: Facts(("docx",), _OFFICE + "wordprocessingml.document", Family.OFFICE),
    Kind.XLSX: Facts(("xlsx",), _OFFICE + "spreadsheetml.sheet", Family.OFFICE),
    Kind.MP3: Facts(("mp3",), "audio/mpeg", Family.SOUND),
    Kind.WAV: Facts(("wav",), "audio/wav", Family.SOUND),
    Kind.M4A: Facts(("m4a",), "audio/mp4", Family.SOUND),
    Kind.AMR: Facts(("amr",), "audio/amr", Family.SOUND),
    Kind.MP4: Facts(("mp4", "m4v"), "video/mp4", Family.FILM),
    Kind.CSV: Facts(("csv", "txt"), "text/csv", Family.SHEET),
}
BY_EXTENSION: dict[str, Kind] = {ending: kind for kind, facts in FACTS.items() for ending in facts.extensions}
PICTURES = frozenset(kind for kind, facts in FACTS.items() if facts.family is Family.PICTURE)
#: What a person may attach to a case. A CSV table is for imports only.
ATTACHMENTS = frozenset(Kind) - {Kind.CSV}


def interchangeable(one: Kind, other: Kind) -> bool:
    """Whether a file of the one kind may bear the ending of the other.

    Telephones call WebP pictures `.jpg` and recordings in an MP4 container `.mp3`. Pictures are painted anew and
    recordings are never played in a page, so the content decides and the ending is put right. Between all other kinds
    a wrong ending is refused.
    """
    families = {FACTS[one].family, FACTS[other].family}
    return one is other or families == {Family.PICTURE} or families <= {Family.SOUND, Family.FILM}
