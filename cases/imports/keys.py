"""How a row is known again when the file is imported once more."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from documents.sheets import free_path, original_stem

NAME_LENGTH = 60
KEY_LENGTH = 80


def name_of(path: Path) -> str:
    """The name of an import where nobody gave one: the file's, and a file of errors has that of its origin."""
    return original_stem(path)[:NAME_LENGTH]


def free_error_path(path: Path) -> Path:
    """Where the refused rows of a file are written; never over a file that somebody may be correcting."""
    return free_path(path, "errors")


def free_cleaned_path(path: Path) -> Path:
    """Where the cleaned rows of a file are written."""
    return free_path(path, "cleaned")


def column_key(value: str) -> str:
    """The key that a column gives; a long one by its digest."""
    return f"k:{value}" if len(value) <= KEY_LENGTH - 2 else f"k:{hashlib.sha256(value.encode()).hexdigest()}"


class RowKeys:
    """Keys of rows without a key column: digest of the cleaned values, and the how-manieth row of that content.

    Two rows of the same words are two pieces of feedback; the same file once more has the same rows.
    """

    def __init__(self) -> None:
        self._seen: Counter[bytes] = Counter()

    def next(self, values: Mapping[str, str]) -> str:
        """The key of the next row with these values."""
        digest = hashlib.sha256(json.dumps(values, ensure_ascii=False, sort_keys=True).encode())
        self._seen[digest.digest()] += 1
        return f"{digest.hexdigest()}:{self._seen[digest.digest()]}"


def following(key: str) -> str:
    """The key of one more row of the same content."""
    digest, _, number = key.rpartition(":")
    return f"{digest}:{int(number) + 1}"


def erased_key(key: str) -> str:
    """What stays of a key after an erasure: enough to know the row again, so that no later import brings it back."""
    return f"x:{hmac.digest(settings.AUDIT_KEY.encode(), key.encode(), 'sha256').hex()}"
