"""Whether a file is taken, and what it is: decided from its content and the normalised end of its name.

Nothing is stored here and nothing large is decoded: names, headers and directories are enough for a verdict. What
senders and libraries say about the type is at most a hint for the wording of a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, cast

from django.core.files.base import File as Content
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from documents import containers, media, pdf_marks, pictures
from documents.kinds import ATTACHMENTS, BY_EXTENSION, FACTS, PICTURES, Kind, interchangeable
from documents.limits import UploadLimits, ZipLimits
from documents.names import safe_name, shown_name, split_ending
from documents.refusals import Refusal, sentence

_HEAD = 4096
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"%PDF-", Kind.PDF),
    (b"#!AMR\n", Kind.AMR),
    (b"#!AMR-WB\n", Kind.AMR),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about one file.

    Attributes:
        name: safe to show and to offer for saving; for a refused file a short form of what the sender called it.
        kind: what it is; None for a refused file.
        code: why it is refused (a key of `refusals.SENTENCES`); empty when it is taken.
        flags: what a reader should know before opening it: "encrypted", "script", "attachments", "launch", "cut_off".
        seconds: how long a recording plays, where its header says so.
    """

    name: str
    kind: Kind | None = None
    code: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None
    seconds: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the file is taken."""
        return not self.code

    @property
    def reason(self) -> str:
        """Why it is refused and what to do, for the person who sent it; empty when it is taken."""
        return "" if self.ok else sentence(self.code, {"name": self.name, **self.params})

    @property
    def media_type(self) -> str:
        """What we say about it when we send it."""
        return FACTS[self.kind].media_type if self.kind else "application/octet-stream"


def inspect(stream: BinaryIO, raw_name: str, *, size: int, limits: UploadLimits) -> Verdict:
    """Judge one file. The stream must be seekable and is left at its beginning.

    Args:
        raw_name: what the sender calls it; may be anything.
        size: its length in bytes, as counted by us.
    """
    try:
        return _judge(stream, raw_name, size, limits)
    except Refusal as refusal:
        return Verdict(shown_name(raw_name), code=refusal.code, params=refusal.params)
    finally:
        stream.seek(0)


def objections(files: Sequence[Content[Any]], *, limits: UploadLimits) -> list[str]:
    """All that is wrong with the files of one sender, a sentence each; empty when every file would be taken.

    For forms, so that a sender hears everything at once and before anything is stored.
    """
    found = []
    if len(files) > limits.files:
        found.append(sentence("too_many", {"count": len(files), "limit": limits.files}))
    for file in files[: limits.files]:
        verdict = inspect(cast(BinaryIO, file), file.name or "", size=length(file), limits=limits)
        if not verdict.ok:
            found.append(verdict.reason)
    return found


def length(file: Content[Any]) -> int:
    """Bytes as they are, not as somebody says; leaves the file at its beginning."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    return int(size)


def sniff(stream: BinaryIO) -> Kind | None:
    """What the content is; None if it is none of our kinds."""
    stream.seek(0)
    head = stream.read(_HEAD)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF":
        return {b"WEBP": Kind.WEBP, b"WAVE": Kind.WAV}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return media.box_kind(head)
    if head[:4] == b"PK\3\4":
        return containers.office_kind(containers.open_archive(stream, ZipLimits()))
    return Kind.MP3 if media.is_mp3(head, stream) else None


def _judge(stream: BinaryIO, raw_name: str, size: int, limits: UploadLimits) -> Verdict:
    _, ending = split_ending(raw_name)
    claimed = BY_EXTENSION.get(ending)
    if ending and (claimed is None or (claimed not in ATTACHMENTS and claimed not in limits.kinds)):
        raise Refusal("type", ending=ending[:20])
    if size == 0:
        raise Refusal("empty")
    if size > limits.bytes_per_file:
        raise Refusal("too_large", size=filesizeformat(size), limit=filesizeformat(limits.bytes_per_file))
    kind = _decide(stream, claimed)
    if kind not in limits.kinds:
        raise Refusal("kind", kinds=", ".join(sorted(FACTS[each].extensions[0] for each in limits.kinds)))
    written = ending if ending in FACTS[kind].extensions else FACTS[kind].extensions[0]
    return _look_inside(kind, stream, size, Verdict(safe_name(raw_name, written), kind))


def _decide(stream: BinaryIO, claimed: Kind | None) -> Kind:
    """Content and name must agree; where a wrong ending harms nobody, the content decides."""
    actual = sniff(stream)
    if claimed is None:
        # Some telephones send pictures and recordings without an ending; for the rest the ending is needed.
        if actual is None or actual in (Kind.DOCX, Kind.XLSX):
            raise Refusal("no_ending")
        return actual
    if claimed is Kind.CSV and actual is None and not _looks_like_markup(stream):
        return claimed
    if actual is None or not interchangeable(actual, claimed):
        raise Refusal("lying", claimed=claimed.label, hint=_hint(stream, actual))
    return actual


def _look_inside(kind: Kind, stream: BinaryIO, size: int, verdict: Verdict) -> Verdict:
    if kind in PICTURES:
        width, height = pictures.probe(kind, stream)
        return replace(verdict, width=width, height=height)
    if kind in (Kind.DOCX, Kind.XLSX):
        containers.check_contents(containers.open_archive(stream, ZipLimits()))
        return verdict
    if kind is Kind.PDF:
        return replace(verdict, flags=pdf_marks.marks(stream))
    length = media.measure(kind, stream, size)
    if kind is Kind.WAV and not length.complete:
        raise Refusal("media_broken")
    return replace(verdict, seconds=length.seconds, flags=() if length.complete else ("cut_off",))


def _looks_like_markup(stream: BinaryIO) -> bool:
    stream.seek(0)
    head = stream.read(512).replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    return head.startswith((b"<", b"{\\rtf", b"\xd0\xcf\x11\xe0"))


def _hint(stream: BinaryIO, actual: Kind | None) -> str:
    """What the content may be instead, in brackets; empty where nobody knows."""
    if actual is not None:
        return _(" (%(kind)s)") % {"kind": actual.label}
    import puremagic  # reads its tables at import; only refusals need it

    stream.seek(0)
    try:
        guess = puremagic.from_string(stream.read(_HEAD))
    except (puremagic.PureError, ValueError, OSError):
        return ""
    return _(" (%(kind)s)") % {"kind": guess.lstrip(".").upper()} if guess else ""
