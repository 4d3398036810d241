"""The passwords of the embedded database and the secret key: one file, mode 0600, made once."""

import json
import os
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path

from .places import IS_ROOT, EmbeddedError, data_dir, give_to_account, prepare_data_dir

_NAMES = ("identity", "postgres", "huiyin", "huiyin_owner", "secret_key")


def path() -> Path:
    return data_dir() / "secrets.json"


def read() -> dict[str, str]:
    """The secrets of the data folder; made when there are none."""
    return _read(path())


@lru_cache
def _read(file: Path) -> dict[str, str]:
    try:
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            prepare_data_dir()
            _create(file)
            text = file.read_text(encoding="utf-8")
        found = json.loads(text)
    except (OSError, ValueError) as error:
        raise EmbeddedError(
            f"The secrets in {file} cannot be read ({error.__class__.__name__}): they belong to another account or are "
            "damaged. Start as the account that made them, or bring the file back from a backup."
        ) from error
    if missing := [name for name in _NAMES if not found.get(name)]:
        raise EmbeddedError(f"{file} lacks {', '.join(missing)}. Bring the file back from a backup.")
    return {name: str(found[name]) for name in _NAMES}


def _create(file: Path) -> None:
    """Write beside it, then link: of two processes that start at the same time, one wins and both read the same."""
    made = {name: secrets.token_urlsafe(24) for name in _NAMES}
    made["identity"] = secrets.token_hex(6)
    made["secret_key"] = secrets.token_urlsafe(48)
    handle, name = tempfile.mkstemp(prefix=".secrets-", dir=file.parent)  # mode 0600
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(made, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        if IS_ROOT:  # the web process leaves root and still needs the key
            give_to_account(beside)
        os.link(beside, file)
    except FileExistsError:
        pass
    finally:
        beside.unlink(missing_ok=True)
