"""The real actions, each beside what the model says of it: how it must end, and what it must change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st

from audit.actor import Actor
from cases.actions import (
    agreement,
    assignment,
    clocks,
    closure,
    contacts,
    correction,
    intake,
    internal,
    investigation,
    measures,
    recusal,
    reply,
)
from cases.models import Assignment, Case, CaseClock, Escalation, Extension, Hold, Measure, Visit
from regulations.models import Approval
from tests.cases import life_model as model
from tests.cases.life_model import House, Life
from tests.world import CLASSIFIED, SUMMARY, World

Draw = Callable[..., Any]

KINDS = ("complaint", "service_request", "requirement", "enquiry", "suggestion", "praise", "adverse_event")
DEPARTMENTS = {
    "production": ("production_head", "production_handler"),
    "quality": ("quality_head", "quality_handler"),
    "sales": ("sales_head", "sales_handler"),
}
#: Who is accused in the course of a life; somebody is left everywhere, because a case without anybody is not told here.
ACCUSED = ("agent", "hub_head", "production_head", "quality_handler", "sales_head")
SHORT_OUTCOMES = ("withdrawn", "duplicate", "invalid", "imported")
FULL_OUTCOMES = ("settled", "unsatisfied_explained", "no_answer")
MINUTE, HOUR = 1, 60


def _nothing() -> None:
    """Changes nothing."""


@dataclass(frozen=True)
class Step:
    """One call of an action, the refusal it must meet ("" for none), and what it changes in the model."""

    call: Callable[[], object]
    refused: str = ""
    effect: Callable[[], object] = _nothing


def _owed(life: Life) -> list[model.Key]:
    """The clocks of this round whose breach has no reason yet."""
    return [
        key for key, clock in life["clocks"].items()
        if key[0] == life["round"] and clock["breached"] and not clock["reason"]
    ]  # fmt: skip


def _measures_due(life: Life) -> str:
    kept = [measure for measure in life["measures"] if measure["round"] == life["round"]]
    for state, act in (("planned", "complete_measure"), ("done", "verify_measure")):
        if any(measure["state"] == state for measure in kept):
            return act
    return "" if any(measure["type"] in model.PREVENTING for measure in kept) else "plan_measure"


#: Acts on a part of the case, and where its parts stand in a life.
PARTS = {
    **dict.fromkeys(
        ("receive", "return_to_hub", "cancel_assignment", "pass_on", "take", "answer", "ask_extension", "decide_extension"),
        "tasks",
    ),
    **dict.fromkeys(("complete_measure", "verify_measure"), "measures"),
    **dict.fromkeys(("record_visit", "cancel_visit"), "visits"),
    **dict.fromkeys(("decide_approval", "withdraw_approval"), "approvals"),
}  # fmt: skip


class Acts:
    """Every act of ``life_model.ACTS`` under its own name: what it would be now, with values drawn."""

    def __init__(self, world: World, house: House, lives: list[Life]) -> None:
        self.world, self.house, self.lives = world, house, lives
        self.stale = False

    # --- What fits ------------------------------------------------------------------------------------

    def names(self, life: Life, *, in_vain: bool) -> list[str]:
        """The acts that the case allows now, or those that it does not."""
        found = []
        for name in model.ACTS:
            parts = self._parts(name, life)
            if name in PARTS and not parts:
                continue
            fits = not model.wrong_state(name, life) and (
                name not in PARTS or any(not model.is_misfit(name, life, part) for part in parts)
            )
            if fits is not in_vain and self._is_there(name, life):
                found.append(name)
        return found

    @staticmethod
    def _parts(name: str, life: Life) -> list[dict[str, Any]]:
        parts = life[PARTS[name]] if name in PARTS else []
        return [part for part in parts if "asked" in part] if name == "decide_extension" else parts

    def next_of(self, life: Life) -> str:
        """What leads on towards the end of a case; "" when it has ended."""
        match life["state"]:
            case "closed" | "archived":
                return ""
            case "registered":
                return "acknowledge"
            case "incomplete":
                return "complete"
        return self._left_over(life) or self._forward(life)

    @staticmethod
    def _left_over(life: Life) -> str:
        if life["escalated"]:
            return "answer_escalation"
        if life["holds"]:
            return "release_hold"
        for name, act in (("approvals", "decide_approval"), ("visits", "record_visit")):
            if any(part["state"] == "open" for part in life[name]):
                return act
        return "give_breach_reason" if _owed(life) and life["answered"] else ""

    def _forward(self, life: Life) -> str:
        if life["state"] == "replied":
            return "ask_opinion"
        if life["state"] == "awaiting_opinion":
            return self._at_the_end(life)
        tasks = model.tasks_of(life, model.UNANSWERED_TASKS)
        for act in ("receive", "decide_extension", "take"):
            if any(not model.is_misfit(act, life, task) for task in tasks):
                return act
        if life["state"] == "acknowledged" and not tasks:
            if life["kind"] in model.SHORT_KINDS:
                return "reply"
            return "dispatch" if life["verified"] or life["kind"] not in model.COMPLAINTS else "verify"
        return self._investigated(life) or ("answer" if tasks else "reply")

    @staticmethod
    def _investigated(life: Life) -> str:
        facts = life["facts"]
        if life["kind"] in model.HANDLED and facts is None:
            return "record_investigation"
        if life["kind"] in model.COMPLAINTS:
            if not (facts and facts["cause"] and facts["responsible"]):
                return "record_investigation"
            return _measures_due(life)
        return ""

    @staticmethod
    def _at_the_end(life: Life) -> str:
        if life["opinion"] is None:
            return "record_opinion"
        if life["kind"] in model.COMPLAINTS and (due := _measures_due(life)):
            return due
        if life["opinion"] is False and not model.may_close(life, "unsatisfied_explained"):
            return "ask_explained"
        return "close"

    @staticmethod
    def _is_there(name: str, life: Life) -> bool:
        if name == "release_hold":
            return life["holds"] > 0
        if name == "answer_escalation":
            return "escalation" in life
        return True

    def step(self, name: str, life: Life, draw: Draw, *, in_vain: bool = False) -> Step:
        """The act, on a part that fits it, or in vain on one that does not."""
        if name not in PARTS:
            return getattr(self, name)(life, draw)
        parts = self._parts(name, life)
        chosen = [part for part in parts if model.is_misfit(name, life, part) is in_vain] or parts
        part = draw(st.sampled_from(chosen))
        step: Step = getattr(self, name)(life, part, draw)
        refused = model.wrong_state(name, life) or ("InvalidMove" if model.is_misfit(name, life, part) else "")
        return Step(step.call, refused or step.refused, step.effect)

    # --- Who and what -----------------------------------------------------------------------------------

    def _case(self, life: Life) -> Case:
        case = Case(pk=life["pk"])
        if self.stale:
            case.expected_version = life["version"] - 1
        return case

    def _by(self, name: str) -> Actor:
        return self.world.actor(name)

    def _of_hub(self, life: Life, draw: Draw) -> str:
        return draw(st.sampled_from([name for name in model.HUB if name not in life["barred"]]))

    def _of_department(self, life: Life, department: str, draw: Draw) -> str:
        return draw(st.sampled_from([name for name in DEPARTMENTS[department] if name not in life["barred"]]))

    @staticmethod
    def _assignment(task: dict[str, Any]) -> Assignment:
        return Assignment.objects.get(pk=task["pk"])

    # --- The hub --------------------------------------------------------------------------------------

    def acknowledge(self, life: Life, draw: Draw) -> Step:
        by, given = self._of_hub(life, draw), draw(st.booleans()) or not life["sorted"]
        bare = draw(st.integers(0, 9)) == 0
        sorts = given and not bare
        classification = intake.Classification(category=self.world.category(), **CLASSIFIED) if sorts else None  # type: ignore[arg-type]

        def effect() -> None:
            now = timezone.now()
            model.acknowledge(life, now, by=by)
            life["sorted"] = True
            if sorts:
                model.recompute(life, self.house, now)

        return Step(
            lambda: assignment.acknowledge_case(
                self._case(life), by=self._by(by), classification=classification, reason="如客户所述"
            ),
            model.wrong_state("acknowledge", life) or ("" if sorts or life["sorted"] else "Blocked"),
            effect,
        )

    def decline(self, life: Life, draw: Draw) -> Step:
        by = self._of_hub(life, draw)
        return Step(
            lambda: assignment.decline_case(self._case(life), by=self._by(by), reason="非我司产品", reply="很抱歉"),
            model.wrong_state("decline", life),
            lambda: model.decline(life, timezone.now()),
        )

    def ask_completion(self, life: Life, draw: Draw) -> Step:
        by = self._of_hub(life, draw)
        return Step(
            lambda: correction.ask_completion(self._case(life), by=self._by(by), missing="请补充批号"),
            model.wrong_state("ask_completion", life),
            lambda: model.enter(life, "ask_completion"),
        )

    def complete(self, life: Life, draw: Draw) -> Step:
        by = self._of_hub(life, draw)
        return Step(
            lambda: correction.complete(self._case(life), by=self._by(by)),
            model.wrong_state("complete", life),
            lambda: model.enter(life, "complete"),
        )

    def verify(self, life: Life, draw: Draw) -> Step:
        by = self._of_hub(life, draw)
        return Step(
            lambda: assignment.verify_case(self._case(life), by=self._by(by), result="partly", basis="照片"),
            model.wrong_state("verify", life),
            lambda: life.update(verified=True),
        )

    def classify(self, life: Life, draw: Draw) -> Step:
        by, kind = self._of_hub(life, draw), draw(st.sampled_from([None, None, *KINDS]))
        change = assignment.Reclassification(
            intake.Classification(category=self.world.category(), priority=2, urgency=draw(st.sampled_from(["", "urgent", "general"]))),
            kind=self.world.kind(kind) if kind else None,
            reason="客户补充说明",
        )  # fmt: skip

        def effect() -> None:
            life.update(kind=kind or life["kind"], sorted=True)
            model.recompute(life, self.house, timezone.now())

        return Step(
            lambda: assignment.classify_case(self._case(life), change, by=self._by(by)),
            model.wrong_state("classify", life),
            effect,
        )

    def correct(self, life: Life, draw: Draw) -> Step:
        """Another batch; never the customer's date. An incomplete case goes on by itself (INT-18)."""
        by, dated = self._of_hub(life, draw), draw(st.integers(0, 9)) == 0
        values: dict[str, Any] = {"batch": "2026A"} | ({"customer_deadline": timezone.localdate()} if dated else {})

        def effect() -> None:
            if life["state"] == "incomplete":
                model.enter(life, "complete")

        return Step(
            lambda: correction.correct(self._case(life), values, by=self._by(by), reason="客户更正"),
            model.wrong_state("correct", life) or ("InvalidInput" if dated else ""),
            effect,
        )

    def agree_date(self, life: Life, draw: Draw) -> Step:
        by, day = self._of_hub(life, draw), timezone.localdate() + timedelta(days=draw(st.integers(-2, 20)))
        contact = contacts.NewContact("out", self.world.channel("phone"), "客户同意改期")
        due = self.house.close_of(day)
        refused = model.wrong_state("agree_date", life)
        if day == life["deadline"]:
            refused = refused or "InvalidInput"
        if not any(model.clocks_of(life, "resolution")):
            refused = refused or "InvalidMove"
        return Step(
            lambda: agreement.agree_date(self._case(life), agreement.Agreement(day, contact), by=self._by(by)),
            refused or ("InvalidInput" if due <= timezone.now() else ""),
            lambda: model.agree_date(life, day, due),
        )

    def settle(self, life: Life, draw: Draw) -> Step:
        """An enquiry or praise: acknowledged, answered and closed on one screen, or not at all (INT-20)."""
        by = self._of_hub(life, draw)
        settlement = closure.Settlement(
            reply.Answer("整机保三年。", "phone"),
            intake.Classification(category=self.world.category(), priority=2),
            SUMMARY,
        )
        trial = model.copy_of(life)
        refused = "" if life["kind"] in model.SHORT_KINDS else "InvalidInput"
        refused = refused or self._settle(trial, by)

        def effect() -> None:
            self._settle(life, by)

        return Step(
            lambda: closure.settle_case(self._fresh(life), settlement, by=self._by(by)),
            refused,
            effect,
        )

    def _fresh(self, life: Life) -> Case:
        case = Case.objects.select_related("kind").get(pk=life["pk"])
        case.expected_version = self._case(life).expected_version
        return case

    def _settle(self, life: Life, by: str) -> str:
        now = timezone.now()
        if life["state"] == "registered":
            model.acknowledge(life, now, by=by)
            life["sorted"] = True
            model.recompute(life, self.house, now)
        if refused := model.wrong_state("reply", life) or self._reply_refused(life, now, now):
            return refused
        model.reply(life, at=now, now=now)
        if not model.may_close(life, "settled"):
            return "Blocked"
        model.close(life, now, "settled")
        return ""

    def dispatch(self, life: Life, draw: Draw) -> Step:
        by = self._of_hub(life, draw)
        names = draw(st.lists(st.sampled_from([*DEPARTMENTS]), min_size=1, max_size=2))
        tasks = [self._task(name, draw, lead=n == 0) for n, name in enumerate(names)]
        busy = {task["department"] for task in model.tasks_of(life, model.LIVE_TASKS)}
        refused = model.wrong_state("dispatch", life)
        if busy & set(names) or len(set(names)) < len(names):
            refused = refused or "InvalidInput"
        if not life["sorted"] or (life["kind"] in model.COMPLAINTS and not life["verified"]):
            refused = refused or "Blocked"

        def effect() -> None:
            now = timezone.now()
            for task in tasks:
                model.assign(life, self.house, task, now)
            model.dispatch(life, now)

        first, *others = (self._asked(task) for task in tasks)
        return Step(
            lambda: assignment.dispatch_case(self._case(life), first, by=self._by(by), helpers=tuple(others)),
            refused,
            effect,
        )

    def _task(self, department: str, draw: Draw, *, lead: bool) -> dict[str, Any]:
        due = timezone.now() + timedelta(minutes=draw(st.integers(MINUTE, 6 * 24 * HOUR)))
        return {"department": department, "lead": lead, "due": due}

    def _asked(self, task: dict[str, Any]) -> assignment.Task:
        return assignment.Task(self.world.departments[task["department"]], "查明原因", task["due"])

    def add_department(self, life: Life, draw: Draw) -> Step:
        by = self._of_hub(life, draw)
        task = self._task(draw(st.sampled_from([*DEPARTMENTS])), draw, lead=False)
        busy = {other["department"] for other in model.tasks_of(life, model.LIVE_TASKS)}
        return Step(
            lambda: assignment.add_department(self._case(life), self._asked(task), by=self._by(by)),
            model.wrong_state("add_department", life) or ("InvalidInput" if task["department"] in busy else ""),
            lambda: model.assign(life, self.house, task, timezone.now()),
        )

    def decide_extension(self, life: Life, task: dict[str, Any], draw: Draw) -> Step:
        by, granted = self._of_hub(life, draw), draw(st.booleans())

        def call() -> object:
            row = Extension.objects.filter(assignment=task["pk"]).order_by("-pk").first()
            assert row is not None
            return assignment.decide_extension(row, by=self._by(by), granted=granted, opinion="供应商报告未到")

        def effect() -> None:
            if granted:
                model.extend(life, task)
            task["more"] = None

        return Step(call, "", effect)

    def cancel_assignment(self, life: Life, task: dict[str, Any], draw: Draw) -> Step:
        by = self._of_hub(life, draw)
        return Step(
            lambda: assignment.cancel_assignment(self._assignment(task), by=self._by(by), reason="不再需要"),
            "",
            lambda: model.end_task(life, task, "cancelled", timezone.now()),
        )

    # --- The departments --------------------------------------------------------------------------------

    def receive(self, life: Life, task: dict[str, Any], draw: Draw) -> Step:
        by = self._of_department(life, task["department"], draw)
        return Step(
            lambda: assignment.receive_assignment(self._assignment(task), by=self._by(by)),
            "",
            lambda: model.receive(life, task, timezone.now(), by=by),
        )

    def return_to_hub(self, life: Life, task: dict[str, Any], draw: Draw) -> Step:
        by = self._of_department(life, task["department"], draw)
        return Step(
            lambda: assignment.return_assignment(self._assignment(task), by=self._by(by), reason="不属本部门"),
            "",
            lambda: model.return_to_hub(life, task, timezone.now()),
        )

    def pass_on(self, life: Life, task: dict[str, Any], draw: Draw) -> Step:
        own = DEPARTMENTS[task["department"]]
        by, to = (
            self._of_department(life, task["department"], draw),
            draw(st.sampled_from([*own, *own, "finance_handler"])),
        )
        refused = "Blocked" if to in life["barred"] else "" if to in own else "InvalidInput"
        return Step(
            lambda: assignment.pass_on(
                self._assignment(task), by=self._by(by), to=self.world.users[to], note="你熟悉焊机"
            ),
            refused,
            lambda: task.update(passed=to),
        )

    def take(self, life: Life, task: dict[str, Any], draw: Draw) -> Step:
        by = self._of_department(life, task["department"], draw)
        if task["passed"] and draw(st.integers(0, 4)):
            by = task["passed"]
        return Step(
            lambda: assignment.take(self._assignment(task), by=self._by(by)),
            "" if by == task["passed"] else "InvalidMove",
            lambda: model.take(life, task, by=by),
        )

    def answer(self, life: Life, task: dict[str, Any], draw: Draw) -> Step:
        by = self._of_department(life, task["department"], draw)
        helping = [other for other in model.tasks_of(life, model.UNANSWERED_TASKS) if not other["lead"]]
        return Step(
            lambda: assignment.answer_assignment(self._assignment(task), by=self._by(by), answer="已更换焊机"),
            "Blocked" if task["lead"] and helping else "",
            lambda: model.answer(life, task, timezone.now()),
        )

    def ask_extension(self, life: Life, task: dict[str, Any], draw: Draw) -> Step:
        by = self._of_department(life, task["department"], draw)
        until = max(timezone.now(), task["due"]) + timedelta(minutes=draw(st.integers(0, 9 * 24 * HOUR)))
        fits = until > max(timezone.now(), task["due"])
        return Step(
            lambda: assignment.ask_extension(self._assignment(task), by=self._by(by), until=until, reason="等料"),
            "" if fits else "InvalidInput",
            lambda: task.update(more=until, asked=True),
        )

    def investigate(self, life: Life, draw: Draw) -> Step:
        return self._begin("investigate", life)

    def act(self, life: Life, draw: Draw) -> Step:
        return self._begin("act", life)

    def _begin(self, move: str, life: Life) -> Step:
        return Step(
            lambda: investigation.start_move(self._case(life), move, by=self._by("quality_head")),
            model.wrong_state(move, life),
            lambda: model.enter(life, move),
        )

    def record_investigation(self, life: Life, draw: Draw) -> Step:
        cause, responsible = (draw(st.integers(0, 9)) > 0 for _ in range(2))
        findings = investigation.Findings(
            "焊缝渗水", cause="电流偏低" if cause else "", responsible_text="一车间" if responsible else ""
        )

        def effect() -> None:
            life["facts"] = {"cause": cause, "responsible": responsible}
            if life["state"] == "received":
                model.enter(life, "investigate")

        return Step(
            lambda: investigation.record_investigation(self._case(life), findings, by=self._by("quality_head")),
            model.wrong_state("record_investigation", life),
            effect,
        )

    def plan_visit(self, life: Life, draw: Draw) -> Step:
        by = self._of_hub(life, draw)
        return Step(
            lambda: investigation.plan_visit(self._case(life), investigation.VisitPlan("客户要求"), by=self._by(by)),
            model.wrong_state("plan_visit", life),
            lambda: model.plan_visit(life, self.house),
        )

    def record_visit(self, life: Life, visit: dict[str, Any], draw: Draw) -> Step:
        at = timezone.now() - timedelta(minutes=self._ago(draw))
        arrival = investigation.Arrival(at, "现场属实", late_reason="现场无网络")
        return Step(
            lambda: investigation.record_visit(Visit.objects.get(pk=visit["pk"]), arrival, by=self._by("quality_head")),
            "InvalidInput" if at < model.round_start(life) else "",
            lambda: model.record_visit(life, visit, at=at, now=timezone.now()),
        )

    @staticmethod
    def _ago(draw: Draw) -> int:
        """How long ago something happened that is written down now; mostly just now."""
        return draw(st.sampled_from([0, 0, MINUTE, 2 * HOUR, 30 * HOUR, 4 * 24 * HOUR]))

    def cancel_visit(self, life: Life, visit: dict[str, Any], draw: Draw) -> Step:
        by = self._of_hub(life, draw)
        return Step(
            lambda: investigation.cancel_visit(Visit.objects.get(pk=visit["pk"]), by=self._by(by), reason="寄回"),
            "",
            lambda: model.cancel_visit(life, visit, timezone.now()),
        )

    # --- Measures and approvals -----------------------------------------------------------------------------

    def plan_measure(self, life: Life, draw: Draw) -> Step:
        owner = draw(st.sampled_from(["agent2", "production_handler", "production_head"]))
        type_ = draw(st.sampled_from(["corrective", "preventive", "correction"]))
        plan = measures.Plan(
            type_, "更换焊机", self.world.production, self.world.users[owner], timezone.localdate() + timedelta(days=3)
        )
        works = owner == "agent2" or any(
            task["department"] == "production" for task in model.tasks_of(life, model.LIVE_TASKS)
        )
        barred = "Blocked" if owner in life["barred"] else ""

        def effect() -> None:
            life["measures"].append({"state": "planned", "round": life["round"], "type": type_, "owner": owner})
            if life["state"] in model.MOVES["act"][0]:
                model.enter(life, "act")

        return Step(
            lambda: measures.plan_measure(self._case(life), plan, by=self._by("quality_head")),
            model.wrong_state("plan_measure", life) or barred or ("" if works else "InvalidInput"),
            effect,
        )

    def complete_measure(self, life: Life, measure: dict[str, Any], draw: Draw) -> Step:
        done = measures.Completion("验收单")
        return Step(
            lambda: measures.complete_measure(
                Measure.objects.get(pk=measure["pk"]), done, by=self._by(measure["owner"])
            ),
            "",
            lambda: measure.update(state="done"),
        )

    def verify_measure(self, life: Life, measure: dict[str, Any], draw: Draw) -> Step:
        own, effective = draw(st.integers(0, 4)) == 0, draw(st.integers(0, 4)) > 0
        by = measure["owner"] if own else "quality_head"
        return Step(
            lambda: measures.verify_measure(
                Measure.objects.get(pk=measure["pk"]),
                measures.Check(effective=effective, method="抽检"),
                by=self._by(by),
            ),
            "Blocked" if own else "",
            lambda: measure.update(state="verified" if effective else "planned"),
        )

    def ask_waiver(self, life: Life, draw: Draw) -> Step:
        return self._ask(
            "waiver", life, lambda: measures.ask_waiver(self._case(life), by=self._by("agent2"), reason="无缺陷")
        )

    def ask_explained(self, life: Life, draw: Draw) -> Step:
        return self._ask(
            "explained", life, lambda: closure.ask_explained(self._case(life), by=self._by("agent2"), reason="已说明")
        )

    def _ask(self, kind: str, life: Life, call: Callable[[], object]) -> Step:
        here = {"kind": kind, "round": life["round"], "state": "open"}
        waits = any(here.items() <= approval.items() for approval in life["approvals"])
        return Step(
            call,
            model.wrong_state(f"ask_{kind}", life) or ("InvalidMove" if waits else ""),
            lambda: life["approvals"].append(dict(here)),
        )

    def decide_approval(self, life: Life, approval: dict[str, Any], draw: Draw) -> Step:
        own, granted = draw(st.integers(0, 4)) == 0, draw(st.integers(0, 3)) > 0
        by = "agent2" if own else "representative" if approval["kind"] == "waiver" else "manager"
        return Step(
            lambda: closure.decide_approval(
                Case.objects.get(pk=life["pk"]), Approval.objects.get(pk=approval["pk"]), by=self._by(by), granted=granted,
                opinion="请再查",
            ),
            "InvalidMove" if own else "",
            lambda: approval.update(state="granted" if granted else "refused"),
        )  # fmt: skip

    def withdraw_approval(self, life: Life, approval: dict[str, Any], draw: Draw) -> Step:
        by = draw(st.sampled_from(["agent2", "agent2", "hub_head"]))
        return Step(
            lambda: measures.withdraw_approval(
                Case.objects.get(pk=life["pk"]), Approval.objects.get(pk=approval["pk"]), by=self._by(by)
            ),
            "" if by == "agent2" else "InvalidMove",
            lambda: approval.update(state="withdrawn"),
        )

    # --- The customer -----------------------------------------------------------------------------------------

    def reply(self, life: Life, draw: Draw) -> Step:
        by, now = self._of_hub(life, draw), timezone.now()
        at = now - timedelta(minutes=self._ago(draw))
        answer = reply.Answer("为您换新机。", "phone", happened_at=at, late_reason="电话先告知")
        return Step(
            lambda: reply.reply_to_customer(self._case(life), answer, by=self._by(by)),
            model.wrong_state("reply", life) or self._reply_refused(life, at, now),
            lambda: model.reply(life, at=at, now=now),
        )

    @staticmethod
    def _reply_refused(life: Life, at: datetime, now: datetime) -> str:
        alone = life["state"] == "acknowledged" and life["round"] == 1 and life["kind"] not in model.SHORT_KINDS
        if alone and not model.tasks_of(life, frozenset({"answered"})):
            return "InvalidInput"  # dispatched first
        promised = {"kind": "waiver", "round": life["round"], "state": "open"}.items()
        if model.tasks_of(life, model.UNANSWERED_TASKS) or any(promised <= a.items() for a in life["approvals"]):
            return "Blocked"
        return "InvalidInput" if at < model.handled_at(life) else ""

    def send_progress(self, life: Life, draw: Draw) -> Step:
        by = self._of_hub(life, draw)
        return Step(
            lambda: reply.send_progress(
                self._case(life), reply.Answer("正在调查", "phone"), by=self._by(by), expected_at=None
            ),
            model.wrong_state("send_progress", life),
        )

    def ask_opinion(self, life: Life, draw: Draw) -> Step:
        by = self._of_hub(life, draw)

        def effect() -> None:
            life["tries"].add(timezone.localdate())  # several in a row are one
            life["asked"] = True
            life["at"].setdefault("opinion_asked", timezone.now())
            if life["state"] == "replied":
                model.enter(life, "ask_opinion")

        return Step(
            lambda: reply.ask_opinion(self._case(life), by=self._by(by), way="phone"),
            model.wrong_state("ask_opinion", life),
            effect,
        )

    def record_opinion(self, life: Life, draw: Draw) -> Step:
        by, satisfied = self._of_hub(life, draw), draw(st.integers(0, 2)) > 0
        now = timezone.now()
        at = now - timedelta(minutes=self._ago(draw))
        opinion = reply.CustomerOpinion(satisfied=satisfied, way="phone", remark="仍漏水", happened_at=at)
        early = life["at"].get("replied") is not None and at < life["at"]["replied"]

        def effect() -> None:
            life.update(opinion=satisfied, asked=True)
            life["at"].setdefault("opinion_asked", now)
            model.enter(life, "record_opinion")

        return Step(
            lambda: reply.record_opinion(self._case(life), opinion, by=self._by(by)),
            model.wrong_state("record_opinion", life) or ("InvalidInput" if early else ""),
            effect,
        )

    def record_contact(self, life: Life, draw: Draw) -> Step:
        contact = contacts.NewContact("in", self.world.channel("phone"), "催办")
        return Step(
            lambda: contacts.record_contact(self._case(life), contact, by=self._by("agent2")),
            model.wrong_state("record_contact", life),
        )

    def note(self, life: Life, draw: Draw) -> Step:
        return Step(
            lambda: internal.add_note(self._case(life), internal.NewNote("备注"), by=self._by("agent2")),
            model.wrong_state("note", life),
        )

    def escalate(self, life: Life, draw: Draw) -> Step:
        return Step(
            lambda: closure.escalate(self._case(life), by=self._by("agent2"), demand="要求见经理"),
            model.wrong_state("escalate", life) or ("InvalidMove" if life["escalated"] else ""),
            lambda: life.update(escalated=True, escalation=True),
        )

    def answer_escalation(self, life: Life, draw: Draw) -> Step:
        junior = draw(st.integers(0, 4)) == 0

        def call() -> object:
            row = Escalation.objects.filter(case=life["pk"]).order_by("-pk").first()
            assert row is not None
            by = self._by("agent2" if junior else "general_manager")
            return closure.answer_escalation(row, by=by, answer="换新机并道歉")

        refused = model.wrong_state("answer_escalation", life) or ("" if life["escalated"] else "InvalidMove")
        return Step(call, refused or ("Blocked" if junior else ""), lambda: life.update(escalated=False))

    # --- The end ----------------------------------------------------------------------------------------------

    def open_hold(self, life: Life, draw: Draw) -> Step:
        return Step(
            lambda: closure.open_hold(self._case(life), by=Actor.system("returns"), kind="return", label="退货"),
            model.wrong_state("open_hold", life),
            lambda: life.update(holds=life["holds"] + 1),
        )

    def release_hold(self, life: Life, draw: Draw) -> Step:
        def call() -> object:
            row = Hold.objects.filter(case=life["pk"], released_at=None).first()
            assert row is not None
            return closure.release_hold(row, by=Actor.system("returns"))

        return Step(call, model.wrong_state("release_hold", life), lambda: life.update(holds=life["holds"] - 1))

    def give_breach_reason(self, life: Life, draw: Draw) -> Step:
        owed = _owed(life) or sorted(life["clocks"], key=str)
        key = draw(st.sampled_from([*owed, *owed, *sorted(life["clocks"], key=str)]))
        clock, now = life["clocks"][key], timezone.now()
        overdue = clock["breached"] is not None or (model.is_running(clock) and clock["first"] <= now)

        def effect() -> None:
            clock.update(breached=clock["first"], reason=True)

        return Step(
            lambda: clocks.give_breach_reason(
                CaseClock.objects.get(pk=clock["pk"]), by=self._by("agent2"), reason="等料"
            ),
            model.wrong_state("give_breach_reason", life) or ("" if overdue else "InvalidInput"),
            effect,
        )

    def close(self, life: Life, draw: Draw) -> Step:
        fitting = [outcome for outcome in FULL_OUTCOMES if model.may_close(life, outcome)]
        by, outcome = self._of_hub(life, draw), draw(st.sampled_from(fitting * 5 + [*FULL_OUTCOMES]))
        blocked = "" if model.may_close(life, outcome) else "Blocked"
        return Step(
            lambda: closure.close_case(self._case(life), by=self._by(by), outcome=outcome, summary=SUMMARY),
            model.wrong_state("close", life) or blocked,
            lambda: model.close(life, timezone.now(), outcome),
        )

    def close_short(self, life: Life, draw: Draw) -> Step:
        """Only its own proof: who said it and when; the other case, itself no duplicate; the import's name."""
        outcome, proven = draw(st.sampled_from(SHORT_OUTCOMES)), draw(st.integers(0, 4)) > 0
        by, refused, other = self._by(self._of_hub(life, draw)), "", None
        if outcome == "withdrawn" and not proven:
            refused = "InvalidInput"
        if outcome == "duplicate":
            other = draw(st.sampled_from(self.lives))
            refused = "InvalidInput" if other is life or other["outcome"] == "duplicate" else ""
        if outcome == "imported":
            refused = "" if proven else "InvalidInput"
            by = Actor.importer("历史数据", self.world.agent2) if proven else by

        def call() -> object:
            target = Case.objects.get(pk=other["pk"]) if other else None
            proof = "周慧本人来电" if proven else ""
            return closure.close_short(self._case(life), closure.ShortEnd(outcome, "如题", proof, target), by=by)

        return Step(
            call,
            model.wrong_state("close_short", life) or refused,
            lambda: model.close(life, timezone.now(), outcome),
        )

    def reopen(self, life: Life, draw: Draw) -> Step:
        """What ended before anybody took it on is classified now."""
        by, given = self._of_hub(life, draw), draw(st.booleans())
        classification = intake.Classification(category=self.world.category(), priority=2) if given else None

        def effect() -> None:
            life["sorted"] = True
            model.reopen(life, self.house, timezone.now(), by=by)

        return Step(
            lambda: closure.reopen_case(
                self._case(life), by=self._by(by), reason="又漏水了", classification=classification
            ),
            model.wrong_state("reopen", life) or ("" if given or life["sorted"] else "Blocked"),
            effect,
        )

    def archive(self, life: Life, draw: Draw) -> Step:
        by = self._of_hub(life, draw)

        def effect() -> None:
            model.enter(life, "archive")
            life["at"]["archived"] = timezone.now()

        return Step(
            lambda: closure.archive_case(self._case(life), by=self._by(by)), model.wrong_state("archive", life), effect
        )

    def recuse(self, life: Life, draw: Draw) -> Step:
        name = draw(st.sampled_from(ACCUSED))
        return Step(
            lambda: recusal.accuse(self._case(life), (self.world.users[name],), by=self._by("agent2"), reason="被投诉"),
            "",
            lambda: model.recuse(life, name, set(self.world.users)),
        )
