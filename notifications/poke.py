"""Telling the worker that there is something to send. Speed only: the sweep finds the row anyway.

A broker that accepts a connection but never answers holds a publisher for minutes. So pokes use a connection of their
own with short timeouts, never retry, and after a failure nobody pokes for a while.
"""

from __future__ import annotations

import logging
import time
from functools import lru_cache

from celery import current_app
from django.conf import settings
from kombu import Connection
from kombu.pools import ProducerPool, producers

logger = logging.getLogger(__name__)

TIMEOUT = 0.5
"""Seconds for connecting and for each answer; a poke makes two or three."""
REST = 30.0
"""Seconds without pokes after one that failed."""
LAST = 9
"""The lowest priority of Redis: however many pokes wait, a sweep of messages or deadlines overtakes them."""


class _Breaker:
    """Open after a failure: then a request does not even try."""

    def __init__(self) -> None:
        self.closed_again = 0.0

    def is_open(self) -> bool:
        return time.monotonic() < self.closed_again

    def trip(self) -> None:
        self.closed_again = time.monotonic() + REST

    def reset(self) -> None:
        self.closed_again = 0.0


breaker = _Breaker()


def poke(message_id: int) -> None:
    """Ask the worker to deliver this message now. Never raises, takes 2 s at worst, and that once in 30 s."""
    _ask("notifications.tasks.deliver", message_id)


def poke_sweep() -> None:
    """Ask the worker to go on with what waits; as harmless as ``poke``."""
    _ask("notifications.tasks.sweep_due")


def _ask(task: str, *args: int) -> None:
    if not settings.NOTIFICATIONS_POKE or breaker.is_open():
        return
    try:
        _publish(task, args)
    except Exception as error:  # whatever the broker does, the fact is saved and the sweep delivers
        breaker.trip()
        logger.warning("The broker does not answer; messages go out by the sweep. %s: %s", type(error).__name__, error)


def _publish(task: str, args: tuple[int, ...]) -> None:
    with _producers(current_app.conf.broker_url).acquire(block=True, timeout=TIMEOUT) as producer:
        current_app.send_task(
            task,
            args=args,
            queue="clock",
            priority=LAST,
            expires=60,
            producer=producer,
            retry=False,
        )


@lru_cache(maxsize=4)
def _producers(broker_url: str) -> ProducerPool:
    """Connections kept open for pokes, apart from those of the worker, which wait longer."""
    options = {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT, "max_retries": 1, "interval_start": 0}
    connection: Connection = current_app.connection_for_write(broker_url, transport_options=options)
    return producers[connection]
