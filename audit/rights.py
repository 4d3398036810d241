"""What the application's database role may do with the tables of this room.

`manage.py rights` grants these instead of the usual SELECT, INSERT, UPDATE, DELETE.
"""

from __future__ import annotations

APPEND_ONLY: dict[str, tuple[str, ...]] = {
    "audit_event": ("SELECT", "INSERT"),
    "audit_reading": ("SELECT", "INSERT", 'UPDATE ("reason")'),
    "audit_checkpoint": ("SELECT", "INSERT"),
    "audit_checkpointhead": ("SELECT", "INSERT"),
    "audit_sealed": ("SELECT", "INSERT", 'UPDATE ("old", "new", "salt", "erased_at")'),
    "audit_head": ("SELECT", "INSERT", "UPDATE"),
}
"""Table name to privileges, each as GRANT spells it."""
