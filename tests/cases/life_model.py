"""What may happen to a case, written down a second time: from the architecture's text, never from ``cases/lifecycle.py``.

A life is a plain dict. Every function here either says how a step must end (the name of the refusal, or "" when it
goes through) or changes the dict as the step must change the case. Nothing here asks the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from tests.organization.oracle import Oracle, Periods, minute_of, moment_of

Life = dict[str, Any]
#: (round, kind, number of the task or None)
Key = tuple[int, str, int | None]

SHANGHAI = ZoneInfo("Asia/Shanghai")
STATES = [
    "registered",
    "acknowledged",
    "dispatched",
    "received",
    "investigating",
    "acting",
    "replied",
    "awaiting_opinion",
    "closed",
    "archived",
    "incomplete",
]
WORDS = {
    "EVERY": STATES,
    "UNFILED": [state for state in STATES if state != "archived"],
    "OPEN": [state for state in STATES if state not in {"closed", "archived"}],
    "WORKED": [state for state in STATES if state not in {"closed", "archived", "registered", "incomplete"}],
    "UNANSWERED": ["registered", "acknowledged", "dispatched", "received", "investigating", "acting"],
    "DEPARTMENT": ["received", "investigating", "acting"],
}


def _table(text: str) -> dict[str, tuple[frozenset[str], str]]:
    found = {}
    for line in text.strip().splitlines():
        name, *sources = line.split("->")[0].split()
        target = line.partition("->")[2].strip()
        states = frozenset(state for word in sources for state in WORDS.get(word, [word]))
        assert states <= set(STATES), line
        found[name] = (states, target)
    return found


#: The moves of a case: from where, and to where; "*" is the state it left.
MOVES = _table("""
    acknowledge     registered                                                    -> acknowledged
    decline         registered                                                    -> closed
    ask_completion  UNANSWERED                                                    -> incomplete
    complete        incomplete                                                    -> *
    dispatch        acknowledged                                                  -> dispatched
    receive         dispatched                                                    -> received
    return_to_hub   dispatched DEPARTMENT                                         -> acknowledged
    investigate     received                                                      -> investigating
    act             received investigating                                        -> acting
    reply           acknowledged DEPARTMENT replied awaiting_opinion              -> replied
    ask_opinion     replied                                                       -> awaiting_opinion
    record_opinion  replied awaiting_opinion                                      -> awaiting_opinion
    close           OPEN                                                          -> closed
    archive         closed                                                        -> archived
    reopen          awaiting_opinion closed                                       -> acknowledged
""")
#: What a department does also while the customer is asked for something: it changes where the case goes back to.
WHILE_INCOMPLETE = frozenset({"receive", "return_to_hub"})
#: What changes no state, or a state only by the way. A filed case changes no more, but people are recused for ever and
#: a customer who writes is never turned away.
ACTS = MOVES | _table("""
    verify               OPEN
    classify             OPEN
    correct              OPEN
    settle               registered acknowledged
    add_department       dispatched DEPARTMENT
    record_investigation acknowledged DEPARTMENT
    plan_visit           UNANSWERED
    record_visit         OPEN
    cancel_visit         OPEN
    plan_measure         WORKED
    complete_measure     WORKED
    verify_measure       WORKED
    ask_waiver           WORKED
    ask_explained        awaiting_opinion
    ask_opinion          replied awaiting_opinion
    send_progress        OPEN
    escalate             OPEN
    open_hold            OPEN
    receive              UNFILED
    return_to_hub        UNFILED
    cancel_assignment    UNFILED
    pass_on              UNFILED
    take                 UNFILED
    answer               UNFILED
    ask_extension        UNFILED
    decide_extension     OPEN
    release_hold         UNFILED
    answer_escalation    UNFILED
    decide_approval      OPEN
    withdraw_approval    OPEN
    agree_date           OPEN
    give_breach_reason   UNFILED
    record_contact       EVERY
    note                 UNFILED
    close_short          OPEN
    recuse               EVERY
