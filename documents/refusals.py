"""Why a file is refused: one sentence for each reason, said to the person who sent it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "type": _(
        "“%(name)s” was not taken: files ending in “%(ending)s” are not accepted. "
        "Please send a picture (jpg, png, webp, heic), a PDF, a Word or Excel file (docx, xlsx), "
        "a recording (mp3, wav, m4a, amr) or a video (mp4)."
    ),
    "no_ending": _(
        "“%(name)s” was not taken: its name has no ending, so we cannot tell what it is. "
        "Please add the right ending to the name, for example .pdf, and send it again."
    ),
    "kind": _(
        "“%(name)s” was not taken: here only these kinds of file are accepted: %(kinds)s. Please save it as one "
        "of them."
    ),
    "empty": _("“%(name)s” was not taken: the file is empty. Please check it on your device and send it again."),
    "too_large": _(
        "“%(name)s” was not taken: it has %(size)s, and at most %(limit)s are accepted. "
        "Please send a smaller version, or send it in parts."
    ),
    "too_many": _(
        "%(count)s files are too many: at most %(limit)s are accepted at once. Please choose the most important ones."
    ),
    "lying": _(
        "“%(name)s” was not taken: by its name it is a %(claimed)s, but its content is something else%(hint)s. "
        "Please check that you chose the right file, or save it again in the right format."
    ),
    "picture_broken": _(
        "“%(name)s” was not taken: the picture is damaged and cannot be opened. "
        "Please check it on your device and send it again, or send a screenshot of it."
    ),
    "pixels": _(
        "“%(name)s” was not taken: the picture has %(width)s × %(height)s points, more than the %(limit)s million "
        "that can be shown. Please send it in a smaller size."
    ),
    "archive_broken": _(
        "“%(name)s” was not taken: the file is damaged and cannot be opened. "
        "Please open it in Word or Excel, save it again, and send it once more."
    ),
    "archive_locked": _(
        "“%(name)s” was not taken: it is protected with a password, so nobody here could read it. "
        "Please remove the password, or send it as PDF."
    ),
    "archive_bomb": _(
        "“%(name)s” was not taken: unpacked it would be far too large. Please save it again with less content, "
        "or send it as PDF."
    ),
    "macro": _(
        "“%(name)s” was not taken: it contains macros (small programs). Please save it without macros, or send "
        "it as PDF."
    ),
    "external": _(
        "“%(name)s” was not taken: it loads content from other files or servers. "
        "Please remove the external links or save it as PDF, and send that."
    ),
    "embedded": _(
        "“%(name)s” was not taken: other files or programs are embedded in it. "
        "Please remove them or save it as PDF, and send the embedded files by themselves."
    ),
    "media_broken": _(
        "“%(name)s” was not taken: the recording is damaged or was not finished. Please check that it plays on "
        "your device and send it again."
    ),
    "infected": _(
        "“%(name)s” is kept back: the virus scanner found “%(found)s” in it. Please ask the sender for a clean copy."
    ),
    "no_space": _(
        "“%(name)s” could not be stored: the server has no space left for files. Your text is not lost. "
        "Please send it again later."
    ),
}


class Refusal(Exception):
    """Raised inside the checks; `inspect` turns it into a verdict."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def sentence(code: str, params: Mapping[str, Any]) -> str:
    """What a person reads, in the language that is active now."""
    return str(SENTENCES[code]) % params
