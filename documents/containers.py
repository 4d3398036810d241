"""Word and Excel files are zip archives; here they are judged by their directory, before anything is unpacked."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import BinaryIO
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from documents.kinds import Kind
from documents.limits import MB, ZipLimits
from documents.refusals import Refusal

#: What `zipfile` raises for archives that are damaged or lie about themselves.
ZIP_ERRORS = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, RuntimeError, EOFError, OSError,
              ValueError, KeyError)  # fmt: skip
#: Many small parts pack well without being bombs; below this size the ratio of a part is not looked at.
_RATIO_FROM = MB
_PART_MAX = 2 * MB
_DIRECTORY_MAX = MB
_MAIN = {
    "wordprocessingml.document.main+xml": Kind.DOCX,
    "spreadsheetml.sheet.main+xml": Kind.XLSX,
}
_MACROS = ("macroenabled", "vbaproject", "macrosheet", "dialogsheet", "intlmacrosheet")
_LINKS = {"http", "https", "mailto", "tel", ""}


def open_archive(stream: BinaryIO, limits: ZipLimits) -> zipfile.ZipFile:
    """The archive, after its directory was found to be small, honest and unlocked.

    Raises:
        Refusal: bomb, locked, or damaged.
    """
    entries, size = _directory(stream)
    if entries > limits.entries or size > _DIRECTORY_MAX:
        raise Refusal("archive_bomb")
    try:
        archive = zipfile.ZipFile(stream)
    except ZIP_ERRORS as error:
        raise Refusal("archive_broken") from error
    _judge(archive.infolist(), limits, _length(stream))
    return archive


def office_kind(archive: zipfile.ZipFile) -> Kind | None:
    """Which kind of office document the archive says it is; None if it is none of ours.

    Raises:
        Refusal: it has macros, or its table of contents cannot be read.
    """
    try:
        root = _xml(archive, "[Content_Types].xml")
    except KeyError:
        return None
    types = [(element.get("ContentType") or "").lower() for element in root]
    if any(mark in name for name in types for mark in _MACROS):
        raise Refusal("macro")
    for mark, kind in _MAIN.items():
        if any(name.endswith(mark) for name in types):
            return kind
    return None


def check_contents(archive: zipfile.ZipFile) -> None:
    """Refuse macros, embedded programs, and whatever is loaded from elsewhere when the file is opened.

    A hyperlink that a reader has to click is no danger and stays allowed.

    Raises:
        Refusal: macro, embedded, external, or damaged.
    """
    for info in archive.infolist():
        name = info.filename.lower()
        base = name.rpartition("/")[2]
        if base.startswith(("vbaproject", "vbadata")) or "/macrosheets/" in name:
            raise Refusal("macro")
        if "/activex/" in name or ("/embeddings/" in name and not base.endswith((".xlsx", ".docx", ".pptx"))):
            raise Refusal("embedded")
        if base.endswith((".xml", ".rels")):
            _refuse_declarations(archive, info)
        if base.endswith(".rels"):
            _check_relations(archive, info.filename)


def _directory(stream: BinaryIO) -> tuple[int, int]:
    """How many entries the archive has and how large its directory is, by the record at its end.

    `zipfile` reads the whole directory into objects before one can count them, so a directory of 20 MB would cost
    hundreds of megabytes. Its way of finding the record is followed here, so that both see the same one.
    """
    length = _length(stream)
    reach = min(length, 22 + 65_535)
    stream.seek(length - reach)
    tail = stream.read(reach)
    at = len(tail) - 22
    if at < 0 or tail[at : at + 4] != b"PK\5\6" or tail[-2:] != b"\0\0":
        at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22:
        raise Refusal("archive_broken")
    entries, size = struct.unpack("<HL", tail[at + 10 : at + 16])
    locator = length - reach + at - 20
    if locator >= 0:
        stream.seek(locator)
        record = stream.read(20)
        if record[:4] == b"PK\6\7":
            entries, size = _large_directory(stream, locator)
    stream.seek(0)
    return entries, size


def _large_directory(stream: BinaryIO, locator: int) -> tuple[int, int]:
    """The same from the 64-bit record, which `zipfile` expects right before its locator.

    Programs that stream (Apache POI does) write it for small files too, so it is no reason to refuse.
    """
    start = locator - 56
    if start < 0:
        raise Refusal("archive_broken")
    stream.seek(start)
    record = stream.read(56)
    if record[:4] != b"PK\6\6":
        raise Refusal("archive_broken")
    entries, size = struct.unpack("<QQ", record[32:48])
    return entries, size


def _judge(infos: list[zipfile.ZipInfo], limits: ZipLimits, length: int) -> None:
    total = sum(info.file_size for info in infos)
    if len(infos) > limits.entries or total > limits.unpacked:
        raise Refusal("archive_bomb")
    # Overlapping parts can share their packed bytes, so the file's own size counts too.
    if total > _RATIO_FROM and total > limits.ratio * length:
        raise Refusal("archive_bomb")
    for info in infos:
        if info.flag_bits & 0x1:
            raise Refusal("archive_locked")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refusal("archive_broken")
        if info.file_size > _RATIO_FROM and info.file_size > limits.ratio * max(info.compress_size, 1):
            raise Refusal("archive_bomb")
    if len({info.filename.lower() for info in infos}) != len(infos):
        raise Refusal("archive_broken")


def _refuse_declarations(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """No office program writes a DOCTYPE; it is there to name entities and files."""
    head = _read(archive, info, 4096)
    if b"<!DOCTYPE" in head.replace(b"\0", b"") or b"<!ENTITY" in head.replace(b"\0", b""):
        raise Refusal("external")


def _check_relations(archive: zipfile.ZipFile, name: str) -> None:
    for relation in _xml(archive, name):
        kind = (relation.get("Type") or "").rpartition("/")[2].lower()
        if kind in {"oleobject", "control", "vbaproject"}:
            raise Refusal("macro" if kind == "vbaproject" else "embedded")
        if (relation.get("TargetMode") or "").lower() != "external":
            continue
        if kind != "hyperlink" or _scheme(relation.get("Target") or "") not in _LINKS:
            raise Refusal("external")


def _scheme(target: str) -> str:
    if target.startswith(("//", "\\\\")):
        return "file"
    try:
        return urlsplit(target.strip()).scheme.lower()
    except ValueError:
        return "?"


def _xml(archive: zipfile.ZipFile, name: str):  # type: ignore[no-untyped-def]
    info = archive.getinfo(name)
    if info.file_size > _PART_MAX:
        raise Refusal("archive_bomb")
    try:
        return fromstring(_read(archive, info, _PART_MAX), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Refusal("archive_broken") from error


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int) -> bytes:
    try:
        with archive.open(info) as part:
            return part.read(size)
    except ZIP_ERRORS as error:
        raise Refusal("archive_broken") from error


def _length(stream: BinaryIO) -> int:
    stream.seek(0, 2)
    return stream.tell()
