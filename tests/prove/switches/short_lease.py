"""No protection is removed: a claim of a message or a table lasts some seconds instead of two minutes, so that a short
proof need not wait.

Sending must end within half a lease, so the mail server has less time, too.
"""

import datetime as dt
import os

from django.apps import AppConfig


class Switch(AppConfig):
    name = "tests.prove.switches.short_lease"

    def ready(self) -> None:
        from customers.actions.imports import running
        from notifications import claims, mail

        seconds = int(os.environ["HUIYIN_PROVE_LEASE_S"])
        claims.LEASE = running.LEASE = dt.timedelta(seconds=seconds)
        mail.TIMEOUT = seconds // 2 - 1