""")

#: All of RES-11 and CAP-05; facts, reply, opinion; reply only.
COMPLAINTS = frozenset({"complaint", "dissatisfaction", "adverse_event"})
HANDLED = frozenset({"service_request", "return_request"})
SHORT_KINDS = frozenset({"enquiry", "praise"})
CLOSED_ON_REPLY = frozenset({"enquiry", "suggestion", "praise"})

#: Whoever of the hub stands in for its person on a case: the one on duty, then the others.
HUB = ("hub_head", "agent", "agent2")
PREVENTING = frozenset({"corrective", "preventive"})
LIVE_TASKS = frozenset({"sent", "received", "answered"})
UNANSWERED_TASKS = frozenset({"sent", "received"})


# --- Time ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _oracle(weekly: tuple[Periods, ...], days: frozenset[tuple[date, Periods]]) -> Oracle:
    return Oracle(SHANGHAI, weekly, dict(days))


class House:
    """The working calendar, as the test has edited it."""

    def __init__(self, weekly: tuple[Periods, ...], days: Mapping[date, tuple[tuple[time, time], ...]]) -> None:
        self.weekly, self.days = weekly, dict(days)

    @property
    def oracle(self) -> Oracle:
        return _oracle(self.weekly, frozenset(self.days.items()))

    def close_of(self, day: date) -> datetime:
        """Until when a stated date lasts: its close of business, on a day off its midnight."""
        return moment_of(self.oracle.end(day, move=False))

    def due(self, kind: str, start: datetime, stated: datetime | date | None = None) -> datetime:
        """When a clock ends (SLA-05, SLA-06, SLA-07, SLA-18): 24 h, 48 h, 5 working days, 4 working hours, as stated."""
        if isinstance(stated, datetime):
            return stated
        if stated is not None:
            return max(self.close_of(stated), start)
        match kind:
            case "acknowledgement":
                return start + timedelta(hours=24)
            case "on_site":
                return start + timedelta(hours=48)
            case "resolution":
                return moment_of(self.oracle.working_days(minute_of(start), 5))
            case _:
                return moment_of(self.oracle.working_hours(minute_of(start), 4 * 60))


def _start(life: Life, house: House, key: Key, at: datetime, stated: datetime | date | None = None) -> None:
    due = house.due(key[1], at, stated)
    life["clocks"][key] = {
        "started": at, "due": due, "first": due, "met": None, "stopped": None, "breached": None, "late": False,
        "reason": False,
    }  # fmt: skip


def is_running(clock: Mapping[str, Any]) -> bool:
    return clock["met"] is None and clock["stopped"] is None


def clocks_of(life: Life, kind: str = "", task: int | None = None) -> Iterator[dict[str, Any]]:
    """The running clocks of this round, of one kind and task or all."""
    for (n, its_kind, its_task), clock in life["clocks"].items():
        if n == life["round"] and (not kind or (its_kind, its_task) == (kind, task)) and is_running(clock):
            yield clock


def _meet(life: Life, kind: str, *, at: datetime, now: datetime, task: int | None = None) -> None:
    """The moment it happened decides; a breach that was declared stays, and a late record says so in its own column."""
    for clock in list(clocks_of(life, kind, task)):
        clock["met"] = at
        if at > clock["first"]:
            clock["breached"] = clock["first"]
        else:
            clock["late"] = clock["breached"] is not None or now > clock["first"]


def _stop(clocks: Iterator[dict[str, Any]], now: datetime) -> None:
    for clock in list(clocks):
        if clock["first"] <= now:
            clock["breached"] = clock["first"]
        clock["stopped"] = now


def sweep(life: Life, now: datetime) -> None:
    """The breach time is the due time, not the sweep's; each breach is declared once."""
    for clock in life["clocks"].values():
        if is_running(clock) and clock["first"] <= now and clock["breached"] is None:
            clock["breached"] = clock["first"]
            life["declared"] += 1


def recompute(life: Life, house: House, now: datetime) -> None:
    """From the original start (A-20): never a stated time, never what has passed, never less than was granted.

    Beside a date that the customer knows, more time neither ends nor decides.
    """
    for (n, kind, _task), clock in life["clocks"].items():
        if n != life["round"] or kind == "task" or not is_running(clock) or clock["breached"] is not None:
            continue
        stated = life["deadline"] if kind == "resolution" else None
        due = house.due(kind, clock["started"], stated)
        granted = clock["due"] != clock["first"]
        if (granted and (stated or due <= clock["due"])) or (clock["first"] <= now and due > clock["due"]):
            continue
        if due != clock["due"]:
            clock["due"] = clock["first"] = due


def next_due(life: Life) -> datetime | None:
    running = [clock["first"] for clock in life["clocks"].values() if is_running(clock)]
    return min(running) if running and life["state"] in WORDS["OPEN"] else None


# --- Where a case stands ---------------------------------------------------------------------------------


