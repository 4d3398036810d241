"""Reads over the store."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from django.conf import settings

from documents.limits import setting
from documents.models import File, StoreCheck
from documents.storage import private

_STEP = 500
_BLOCK = 1 << 20
Item = TypeVar("Item")


def free_bytes() -> int | None:
    """Space left on the disk of the store; None where the store is not a folder of this machine."""
    folder = Path(getattr(private(), "location", settings.MEDIA_ROOT))
    while not folder.exists():
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def has_space(size: int) -> bool:
    """Whether a file of this size leaves enough room on the disk (`DOCUMENTS_FREE_BYTES`)."""
    free = free_bytes()
    return free is None or free - size >= setting("DOCUMENTS_FREE_BYTES")


def stored_names(folder: str = "") -> Iterator[str]:
    """Names of all stored objects, folder by folder."""
    storage = private()
    if folder and not storage.exists(folder):
        return
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        yield f"{folder}/{name}" if folder else name
    for each in folders:
        yield from stored_names(f"{folder}/{each}" if folder else each)


def without_row(names: list[str]) -> list[str]:
    """Those of these stored names that no row knows."""
    known: set[str] = set()
    for column in ("original", "rendition", "thumbnail"):
        # The exclusion looks idle; without it the partial indexes are not used.
        rows = File.objects.filter(**{f"{column}__in": names}).exclude(**{column: ""})
        known |= set(rows.values_list(column, flat=True))
    return [name for name in names if name not in known]


def open_original(file: File) -> BinaryIO:
    """The bytes as they lie in the store."""
    return cast(BinaryIO, file.original.storage.open(str(file.original.name), "rb"))


def digest_of(file: File) -> str:
    """SHA-256 of the bytes as they lie in the store now."""
    digest = hashlib.sha256()
    with open_original(file) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def latest_check() -> StoreCheck | None:
    """The newest comparison of rows and bytes."""
    return StoreCheck.objects.order_by("-at").first()


def chunks(items: Iterator[Item], size: int = _STEP) -> Iterator[list[Item]]:
    """The items in lists of at most this many."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
