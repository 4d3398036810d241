"""Does the history still say what was written? One pass over sorted streams, in bounded memory.

What each part can see:
- the chain of a thread: an event edited, deleted from the middle, inserted, swapped;
- the heads: the end of a thread cut off, a whole thread gone;
- the checkpoints: the same after the heads were rewritten too;
- the checkpoints' files: the same after the checkpoints were rewritten with the key.
The chain alone cannot see a cut-off end: `verify(anchors=False)` says so in its verdict.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from audit import chain, checkpoints
from audit.models import Checkpoint

_CHUNK = 5000
_EVENTS = """
    SELECT thread, seq, (extract(epoch FROM at) * 1000000)::bigint, actor_kind, actor_id, actor_label, deputy_for, verb,
           changes::text, digest::text, prev, hash
    FROM audit_event ORDER BY thread, seq
"""
_HEADS = "SELECT thread, seq, hash FROM audit_head WHERE seq > 0 ORDER BY thread"
_ANCHORS = "SELECT thread, seq, hash, checkpoint_id FROM audit_checkpointhead ORDER BY thread, seq"
_SEALED = """
    SELECT event.thread, event.seq, field, salt, old::text, "new"::text, event.digest ->> field
    FROM audit_sealed JOIN audit_event AS event ON event.id = event_id WHERE erased_at IS NULL
"""
_SEALED_GONE = """
    SELECT thread, seq, name FROM audit_event AS event CROSS JOIN jsonb_object_keys(digest) AS name
    WHERE digest <> '{}' AND NOT EXISTS (SELECT FROM audit_sealed WHERE event_id = event.id AND field = name)
"""
_ERASED_UNSEEN = """
    SELECT event.thread, event.seq, field FROM audit_sealed JOIN audit_event AS event ON event.id = event_id
    WHERE erased_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM audit_event AS act
        WHERE act.thread = event.thread AND act.verb = 'erase_values' AND act.at = erased_at
    )
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written.

    Attributes:
        seq: the first bad number in the thread; for checkpoints, the checkpoint's number.
    """

    code: str
    thread: str
    seq: int
    detail: str = ""

    @property
    def text(self) -> str:
        """The sentence for a person."""
        return _sentences()[self.code] % {"thread": self.thread, "seq": self.seq, "detail": self.detail}


@dataclass(slots=True)
class Verdict:
    """What the verifier saw. `anchored` is False if the ends of the threads were not compared with anything."""

    anchored: bool
    events: int = 0
    threads: int = 0
    checkpoints: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.findings


Row = tuple[Any, ...]
_decode = json.JSONDecoder().raw_decode  # twice as fast as json.loads, and PostgreSQL's text has no spaces around it


def verify(*, anchors: bool = True, files: bool = True) -> Verdict:
    """Compare all events with their hashes, threads with their heads, and both with the checkpoints.

    Run it in one snapshot (REPEATABLE READ) while the program is in use; needs memory for one thread at a time.

    Args:
        anchors: False compares with neither heads nor checkpoints: then a cut-off end is not seen.
        files: False does not look at the checkpoints' files.
    """
    verdict = Verdict(anchored=anchors)
    _verify_threads(verdict)
    _verify_sealed(verdict)
    if anchors:
        _verify_checkpoints(verdict, files=files)
    verdict.findings.sort(key=lambda finding: (finding.thread, finding.seq))
    return verdict


def _verify_threads(verdict: Verdict) -> None:
    key = settings.AUDIT_KEY.encode()
    heads = _Merge(_stream(_HEADS) if verdict.anchored else iter(()))
    marks = _Merge(_stream(_ANCHORS) if verdict.anchored else iter(()))
    for thread, rows in groupby(_stream(_EVENTS), key=lambda row: row[0]):
        verdict.findings.extend(_missing(marks.before(thread), heads.before(thread)))
        walk = _Walk(key, {row[1]: row[2] for row in marks.at(thread)})
        walk.follow(rows)
        verdict.threads += 1
        verdict.events += walk.count
        head = heads.at(thread)
        if walk.fault:
            verdict.findings.append(Finding(walk.fault, thread, walk.seq))
        elif verdict.anchored:
            verdict.findings.extend(_against_head(thread, (walk.seq, walk.prev), head))
    verdict.findings.extend(_missing(marks.rest(), heads.rest()))


def _missing(*passed_over: dict[str, list[Row]]) -> Iterator[Finding]:
    threads: dict[str, int] = {}
    for found in passed_over:
        threads |= {thread: rows[-1][1] for thread, rows in found.items()}
    return (Finding("missing_thread", thread, events) for thread, events in threads.items())


class _Walk:
    """Follows one chain. Stops judging at the first bad event, because everything after it hangs on it."""

    def __init__(self, key: bytes, marks: dict[int, str]) -> None:
        self.key = key
        self.marks = marks
        self.seq, self.prev, self.fault, self.count = 0, "", "", 0

    def follow(self, rows: Iterator[Row]) -> None:
        for row in rows:
            self.count += 1
            if not self.fault:
                self.seq += 1
                self.fault = self._fault_of(row)
                self.prev = row[11]
        if self.marks and not self.fault:
            self.seq, self.fault = self.seq + 1, "cut_tail"

    def _fault_of(self, row: Row) -> str:
        changes, digest = row[8], row[9]
        content = (
            *row[:8],
            {} if changes == "{}" else _decode(changes)[0],
            {} if digest == "{}" else _decode(digest)[0],
            row[10],
        )
        if row[1] != self.seq:
            return "gap"
        if row[11] != chain.event_hash(self.key, content):
            return "edited"
        if row[10] != self.prev:
            return "broken_link"
        if self.marks and self.marks.pop(self.seq, row[11]) != row[11]:
            return "differs_from_checkpoint"
        return ""


def _against_head(thread: str, last: tuple[int, str], heads: list[Row]) -> Iterator[Finding]:
    if not heads:
        yield Finding("no_head", thread, last[0])
        return
    _thread, seq, last_hash = heads[0]
    if seq > last[0]:
        yield Finding("cut_tail", thread, last[0] + 1)
    elif (seq, last_hash) != last:
        yield Finding("head_differs", thread, last[0])


def _verify_sealed(verdict: Verdict) -> None:
    key = settings.AUDIT_KEY.encode()
    for thread, seq, name, salt, old, new, digest in _stream(_SEALED):
        values = (old and json.loads(old), new and json.loads(new))
        if digest is None or chain.seal(key, salt, name, values) != digest:
            verdict.findings.append(Finding("sealed_edited", thread, seq, name))
    for code, sql in (("sealed_missing", _SEALED_GONE), ("erased_unseen", _ERASED_UNSEEN)):
        verdict.findings.extend(Finding(code, *row) for row in _stream(sql))


def _verify_checkpoints(verdict: Verdict, *, files: bool) -> None:
    key, number, prev, events = settings.AUDIT_KEY.encode(), 0, "", 0
    for point in Checkpoint.objects.order_by("number"):
        number += 1
        verdict.checkpoints += 1
        digest, threads = hashlib.sha256(), 0
        for head in checkpoints.heads_in_order(point.number):
            digest.update(chain.head_line(*head))
            threads += 1
        row = (point.number, chain.microseconds(point.at), threads, point.events, digest.hexdigest(), prev)
        if point.number != number:
            verdict.findings.append(Finding("checkpoint_missing", "", number))
            number = point.number
        elif point.prev != prev or point.hash != chain.checkpoint_hash(key, row):
            verdict.findings.append(Finding("checkpoint_edited", "", number))
        elif files:
            verdict.findings.extend(_against_file(point))
        prev, events = point.hash, point.events
    if verdict.events < events:
        verdict.findings.append(Finding("too_few_events", "", events - verdict.events))
    if files:
        gone = (other for other in checkpoints.numbers_on_disk() if other > number)
        verdict.findings.extend(Finding("checkpoint_missing", "", other) for other in gone)


def _against_file(point: Checkpoint) -> Iterator[Finding]:
    written = checkpoints.read_file(point.number)
    if written is None:
        yield Finding("file_missing", "", point.number, str(checkpoints.file_of(point.number)))
    elif (written.hash, written.digest) != (point.hash, point.digest):
        yield Finding("file_differs", "", point.number, str(checkpoints.file_of(point.number)))


class _Merge:
    """A stream of rows sorted by thread, read along with another one."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def before(self, thread: str) -> dict[str, list[Row]]:
        """Rows of the threads that come before this one and were passed over."""
        found: dict[str, list[Row]] = {}
        while self._next is not None and self._next[0] < thread:
            found.setdefault(self._next[0], []).append(self._next)
            self._next = next(self._rows, None)
        return found

    def at(self, thread: str) -> list[Row]:
        found = []
        while self._next is not None and self._next[0] == thread:
            found.append(self._next)
            self._next = next(self._rows, None)
        return found

    def rest(self) -> dict[str, list[Row]]:
        return self.before("\U0010ffff")


