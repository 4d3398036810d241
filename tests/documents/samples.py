"""Files for tests, all made here: good ones of every kind, and the bad ones that people and programs send."""

import functools
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable

import pillow_heif
from PIL import Image
from PIL.PngImagePlugin import PngInfo

pillow_heif.register_heif_opener(thumbnails=False)

MARK = b"<script>alert('canary-7391')</script>"
CT = "[Content_Types].xml"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


# --- Pictures --------------------------------------------------------------------------------------


def painted(size: tuple[int, int] = (120, 90), mode: str = "RGB") -> Image.Image:
    """A picture with something on it, the same every time."""
    picture = Image.new("RGB", size, (240, 236, 225))
    maker = random.Random(7)
    for _ in range(12):
        box = [maker.randrange(size[0] // 2), maker.randrange(size[1] // 2)]
        color = tuple(maker.randrange(256) for _ in range(3))
        picture.paste(color, (box[0], box[1], box[0] + size[0] // 3, box[1] + size[1] // 3))
    return picture.convert(mode)


def _saved(form: str, size: tuple[int, int] = (120, 90), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    painted(size, mode).save(out, form, **options)
    return out.getvalue()


@functools.cache
def jpeg(size: tuple[int, int] = (120, 90), mode: str = "RGB") -> bytes:
    return _saved("JPEG", size, mode)


@functools.cache
def png(size: tuple[int, int] = (120, 90), mode: str = "RGB") -> bytes:
    return _saved("PNG", size, mode)


@functools.cache
def webp(size: tuple[int, int] = (120, 90)) -> bytes:
    return _saved("WEBP", size)


@functools.cache
def heic(size: tuple[int, int] = (120, 96)) -> bytes:
    return _saved("HEIF", size)


def photograph(form: str = "JPEG", size: tuple[int, int] = (120, 90), orientation: int = 6) -> bytes:
    """As a telephone takes it: turned, with the place, a comment and a colour profile."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "canary-maker"
    place = exif.get_ifd(0x8825)
    place.update({1: "N", 2: (39.0, 54.0, 26.0), 3: "E", 4: (116.0, 23.0, 29.0)})
    options: dict[str, object] = {"exif": exif, "icc_profile": b"canary-profile" * 20}
    if form == "JPEG":
        options["comment"] = MARK
    if form == "PNG":
        info = PngInfo()
        info.add_text("Comment", MARK.decode())
        options["pnginfo"] = info
    return _saved(form, size, **options)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))


@functools.cache
def png_flood(width: int = 20_000, height: int = 20_000) -> bytes:
    """A valid PNG of one colour: 400 million points in 50 kB."""
    packer, rows = zlib.compressobj(9), io.BytesIO()
    line = b"\0" * (1 + (width + 7) // 8)
    for _ in range(height):
        rows.write(packer.compress(line))
    rows.write(packer.flush())
    head = struct.pack(">LLBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows.getvalue()) + _chunk(b"IEND", b"")


def lying_jpeg(width: int, height: int) -> bytes:
    """A JPEG whose header claims another size."""
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


# --- Office --------------------------------------------------------------------------------------------


def archive(parts: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as target:
        for name, body in parts:
            target.writestr(name, body)
    return out.getvalue()


def content_types(main: str, *others: str) -> bytes:
    overrides = "".join(f'<Override PartName="/p{n}" ContentType="{each}"/>' for n, each in enumerate([main, *others]))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{overrides}</Types>'
    ).encode()


def relations(*items: tuple[str, str, str]) -> bytes:
    """Each item: kind, target, "External" or empty."""
    rows = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONS}{kind}" Target="{target}"'
        + (f' TargetMode="{mode}"/>' if mode else "/>")
        for n, (kind, target, mode) in enumerate(items)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'.encode()


def docx(*extra: tuple[str, bytes], types: tuple[str, ...] = (), main: str = WORD) -> bytes:
    body = b'<?xml version="1.0"?><w:document xmlns:w="w"><w:body/></w:document>'
    return archive(
        [
            (CT, content_types(main, *types)),
            ("_rels/.rels", relations(("officeDocument", "word/document.xml", ""))),
            ("word/document.xml", body),
            *extra,
        ]
    )


@functools.cache
def xlsx() -> bytes:
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    book.active.append(["客户", "内容"])
    book.active.append(["王芳", "阀门漏水"])
    book.save(out)
    return out.getvalue()


def with_parts(source: bytes, *extra: tuple[str, bytes], types: tuple[str, ...] = ()) -> bytes:
    """A workbook with further parts, and further types in its table of contents."""
    with zipfile.ZipFile(io.BytesIO(source)) as old:
        parts = [(info.filename, old.read(info)) for info in old.infolist()]
    if types:
        more = "".join(f'<Override PartName="/x{n}" ContentType="{each}"/>' for n, each in enumerate(types))
        parts = [
            (name, body.replace(b"</Types>", more.encode() + b"</Types>") if name == CT else body)
            for name, body in parts
        ]
    return archive([*parts, *extra])


def zip_bomb(megabytes: int, name: str = "word/media.xml", main: str = WORD) -> bytes:
    """An office file with a part of so many million zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        target.writestr(CT, content_types(main))
        with target.open(name, "w") as part:
            for _ in range(megabytes):
                part.write(b"\0" * 1_000_000)
    return out.getvalue()


def many_entries(count: int) -> bytes:
    return archive([(CT, content_types(WORD)), *[(f"word/p{n}.txt", b"") for n in range(count)]], zipfile.ZIP_STORED)


def large_directory() -> bytes:
    """Claims five entries, but its directory has room for a hundred thousand."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    body = b"PK\3\4" + b"\0" * 26
    directory = entry * 100_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 5, 5, len(directory), len(body), 0)
    return body + directory + end


def large_archive_record(source: bytes) -> bytes:
    """The same archive with the 64-bit record that Apache POI writes into small files too."""
    at = source.rindex(b"PK\5\6")
    entries, size, start = struct.unpack("<HLL", source[at + 10 : at + 20])
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, size, start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)
    return source[:at] + record + locator + source[at:]


def locked(source: bytes) -> bytes:
    """The flag of a password on every entry."""
    data = bytearray(source)
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


# --- Documents, sound, film ---------------------------------------------------------------------------


def pdf(extra: bytes = b"") -> bytes:
    body = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R"
        + extra
        + b">>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    )
    return body + b"trailer<</Root 1 0 R>>\n%%EOF\n"


def wav(seconds: float = 0.5) -> bytes:
    body = b"\0" * int(16_000 * seconds)
    form = struct.pack("<HHLLHH", 1, 1, 8_000, 16_000, 2, 16)
    chunks = b"fmt " + struct.pack("<L", 16) + form + b"data" + struct.pack("<L", len(body)) + body
    return b"RIFF" + struct.pack("<L", 4 + len(chunks)) + b"WAVE" + chunks


def mp3(frames: int = 20, tag: bytes = b"") -> bytes:
    frame = b"\xff\xfb\x90\x00" + b"\0" * 413  # 128 kbit/s at 44.1 kHz: 417 bytes
    head = b""
    if tag:
        size = len(tag)
        head = b"ID3\4\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + tag
    return head + frame * frames


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">L", 8 + len(body)) + name + body


def _film(brand: bytes, *brands: bytes, seconds: int = 3, moov: bool = True) -> bytes:
    head = _box(b"ftyp", brand + b"\0\0\2\0" + b"".join(brands or (brand,)))
    clock = struct.pack(">LLLLL", 0, 0, 0, 1000, seconds * 1000) + b"\0" * 80
    return head + (_box(b"moov", _box(b"mvhd", clock)) if moov else b"") + _box(b"mdat", b"\0" * 2000)


def mp4(seconds: int = 3, moov: bool = True) -> bytes:
    return _film(b"isom", b"isom", b"iso2", b"avc1", b"mp41", seconds=seconds, moov=moov)


def m4a(seconds: int = 3) -> bytes:
    return _film(b"M4A ", b"M4A ", b"mp42", b"isom", seconds=seconds)


def quicktime() -> bytes:
    return _film(b"qt  ", b"qt  ")


def avif() -> bytes:
    return _film(b"mif1", b"mif1", b"avif", b"miaf")


def amr(wide: bool = False) -> bytes:
    return (b"#!AMR-WB\n" if wide else b"#!AMR\n") + (b"\x3c" + b"\0" * 31) * 50


GOOD: dict[str, Callable[[], bytes]] = {
    "jpeg": jpeg,
    "png": png,
    "webp": webp,
    "heic": heic,
    "pdf": pdf,
    "docx": docx,
    "xlsx": xlsx,
    "mp3": mp3,
    "wav": wav,
    "m4a": m4a,
    "amr": amr,
    "mp4": mp4,
}

# --- What never comes in ------------------------------------------------------------------------------------

HTML = b"<!DOCTYPE html><html><body>" + MARK + b"</body></html>"
SVG = b"\n\n\n<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>" + MARK + b"</svg>"
XML = b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><a>&b;</a>"
JAVASCRIPT = b"fetch('/api/v1/cases/').then(r => r.text())"
PHP = b"<?php system($_GET['c']); ?>"
SWF = b"CWS\x0a" + b"\0" * 60
EXE = b"MZ" + b"\x90\0" * 200
ELF = b"\x7fELF\2\1\1" + b"\0" * 200
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
RTF = b"{\\rtf1\\ansi {\\object\\objocx canary}}"
GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
BMP = b"BM" + struct.pack("<LHHL", 70, 0, 0, 54) + b"\0" * 60
RAR = b"Rar!\x1a\x07\x00" + b"\0" * 40
SEVENZIP = b"7z\xbc\xaf\x27\x1c" + b"\0" * 40
GZIP = b"\x1f\x8b\x08\0" + b"\0" * 40
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
