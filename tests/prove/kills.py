"""Who is killed when: a plan from a seed, carried out as the work goes on."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

from .installation import Installation, ask_redis

#: How long a frozen Redis stays frozen.
FREEZE_S = 30.0
#: What a plan may name, and the processes that it can hit.
TARGETS = {
    "worker": ("clock", "work"),
    "worker child": ("clock child", "work child"),
    "web worker": ("web worker",),
    "web master": ("web",),
    "redis": ("redis",),
    "postgres": ("postgres",),
    "beat": ("beat",),
}
#: The whole proof: more than 130 times kill -9, over all five.
FULL = {
    "worker": 42,
    "worker child": 21,
    "web worker": 21,
    "web master": 3,
    "redis": 20,
    "postgres": 20,
    "beat": 10,
    "flush": 1,
    "freeze": 1,
}
#: A tenth of it; a freeze of half a minute would be most of its time.
TENTH = {"worker": 3, "worker child": 2, "web worker": 2, "redis": 1, "postgres": 2, "beat": 1, "flush": 1}


@dataclass(frozen=True)
class Blow:
    """One thing that was done to the installation; `at` is time.monotonic()."""

    at: float
    what: str
    hit: str


@dataclass
class Killer:
    """Spreads a plan over the work; each blow waits until its target lives."""

    installation: Installation
    plan: dict[str, int]
    seed: int
    blows: list[Blow] = field(default_factory=list)
    _due: list[tuple[float, str]] = field(default_factory=list)
    _thaw_at: float = 0.0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        kinds = [what for what, count in self.plan.items() for _ in range(count)]
        self._random.shuffle(kinds)
        moments = sorted(self._random.uniform(0.02, 0.95) for _ in kinds)
        self._due = list(zip(moments, kinds, strict=True))

    @property
    def done(self) -> bool:
        """Every blow has fallen, and nothing is frozen."""
        return not self._due and not self._thaw_at

    def counts(self) -> Counter[str]:
        """How often what was done."""
        return Counter(blow.what for blow in self.blows)

    def go_on(self, progress: float) -> None:
        """Do what is due at this progress (0 to 1); what has no living target now is tried again next time."""
        if self._thaw_at and time.monotonic() >= self._thaw_at:
            self._thaw()
        for entry in [each for each in self._due if each[0] <= progress]:
            if hit := self._strike(entry[1]):
                self._due.remove(entry)
                self.blows.append(Blow(time.monotonic(), entry[1], hit))
                return  # one at a time: the next look comes in a few hundredths of a second

    def _strike(self, what: str) -> str:
        """Whom it hit; "" when nobody was there."""
        if what in {"redis", "flush", "freeze"} and (self._thaw_at or not self.installation.pids("redis")):
            return ""
        if what == "flush":
            return "redis" if ask_redis("FLUSHALL") else ""
        if what == "freeze":
            os.kill(self.installation.pids("redis")[0], signal.SIGSTOP)
            self._thaw_at = time.monotonic() + FREEZE_S
            return "redis"
        name = self._random.choice(TARGETS[what])
        # A worker counts when it works, not while it is still loading.
        if what == "worker" and not self.installation.pids(f"{name} child"):
            return ""
        found = self.installation.pids(name)
        if not found:
            return ""
        os.kill(self._random.choice(found), signal.SIGKILL)
        return name

    def _thaw(self) -> None:
        for pid in self.installation.pids("redis"):
            os.kill(pid, signal.SIGCONT)
        self._thaw_at = 0.0
