"""What a stranger does with the public form: send feedback, once, within the limits."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from django.core.files.base import File as Content
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg2.errors import LockNotAvailable

from audit.actor import Actor
from audit.exceptions import InvalidMove
from cases import challenge
from cases.actions.intake import Intake, open_case
from cases.models import Case
from documents.actions import store_upload
from documents.exceptions import StoreFull
from documents.limits import public_limits
from documents.models import File
from organization import limits

#: How long a second try of the same form waits for the first, in milliseconds; less than a statement may take.
PATIENCE_MS = 8_000

Upload: TypeAlias = "Content[Any]"


class AlreadySent(InvalidMove):
    """The form was sent before and became ``case``; what it says now is something else."""

    def __init__(self, case: Case) -> None:
        self.case = case
        super().__init__(
            _(
                "This form was sent before and has the number %(number)s. What you have written now is different: send "
                "it again to make it new feedback, or add it to the first on the tracking page."
            )
            % {"number": case.number}
        )


class StillRunning(limits.TooMany):
    """The first try with the same key has not ended yet."""

    def __init__(self) -> None:
        super().__init__(5)
        self.message = _(
            "Your first attempt is still being worked on. Please wait a few seconds and send it again: nothing is "
            "registered twice."
        )


@dataclass(frozen=True)
class Submission:
    """One public form as it was sent; clean values.

    Attributes:
        intake: with its ``submission_key``.
        sender: the network address that the limits count; it is not kept.
    """

    intake: Intake
    proof: challenge.Proof
    sender: str
    uploads: tuple[Upload, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What came of it; ``lost`` names the files for which the disk had no space."""

    case: Case
    lost: tuple[str, ...] = field(default=())


#: What another room opens with the case, in the same transaction, with the files that came.
Also: TypeAlias = "Callable[[Case, tuple[File, ...]], object]"


def submit_feedback(submission: Submission, *, by: Actor, also: Also | None = None) -> Receipt:
    """Register feedback from the public form (INT-23), and with it what ``also`` opens.

    The same key with the same text gives the receipt of the first time, however often and however parallel it comes;
    it costs neither limit nor proof. Raises ``AlreadySent`` for the same key with another text, ``StillRunning`` while
    the first try lasts, ``TooMany`` over a limit and ``InvalidInput`` for a proof that was used.
    """
    intake = submission.intake
    assert intake.submission_key is not None  # noqa: S101 - the form makes one
    with one_at_a_time(intake.submission_key):
        if known := find_submission(intake.submission_key, intake.text):
            return Receipt(known)
        limits.take("public_submit_address", submission.sender)
        limits.take("public_submit_all")
        return _submit(submission, by=by, also=also)


@transaction.atomic
def _submit(submission: Submission, *, by: Actor, also: Also | None) -> Receipt:
    challenge.spend(submission.proof)
    stored, lost = store_uploads(submission.uploads, by=by)
    case = open_case(replace(submission.intake, files=stored), by=by)
    if also is not None:
        also(case, stored)
    return Receipt(case, lost)


def find_submission(key: uuid.UUID, text: str) -> Case | None:
    """The case of an earlier try with this key; raises ``AlreadySent`` when that said something else."""
    case = Case.objects.filter(submission_key=key).first()
    if case is not None and case.text != text:
        raise AlreadySent(case)
    return case


def store_uploads(uploads: tuple[Upload, ...], *, by: Actor) -> tuple[tuple[File, ...], tuple[str, ...]]:
    """Store the files of one form; a full disk loses files, never the text. Returns files, and names of the lost."""
    stored: list[File] = []
    lost: list[str] = []
    for upload in uploads:
        try:
            stored.append(store_upload(upload, by=by, limits=public_limits()))
        except StoreFull:
            lost.append(upload.name or "?")
    return tuple(stored), tuple(lost)


@contextmanager
def one_at_a_time(key: uuid.UUID) -> Iterator[None]:
    """Let the tries of one form through one after the other, in all processes.

    A lock of the database session: it is freed when the process dies, and it outlives the transaction that the limits
    must not be part of (a refused try has still been a try).
    """
    number = int.from_bytes(key.bytes[:8], "big", signed=True)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{PATIENCE_MS}ms"])
            cursor.execute("SELECT pg_advisory_lock(%s)", [number])
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise StillRunning from error
        raise
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
