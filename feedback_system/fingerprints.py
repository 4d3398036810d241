"""Which keys a backup was made under, without telling them, and whether they will hold after a restore."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from feedback_system import embedded
from feedback_system.settings import own_key

#: Variable -> what a wrong value costs.
COSTS = {
    "SECRET_KEY": "second factors could not be read",
    "AUDIT_KEY": "the history could not be verified",
    "ACCESS_KEY": "customers' links and access codes would not work",
}


def fingerprint(key: str) -> str:
    """Recognises a key without telling it."""
    return hashlib.sha256(f"fingerprint:{key}".encode()).hexdigest()[:16]


def of_this_installation() -> dict[str, str]:
    """What a manifest says: a fingerprint for each variable, in small letters."""
    return {name.lower(): fingerprint(getattr(settings, name)) for name in COSTS}


def misfits(manifest: Mapping[str, Any], *, brought: str) -> list[str]:
    """Names of the keys that will not be those of the backup once it is restored.

    ``brought`` is the secret key that lies in the backup, or empty; a SECRET_KEY of the environment
    comes before it. A fingerprint that an older manifest lacks is taken from what was brought.
    """
    secret = os.environ.get("SECRET_KEY") or brought or embedded.secret_key()
    wanted = {name: manifest.get(name.lower()) for name in COSTS}
    if brought and not wanted["SECRET_KEY"]:
        wanted["SECRET_KEY"] = fingerprint(brought)
    will_hold = {
        # What a fallback encrypted can still be read.
        "SECRET_KEY": [secret, *settings.SECRET_KEY_FALLBACKS],
        "AUDIT_KEY": [own_key("AUDIT_KEY", secret)],
        "ACCESS_KEY": [own_key("ACCESS_KEY", secret)],
    }
    return [name for name, said in wanted.items() if said and said not in {fingerprint(key) for key in will_hold[name]}]


def refusal(names: list[str], *, brought: str) -> str:
    """Why a backup with these misfits is not restored, and what to do."""
    costs = "; ".join(COSTS[name] for name in names)
    way = f"Set {', '.join(names)} in the environment to what that installation had"
    if brought and os.environ.get("SECRET_KEY"):
        way += ", or take SECRET_KEY out of it: the backup brings the key along"
    return f"The backup belongs to another {', '.join(names)}: {costs}. {way}. Nothing was changed."
