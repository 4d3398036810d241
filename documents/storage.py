"""Where the bytes lie: a private folder outside everything the web server serves, under random names."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from django.core.files.base import File as Content
from django.core.files.storage import FileSystemStorage, InvalidStorageError, Storage, storages
from django.utils.deconstruct import deconstructible


@deconstructible(path="documents.storage.PrivateStorage")
class PrivateStorage(FileSystemStorage):
    """Files readable by the service only, without any address, on disk for good once `save` returns.

    A row is committed by the database with its own care for power loss; a file whose bytes were only in the kernel's
    memory would then be missing behind it.
    """

    def __init__(self) -> None:
        super().__init__(file_permissions_mode=0o640, directory_permissions_mode=0o750)

    def url(self, name: str | None) -> str:
        """There is none: the room that owns a file serves it after its own check."""
        raise ValueError("Private files have no address.")

    def _save(self, name: str, content: Content[Any]) -> str:
        saved: str = super()._save(name, content)  # type: ignore[misc]
        path = Path(self.path(saved))
        for target in (path, path.parent):
            descriptor = os.open(target, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return saved


def private() -> Storage:
    """The storage of this installation: the one that the settings call "documents", else a folder.

    Several machines share files through an S3-compatible store named so in `STORAGES`.
    """
    try:
        return storages["documents"]
    except InvalidStorageError:
        return PrivateStorage()


def random_name(area: str) -> str:
    """A new name such as originals/3f/3f9c…; nothing about the file or its sender can be read from it."""
    token = secrets.token_hex(20)
    return f"{area}/{token[:2]}/{token}"


def original_name(_file: object, _claimed: str) -> str:
    """Name for original bytes."""
    return random_name("originals")


def rendition_name(_file: object, _claimed: str) -> str:
    """Name for what was made from them."""
    return random_name("renditions")
