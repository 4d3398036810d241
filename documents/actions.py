"""The only writers of files: take in, scan, make visible, erase, sweep, compare."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from django.core.files.base import ContentFile
from django.core.files.base import File as Content
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from audit.actions import erase, record
from audit.actor import Actor
from documents import pictures, queries
from documents.exceptions import FileRefused, StoreFull
from documents.inspection import Verdict, inspect, length
from documents.kinds import Kind
from documents.limits import UploadLimits, setting
from documents.models import File, State, StoreCheck
from documents.refusals import Refusal, sentence
from documents.storage import original_name, private, rendition_name

logger = logging.getLogger(__name__)

#: Gets the bytes, returns None when they are clean, else the name of what was found. Any exception means "ask later".
Scanner = Callable[[BinaryIO], "str | None"]

#: A claimed file is left alone for so long; a worker that died with it is followed by the next one.
LEASE = dt.timedelta(minutes=5)
SCANNER_PAUSE = dt.timedelta(minutes=1)
MAX_ATTEMPTS = 3
#: Younger objects may belong to a transaction that is not yet committed, or to an upload that is still running.
ORPHAN_AGE = dt.timedelta(hours=24)


# --- Taking in ------------------------------------------------------------------------------------


def store_upload(uploaded: Content[Any], *, by: Actor, limits: UploadLimits) -> File:
    """Judge one file, write its bytes with their digest, and add its row (INT-11).

    Bytes first, row in the caller's transaction: whatever dies between the two, there is never a row without bytes.
    Bytes without a row are swept after a day. Call it in the transaction of the record that the file belongs to;
    that record's key against double submission protects from storing twice.

    Args:
        uploaded: anything with a name and bytes: from a request, or made by the system (`limits.made_limits`).

    Raises:
        FileRefused: with a sentence for the sender. Nothing was written.
        StoreFull: no space. Nothing was written; the record itself can be saved without the file.
    """
    stream = cast(BinaryIO, uploaded)
    size = length(uploaded)
    verdict = inspect(stream, uploaded.name or "", size=size, limits=limits)
    if not verdict.ok:
        raise FileRefused(verdict.code, verdict.reason)
    name, digest = _write(uploaded, size, verdict.name)
    try:
        return _add(verdict, name, digest, size, by=by)
    except BaseException:
        private().delete(name)
        raise


@transaction.atomic
def _add(verdict: Verdict, name: str, digest: str, size: int, *, by: Actor) -> File:
    now = timezone.now()
    state = _first_state(cast(Kind, verdict.kind))
    file = File.objects.create(
        sha256=digest,
        size=size,
        claimed_name=verdict.name,
        kind=cast(Kind, verdict.kind),
        media_type=verdict.media_type,
        state=state,
        flags=list(verdict.flags),
        original=name,
        width=verdict.width,
        height=verdict.height,
        seconds=verdict.seconds,
        created_at=now,
        uploaded_by_id=by.id,
        uploaded_kind=by.kind,
        next_try_at=None if state == State.READY else now,
    )
    record(
        file.thread,
        "store",
        by=by,
        at=now,
        changes={"sha256": (None, digest), "size": (None, size), "kind": (None, file.kind), "state": (None, state)},
        sealed={"claimed_name": (None, file.claimed_name)},
    )
    return file


def _first_state(kind: Kind) -> State:
    if setting("SCANNER"):
        return State.QUARANTINED
    return State.RECEIVED if kind in pictures.KINDS else State.READY


class _Hashed(Content):
    """Content that counts and digests itself while the storage reads it."""

    def __init__(self, content: Content[Any]) -> None:
        super().__init__(content.file, content.name)
        self._content = content
        self.digest = hashlib.sha256()
        self.length = 0

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The bytes from their beginning, one block at a time."""
        self._content.seek(0)
        while block := self._content.read(chunk_size or self.DEFAULT_CHUNK_SIZE):
            self.digest.update(block)
            self.length += len(block)
            yield block


