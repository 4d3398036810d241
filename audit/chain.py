"""How an event becomes bytes, and how the bytes are chained. Pure: the key is an argument."""

from __future__ import annotations

import datetime as dt
import hmac
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def microseconds(at: dt.datetime) -> int:
    """The moment as whole microseconds since 1970 in UTC: the same number in Python and in PostgreSQL."""
    return (at - _EPOCH) // _MICROSECOND


def plain(value: Any) -> Any:
    """The value as JSON that PostgreSQL gives back unchanged.

    jsonb stores numbers as decimals, so 1e22 would come back as an integer and break the hash: floats, decimals,
    dates and the like become text. NUL and lone surrogates, which jsonb refuses, are dropped.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {_text(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=repr)
    return _text(value.isoformat() if isinstance(value, dt.date | dt.time) else value)


def _text(value: Any) -> str:
    return str(value).replace("\x00", "").encode("utf-8", "ignore").decode()


def event_hash(key: bytes, row: tuple[Any, ...]) -> str:
    """The hash of one event.

    Args:
        key: settings.AUDIT_KEY as bytes.
        row: (thread, seq, microseconds, actor_kind, actor_id, actor_label, deputy_for, verb, changes, digest, prev).
    """
    return hmac.digest(key, _canonical(row).encode(), "sha256").hex()


def seal(key: bytes, salt: str, field: str, values: tuple[Any, Any]) -> str:
    """The digest that stands in the event for a personal value, old and new. Without the salt it tells nothing."""
    return hmac.digest(key, _canonical([salt, field, *values]).encode(), "sha256").hex()


def checkpoint_hash(key: bytes, row: tuple[int, int, int, int, str, str]) -> str:
    """The hash of a checkpoint: (number, microseconds, threads, events, digest of its heads, prev)."""
    return hmac.digest(key, _canonical(("checkpoint", *row)).encode(), "sha256").hex()


def head_line(thread: str, seq: int, last_hash: str) -> bytes:
    """One head as it stands in a checkpoint's file and in its digest. Thread names hold no tab and no newline."""
    return f"{thread}\t{seq}\t{last_hash}\n".encode()