def wrong_state(act: str, life: Life) -> str:
    """The refusal that the state alone decides."""
    return "" if life["state"] in ACTS[act][0] else "InvalidMove"


def round_start(life: Life) -> datetime:
    return life["rounds"][-1]["opened"]


def _standing(life: Life) -> str:
    """Where a department stands: while the customer is asked for something, in the state that the case left."""
    return str(life["left"] or life["state"])


def handled_at(life: Life) -> datetime:
    """Before when there was nothing to answer: the case was not taken on, or a department owed its part."""
    answered = [task["answered"] for task in tasks_of(life, frozenset({"answered"}))]
    return max(
        [round_start(life), *answered, *([life["at"]["acknowledged"]] if life["at"].get("acknowledged") else [])]
    )


def tasks_of(life: Life, states: frozenset[str]) -> list[dict[str, Any]]:
    """The departments' tasks of this round in those states."""
    return [task for task in life["tasks"] if task["round"] == life["round"] and task["state"] in states]


def lead_of(life: Life) -> dict[str, Any] | None:
    return next((task for task in tasks_of(life, LIVE_TASKS) if task["lead"]), None)


Part = Mapping[str, Any]
#: Acts on a part of the case (a task, a measure, a visit, a question), and when the part allows them.
_FITS: dict[str, Callable[[Life, Part], bool]] = {
    "receive": lambda life, part: part["state"] == "sent" and (not part["lead"] or _standing(life) == "dispatched"),
    "return_to_hub": lambda life, part: (
        part["state"] in UNANSWERED_TASKS and (not part["lead"] or _standing(life) in MOVES["return_to_hub"][0])
    ),
    "cancel_assignment": lambda life, part: part["state"] in UNANSWERED_TASKS and not part["lead"],
    "take": lambda life, part: part["state"] == "received" and part["passed"] is not None,
    "pass_on": lambda life, part: part["state"] == "received",
    "answer": lambda life, part: part["state"] == "received",
    "ask_extension": lambda life, part: part["state"] in UNANSWERED_TASKS and part["more"] is None,
    "decide_extension": lambda life, part: part["more"] is not None,
    "complete_measure": lambda life, part: part["state"] == "planned",
    "verify_measure": lambda life, part: part["state"] == "done",
    "record_visit": lambda life, part: part["state"] == "open",
    "cancel_visit": lambda life, part: part["state"] == "open",
    "decide_approval": lambda life, part: part["state"] == "open",
    "withdraw_approval": lambda life, part: part["state"] == "open",
}


def is_misfit(act: str, life: Life, part: Part) -> bool:
    """Whether a part of the case does not allow an act."""
    return not _FITS[act](life, part)


def hub_of(life: Life) -> set[str]:
    """The hub's person on a case: who acknowledged it, unless barred; then the one on duty, then anybody there."""
    if life["hub"] and life["hub"] not in life["barred"]:
        return {life["hub"]}
    return {next(name for name in HUB if name not in life["barred"])}


def may_close(life: Life, outcome: str) -> bool:
    """Whether the items of the kind are there (RES-11, CAP-05, hard gates 3, 4 and 9)."""
    kind, n = life["kind"], life["round"]
    facts, opinion = life["facts"], life["opinion"]
    reached = life["state"] == "awaiting_opinion" or (life["state"] == "replied" and kind in CLOSED_ON_REPLY)
    missing = [
        not life["answered"],
        not reached,
        life["holds"] > 0,
        life["escalated"],
        any(visit["state"] == "open" and visit["round"] == n for visit in life["visits"]),
        any(clock["breached"] and not clock["reason"] and not clock["late"]
            for key, clock in life["clocks"].items() if key[0] == n),
        outcome == "unsatisfied_explained" and not _granted(life, "explained"),
        kind in COMPLAINTS and not life["verified"],
    ]  # fmt: skip
    if kind in COMPLAINTS | HANDLED:
        missing += [facts is None, not life["asked"], bool(tasks_of(life, UNANSWERED_TASKS))]
        if life["contact"]:
            missing.append(
                {
                    "settled": opinion is not True,
                    "unsatisfied_explained": opinion is not False,
                    "no_answer": opinion is not None or len(life["tries"]) < 3,
                }[outcome]
            )
    if kind in COMPLAINTS:
        kept = [measure for measure in life["measures"] if measure["round"] == n]
        missing += [
            not (facts and facts["cause"] and facts["responsible"]),
            any(measure["state"] != "verified" for measure in kept),
            not any(measure["type"] in PREVENTING for measure in kept) and not _granted(life, "waiver"),
        ]
    return not any(missing)


