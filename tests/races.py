"""Two people at the same moment: real threads with a connection each, started by one barrier."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from audit.exceptions import DomainError

Act = Callable[[], object]


class Race:
    """Two threads that begin together."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2)
        self.pool = ThreadPoolExecutor(max_workers=2)

    def run(self, first: Act, second: Act) -> list[bool]:
        """Which of the two went through; anything but a refusal is a fault."""
        return list(self.pool.map(self._one, (first, second)))

    def _one(self, act: Act) -> bool:
        self.barrier.wait(timeout=20)
        try:
            act()
        except DomainError:
            return False
        return True

    def end(self) -> None:
        """Give both connections back."""
        for done in [self.pool.submit(self._close) for _ in range(2)]:
            done.result()
        self.pool.shutdown()

    def _close(self) -> None:
        self.barrier.wait(timeout=20)
        connection.close()
