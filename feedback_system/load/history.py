"""Events as ``audit.actions`` writes them: chained, sealed, with their heads; by COPY.

The chain and the seals are computed by ``audit.chain`` itself; ``verify_audit`` reads the result.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from audit import chain
from audit.actor import Actor
from audit.models import Event, Head, Sealed
from feedback_system.load.tables import Table

Change = tuple[Any, Any]


class History:
    """The tables of the audit trail, and one thread at a time."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.key = settings.AUDIT_KEY.encode()
        self.events, self.heads, self.sealed = Table(Event), Table(Head), Table(Sealed)
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
        sealed: Mapping[str, Change] | None = None,
    ) -> None:
        """One event of the thread; values are plain (text, numbers, None)."""
        key = self.events.take_key()
        self.seq += 1
        digest = {name: self._seal(key, name, old, new) for name, (old, new) in (sealed or {}).items()}
        plain = {name: list(change) for name, change in (changes or {}).items()}
        row = (
            self.thread, self.seq, chain.microseconds(at), by.kind, by.id, by.label, by.deputy_for, verb, plain, digest,
            self.hash,
        )  # fmt: skip
        before, self.hash = self.hash, chain.event_hash(self.key, row)
        self.events.add(
            id=key, thread=self.thread, seq=self.seq, at=at, actor_kind=by.kind, actor_id=by.id, actor_label=by.label,
            verb=verb, changes=plain, digest=digest, prev=before, hash=self.hash,
        )  # fmt: skip

    def _seal(self, event: int, name: str, old: Any, new: Any) -> str:
        salt = f"{self.rng.getrandbits(128):032x}"
        self.sealed.add(event_id=event, field=name, salt=salt, old=old, new=new)
        return chain.seal(self.key, salt, name, (old, new))

    def end(self) -> None:
        """Keep the thread's last event."""
        self.heads.add(thread=self.thread, seq=self.seq, hash=self.hash, checked_seq=0)