def _granted(life: Life, kind: str) -> bool:
    here = [a for a in life["approvals"] if a["kind"] == kind and a["round"] == life["round"]]
    decided = [a["state"] for a in here if a["state"] in {"granted", "refused"}]
    return decided[-1:] == ["granted"]


def withdraw_open(life: Life) -> None:
    """With its round, a question needs no decision any more."""
    for approval in life["approvals"]:
        if approval["state"] == "open":
            approval["state"] = "withdrawn"


# --- What the steps change -------------------------------------------------------------------------------


def register(life: Life, house: House, *, first: str | None, received: datetime) -> Life:
    """A new case: owned by the first-asked person, else by the hub's on duty."""
    life |= {
        "state": "registered", "left": "", "round": 1, "received": received, "first": first, "hub": None,
        "owner": {first or "hub_head"}, "holder": {}, "barred": set(), "sorted": False, "verified": False,
        "deadline": None, "at": {}, "outcome": "", "tasks": [], "measures": [], "visits": [], "approvals": [],
        "escalated": False, "holds": 0, "clocks": {}, "declared": 0,
        "rounds": [{"opened": received, "acknowledged": None, "replied": None, "closed": None, "outcome": ""}],
    }  # fmt: skip
    _begin_round(life)
    _start(life, house, (1, "acknowledgement", None), received)
    _start(life, house, (1, "resolution", None), received)
    return life


def _begin_round(life: Life) -> None:
    life |= {"facts": None, "answered": False, "tries": set(), "asked": False, "opinion": None}


def enter(life: Life, move: str) -> None:
    """Where the move leads to."""
    state, target = life["state"], MOVES[move][1]
    if state == "incomplete" and move in WHILE_INCOMPLETE:
        life["left"] = target
        return
    life["state"] = life["left"] if target == "*" else target
    life["left"] = state if target == "incomplete" else ""


def _mark(life: Life, **moments: datetime | None) -> None:
    """Milestones of the case are those of the current round."""
    life["at"] |= moments
    here = life["rounds"][-1]
    here |= {name: at for name, at in moments.items() if name in here}


def acknowledge(life: Life, now: datetime, *, by: str) -> None:
    enter(life, "acknowledge")
    _mark(life, acknowledged=now)
    life["hub"], life["owner"] = by, {by}
    _meet(life, "acknowledgement", at=now, now=now)


def dispatch(life: Life, now: datetime) -> None:
    enter(life, "dispatch")
    _mark(life, dispatched=now)


def assign(life: Life, house: House, task: dict[str, Any], now: datetime) -> None:
    """One department's task: four working hours to confirm it, and the stated time to answer."""
    task |= {"round": life["round"], "state": "sent", "holder": None, "passed": None, "more": None}
    life["tasks"].append(task)
    n = len(life["tasks"]) - 1
    task["n"] = n
    _start(life, house, (life["round"], "receipt", n), now)
    _start(life, house, (life["round"], "task", n), now, task["due"])


def receive(life: Life, task: dict[str, Any], now: datetime, *, by: str) -> None:
    task |= {"state": "received", "holder": {by}}
    _meet(life, "receipt", at=now, now=now, task=task["n"])
    if task["lead"]:
        enter(life, "receive")
        _mark(life, taken=now)
        life["owner"] = {by}


def end_task(life: Life, task: dict[str, Any], state: str, now: datetime) -> None:
    """Without an answer: its clocks stop, and what it asked for more time is decided with it."""
    if state == "returned" and task["state"] == "sent":
        _meet(life, "receipt", at=now, now=now, task=task["n"])
    for kind in ("receipt", "task"):
        _stop(clocks_of(life, kind, task["n"]), now)
    task |= {"state": state, "more": None}


def return_to_hub(life: Life, task: dict[str, Any], now: datetime) -> None:
    """The lead's return leads back to acknowledged; the customer's clock runs on (RTE-12, gate 6)."""
    end_task(life, task, "returned", now)
    if task["lead"]:
        enter(life, "return_to_hub")
        _mark(life, dispatched=None, taken=None)
        life["owner"] = hub_of(life)


def take(life: Life, task: dict[str, Any], *, by: str) -> None:
    task |= {"holder": {by}, "passed": None}
    if task["lead"]:
        life["owner"] = {by}


