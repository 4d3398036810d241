"""A machine of random steps: the real actions and the model side by side, and every row compared after each step."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import time_machine
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from audit.actor import Actor
from audit.exceptions import DomainError
from audit.models import Event
from audit.verification import verify
from cases import readers
from cases.actions import calendar as following
from cases.actions import intake, sweep
from cases.models import Assignment, Case, Measure, Visit
from organization import queries as organization_queries
from organization.actions import calendar as calendars
from organization.models import Calendar
from organization.working_time import parse_periods
from regulations.models import Approval
from tests.cases import life_model as model
from tests.cases.life_acts import KINDS, PARTS, Acts
from tests.cases.life_model import SHANGHAI, House, Life
from tests.world import World

#: A Thursday with Mid-Autumn, National Day and a make-up Saturday ahead.
START = datetime(2026, 9, 17, 10, 0, tzinfo=SHANGHAI)
MILESTONES = ("acknowledged", "dispatched", "taken", "replied", "opinion_asked", "closed", "archived", "arrived")
MOST_CASES, MOST_IDLE = 3, 2
#: How often an act is chosen: what happens seldom by itself more often, what changes little less.
WEIGHTS = {
    **dict.fromkeys((*PARTS, "add_department", "settle", "reopen", "investigate", "act"), 6),
    **dict.fromkeys(("note", "record_contact", "send_progress", "recuse", "open_hold"), 1),
}
OPENED: dict[str, Any] = {
    "by": st.sampled_from(["agent", "sales_handler", "customer"]),
    "kind": st.sampled_from(KINDS),
    "contact": st.integers(0, 4),
    "ago": st.integers(0, 23 * 60),
}
#: Acts that are given the case as a page knew it, and so notice that the page is old.
WITH_PAGE = frozenset(model.ACTS) - {
    "receive", "return_to_hub", "cancel_assignment", "pass_on", "take", "answer", "ask_extension", "decide_extension",
    "complete_measure", "verify_measure", "record_visit", "cancel_visit", "decide_approval", "withdraw_approval", "answer_escalation",
    "release_hold", "give_breach_reason", "settle",
}  # fmt: skip
_WHOLE = (
    "cases_case", "cases_round", "cases_assignment", "cases_caseclock", "cases_extension", "cases_measure",
    "cases_measurecheck", "cases_visit", "cases_investigation", "cases_reply", "cases_opinion", "cases_opinionrequest",
    "cases_escalation", "cases_hold", "cases_recusal", "cases_contact", "cases_note", "regulations_approval",
    "regulations_decision",
)  # fmt: skip
_GROWING = ("audit_event", "notifications_message", "cases_alert")
#: Every row of a case, and how many were only ever added, as one line each.
FINGERPRINT = " UNION ALL ".join(
    [f"SELECT '{name}', count(*), sum(hashtextextended(t::text, 0)) FROM {name} AS t" for name in _WHOLE]
    + [f"SELECT '{name}', count(*), NULL FROM {name}" for name in _GROWING]
)
#: The rows of some cases, under the names that the model has for their columns. All moments are in UTC.
ROWS = {
    "case": f"""SELECT id AS case_id, version, number, received_at AS received, state, resume_state AS left, round, outcome,
        next_due_at AS next_due, {", ".join(f"{name}_at AS {name}" for name in MILESTONES)}
        FROM cases_case WHERE id = ANY(%s)""",
    "rounds": """SELECT case_id, opened_at AS opened, acknowledged_at AS acknowledged, replied_at AS replied,
        closed_at AS closed, outcome FROM cases_round WHERE case_id = ANY(%s) ORDER BY n""",
    "clocks": """SELECT case_id, id AS pk, round, kind, assignment_id AS task, started_at AS started, due_at AS due,
        first_due_at AS first, met_at AS met, stopped_at AS stopped, breached_at AS breached,
        met_recorded_late AS late, breach_reason <> '' AS reason, earlier_dues AS dues
        FROM cases_caseclock WHERE case_id = ANY(%s)""",
    "tasks": """SELECT case_id, department.code AS department, is_lead AS lead, round, state, due_at AS due, passed_to_id AS passed
        FROM cases_assignment AS task JOIN organization_department AS department ON department.id = department_id
        WHERE case_id = ANY(%s) ORDER BY task.id""",
    "told": """SELECT substr(thread, 6)::bigint AS case_id, count(*) AS all, count(*) FILTER (WHERE verb = 'breach') AS breaches
        FROM audit_event WHERE thread = ANY(SELECT 'case:' || unnest(%s)) GROUP BY thread""",
}
#: A level hears of one breach once; the warning, which is none, comes again where the limit moved.
TOLD_TWICE = """SELECT clock_id FROM cases_alert AS alert JOIN cases_caseclock AS clock ON clock.id = clock_id
    WHERE case_id = ANY(%s)
    GROUP BY clock_id, alert.level, CASE WHEN alert.level = 'warning' THEN alert.due_at END HAVING count(*) > 1"""
#: What the history must lead to, from what a case begins with.
REPLAYED = {
    "state": "registered", "resume_state": "", "round": 1, "outcome": "", "return_count": 0, "acknowledged_at": None,
    "dispatched_at": None, "taken_at": None, "replied_at": None, "closed_at": None, "archived_at": None,
    "acknowledged_by_id": None, "lead_department_id": None,
}  # fmt: skip


def rule_of_the_world(**arguments: Any) -> Callable[[Any], Any]:
    """A rule that touches no case by itself; a few in a row, then something must be done again."""

    def wrap(function: Any) -> Any:
        return rule(**arguments)(precondition(lambda self: self.idle < MOST_IDLE)(function))

    return wrap


class LifeMachine(RuleBasedStateMachine):
    """A few cases, the calendar and the clock."""

    world: World
    counts: Counter[str]
    favoured: str

    def __init__(self) -> None:
        super().__init__()
        organization_queries._calendar_at.cache_clear()  # its key, the revision, is taken back with the savepoint
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.travel = time_machine.travel(START, tick=False)
        self.clock = self.travel.start()
        self.calendar = Calendar.objects.get(code="cn")
        weekly = tuple(parse_periods(periods) for periods in self.calendar.weekly)
        self.house = House(weekly, {day.day: parse_periods(day.periods) for day in self.calendar.days.all()})
        self.lives: list[Life] = []
        self.acts = Acts(self.world, self.house, self.lives)
        self.names = {user.pk: name for name, user in self.world.users.items()}
        self.breaches: dict[int, datetime] = {}
        self.dues: dict[int, tuple[datetime, list[Any]]] = {}
        self.told: list[str] = []
        self.edited, self.idle = False, 0

    # --- Steps ------------------------------------------------------------------------------------------

    @initialize(**OPENED)
    def the_first_case(self, by: str, kind: str, contact: int, ago: int) -> None:
        self._open(by, kind, contact, ago)

    @rule(**OPENED)
    @precondition(lambda self: len(self.lives) < MOST_CASES)
    def another_case(self, by: str, kind: str, contact: int, ago: int) -> None:
        self._open(by, kind, contact, ago)

    def _open(self, by: str, kind: str, contact: int, ago: int) -> None:
        """Somebody of the staff logs it, or a customer sends the form."""
        received = timezone.now() - timedelta(minutes=ago)
        actor = Actor.customer() if by == "customer" else self.world.actor(by)
        reporter = intake.Reporter(name="周慧", phone="13805126634") if contact else intake.Reporter(refused=True)
        case = intake.open_case(
            intake.Intake(
                kind=self.world.kind(kind), channel=self.world.channel("phone"), text="电热水器内胆漏水。",
                reporter=reporter, received_at=received,
            ),
            by=actor,
        )  # fmt: skip
        life: Life = {"pk": case.pk, "number": case.number, "version": 1, "kind": kind, "contact": bool(contact)}
        first = None if by == "customer" else by
        self.lives.append(model.register(life, self.house, first=first, received=received))
        self._count("open", f"{case.number} {kind}")

    @rule(data=st.data(), steps=st.integers(1, 3))
    def do(self, data: Any, steps: int) -> None:
        """Something that the case allows."""
        life = data.draw(st.sampled_from([life for life in self.lives if life["state"] != "archived"] or self.lives))
        for _ in range(steps):
            self.everything_agrees()  # also tells the model which rows the last step made
            self._attempt(data.draw(self._one_of(self.acts.names(life, in_vain=False))), life, data.draw)

    @rule(data=st.data(), stale=st.integers(0, 3))
    def do_in_vain(self, data: Any, stale: int) -> None:
        """Something that the case does not allow; or that was right until somebody else was faster."""
        life = data.draw(st.sampled_from(self.lives))
        self.acts.stale = stale == 0 and life["version"] > 1
        names = self.acts.names(life, in_vain=not self.acts.stale)
        if self.acts.stale:
            names = [name for name in names if name in WITH_PAGE]
        self._attempt(data.draw(self._one_of(names)), life, data.draw, in_vain=not self.acts.stale)
        self.acts.stale = False

    @rule(data=st.data(), steps=st.integers(1, 4))
    @precondition(lambda self: any(self.acts.next_of(life) for life in self.lives))
    def go_on(self, data: Any, steps: int) -> None:
        """What leads to the end of a case; without it, few would ever come there."""
        life = data.draw(st.sampled_from([life for life in self.lives if self.acts.next_of(life)]))
        for _ in range(steps):
            if name := self.acts.next_of(life):
                self.everything_agrees()
                self._attempt(name, life, data.draw)

    @rule_of_the_world(
        data=st.data(), minutes=st.one_of(st.integers(1, 300), st.integers(1, 5 * 24 * 60)), limit=st.booleans()
    )
    def time_passes(self, data: Any, minutes: int, limit: bool) -> None:
        """Some minutes or days; or until a limit: the minute before it, the very moment, or the minute after."""
        dues = [due for life in self.lives if (due := model.next_due(life)) and due > timezone.now()]
        moment = timezone.now() + timedelta(minutes=minutes)
        if limit and dues:
            moment = data.draw(st.sampled_from(dues)) + timedelta(minutes=minutes % 3 - 1)
        self.clock.move_to(max(moment, timezone.now()))
        self._turn("time", "")

    @rule_of_the_world(times=st.integers(0, 3))
    def the_clock_sweeps(self, times: int) -> None:
        for _ in range(times):
            sweep.sweep_clocks()
            for life in self.lives:
                model.sweep(life, timezone.now())
        self._turn("sweep", f"{times} times")

    @rule_of_the_world(ahead=st.integers(0, 12), what=st.sampled_from(["off", "half", "worked", "as the week says"]))
    def a_day_of_the_calendar_is_edited(self, ahead: int, what: str) -> None:
        day, by = timezone.localdate() + timedelta(days=ahead), self.world.actor("administrator")
        periods = {"off": (), "half": (("08:30", "12:00"),), "worked": (("08:30", "12:00"), ("13:30", "17:30"))}
        if what in periods:
            wanted = parse_periods(periods[what])
            calendars.set_days(self.calendar, {day: calendars.Exceptional(wanted, "通知")}, by=by)
            self.house.days[day] = wanted
        else:
            calendars.clear_days(self.calendar, [day], by=by)
            self.house.days.pop(day, None)
        self.edited = not Calendar.objects.get(code="cn").is_applied
        self._turn("calendar", f"{day} {what}")

    @rule()
    @precondition(lambda self: self.edited and self.idle < MOST_IDLE)
    def the_running_clocks_follow_the_calendar(self) -> None:
        following.recompute_clocks("cn")
        for life in self.lives:
            if model.next_due(life):
                model.recompute(life, self.house, timezone.now())
        self.edited = False
        self._turn("follow", "the clocks follow the calendar")

    def _one_of(self, names: list[str]) -> st.SearchStrategy[str]:
        weights = ((name, 40 if name == self.favoured else WEIGHTS.get(name, 2)) for name in names)
        return st.sampled_from([name for name, weight in weights for _ in range(weight)])

    # --- How a step is taken ------------------------------------------------------------------------------

    def _attempt(self, name: str, life: Life, draw: Callable[..., Any], *, in_vain: bool = False) -> None:
        step = self.acts.step(name, life, draw, in_vain=in_vain)
        expected = "StaleRecord" if self.acts.stale else step.refused
        before = self._fingerprint() if expected else None
        state, ended = life["state"], ""
        try:
            step.call()
        except DomainError as refusal:
            ended = type(refusal).__name__
        self._count("refused" if ended else name, f"{life['number']} {state}: {name} {ended or 'done'}")
        assert ended == expected, self._story(f"the model says {expected or 'that it goes through'}")
        if expected:
            assert self._fingerprint() == before, self._story("a refused step changed something")
        else:
            step.effect()

        self.idle = 0

    def _turn(self, name: str, line: str) -> None:
        self.idle += 1
        self._count(name, line)

    def _count(self, name: str, line: str) -> None:
        self.counts[name] += 1
        self.counts["steps"] += 1
        self.told.append(f"{timezone.localtime():%m-%d %H:%M} {line or name}")

    def _story(self, sentence: str) -> str:
        return "\n".join([sentence, *self.told])

    @staticmethod
    def _fingerprint() -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(FINGERPRINT)
            return sorted(cursor.fetchall())  # a parallel plan gives the tables in any order

    # --- What must be true after each ------------------------------------------------------------------------

    @invariant()
    def everything_agrees(self) -> None:
        """The rows of all cases say what the model says."""
        pks = [life["pk"] for life in self.lives]
        found = {name: _rows(sql, pks) for name, sql in ROWS.items()}
        for life in self.lives:
            rows = {name: [row for row in all_ if row.pop("case_id") == life["pk"]] for name, all_ in _copied(found)}
            (case,) = rows["case"]
            self._bind(life, case["version"])
            self._compare("the case", case | {"version": 0}, self._model_of(life))
            self._compare("its rounds", rows["rounds"], life["rounds"])
            self._compare("its clocks", self._clocks_of(life, rows["clocks"]), life["clocks"])
            self._compare("its tasks", [self._named(row) for row in rows["tasks"]], [_task(t) for t in life["tasks"]])
            told, breaches = (rows["told"][0][name] for name in ("all", "breaches"))
            self._compare("its history", (told - breaches, breaches), (case["version"], life["declared"]))
        assert not _rows(TOLD_TWICE, pks), self._story("a level was told twice")

    def _compare(self, what: str, is_: object, should: object) -> None:
        assert is_ == should, self._story(f"{what}: the rows say\n{is_}\nthe model says\n{should}")

    def _bind(self, life: Life, version: int) -> None:
        """After a step: tell the model which rows its parts are, made in the same order, and who follows the recused."""
        if life.get("seen") == version:
            return
        life["seen"] = life["version"] = version
        case = Case.objects.select_related("kind", "profile_version").get(pk=life["pk"])
        self._compare("its readers", (case.readers, case.barred), readers.of_case(case))
        for name, rows in (("tasks", Assignment), ("measures", Measure), ("visits", Visit)):
            self._name_parts(life[name], rows.objects.filter(case=case))
        self._name_parts(life["approvals"], Approval.objects.filter(thread=case.thread))
        self._somebody_answers_for(case, life)

    @staticmethod
    def _name_parts(parts: list[dict[str, Any]], rows: QuerySet[Any]) -> None:
        if any("pk" not in part for part in parts):
            for part, pk in zip(parts, rows.order_by("pk").values_list("pk", flat=True), strict=True):
                part["pk"] = pk

    def _somebody_answers_for(self, case: Case, life: Life) -> None:
        """Exactly one owner while it is open, and the one whom the rules name (RTE-13); nobody barred (RTE-19)."""
        self._compare("the barred", {-pk for pk in case.barred}, {self.world.users[name].pk for name in life["barred"]})
        life["owner"] = self._held_by(life["owner"], case.owner_id, "the case")
        for task in life["tasks"]:
            if task["holder"]:
                held_by = Assignment.objects.values_list("holder", flat=True).get(pk=task["pk"])
                task["holder"] = self._held_by(task["holder"], held_by, f"the task of {task['department']}")

    def _held_by(self, allowed: set[str], pk: int | None, what: str) -> set[str]:
        """Who has it; the model says who may, and remembers who does."""
        name = self.names.get(pk or 0, "nobody")
        assert name in allowed, self._story(f"{name} has {what}, not {' or '.join(sorted(allowed))}")
        return {name}

    @staticmethod
    def _model_of(life: Life) -> dict[str, Any]:
        return {
            **{name: life[name] for name in ("number", "received", "state", "left", "round", "outcome")},
            **{name: life["at"].get(name) for name in MILESTONES},
            "next_due": model.next_due(life),
            "version": 0,
        }

    def _clocks_of(self, life: Life, rows: list[dict[str, Any]]) -> dict[model.Key, dict[str, Any]]:
        numbers = {task["pk"]: task["n"] for task in life["tasks"]}
        found = {}
        for row in rows:
            round_, kind, task = (row.pop(name) for name in ("round", "kind", "task"))
            key = (round_, kind, numbers[task] if task else None)
            self._nothing_is_forgotten(row, json.loads(row.pop("dues")))
            life["clocks"].get(key, {})["pk"] = row["pk"]
            found[key] = row
        return found

    def _nothing_is_forgotten(self, row: dict[str, Any], dues: list[dict[str, str]]) -> None:
        """A breach is never un-declared, and a due time that moved stays beside the new one."""
        pk, breached = row["pk"], row["breached"]
        if pk in self.breaches or breached:
            self._compare("a breach", breached, self.breaches.setdefault(pk, breached))
        due, known = self.dues.get(pk, (row["due"], []))
        self._compare("earlier due times", dues[: len(known)], known)
        if due != row["due"]:
            assert due.isoformat() in [entry["due_at"] for entry in dues[len(known) :]], self._story(
                "a due time is gone"
            )
        self.dues[pk] = (row["due"], dues)

    def _named(self, row: dict[str, Any]) -> dict[str, Any]:
        return row | {"passed": self.names[row["passed"]] if row["passed"] else None}

    # --- The end ------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self._histories_are_whole()
        finally:
            self.travel.stop()
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def _histories_are_whole(self) -> None:
        assert verify(files=False).findings == [], self._story("the chain is broken")
        for life in self.lives:
            case = Case.objects.get(pk=life["pk"])
            self._compare("its readers", (case.readers, case.barred), readers.of_case(case))
            values: dict[str, Any] = dict(REPLAYED)
            for event in Event.objects.filter(thread=case.thread).order_by("seq"):
                for name in values.keys() & event.changes.keys():
                    old, new = event.changes[name]
                    self._compare(f"{name} before {event.verb}", old, values[name])
                    values[name] = new
            self._compare("what the history leads to", values, {name: _told(getattr(case, name)) for name in values})


def _rows(sql: str, pks: list[int]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [pks])
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _copied(found: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    return ((name, [dict(row) for row in rows]) for name, rows in found.items())


def _task(task: dict[str, Any]) -> dict[str, Any]:
    return {name: task[name] for name in ("department", "lead", "round", "state", "due", "passed")}


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def run(world: World, *, number: int, examples: int, steps: int, favoured: str = "") -> Counter[str]:
    """Lives from one seed; returns what was counted. Stops at the first difference, unshrunk: its story is told.

    ``favoured`` is an act that is tried more often than the others, also where it is not possible.
    """
    machine = type("Machine", (LifeMachine,), {"world": world, "counts": Counter(), "favoured": favoured})
    run_state_machine_as_test(
        seed(number)(machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )
    return machine.counts
