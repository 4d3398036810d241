"""A store of its own for every test, and a short way to send a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # this module is loaded before the applications are
    from audit.actor import Actor
    from documents.models import File

    Send = Callable[..., File]


@pytest.fixture
def store(settings, tmp_path: Path) -> Path:
    """The folder of the store."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.SCANNER = None
    return tmp_path / "files"


@pytest.fixture
def send(store: Path, db: None) -> Send:
    """Store a file as a customer does."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from audit.actor import Actor
    from documents import actions
    from documents.limits import public_limits
    from tests.documents import samples

    def send(content: bytes | None = None, name: str = "现场.jpg", by: Actor | None = None) -> File:
        body = samples.photograph() if content is None else content
        return actions.store_upload(SimpleUploadedFile(name, body), by=by or Actor.customer(), limits=public_limits())

    return send
