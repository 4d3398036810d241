"""The product's settings, with what one proof changes: a protection taken away, or a shorter lease."""

import os

from feedback_system.settings import *  # noqa: F403
from feedback_system.settings import INSTALLED_APPS

if _switch := os.environ.get("HUIYIN_PROVE_SWITCH"):
    INSTALLED_APPS = [*INSTALLED_APPS, f"tests.prove.switches.{_switch}.Switch"]
if os.environ.get("HUIYIN_PROVE_LEASE_S"):
    INSTALLED_APPS = [*INSTALLED_APPS, "tests.prove.switches.short_lease.Switch"]
