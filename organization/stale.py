"""Pages of settings that were made from an older state: what a form began with is compared field by field.

The form carries a short digest of each value. So the refusal names what somebody else changed, and a page
that was left open for a day does not silently bring the old values back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from audit.exceptions import StaleRecord


def stamp(facts: Mapping[str, object]) -> str:
    """What a form carries along: each field with the digest of its value."""
    return ",".join(f"{name}:{hashlib.sha256(repr(value).encode()).hexdigest()[:12]}" for name, value in facts.items())


def require_fresh(facts: Mapping[str, object], base: str) -> None:
    """Raises ``StaleRecord`` with the names of the fields that changed since ``base`` was made.

    Ask under the lock of the row. An empty ``base`` is that of a caller that read no page.
    """
    if not base:
        return
    before, now = (dict(part.partition(":")[::2] for part in text.split(",")) for text in (base, stamp(facts)))
    if found := [name for name in now if before.get(name) != now[name]]:
        raise StaleRecord(found)
