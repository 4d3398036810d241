"""How a case goes on after it was opened: the steps, and which of them it lives to see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from audit.actor import Actor
from cases.lifecycle import SHORT_KINDS
from cases.readers import QUALITY_READS
from feedback_system.load import words
from feedback_system.load.people import Colleague, Office, words_of
from feedback_system.load.story import Story

#: Kinds whose closing asks for the customer's opinion.
_ASKED = frozenset({*QUALITY_READS, "service_request", "return_request", "requirement"})
_ARCHIVED_AFTER = timedelta(days=400)
#: About half of the cases have a level, the worst ones are rare; the callback desk's quota goes by it.
_SEVERITIES, _SEVERITY_WEIGHTS = ("P1", "P2", "P3", "P4", ""), (2, 8, 20, 25, 45)
Step = Callable[[], bool]


class Life(Story):
    """Steps answer whether the next one may follow."""

    def live(self) -> None:
        """From the first word to wherever it stands today."""
        self.open()
        for step in self._path():
            if not step():
                break
        self.write()

    # --- Where it leads ---

    def _path(self) -> list[Step]:
        if self.imported:
            return [self.close_imported]
        path = self._fate()
        if not self.stalled:
            return path
        path = path[: self.rng.randrange(max(1, len(path)))]
        return path or ([self.ask_completion] if self.rng.random() < 0.15 else [])

    def _fate(self) -> list[Step]:
        fate = self.rng.random()
        if fate < 0.025:
            return [self.decline]
        if fate < 0.07:
            return [self.acknowledge, self.end_short, self.archive]
        if self.kind in SHORT_KINDS and fate < 0.9:
            return [self.acknowledge, self.reply, self.close, self.archive]
        path: list[Step] = [self.acknowledge]
        if self.kind in QUALITY_READS:
            path.append(self.verify)
        path += [self.dispatch, self.receive]
        if fate < 0.10:
            path += [self.give_back, self.dispatch, self.receive]
        path += self._handling()
        if fate > 0.985 and self.kind in _ASKED:
            path += [self.reopen, self.dispatch, self.receive, *self._handling()]
        return [*path, self.close, self.archive]

    def _handling(self) -> list[Step]:
        """From the department's hands to the customer's opinion, as far as the kind asks for it."""
        if self.kind not in _ASKED:
            return [self.act, self.answer, self.reply]
        steps: list[Step] = [self.investigate]
        if self.kind in QUALITY_READS:
            steps.append(self.act)
        return [*steps, self.answer, self.reply, self.ask_opinion, self.record_opinion]

    # --- The hub ---

    def ask_completion(self) -> bool:
        """Something is missing."""
        if not self.wait(1):
            return False
        self.case["resume_state"] = self.case["state"]
        self.record("ask_completion", self.hub, self.enter("incomplete"), missing="请补充产品型号和购买日期。")
        return False

    def acknowledge(self) -> bool:
        """Ours, and classified."""
        if not self.wait(3):
            return False
        changes = self.enter("acknowledged", "acknowledged_at")
        self.case |= {
            "acknowledged_by_id": self.agent.pk, "owner_id": self.agent.pk, "category_id": self.category.pk,
            "priority": self.rng.choices((1, 2, 3), (2, 5, 3))[0],
            "severity": self.rng.choices(_SEVERITIES, _SEVERITY_WEIGHTS)[0],
        }  # fmt: skip
        self.clocks.meet("acknowledgement", self.at)
        self.record("acknowledge", self.hub, changes | {"priority": (None, self.case["priority"])})
        return True

    def verify(self) -> bool:
        """Whether it is genuine."""
        if not self.wait(0.5):
            return False
        self.case["verified_at"] = self.at
        self.shelf.verifications.add(
            case_id=self.pk,
            round=self.round,
            result="substantiated",
            basis="照片与购买记录",
            by_id=self.agent.pk,
            at=self.at,
        )
        self.record("verify", self.hub, {"result": (None, "substantiated")}, basis="照片与购买记录")
        return True

    def decline(self) -> bool:
        """Not ours."""
        if not self.wait(4):
            return False
        reply = "您反映的事项不属于我公司业务范围，建议向当地主管部门反映，感谢来电。"
        self._reply_row(reply, "link")
        changes = self.enter("closed", "closed_at") | {"outcome": ("", "declined")}
        self.case |= {"outcome": "declined", "replied_at": self.at}
        self.clocks.meet("acknowledgement", self.at)
        self.clocks.stop(self.at)
        self._end_round("declined", reason="不属于本公司业务范围")
        self.record("decline", self.hub, changes, reason="不属于本公司业务范围", reply=reply)
        return False

    def end_short(self) -> bool:
        """Withdrawn, a duplicate, or rubbish."""
        if not self.wait(6):
            return False
        outcome = self.rng.choices(("withdrawn", "duplicate", "invalid"), (5, 3, 2))[0]
        earlier = self.pk - self.rng.randrange(1, 500)
        if outcome == "duplicate" and earlier > self.shelf.first_case:
            self.case["duplicate_of_id"] = earlier
        elif outcome == "duplicate":
            outcome = "withdrawn"
        changes = self.enter("closed", "closed_at") | {"outcome": ("", outcome)}
        self.case["outcome"] = outcome
        self.clocks.stop(self.at)
        self._end_round(outcome, reason="客户来电说明", proof="客户本人来电")
        self.record("close", self.hub, changes, reason="客户来电说明", proof="客户本人来电")
        return True

    def dispatch(self) -> bool:
        """To a lead department, now and then with a helper."""
        if not self.wait(1):
            return False
        if self.round == 1:  # a case that is opened again goes to those who know it
            self.unit = self.shelf.choose_lead()
        changes = self.enter("dispatched", "dispatched_at")
        self.case["lead_department_id"] = self.unit.pk
        requirement = self.rng.choice(words.REQUIREMENTS)
        units = [self.unit]
        if self.rng.random() < 0.15 and (helper := self.town.draw(self.rng)) is not self.unit:
            units.append(helper)
        for unit in units:
            self._assign(unit, requirement, is_lead=unit is self.unit)
        self.record(
            "dispatch", self.hub, changes | {"departments": (None, [u.code for u in units])}, requirement=requirement
        )
        self.shelf.tell(self, self.unit)
        return True

    def _assign(self, unit: Office, requirement: str, *, is_lead: bool) -> None:
        due_at = self.clocks.working_days(self.at, self.shelf.policy.task_working_days)
        row: dict[str, Any] = {
            "id": self.shelf.assignments.take_key(), "case_id": self.pk, "round": self.round, "department_id": unit.pk,
            "is_lead": is_lead, "requirement": requirement, "due_at": due_at, "sent_at": self.at,
            "sent_by_id": self.agent.pk, "state": "sent",
        }  # fmt: skip
        self.assignments.append(row)
        self.clocks.start("receipt", self.at, assignment=row["id"])
        self.clocks.start("task", self.at, stated=due_at, assignment=row["id"])

    # --- The department ---

    def receive(self) -> bool:
        """The lead confirms; its helper with it."""
        if not self.wait(2.5):
            return False
        self.holder = self.rng.choice(self.unit.people)
        self.department = Actor("staff", self.holder.pk, self.holder.name)
        for row in self._live():
            holder = self.holder if row["is_lead"] else self._somebody_of(row["department_id"])
            row |= {"state": "received", "received_at": self.at, "received_by_id": holder.pk, "holder_id": holder.pk}
            self.clocks.meet("receipt", self.at, assignment=row["id"])
        changes = self.enter("received", "taken_at") | {"owner_id": (self.case["owner_id"], self.holder.pk)}
        self.case |= {"owner_id": self.holder.pk, "owner_department_id": self.unit.pk}
        self.record("receive", self.department, changes | {"department": (None, self.unit.code)})
        return True

    def _live(self) -> list[dict[str, Any]]:
        return [row for row in self.assignments if row["state"] in {"sent", "received"}]

    def _somebody_of(self, department: int) -> Colleague:
        unit = next(unit for unit in self.town.departments.values() if unit.pk == department)
        return unit.head

    def give_back(self) -> bool:
        """The wrong department: back to the hub, all of it."""
        if not self.wait(2):
            return False
        reason = self.rng.choice(words.RETURNED)
        self.shelf.for_handler += self.unit.code == "five-hundred"
        for row in self._live():
            row |= {"state": "returned", "ended_at": self.at, "ended_by_id": self.holder.pk, "ended_reason": reason}
            self.clocks.stop(self.at, assignment=row["id"])
        changes = self.enter("acknowledged")
        self.case |= {
            "returned_at": self.at, "return_count": 1, "owner_id": self.agent.pk, "owner_department_id": None,
            "lead_department_id": None, "dispatched_at": None, "taken_at": None,
        }  # fmt: skip
        self.record("return_to_hub", self.department, changes, reason=reason)
        return True

    def investigate(self) -> bool:
        """Facts, cause, who is responsible."""
        if not self.wait(8):
            return False
        facts, cause = self.rng.choice(words.FACTS), self.rng.choice(words.CAUSES)
        self.shelf.investigations.add(
            case_id=self.pk, round=self.round, facts=facts, cause=cause, responsible_department_id=self.unit.pk,
            by_id=self.holder.pk, at=self.at,
        )  # fmt: skip
        self.record("investigate", self.department, self.enter("investigating"), facts=facts, cause=cause)
        return True

    def act(self) -> bool:
        """A measure for what must not happen again; sometimes the customer calls meanwhile."""
        if not self.wait(4):
            return False
        changes = self.enter("acting")
        if self.kind in QUALITY_READS:
            self._plan_measure()
        self.record("act", self.department, changes)
        if self.rng.random() < 0.12:
            self._contact()
        return True

    def _plan_measure(self) -> None:
        self.measure = {
            "id": self.shelf.measures.take_key(), "case_id": self.pk, "round": self.round, "type": "corrective",
            "text": self.rng.choice(words.MEASURES), "department_id": self.unit.pk, "owner_id": self.holder.pk,
            "due_on": (self.at + timedelta(days=7)).date(), "planned_by_id": self.holder.pk, "planned_at": self.at,
            "state": "planned",
        }  # fmt: skip
        self.shelf.waiting_measures.append(self.measure)

    def _contact(self) -> None:
        said = self.rng.choice(words.CONTACTS)
        self.shelf.contacts.add(
            case_id=self.pk, direction="in", channel_id=self.town.channels["phone"].pk, text=said, happened_at=self.at,
            recorded_at=self.at, by_id=self.agent.pk, by_label=self.agent.name,
        )  # fmt: skip
        self.case["contact_count"] = self.case.get("contact_count", 1) + 1
        self.found_by.append(words_of(said))
        self.record("record_contact", self.hub, {"direction": (None, "in")}, text=said)

    def answer(self) -> bool:
        """The departments hand in; the measure is done and seen to work."""
        if not self.wait(18):
            return False
        answer = self.rng.choice(words.ANSWERS)
        for row in self._live():
            row |= {"state": "answered", "answered_at": self.at, "answered_by_id": row["holder_id"], "answer": answer}
            self.clocks.meet("task", self.at, assignment=row["id"])
        if self.kind in QUALITY_READS:
            self._verify_measure()
        self.case |= {"owner_id": self.agent.pk, "owner_department_id": None}
        self.record("answer", self.department, {"department": (None, self.unit.code)}, answer=answer)
        return True

    def _verify_measure(self) -> None:
        evidence, quality = self.rng.choice(words.EVIDENCE), self.town.departments["quality"].head
        self.measure |= {"state": "verified", "done_at": self.at, "done_by_id": self.holder.pk, "evidence": evidence}
        self.shelf.checks.add(
            measure_id=self.measure["id"],
            effective=True,
            method="抽检二十台",
            evidence=evidence,
            by_id=quality.pk,
            at=self.at,
        )

    # --- The answer ---

    def reply(self) -> bool:
        """What the customer is told; the resolution clock ends."""
        if not self.wait(3):
            return False
        reply = self.rng.choice(words.REPLIES)
        changes = self.enter("replied", "replied_at")
        self._reply_row(reply, "phone" if self.case.get("reporter_phone") else "not_possible")
        self.clocks.meet("resolution", self.at)
        self.record("reply", self.hub, changes, reply=reply)
        return True

    def _reply_row(self, reply: str, way: str) -> None:
        self.shelf.replies.add(
            case_id=self.pk, round=self.round, way=way, text=reply, by_id=self.agent.pk, happened_at=self.at,
            recorded_at=self.at,
        )  # fmt: skip
        self.found_by.append(words_of(reply))

    def ask_opinion(self) -> bool:
        """Are you satisfied?"""
        if not self.wait(12):
            return False
        way = "phone" if self.case.get("reporter_phone") else "not_possible"
        changes = self.enter("awaiting_opinion", "opinion_asked_at")
        self.shelf.requests.add(
            case_id=self.pk, round=self.round, way=way, by_id=self.agent.pk, at=self.at, reached=True
        )
        self.record("ask_opinion", self.hub, changes | {"way": (None, way)})
        return True

    def record_opinion(self) -> bool:
        """Most are."""
        if not self.case.get("reporter_phone"):
            return True
        if not self.wait(16):
            return False
        self.shelf.opinions.add(
            case_id=self.pk, round=self.round, satisfied=True, way="phone", by_id=self.agent.pk, happened_at=self.at,
            recorded_at=self.at,
        )  # fmt: skip
        self.record("record_opinion", self.hub, {"satisfied": (None, True)})
        return True

    def reopen(self) -> bool:
        """Not solved after all: a second round with new clocks."""
        if not self.wait(60):
            return False
        reason = self.rng.choice(words.REOPENED)
        self.rounds[-1] |= {
            "acknowledged_at": self.case["acknowledged_at"], "replied_at": self.case["replied_at"],
            "outcome": "reopened", "ended_at": self.at, "reason": reason,
        }  # fmt: skip
        self.clocks.stop(self.at)
        changes = self.enter("acknowledged", "acknowledged_at")
        self.case |= dict.fromkeys(
            ("lead_department_id", "dispatched_at", "taken_at", "replied_at", "opinion_asked_at")
        )
        self.case |= {"owner_id": self.agent.pk, "round": self.round + 1}
        self.rounds.append({"case_id": self.pk, "n": self.round, "opened_at": self.at})
        self.clocks.round = self.round
        self.clocks.start("resolution", self.at)
        self.record("reopen", self.hub, changes, reason=reason)
        return True

    # --- The end ---

    def close(self) -> bool:
        """Everything is there."""
        if not self.wait(8):
            return False
        settled = self.kind not in _ASKED or self.case.get("reporter_phone")
        outcome = "settled" if settled else "no_answer"
        changes = self.enter("closed", "closed_at") | {"outcome": ("", outcome)}
        self.case["outcome"] = outcome
        self.clocks.stop(self.at)
        summary = {"course": "客户来电反映，部门核实处理，答复客户。", "decision": "按规定处理。"}
        self._end_round(outcome, **summary)
        self.record("close", self.hub, changes, summary=summary["course"])
        return True

    def close_imported(self) -> bool:
        """History: closed as it was registered."""
        name = self.shelf.import_name
        changes = self.enter("closed", "closed_at") | {"outcome": ("", "imported")}
        self.case |= {"outcome": "imported", "import_name": name, "import_key": f"k:{self.pk}"}
        self._end_round("imported", reason=f"导入：{name}", proof=name, closed_by_id=None)
        self.record("close", Actor("import", None, name), changes, reason=f"导入：{name}", proof=name)
        return False

    def _end_round(self, outcome: str, **values: Any) -> None:
        ended = {"outcome": outcome, "ended_at": self.at, "closed_at": self.at, "closed_by_id": self.agent.pk}
        self.rounds[-1] |= ended | values

    def archive(self) -> bool:
        """Put away when it is old enough."""
        if self.shelf.now - self.at < _ARCHIVED_AFTER:
            return False
        self.at += timedelta(days=365)
        self.record("archive", self.hub, self.enter("archived", "archived_at"))
        return True
