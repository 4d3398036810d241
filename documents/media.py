"""Recordings and videos by their headers. They are never decoded here, only recognised and roughly measured."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from documents.kinds import Kind

_SOUND_BRANDS = {b"M4A ", b"M4B ", b"F4A "}
_FILM_BRANDS = {
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42", b"mp71",
    b"avc1", b"hvc1", b"hev1", b"dash", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"XAVC", b"3gp4", b"3gp5", b"3gp6",
    b"3gp7", b"3ge6", b"3gg6", b"3g2a", b"3g2b", b"f4v ", b"nvr1", b"FACE",
}  # fmt: skip
_STILL_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
_BITRATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_LOW = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = (44_100, 48_000, 32_000)
_MAX_BOXES = 10_000


def box_kind(head: bytes) -> Kind | None:
    """HEIC, M4A or MP4 by the brands in the first box, None for anything else (QuickTime, AVIF, ...)."""
    if head[4:8] != b"ftyp":
        return None
    size = min(struct.unpack(">L", head[:4])[0], len(head))
    major = head[8:12]
    brands = [head[at : at + 4] for at in range(16, size - 3, 4)]
    if b"avif" in (major, *brands) or b"avis" in (major, *brands):
        return None
    if major in _STILL_BRANDS or (major in {b"mif1", b"msf1"} and _STILL_BRANDS & set(brands)):
        return Kind.HEIC
    if major in _SOUND_BRANDS:
        return Kind.M4A
    if major in _FILM_BRANDS:
        return Kind.MP4
    return None


def is_mp3(head: bytes, stream: BinaryIO) -> bool:
    """Whether two frames of MPEG layer III follow each other, after a tag if there is one.

    The two bytes of a frame's mark alone occur in any data, so the second frame must stand where the first one ends.
    """
    start = 0
    if head[:3] == b"ID3" and len(head) >= 10:
        if any(byte & 0x80 for byte in head[6:10]):
            return False
        start = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]) + (10 if head[5] & 0x10 else 0)
    stream.seek(start)
    data = stream.read(4 * 1024 if start else 4)
    padding = len(data) - len(data.lstrip(b"\0")) if start else 0
    first = _frame(data[padding : padding + 4])
    if not first:
        return False
    stream.seek(start + padding + first)
    following = stream.read(4)
    # A recording may end after its first frame, or with an old tag at its end.
    return not following or following[:3] in (b"TAG", b"APE") or _frame(following) > 0


def _frame(header: bytes) -> int:
    """Length in bytes of the layer III frame that this header opens; 0 if it opens none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bitrate, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer != 1 or bitrate in (0, 15) or rate == 3:
        return 0
    full = version == 3
    hertz = _RATES[rate] // {3: 1, 2: 2, 0: 4}[version]
    kilobits = (_BITRATES if full else _BITRATES_LOW)[bitrate]
    return (144 if full else 72) * kilobits * 1000 // hertz + padding


@dataclass(frozen=True, slots=True)
class Length:
    """What could be read about a recording.

    Attributes:
        complete: its parts follow each other to the end; False for a file that was cut off or is no recording.
        seconds: how long it plays, if its header says so.
    """

    complete: bool
    seconds: float | None = None


def measure(kind: Kind, stream: BinaryIO, size: int) -> Length:
    """Walk over the container of a WAV, M4A or MP4 file; the others have none."""
    if kind is Kind.WAV:
        return _measure_wav(stream, size)
    if kind in (Kind.M4A, Kind.MP4):
        return _measure_boxes(stream, size)
    return Length(complete=True)


def _measure_wav(stream: BinaryIO, size: int) -> Length:
    bytes_per_second, at = 0, 12
    for _ in range(_MAX_BOXES):
        stream.seek(at)
        header = stream.read(8)
        if len(header) < 8:
            break
        name, length = header[:4], struct.unpack("<L", header[4:])[0]
        if name == b"fmt ":
            form = stream.read(16)
            bytes_per_second = struct.unpack("<L", form[8:12])[0] if len(form) == 16 else 0
        if name == b"data":
            if not bytes_per_second:
                return Length(complete=False)
            # Recorders that were interrupted leave 0 or the largest number here; the rest of the file is sound.
            return Length(complete=True, seconds=min(length or size, size - at - 8) / bytes_per_second)
        at += 8 + length + (length & 1)
    return Length(complete=False)


def _measure_boxes(stream: BinaryIO, size: int) -> Length:
    seconds, names = None, set()
    for name, start, end in _boxes(stream, 0, size):
        names.add(name)
        if name == b"moov":
            for inner, begin, _end in _boxes(stream, start, end):
                if inner == b"mvhd":
                    seconds = _duration(stream, begin)
    return Length(complete=bool(names & {b"moov", b"moof"}), seconds=seconds)


def _boxes(stream: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, beginning and end of the content of each box in this range; stops at the first that does not fit."""
    for _ in range(_MAX_BOXES):
        stream.seek(at)
        header = stream.read(16)
        if len(header) < 8 or at + 8 > end:
            return
        length, name = struct.unpack(">L4s", header[:8])
        skip = 8
        if length == 1 and len(header) == 16:
            length, skip = struct.unpack(">Q", header[8:])[0], 16
        elif length == 0:
            length = end - at
        if length < skip or at + length > end:
            return
        yield name, at + skip, at + length
        at += length


def _duration(stream: BinaryIO, at: int) -> float | None:
    stream.seek(at)
    data = stream.read(32)
    if len(data) < 32:
        return None
    scale, length = struct.unpack(">LQ", data[20:32]) if data[0] == 1 else struct.unpack(">LL", data[12:20])
    seconds = length / scale if scale else 0
    return seconds if 0 < seconds < 86_400 * 30 else None