def answer(life: Life, task: dict[str, Any], now: datetime) -> None:
    task |= {"state": "answered", "answered": now, "more": None}
    _meet(life, "task", at=now, now=now, task=task["n"])
    if task["lead"]:
        life["owner"] = hub_of(life)


def extend(life: Life, task: dict[str, Any]) -> None:
    """More time moves the promise, never the time that decides the breach."""
    until, task["more"] = task["more"], None
    task["due"] = until
    moved = [*clocks_of(life, "task", task["n"]), *(clocks_of(life, "resolution") if task["lead"] else ())]
    for clock in moved:
        clock["due"] = max(clock["due"], until)


def agree_date(life: Life, day: date, due: datetime) -> None:
    """Another date by the customer's consent: a later one gives more time, but nobody agrees a breach away (A-08)."""
    (clock,) = clocks_of(life, "resolution")
    if due < clock["first"] and clock["breached"] is None:
        clock["first"] = due
    clock["due"], life["deadline"] = due, day


def plan_visit(life: Life, house: House) -> None:
    """Somebody must go there: 48 h from receipt, until arrival (SLA-06)."""
    life["visits"].append({"state": "open", "round": life["round"]})
    key = (life["round"], "on_site", None)
    if key not in life["clocks"]:
        _start(life, house, key, round_start(life))
    life["clocks"][key]["stopped"] = None


def record_visit(life: Life, visit: dict[str, Any], *, at: datetime, now: datetime) -> None:
    visit["state"] = "recorded"
    life["at"]["arrived"] = life["at"].get("arrived") or at
    _meet(life, "on_site", at=at, now=now)


def cancel_visit(life: Life, visit: dict[str, Any], now: datetime) -> None:
    visit["state"] = "cancelled"
    if not any(v["state"] != "cancelled" for v in life["visits"] if v["round"] == life["round"]):
        _stop(clocks_of(life, "on_site"), now)


def reply(life: Life, *, at: datetime, now: datetime) -> None:
    """The final answer ends the resolution; a second one of the round leaves it met when it was first met."""
    enter(life, "reply")
    if life["at"].get("replied") is None:
        _mark(life, replied=at)
    life["answered"] = True
    life["owner"] = hub_of(life)
    _meet(life, "resolution", at=at, now=now)


def close(life: Life, now: datetime, outcome: str, *, move: str = "close") -> None:
    if outcome in {"settled", "unsatisfied_explained", "no_answer"}:
        _meet(life, "resolution", at=now, now=now)
    for task in tasks_of(life, UNANSWERED_TASKS):
        task |= {"state": "cancelled", "more": None}
    _stop(clocks_of(life), now)
    withdraw_open(life)
    enter(life, move)
    _mark(life, closed=now)
    life["outcome"] = life["rounds"][-1]["outcome"] = outcome


def decline(life: Life, now: datetime) -> None:
    _meet(life, "acknowledgement", at=now, now=now)
    _mark(life, replied=now)
    life["answered"] = True
    close(life, now, "declined", move="decline")


def reopen(life: Life, house: House, now: datetime, *, by: str) -> None:
    """The next round: same number, new clocks. A closed round stays closed; one that was not ends without a time.

    What nobody had taken on is taken on by whoever opens it; the customer's date was that of the round that ended.
    """
    if life["state"] != "closed":
        life["rounds"][-1]["outcome"] = "reopened"
        withdraw_open(life)
    _stop(clocks_of(life), now)
    enter(life, "reopen")
    life["round"] += 1
    life["rounds"].append({"opened": now, "acknowledged": now, "replied": None, "closed": None, "outcome": ""})
    life |= {"at": {"acknowledged": now}, "outcome": "", "deadline": None, "hub": life["hub"] or by}
    life["owner"] = hub_of(life)
    _begin_round(life)
    _start(life, house, (life["round"], "resolution", None), now)


def recuse(life: Life, name: str, everybody: set[str]) -> None:
    """Every duty is taken at once (RTE-19); who follows is left to the product, as long as nobody barred does."""
    life["barred"].add(name)
    free = everybody - life["barred"]
    for task in tasks_of(life, frozenset({"received"})):
        if task["passed"] == name:
            task["passed"] = None
        if task["holder"] == {name}:
            task["holder"] = free
    if life["owner"] == {name}:
        life["owner"] = free


def copy_of(life: Life) -> Life:
    """To try a step that consists of several."""
    return deepcopy(life)
