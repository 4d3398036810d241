"""The clocks of a generated case, computed by the rules of ``regulations.deadlines``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cases.actions.sweep import SWEEP
from feedback_system.load.words import BREACHES
from organization import working_time
from regulations import deadlines
from regulations.document import LimitRule

if TYPE_CHECKING:
    from feedback_system.load.shelf import Shelf


class Clocks:
    """Clocks of one case; written when it is known how each of them ended."""

    def __init__(self, shelf: Shelf, case: int) -> None:
        self.shelf, self.case, self.round = shelf, case, 1
        self.rows: list[dict[str, Any]] = []

    def working_days(self, start: datetime, days: int) -> datetime:
        """Close of business so many working days later."""
        return working_time.add_working_days(self.shelf.calendar, start, days)

    def start(self, kind: str, at: datetime, *, stated: datetime | None = None, assignment: int | None = None) -> None:
        """Start one, by the profile's rule for its kind."""
        rule, policy = self.shelf.rules[kind]
        due = deadlines.due(self.shelf.calendar, at, rule, stated=stated)
        self.rows.append(
            {
                "id": self.shelf.clocks.take_key(), "case_id": self.case, "round": self.round, "kind": kind,
                "assignment_id": assignment, "policy": policy, "started_at": at, "due_at": due.at,
                "first_due_at": due.at, "provisional": due.provisional,
            }
        )  # fmt: skip

    def meet(self, kind: str, at: datetime, *, assignment: int | None = None) -> None:
        """End the running clock of this kind, if there is one."""
        for row in self._running():
            if row["kind"] == kind and row["assignment_id"] == assignment and row["round"] == self.round:
                row["met_at"] = at

    def stop(self, at: datetime, *, assignment: int | None = None) -> None:
        """Stop what runs: all, or that of one assignment."""
        for row in self._running():
            if assignment is None or row["assignment_id"] == assignment:
                row["stopped_at"] = at

    def _running(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if "met_at" not in row and "stopped_at" not in row]

    def write(self, case: dict[str, Any], events: list[Any]) -> dict[str, Any] | None:
        """Write them with the alerts that they gave; returns the running one that is due next."""
        for row in self.rows:
            self._look_back(row, case, events)
            self.shelf.clocks.add(**row)
        return min(self._running(), key=lambda row: (row["first_due_at"], row["id"]), default=None)

    def _look_back(self, row: dict[str, Any], case: dict[str, Any], events: list[Any]) -> None:
        """What the sweep did to this clock until it ended, or until now."""
        running = "met_at" not in row and "stopped_at" not in row
        end = row.get("met_at") or row.get("stopped_at") or self.shelf.now
        warn, started, due = row["policy"]["warn"], row["started_at"], row["first_due_at"]
        if end < started + (due - started) * warn and not running:
            return
        rungs = deadlines.rungs(started, due, warn=warn, ladder=self.shelf.times.ladder)
        row["level"] = given = sum(rung.at <= end for rung in rungs)
        if running:
            row["next_alert_at"] = rungs[given].at if given < len(rungs) else None
        for rung in rungs[:given]:
            self.shelf.alerts.add(
                clock_id=row["id"],
                level=rung.level,
                due_at=due,
                at=rung.at + timedelta(seconds=12),
                user_id=case["owner_id"],
            )
        if due <= end and (running or "stopped_at" in row or due < end):
            row["breached_at"], row["breach_reason"] = due, "" if running else self.shelf.rng.choice(BREACHES)
            events.append((due, "breach", SWEEP, {"clock": (None, row["kind"])}, {}))


def rules_of(times: Any) -> dict[str, tuple[LimitRule, dict[str, Any]]]:
    """The rule of each clock, and how it stands on the row."""
    return {rule.clock: (rule, rule.applied()) for rule in times.limits}
