"""Small real pictures, each different, without drawing ten thousand of them."""

from __future__ import annotations

import io
import struct
import zlib
from functools import lru_cache


def picture(client: int, n: int) -> bytes:
    """A PNG whose bytes no other form of the run has: one drawn picture with a text chunk of its own."""
    whole = _drawn()
    end = whole.rindex(b"IEND") - 4
    return whole[:end] + _chunk(b"tEXt", b"Comment\x00%d-%d" % (client, n)) + whole[end:]


@lru_cache(maxsize=1)
def _drawn() -> bytes:
    from PIL import Image

    made = io.BytesIO()
    Image.effect_noise((160, 120), 40).save(made, "PNG")
    return made.getvalue()


def _chunk(name: bytes, value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + name + value + struct.pack(">I", zlib.crc32(name + value))
