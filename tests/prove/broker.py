"""What a customer notices when Redis is in trouble, and how long messages wait after it."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import verdict
from .customers import Client, Form, Log
from .installation import Choices, Installation, ask_redis
from .standing import say, standing

#: How long the usual answers are measured.
USUAL_S = 15.0
_PASSWORD = "locked-out"


@dataclass(frozen=True)
class Trouble:
    """What happens to Redis, for how long, and how it ends."""

    name: str
    seconds: float
    begin: Callable[[Installation], None]
    end: Callable[[Installation], None]


def _signal(number: int) -> Callable[[Installation], None]:
    return lambda installation: os.kill(installation.pids("redis")[0], number)


def _down(installation: Installation) -> None:
    installation.held.add("redis")
    os.kill(installation.pids("redis")[0], signal.SIGKILL)


def _up(installation: Installation) -> None:
    installation.held.clear()
    installation.revive()


def _say(*commands: str) -> Callable[[Installation], None]:
    def ask(_installation: Installation) -> None:
        if not ask_redis(*commands):
            raise RuntimeError(f"Redis refused {commands}")

    return ask


TROUBLES = (
    Trouble("frozen", 30.0, _signal(signal.SIGSTOP), _signal(signal.SIGCONT)),
    Trouble("down", 12.0, _down, _up),
    Trouble("full", 12.0, _say("CONFIG SET maxmemory 1"), _say("CONFIG SET maxmemory 0")),
    Trouble(
        "locked",
        12.0,
        _say(f"CONFIG SET requirepass {_PASSWORD}", "CLIENT KILL TYPE normal SKIPME yes"),
        _say(f"AUTH {_PASSWORD}", 'CONFIG SET requirepass ""'),
    ),
    Trouble("flushed", 1.0, _say("FLUSHALL"), lambda _installation: None),
)


def run(choices: Choices, *, seed: int, keep: bool = False) -> dict[str, Any]:
    """Four slow clients all the while; one trouble after the other."""
    with standing(choices, keep=keep) as (installation, _mailbox):
        log = Log()
        clients = [Client(n, 10_000, installation.address.port, log, seed=seed, pause_s=0.15) for n in range(4)]
        for client in clients:
            client.start()
        try:
            _watch(installation, 6)  # first pages load what later ones have
            usual = _figures(log, _watch(installation, USUAL_S))
            troubles = {trouble.name: _through(trouble, installation, log) for trouble in TROUBLES}
        finally:
            for client in clients:
                client.stopped.set()
            for client in clients:
                client.join(30)
        return {
            "seed": seed,
            "usual": usual,
            **troubles,
            "answers": dict(sorted(log.answers.items())),
            "odd": log.odd[:10],
            "lost": verdict.of_cases(log.forms)["lost"],
        }


def _through(trouble: Trouble, installation: Installation, log: Log) -> dict[str, Any]:
    from django.utils import timezone

    trouble.begin(installation)
    period = _watch(installation, trouble.seconds)
    trouble.end(installation)
    ended, wall = time.monotonic(), timezone.now()
    while (waiting := _written_before(wall)) and time.monotonic() - ended < 180:
        installation.revive()
        time.sleep(0.3)
    delivered = time.monotonic() - ended
    say(f"{trouble.name}: everything delivered {delivered:.1f} s after it")
    _watch(installation, 3)  # forms that were under way come to their end
    return _figures(log, period) | {"delivered after s": round(delivered, 1), "undelivered": waiting}


def _written_before(moment: datetime) -> int:
    from notifications.models import UNSENT, Message

    return Message.objects.filter(state__in=UNSENT, created_at__lte=moment).count()


def _watch(installation: Installation, seconds: float) -> tuple[float, float]:
    """Let time pass; from when to when."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        installation.revive()
        time.sleep(0.05)
    return began, time.monotonic()


def _figures(log: Log, period: tuple[float, float]) -> dict[str, Any]:
    """Of the forms that were sent in this time."""

    def within(form: Form) -> bool:
        return period[0] <= form.sent_at < period[1]

    with log.lock:
        answered = sorted(form.answered_s for form in log.forms if within(form))
        repeated = sum(form.tries > 1 for form in log.forms if within(form) and not form.impatient)
    return {
        "forms": len(answered),
        "median s": round(statistics.median(answered), 2) if answered else None,
        "longest s": round(answered[-1], 2) if answered else None,
        "sent more than once": repeated,
    }
