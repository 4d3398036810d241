"""Log lines: one line a record, no control characters, no personal data that has a recognisable form."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

_MASKS = (
    (re.compile(r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)"), "[phone]"),
    (re.compile(r"(?<![\d.])\d{17}[\dXx](?!\d)"), "[id-number]"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "[mail]"),
    (re.compile(r"(?i)((?:password|passwd|token|secret|authorization|code)[\"']?\s*[=:]\s*)[^\s,;&}]+"), r"\1[masked]"),
    (re.compile(r"(/track/)[A-Za-z0-9_-]{20,}"), r"\1[masked]"),
    (re.compile(r"(/invitation/)[A-Za-z0-9_-]{20,}"), r"\1[masked]"),
)


def scrub(text: str) -> str:
    """The text without telephone numbers, mail addresses, identity numbers and secrets."""
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text


class Scrub(logging.Filter):
    """Masks a record's message before any handler writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record pass, masked."""
        record.msg, record.args = scrub(record.getMessage()), ()
        return True


#: What JSON leaves as it is and a terminal obeys: C1 controls, line and paragraph separators, changes of direction.
_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class LineFormatter(logging.Formatter):
    """JSON lines: a forged line break in a message stays inside its string."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object."""
        line = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "name": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = scrub(self.formatException(record.exc_info))
        written = json.dumps(line, ensure_ascii=False)
        return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
