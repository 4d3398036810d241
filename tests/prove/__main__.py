"""`python -m tests.prove`: one proof by hand; the figures as JSON on standard output."""

import argparse
import json
import os
import signal
import sys
from typing import Any

from feedback_system.embedded import places

from . import broker, chaos, tables
from .installation import Choices
from .kills import FULL, TENTH


def main() -> int:
    """Runs the story and prints what was found; judging is the tests' business."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description=__doc__)
    parser.add_argument(
        "proof",
        choices=["chaos", "broker", "tables"],
        help="kills under load, Redis in five sorts of trouble, or kills while a table of customers comes in",
    )
    parser.add_argument("--submissions", type=int, default=400)
    parser.add_argument("--customers", type=int, default=6_000, help="of the table")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--full", action="store_true", help="the whole plan of blows instead of a tenth")
    parser.add_argument("--plan", type=json.loads, help='blows of your own, as JSON: {"worker": 3}')
    parser.add_argument("--switch", default="", help="remove a protection: no_outbox, no_key, no_claim, no_chunk")
    parser.add_argument("--lease", type=int, default=0, help="seconds that a claim lasts; 0: as in the product")
    parser.add_argument("--clock-children", type=int, default=1)
    parser.add_argument("--mail-pause", type=float, default=0.0)
    parser.add_argument("--keep", action="store_true", help="keep the data folder with its logs")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.chdir(places.PROJECT)
    limits = {"LIMIT_PUBLIC_SUBMIT_ALL": "200000/3600"}  # an operator's choice; the other limits are the presets
    choices = Choices(given.switch, given.lease, given.clock_children, limits)
    if given.proof == "broker":
        return tell(broker.run(choices, seed=given.seed, keep=given.keep))
    if given.proof == "tables":
        return tell(tables.run(choices, count=given.customers, seed=given.seed, keep=given.keep))
    plan = given.plan if given.plan is not None else FULL if given.full else TENTH
    return tell(
        chaos.run(
            chaos.Story(given.submissions, plan, given.seed, choices, mail_pause_s=given.mail_pause, keep=given.keep)
        )
    )


def tell(found: dict[str, Any]) -> int:
    """The figures, for a test or a person."""
    print(json.dumps(found, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
