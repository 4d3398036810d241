"""What a PDF from outside may do when it is opened, as far as its plain text shows it."""

from __future__ import annotations

import re
from typing import BinaryIO

_STEP = 1 << 20
_OVERLAP = 64
#: Names may be written with hexadecimal letters: /J#61vaScript is /JavaScript.
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_MARKS = {
    "encrypted": (b"/Encrypt",),
    "script": (b"/JavaScript", b"/JS ", b"/JS(", b"/JS<"),
    "attachments": (b"/EmbeddedFile",),
    "launch": (b"/Launch",),
}


def marks(stream: BinaryIO) -> tuple[str, ...]:
    """Names of the marks that were found; an absent one proves nothing, because a PDF may pack its objects.

    The file is kept whatever is found: it is never shown in the page, and evidence is not turned away. A reader sees
    the marks beside the link.
    """
    stream.seek(0)
    found: set[str] = set()
    rest = b""
    while block := stream.read(_STEP):
        text = rest + block
        plain = _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), text) if b"#" in text else text
        found |= {name for name, words in _MARKS.items() if any(word in plain for word in words)}
        rest = text[-_OVERLAP:]
    return tuple(name for name in _MARKS if name in found)