def _write(uploaded: Content[Any], size: int, shown: str) -> tuple[str, str]:
    """Name in the store and SHA-256 of the bytes."""
    if not queries.has_space(size):
        raise StoreFull(sentence("no_space", {"name": shown}))
    content = _Hashed(uploaded)
    wanted = original_name(None, "")
    try:
        name = private().save(wanted, content)
    except OSError as error:
        logger.exception("A file could not be written")
        private().delete(wanted)
        raise StoreFull(sentence("no_space", {"name": shown})) from error
    if content.length != size:
        private().delete(name)
        raise FileRefused("empty", sentence("empty", {"name": shown}))
    return name, content.digest.hexdigest()


# --- Scanning and making visible ---------------------------------------------------------------------


def process_due(*, by: Actor, limit: int = 20) -> int:
    """Take files that are due, one after the other, and bring each as far as it gets. Safe in several places at once.

    Returns:
        How many were taken.
    """
    done = 0
    while done < limit:
        file = _claim(timezone.now())
        if file is None:
            break
        done += 1
        try:
            _process(file, by=by)
        except Exception:
            # One bad file must not keep the others waiting; its lease is its pause, its attempts are counted.
            logger.exception("File %s could not be processed", file.pk)
    return done


def _claim(now: dt.datetime) -> File | None:
    """Lease the file that waits longest, so that nobody else takes it; attempts count even if this process dies."""
    with transaction.atomic():
        file = File.objects.due(now).select_for_update(skip_locked=True, of=("self",)).first()
        if file is None:
            return None
        file.attempts += 1
        file.next_try_at = now + LEASE
        file.save(update_fields=["attempts", "next_try_at"])
        return file


def _process(file: File, *, by: Actor) -> None:
    if file.state == State.QUARANTINED:
        file = scan(file, by=by)
    if file.state == State.RECEIVED:
        make_rendition(file, by=by)


def scanning() -> Scanner | None:
    """The scanner of this installation, from the setting SCANNER; None where none is configured."""
    scanner = setting("SCANNER")
    return cast(Scanner, import_string(scanner)) if isinstance(scanner, str) and scanner else scanner or None


def scan(file: File, *, by: Actor) -> File:
    """Ask the scanner about a quarantined file; while it is away the file stays quarantined."""
    scanner = scanning()
    try:
        with queries.open_original(file) as stream:
            found = scanner(stream) if scanner else None
    except Exception as error:  # whatever a scanner raises, it has not said "clean"
        logger.warning("The scanner did not answer for file %s: %s", file.pk, error)
        return _wait(file)
    return _judge_scan(file, found, by=by)


@transaction.atomic
def _wait(file: File) -> File:
    """Not the file's fault: the attempt is not counted."""
    file = _locked(file)
    if file.state == State.QUARANTINED:
        file.attempts, file.next_try_at = 0, timezone.now() + SCANNER_PAUSE
        file.save(update_fields=["attempts", "next_try_at"])
    return file


@transaction.atomic
def _judge_scan(file: File, found: str | None, *, by: Actor) -> File:
    file = _locked(file)
    if file.state != State.QUARANTINED:
        return file
    now = timezone.now()
    file.attempts = 0
    if found:
        file.state, file.refusal, file.finding, file.next_try_at = State.REFUSED, "infected", str(found)[:200], None
    elif file.is_picture:
        file.state, file.next_try_at = State.RECEIVED, now
    else:
        file.state, file.next_try_at = State.READY, None
    file.save(update_fields=["state", "refusal", "finding", "attempts", "next_try_at"])
    record(
        file.thread,
        "refuse" if found else "release",
        by=by,
        at=now,
        changes={"state": (State.QUARANTINED, file.state), "finding": (None, file.finding)},
    )
    return file


def make_rendition(file: File, *, by: Actor) -> File:
    """Paint a picture anew, without its position data, and a small one for lists.

    A picture that cannot be painted stays ready without a rendition: its original is evidence and can still be
    downloaded by those with the right. Does nothing for a file that has its rendition already.
    """
    if file.state != State.RECEIVED or not file.is_picture:
        return file
    made = None
    if file.attempts <= MAX_ATTEMPTS:
        try:
            with queries.open_original(file) as stream:
                made = pictures.render(Kind(file.kind), stream)
        except Refusal as refusal:
            logger.warning("No rendition of file %s: %s", file.pk, refusal.code)
    return _show(file, made, by=by)


