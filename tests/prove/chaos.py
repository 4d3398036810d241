"""The proof: many forms, many blows, and then a long look at what is there."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from . import verdict
from .customers import Client, Log
from .installation import Choices, Installation, tasks_waiting
from .kills import Killer
from .mailbox import Mailbox
from .standing import say, standing

#: A message that nobody takes for so long means that sending does not work (quality 84).
UNSENT_LIMIT_S = 120.0
#: What shows by a heartbeat that it takes work.
PARTS = frozenset({"clock", "work", "beat"})
#: So long must it be quiet: a task in somebody's hands is in no queue.
CALM_S = 3.0


@dataclass(frozen=True)
class Story:
    """One run.

    Attributes:
        plan: what is done how often (see kills.FULL).
        mail_pause_s, keep: see standing.
    """

    submissions: int
    plan: dict[str, int]
    seed: int
    choices: Choices = field(default_factory=Choices)
    clients: int = 8
    mail_pause_s: float = 0.0
    keep: bool = False


def run(story: Story) -> dict[str, Any]:
    """Start, load, kill, wait, look."""
    began = time.monotonic()
    with standing(story.choices, mail_pause_s=story.mail_pause_s, keep=story.keep) as (installation, mailbox):
        found = _prove(story, installation, mailbox)
    return found | {"seconds": round(time.monotonic() - began)}


def _prove(story: Story, installation: Installation, mailbox: Mailbox) -> dict[str, Any]:
    log, killer = Log(), Killer(installation, story.plan, story.seed)
    share, rest = divmod(story.submissions, story.clients)
    clients = [
        Client(n, share + (n < rest), installation.address.port, log, seed=story.seed) for n in range(story.clients)
    ]
    began = time.monotonic()
    for client in clients:
        client.start()
    try:
        _keep_hitting(story, installation, killer, clients, log)
    finally:
        for client in clients:
            client.stopped.set()
        for client in clients:
            client.join(30)
    load_s = time.monotonic() - began
    say(f"{log.ended} forms after {load_s:.0f} s, {sum(killer.counts().values())} blows; waiting for quiet")
    quiet = _wait_for_quiet(installation, time.monotonic())
    answered = sorted(form.answered_s for form in log.forms)
    return {
        "seed": story.seed,
        "switch": story.choices.switch,
        "submissions": story.submissions,
        "given up": len(log.given_up),
        "blows": dict(killer.counts()),
        "kill -9": sum(count for what, count in killer.counts().items() if what not in {"flush", "freeze"}),
        "restarts": installation.restarts,
        "load seconds": round(load_s),
        "answer median ms": round(1000 * statistics.median(answered)) if answered else None,
        "answer p95 ms": round(1000 * answered[int(0.95 * len(answered))]) if answered else None,
        "tries": sum(form.tries for form in log.forms),
        "answers": dict(sorted(log.answers.items())),
        "odd": log.odd[:10],
        **quiet,
        "cases": verdict.of_cases(log.forms),
        "numbers": verdict.of_numbers(),
        "messages": verdict.of_messages(mailbox.mails, killer.blows),
        "clocks": verdict.of_clocks(),
        "files": verdict.of_files(log.forms),
        "audit": verdict.of_audit(),
        "limits": verdict.of_limits(),
        "heartbeats": verdict.heartbeats(),
    }


def _keep_hitting(story: Story, installation: Installation, killer: Killer, clients: list[Client], log: Log) -> None:
    """Until every form has ended and every blow has fallen."""
    told = time.monotonic()
    while any(client.is_alive() for client in clients) or not killer.done:
        installation.revive()
        killer.go_on(log.ended / story.submissions)
        if time.monotonic() - told > 20:
            told = time.monotonic()
            say(f"{log.ended} of {story.submissions} forms, {dict(killer.counts())}")
        time.sleep(0.03)


def _all_parts_live() -> bool:
    return verdict.heartbeats().keys() >= PARTS


def _wait_for_quiet(installation: Installation, ended: float) -> dict[str, Any]:
    """Until nothing is unsent, nothing lies in the broker's queue, where messages would lie without an outbox, and
    each part has shown that it works (every half minute, so a short proof may end before the first time); and what the
    longest waiting message says two minutes after the end.
    """
    oldest_after = quiet_since = None
    told = passed = 0.0
    while passed < 300 and (quiet_since is None or passed - quiet_since < CALM_S or not _all_parts_live()):
        installation.revive()
        time.sleep(0.5)
        passed = time.monotonic() - ended
        if verdict.unsent() or tasks_waiting("clock"):
            quiet_since = None
        elif quiet_since is None:
            quiet_since = passed
        if oldest_after is None and passed >= UNSENT_LIMIT_S:
            oldest_after = verdict.oldest_unsent().total_seconds()
        if passed - told > 10:
            told = passed
            say(f"{verdict.unsent()} unsent, the oldest for {verdict.oldest_unsent().total_seconds():.0f} s")
    if oldest_after is None:
        oldest_after = verdict.oldest_unsent().total_seconds()
    return {
        "quiet after s": None if quiet_since is None else round(quiet_since, 1),
        "oldest unsent s, two minutes after": round(oldest_after, 1),
    }
