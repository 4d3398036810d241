"""Pictures: measured by their header, and made anew for people to look at.

A file that is a valid picture may carry a page with scripts behind its last byte, and every photograph of a telephone
carries the place where it was taken. Checking does not help against either; painting the points anew does.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import BinaryIO

import pillow_heif
from PIL import Image, ImageOps

from documents.kinds import Kind
from documents.limits import setting
from documents.refusals import Refusal

RENDITION_EDGE = 2048
THUMBNAIL_EDGE = 320
_QUALITY = 85
_BAND = 64
#: Only the decoder that the content asked for is tried. MPO is a JPEG with a second view behind it (many telephones).
_FORMATS = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.WEBP: "WEBP", Kind.HEIC: "HEIF"}
#: What Pillow and its decoders raise for damaged pictures.
_DECODE_ERRORS = (OSError, ValueError, TypeError, SyntaxError, IndexError, KeyError, EOFError, MemoryError,
                  ArithmeticError, AttributeError, RuntimeError, NotImplementedError)  # fmt: skip

#: Kinds that a rendition is made of.
KINDS = frozenset(_FORMATS)

pillow_heif.register_heif_opener(thumbnails=False)
# Between one and two times its own limit Pillow only warns. Process-wide on purpose: a filter set around each call
# would not hold in a process with threads.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Rendition:
    """A picture that was painted anew, and its small version.

    Attributes:
        media_type: of both, image/jpeg or image/webp.
        width, height: of the large one, in points.
    """

    content: bytes
    thumbnail: bytes
    media_type: str
    width: int
    height: int


def probe(kind: Kind, stream: BinaryIO) -> tuple[int, int]:
    """Width and height in points, from the header alone.

    Raises:
        Refusal: the header cannot be read, or the picture is too large to be shown.
    """
    with _open(kind, stream) as picture:
        return picture.size


def render(kind: Kind, stream: BinaryIO) -> Rendition:
    """Decode the whole picture and encode it again, upright, without any data beside the points.

    Pictures that may be transparent or sharp-edged (PNG, WebP) become WebP, photographs become JPEG.

    Raises:
        Refusal: damaged or too large.
    """
    with _open(kind, stream) as picture:
        try:
            # JPEG can be decoded at an eighth of its size for nothing; other formats ignore it.
            picture.draft("RGB", (RENDITION_EDGE, RENDITION_EDGE))
            small = _shrink(picture, RENDITION_EDGE)
            upright = ImageOps.exif_transpose(small)
            form = "WEBP" if kind in (Kind.PNG, Kind.WEBP) else "JPEG"
            large = _plain(upright, form)
            tiny = large.copy()
            tiny.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE), Image.Resampling.LANCZOS)
            return Rendition(encode(large, form), encode(tiny, form), f"image/{form.lower()}", *large.size)
        except _DECODE_ERRORS as error:
            raise Refusal("picture_broken") from error


def encode(picture: Image.Image, form: str) -> bytes:
    """The points of this picture as a new file."""
    out = io.BytesIO()
    if form == "WEBP":
        picture.save(out, "WEBP", quality=_QUALITY, method=4)
    else:
        picture.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def _open(kind: Kind, stream: BinaryIO) -> Image.Image:
    stream.seek(0)
    try:
        picture = Image.open(stream, formats=(_FORMATS[kind],))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Refusal("pixels", width="?", height="?", limit=_millions()) from error
    except _DECODE_ERRORS as error:
        raise Refusal("picture_broken") from error
    width, height = picture.size
    if width * height > setting("DOCUMENTS_PIXELS"):
        raise Refusal("pixels", width=width, height=height, limit=_millions())
    if width < 1 or height < 1:
        raise Refusal("picture_broken")
    return picture


def _millions() -> int:
    return int(setting("DOCUMENTS_PIXELS")) // 1_000_000


def _shrink(picture: Image.Image, edge: int) -> Image.Image:
    """The picture, at most so large, in a form that can be resized."""
    picture.load()
    factor = max(picture.size) // edge
    small = _in_bands(picture, factor) if factor > 1 else _resizable(picture)
    if max(small.size) > edge:
        small.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    # exif_transpose looks for the orientation in the picture it is given.
    small.info.setdefault("exif", picture.info.get("exif", b""))
    return small


def _in_bands(picture: Image.Image, factor: int) -> Image.Image:
    """Shrink by a whole number, one band of lines after the other.

    Resizing a transparent picture in one go makes three copies of it; of forty million points each has 160 MB.
    """
    width, height = picture.size
    small: Image.Image | None = None
    for top in range(0, height, factor * _BAND):
        band = _resizable(picture.crop((0, top, width, min(top + factor * _BAND, height)))).reduce(factor)
        if small is None:
            small = Image.new(band.mode, (band.width, -(-height // factor)))
        small.paste(band, (0, top // factor))
    return small or picture


def _resizable(picture: Image.Image) -> Image.Image:
    """Palettes, single bits and deep greys cannot be averaged; this can."""
    if picture.mode in ("P", "PA") or "transparency" in picture.info:
        return picture.convert("RGBA")
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode.startswith(("I", "F")):
        # 16-bit scans would come out white otherwise.
        return picture.convert("F").point(lambda value: value * (255.0 / 65_535.0) + 0.0).convert("L")
    return picture


def _plain(picture: Image.Image, form: str) -> Image.Image:
    """Only points: no notes, no colour profile, no place; transparent becomes white where the form has no alpha."""
    transparent = picture.mode in ("LA", "RGBA", "La", "RGBa", "PA")
    if transparent and form == "JPEG":
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture.convert("RGB"), mask=picture.convert("RGBA").getchannel("A"))
        picture = ground
    else:
        picture = picture.convert("RGBA" if transparent else "RGB")
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    return clean
