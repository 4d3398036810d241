"""What a file may be called. The name is for people only: on disk every file has a random one.

Everything is decided on the name as it looks after normalisation, because a check before it can be passed with a
full-width letter or an invisible character that vanishes afterwards.
"""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 200
#: Controls, invisible format characters (zero width, text direction), lone surrogates, private use, line separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_LOOKALIKES = str.maketrans(dict.fromkeys("．․﹒", ".") | dict.fromkeys("／∕⁄＼﹨∖", "_"))
_FORBIDDEN = re.compile(r'[<>:"|?*\\/]')
_LIKE_AN_ENDING = re.compile(r"[A-Za-z0-9~]{0,9}[A-Za-z][A-Za-z0-9~]{0,9}")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])")


def visible(text: str) -> str:
    """The text in NFC without characters that nobody sees."""
    kept = (char for char in text if unicodedata.category(char) not in _INVISIBLE and ord(char) & 0xFFFE != 0xFFFE)
    return unicodedata.normalize("NFC", "".join(kept))


def split_ending(raw: str) -> tuple[str, str]:
    """The base name and its ending as the check sees it: NFKC, small letters, without the dot.

    Paths of any system are cut to their last part. The ending is empty where there is none.
    """
    name = re.split(r"[\\/]", visible(raw).translate(_LOOKALIKES))[-1].strip(" .\t\u3000\xa0")
    stem, dot, ending = name.rpartition(".")
    if not dot:
        return name, ""
    return stem.rstrip(" .\u3000"), unicodedata.normalize("NFKC", ending).strip().lower()


def safe_name(raw: str, ending: str) -> str:
    """A name that is safe to show and to offer for saving on any system, with the ending that we decided on.

    Inner endings lose their dot (`x.php.jpg` becomes `x_php.jpg`), names that Windows reserves get a bar in front,
    and what is longer than 200 bytes is cut. Chinese punctuation stays as it was typed.
    """
    stem, _ = split_ending(raw)
    first, *others = re.sub(r"\s+", " ", _FORBIDDEN.sub("_", stem)).split(".")
    stem = first + "".join(("_" if _looks_like_an_ending(part) else ".") + part for part in others)
    stem = stem.strip(" .")
    if _RESERVED.fullmatch(unicodedata.normalize("NFKC", stem.split(".")[0]).strip()):
        stem = "_" + stem
    return f"{_cut(stem, MAX_BYTES - len(ending) - 1) or 'file'}.{ending}"


def shown_name(raw: str) -> str:
    """A name for a sentence about a file that is refused: readable, harmless, short."""
    stem, ending = split_ending(raw)
    name = f"{stem}.{visible(ending)}" if ending else stem
    return (name[:59] + "…") if len(name) > 60 else name or "?"


def _looks_like_an_ending(part: str) -> bool:
    return _LIKE_AN_ENDING.fullmatch(unicodedata.normalize("NFKC", part).strip()) is not None


def _cut(text: str, size: int) -> str:
    """As much of the text as fits into so many bytes of UTF-8, without half a character."""
    return text.encode("utf-8")[:size].decode("utf-8", "ignore").rstrip(" .")
