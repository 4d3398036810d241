"""Events as ``audit.actions`` writes them: chained, sealed, with their heads; by COPY.

A million cases have eight million events, so here, and only here, rows are put together as text: each value is made
into JSON once, for the hash and for the row. ``verify_audit`` reads the result with the chain's own code.
"""

from __future__ import annotations

import hmac
import json
import random
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings

from audit import chain
from audit.actor import Actor
from audit.models import Event, Head, Sealed
from feedback_system.load.tables import Table
from organization.copying import NULL, escaped

Change = tuple[Any, Any]
_EVENT = (
    *("id", "thread", "seq", "at", "actor_kind", "actor_id", "actor_label"),
    *("verb", "changes", "digest", "prev", "hash"),
)
_SEALED = ("event", "field", "salt", "new")
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@lru_cache(maxsize=100_000)
def _json(text: str) -> str:
    """Texts come again and again."""
    return _encode(text)


class History:
    """The tables of the audit trail, and one thread at a time."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.key = settings.AUDIT_KEY.encode()
        self.events, self.heads = Table(Event, only=_EVENT), Table(Head)
        self.sealed = Table(Sealed, only=_SEALED)
        self.thread, self.seq, self.hash = "", 0, ""

    @property
    def tables(self) -> list[Table]:
        """What a writer copies."""
        return [self.events, self.heads, self.sealed]

    def begin(self, thread: str) -> None:
        """A new thread; the one before is ended by ``end``."""
        self.thread, self.seq, self.hash = thread, 0, ""

    def record(
        self,
        verb: str,
        by: Actor,
        at: datetime,
        changes: Mapping[str, Change] | None = None,
        sealed: Mapping[str, str] | None = None,
    ) -> None:
        """One event of the thread; open values are plain (text, numbers, None), sealed ones new texts."""
        pk = self.events.take_key()
        self.seq += 1
        open_ = _encode(changes) if changes else "{}"
        digest = _encode({name: self._seal(pk, name, new) for name, new in sealed.items()}) if sealed else "{}"
        actor, label = "null" if by.id is None else str(by.id), _json(by.label)
        # As audit.chain puts a row together.
        row = (
            f'["{self.thread}",{self.seq},{chain.microseconds(at)},"{by.kind}",{actor},{label},null,"{verb}",'
            f'{open_},{digest},"{self.hash}"]'
        )
        before, self.hash = self.hash, hmac.digest(self.key, row.encode(), "sha256").hex()
        self.events.lines.append(
            f"{pk}\t{self.thread}\t{self.seq}\t{at.isoformat()}\t{by.kind}\t{NULL if by.id is None else by.id}\t"
            f"{escaped(by.label)}\t{verb}\t{escaped(open_)}\t{digest}\t{before}\t{self.hash}"
        )

    def _seal(self, event: int, name: str, new: str) -> str:
        salt, value = f"{self.rng.getrandbits(128):032x}", _json(new)
        self.sealed.lines.append(f"{event}\t{name}\t{salt}\t{escaped(value)}")
        return hmac.digest(self.key, f'["{salt}","{name}",null,{value}]'.encode(), "sha256").hex()

    def end(self) -> None:
        """Keep the thread's last event."""
        self.heads.add(thread=self.thread, seq=self.seq, hash=self.hash, checked_seq=0)