@transaction.atomic
def _show(file: File, made: pictures.Rendition | None, *, by: Actor) -> File:
    file = _locked(file)
    if file.state != State.RECEIVED:
        return file
    if made is not None:
        store = private()
        file.rendition.name = store.save(rendition_name(None, ""), ContentFile(made.content))
        file.thumbnail.name = store.save(rendition_name(None, ""), ContentFile(made.thumbnail))
        file.rendition_type = made.media_type
    elif "unreadable" not in file.flags:
        file.flags = [*file.flags, "unreadable"]
    file.state, file.next_try_at, file.attempts = State.READY, None, 0
    file.save()
    record(
        file.thread,
        "show" if made else "leave_unshown",
        by=by,
        at=timezone.now(),
        changes={"state": (State.RECEIVED, State.READY)},
    )
    return file


def _locked(file: File) -> File:
    return File.objects.select_for_update(of=("self",)).get(pk=file.pk)


# --- Taking away -----------------------------------------------------------------------------------------


@transaction.atomic
def erase_file(file: File, *, by: Actor) -> File:
    """Delete the bytes and the name for good (PIPL article 47); the row stays and says that there was a file.

    The room that owns the file decides whether it may. The bytes go after the commit, so that an undone transaction
    leaves them.
    """
    file = _locked(file)
    if file.erased_at:
        return file
    names = [str(each.name) for each in (file.original, file.rendition, file.thumbnail) if each]
    before = file.state
    now = timezone.now()
    file.original, file.rendition, file.thumbnail = "", "", ""
    file.claimed_name, file.finding, file.refusal, file.rendition_type = "", "", "", ""
    file.state, file.next_try_at, file.erased_at = State.READY, None, now
    file.save()
    record(file.thread, "erase", by=by, at=now, changes={"state": (before, "erased")})
    erase(thread=file.thread, by=by, at=now)

    def delete() -> None:
        for name in names:
            private().delete(name)

    transaction.on_commit(delete, robust=True)
    return file


# --- Keeping rows and bytes together -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: how many stored objects had no row, and how many of them were old enough to go."""

    orphans: int
    deleted: int


def sweep_orphans(now: dt.datetime, *, age: dt.timedelta = ORPHAN_AGE) -> Swept:
    """Delete bytes that no row knows, once they are a day old: left by a crash or an undone transaction."""
    store = private()
    orphans = deleted = 0
    for names in queries.chunks(queries.stored_names()):
        for name in queries.without_row(names):
            orphans += 1
            try:
                if now - store.get_modified_time(name) < age:
                    continue
                store.delete(name)
            except FileNotFoundError:
                continue
            deleted += 1
    return Swept(orphans, deleted)


def reconcile(now: dt.datetime, *, digests: bool = False) -> StoreCheck:
    """Compare rows and bytes, and write down what was found; nothing is repaired or deleted.

    Args:
        digests: also read every original and compare its digest; reads the whole store.
    """
    store = private()
    rows = size = missing = changed = 0
    first_missing = None
    for file in File.objects.held().order_by("pk").iterator(chunk_size=500):
        rows, size = rows + 1, size + file.size
        present = [store.exists(str(each.name)) for each in (file.original, file.rendition, file.thumbnail) if each]
        if not all(present):
            missing += 1
            first_missing = first_missing or file.pk
        elif digests and queries.digest_of(file) != file.sha256:
            changed += 1
    blobs = orphans = 0
    for names in queries.chunks(queries.stored_names()):
        blobs += len(names)
        orphans += len(queries.without_row(names))
    check = StoreCheck.objects.create(
        at=now,
        rows=rows,
        blobs=blobs,
        size=size,
        rows_without_bytes=missing,
        bytes_without_row=orphans,
        changed=changed,
        first_missing=first_missing,
    )
    if not check.is_clean:
        logger.error("The store of files is damaged: %s rows without bytes, %s changed originals", missing, changed)
    return check