def _stream(sql: str) -> Iterator[Row]:
    """Rows as plain tuples from a server-side cursor: no models, no list in memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(_CHUNK):
            yield from rows


def _sentences() -> dict[str, str]:
    return {
        "edited": _("%(thread)s: event %(seq)s was changed after it was written."),
        "gap": _("%(thread)s: event %(seq)s is missing; others follow it."),
        "broken_link": _("%(thread)s: event %(seq)s does not follow the one before it."),
        "cut_tail": _("%(thread)s: the end was cut off, event %(seq)s is missing."),
        "missing_thread": _("%(thread)s: the whole history is missing, %(seq)s events."),
        "no_head": _("%(thread)s: there are %(seq)s events, but the record of the last one is missing."),
        "head_differs": _("%(thread)s: event %(seq)s is not the one that was recorded as the last."),
        "differs_from_checkpoint": _("%(thread)s: event %(seq)s is not the one that stands in the checkpoint."),
        "sealed_edited": _("%(thread)s: the value of %(detail)s in event %(seq)s was changed."),
        "sealed_missing": _("%(thread)s: the value of %(detail)s in event %(seq)s is missing."),
        "erased_unseen": _("%(thread)s: the value of %(detail)s in event %(seq)s was blanked without a record of it."),
        "checkpoint_edited": _("Checkpoint %(seq)s was changed after it was written."),
        "checkpoint_missing": _("Checkpoint %(seq)s is missing in the database."),
        "too_few_events": _("There are %(seq)s events fewer than at the last checkpoint."),
        "file_missing": _("The file of checkpoint %(seq)s is missing or damaged: %(detail)s"),
        "file_differs": _("The file of checkpoint %(seq)s and the database do not agree: %(detail)s"),
    }
