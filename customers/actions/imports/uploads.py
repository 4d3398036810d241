"""A table of customers from its upload to its end, but for the work on its rows (``running``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File as Content
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from customers.actions.imports.staging import local_copy, peek, stored_copy
from customers.imports.columns import Target
from customers.imports.mapping import Places, check_places, header_digest, stored
from customers.models import CustomerImport, CustomerType, ImportMapping, ImportState
from documents.actions import erase_file, store_upload
from documents.kinds import Kind
from documents.limits import MB, UploadLimits
from organization.models import User
from organization.numbering import next_number

SERIES = "customer_import"
LIMITS = UploadLimits(1, 60 * MB, frozenset({Kind.XLSX, Kind.CSV}))


@dataclass(frozen=True)
class Meaning:
    """What a person says of a table: which columns fill what, and what holds for all its rows."""

    places: Places
    system: str = ""
    default_type: str = CustomerType.PERSON
    reason: str = ""
    all_or_nothing: bool = False


def open_import(uploaded: Content[Any], *, by: User) -> CustomerImport:
    """Keep an upload and look at its titles; nothing is imported yet.

    Raises ``InvalidInput`` (``SheetRefused``, ``FileRefused``) for what is no such table, ``StoreFull``.
    """
    ending = Path(uploaded.name or "").suffix.lower().lstrip(".")[:6] or "xlsx"
    with local_copy(uploaded, ending) as path:
        seen = peek(path)
    uploaded.seek(0)
    with transaction.atomic():
        file = store_upload(uploaded, by=Actor.staff(by), limits=LIMITS)
        row = _new(by, file.claimed_name)
        row.file = file
        row.sheets, row.sheet = seen.sheets, seen.sheets[0] if seen.sheets else ""
        row.header, row.samples, row.notes = seen.header, seen.samples, seen.notes
        row.save()
    return row


def open_local(path: Path, *, by: User, sheet: str = "") -> CustomerImport:
    """The same for a file that lies on this machine already (the command); it is not kept."""
    seen = peek(path, sheet=sheet)
    with transaction.atomic():
        row = _new(by, path.name[:255])
        row.sheet, row.header, row.samples, row.notes = sheet, seen.header, seen.samples, seen.notes
        row.save()
    return row


def _new(by: User, file_name: str) -> CustomerImport:
    now = timezone.now()
    number = next_number(SERIES, at=now)
    return CustomerImport(number=number, by=by, file_name=file_name, created_at=now, moved_at=now)


def choose_sheet(imported: CustomerImport, sheet: str) -> CustomerImport:
    """Look at another sheet of the workbook. Raises ``InvalidInput``, ``InvalidMove``."""
    if sheet not in imported.sheets or imported.file is None:
        raise InvalidInput("sheet", _("Please choose one of the offered values."))
    with stored_copy(imported.file) as path:
        seen = peek(path, sheet=sheet)
    with transaction.atomic():
        row = _resting(imported)
        row.sheet, row.header, row.samples, row.notes = sheet, seen.header, seen.samples, seen.notes
        row.state, row.mapping, row.staged = ImportState.NEW, {}, False
        row.save()
    return row


@transaction.atomic
def map_columns(imported: CustomerImport, meaning: Meaning, known: Sequence[Target]) -> CustomerImport:
    """Say what the columns mean; the check begins. Remembered for the next table with the same titles.

    Raises ``InvalidInput`` where a needed field has no column, ``InvalidMove`` while it is at work or over.
    """
    row = _resting(imported)
    check_places(meaning.places, row.header, tuple(known))
    row.mapping, row.system, row.default_type = stored(meaning.places), meaning.system, meaning.default_type
    row.class_reason, row.all_or_nothing = meaning.reason, meaning.all_or_nothing
    now = timezone.now()
    row.state, row.problem, row.moved_at = ImportState.CHECKING, "", now
    row.rows_done = row.rows_created = row.rows_changed = row.rows_same = row.rows_refused = 0
    row.save()
    ImportMapping.objects.update_or_create(
        digest=header_digest(row.header),
        defaults={
            "mapping": row.mapping, "system": row.system, "default_type": row.default_type, "updated_at": now,
        },
    )  # fmt: skip
    return row


@transaction.atomic
def start_import(imported: CustomerImport) -> CustomerImport:
    """Let the rows in that the check has found good; the worker does it. Raises ``InvalidMove``."""
    row = _resting(imported)
    if row.state != ImportState.CHECKED:
        raise InvalidMove(_("The table has to be checked first."))
    if not row.may_run:
        raise InvalidMove(_("There is nothing to import, or some rows are refused and it is all or nothing."))
    row.state, row.turn, row.position, row.problem = ImportState.RUNNING, 0, 0, ""
    row.rows_done = row.rows_created = row.rows_changed = row.rows_same = row.rows_refused = 0
    row.moved_at = timezone.now()
    row.save()
    return row


@transaction.atomic
def discard_import(imported: CustomerImport, *, by: Actor) -> None:
    """Throw the upload away with its rows; what is in stays. Raises ``InvalidMove`` while it is at work."""
    drop_import(_resting(imported, over=True), by=by)


def forget_imports(now: datetime, *, by: Actor) -> int:
    """Throw away uploads, and rows that stayed out, when their time is over: they name people. Returns how many."""
    before = now - timedelta(days=settings.CUSTOMER_IMPORTS_KEPT_DAYS)
    gone = 0
    for row in CustomerImport.objects.filter(created_at__lt=before):
        with transaction.atomic():
            drop_import(CustomerImport.objects.select_for_update().get(pk=row.pk), by=by)
        gone += 1
    return gone


def drop_import(row: CustomerImport, *, by: Actor) -> None:
    """Remove it with its rows and its file; the history says that it was there."""
    now = timezone.now()
    file = row.file
    record(row.thread, "discard", by=by, at=now, changes={"number": (row.number, None), "state": (row.state, None)})
    row.delete()
    if file is not None:
        erase_file(file, by=by)


def _resting(imported: CustomerImport, *, over: bool = False) -> CustomerImport:
    """The row, locked, while nobody is at work on it."""
    row = CustomerImport.objects.select_for_update(of=("self",)).filter(pk=imported.pk).first()
    if row is None:
        raise InvalidMove(_("Somebody threw this table away meanwhile."))
    if row.is_at_work:
        raise InvalidMove(_("The table is being worked on. Please wait until that has ended."))
    if row.is_over and not over:
        raise InvalidMove(_("The rows of this table are in already."))
    return row


def summary(row: CustomerImport) -> Mapping[str, tuple[None, int]]:
    """What came of it, for the history."""
    return {
        "read": (None, row.rows_read),
        "created": (None, row.rows_created),
        "changed": (None, row.rows_changed),
        "same": (None, row.rows_same),
        "refused": (None, row.rows_refused),
    }
