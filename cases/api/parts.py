"""Moves on the parts of a case that are not daily work: visits, limits, decisions, demands, corrections."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audit.exceptions import InvalidMove, NotAllowed
from cases.access import (
    get_approval,
    get_assignment,
    get_case,
    get_clock,
    get_escalation,
    get_measure,
    get_request,
    get_visit,
)
from cases.actions import assignment, clocks, closure, correction, intake, investigation, measures, recusal, reply
from cases.api import bodies
from cases.api.base import PK, CaseMoves, move
from cases.places import answering, deciding, withdrawing
from organization.api.frame import filled

_CONTACT = frozenset({"reporter_phone", "reporter_email"})


class PartMoves(CaseMoves):
    """With these a case can be brought to its end by programs alone, as by pages alone."""

    # --- The case itself -------------------------------------------------------------------------------

    @move(bodies.Versioned, "Go on with a case that was incomplete")
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, number: str) -> Response:
        """What was missing is there; the case goes back to the state it left."""
        access, by, _data = self._open(number, "complete", bodies.Versioned)
        correction.complete(access.case, by=by)
        return self._detail(number)

    @move(bodies.CorrectIn, "Correct the entry")
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, number: str) -> Response:
        """Only the fields that are sent; the old values stay in the history."""
        access, by, data = self._open(number, "correct", bodies.CorrectIn)
        reason = data.pop("reason")
        if _CONTACT & data.keys() and not access.contact:
            raise NotAllowed()
        changed = {name: value for name, value in data.items() if value != getattr(access.case, name)}
        correction.correct(access.case, changed, by=by, reason=reason)
        return self._detail(number)

    @move(bodies.RecuseIn, "Recuse somebody")
    @action(detail=True, methods=["post"])
    def recuse(self, request: Request, number: str) -> Response:
        """The accused and the conflicted lose the case at once."""
        access, by, data = self._open(number, "recuse", bodies.RecuseIn)
        recusal.accuse(access.case, (data["person"],), by=by, reason=data["reason"], accused=data["accused"])
        return self._detail(number)

    @move(bodies.TaskMoveIn, "Add a department")
    @action(detail=True, methods=["post"])
    def add_department(self, request: Request, number: str) -> Response:
        """One more department helps."""
        access, by, data = self._open(number, "add_department", bodies.TaskMoveIn)
        assignment.add_department(access.case, assignment.Task(**data), by=by)
        return self._detail(number)

    @move(bodies.ReasonIn, "Cancel a co-handling task")
    @action(detail=True, methods=["post"], url_path=f"assignments/{PK}/cancel_assignment")
    def cancel_assignment(self, request: Request, number: str, pk: str) -> Response:
        """With a reason; the lead's task cannot be cancelled."""
        access, by, data = self._open(number, "cancel_assignment", bodies.ReasonIn)
        row = get_assignment(access, int(pk), "cancel_assignment")
        assignment.cancel_assignment(row, by=by, reason=data["reason"])
        return self._detail(number)

    @move(bodies.SettleIn, "Answer and close")
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, number: str) -> Response:
        """An enquiry or a praise, in one step."""
        access, by, data = self._open(number, "settle", bodies.SettleIn)
        answer = reply.Answer(**filled(data, "text", "way", "happened_at", "late_reason", "minutes"))
        given = filled(data, "category", "urgency", "priority", "severity")
        classification = intake.Classification(criteria=tuple(data.get("criteria", ())), **given)
        closure.settle_case(access.case, closure.Settlement(answer, classification), by=by)
        return self._detail(number)

    # --- Visits ----------------------------------------------------------------------------------------

    @move(bodies.VisitIn, "Plan a visit")
    @action(detail=True, methods=["post"])
    def plan_visit(self, request: Request, number: str) -> Response:
        """The on-site limit begins."""
        access, by, data = self._open(number, "plan_visit", bodies.VisitIn)
        investigation.plan_visit(access.case, investigation.VisitPlan(**data), by=by)
        return self._detail(number)

    @move(bodies.ArrivalIn, "Record a visit")
    @action(detail=True, methods=["post"], url_path=f"visits/{PK}/record_visit")
    def record_visit(self, request: Request, number: str, pk: str) -> Response:
        """The time of arrival decides."""
        access, by, data = self._open(number, "record_visit", bodies.ArrivalIn)
        investigation.record_visit(get_visit(access, int(pk)), investigation.Arrival(**data), by=by)
        return self._detail(number)

    @move(bodies.ReasonIn, "Cancel a visit")
    @action(detail=True, methods=["post"], url_path=f"visits/{PK}/cancel_visit")
    def cancel_visit(self, request: Request, number: str, pk: str) -> Response:
        """With a reason."""
        access, by, data = self._open(number, "cancel_visit", bodies.ReasonIn)
        investigation.cancel_visit(get_visit(access, int(pk)), by=by, reason=data["reason"])
        return self._detail(number)

    # --- Limits and measures ---------------------------------------------------------------------------

    @move(bodies.ReasonIn, "Give the reason of a missed limit")
    @action(detail=True, methods=["post"], url_path=f"clocks/{PK}/give_breach_reason")
    def give_breach_reason(self, request: Request, number: str, pk: str) -> Response:
        """Every missed limit owes one before the case is closed."""
        access, by, data = self._open(number, "give_breach_reason", bodies.ReasonIn)
        clocks.give_breach_reason(get_clock(access, int(pk)), by=by, reason=data["reason"])
        return self._detail(number)

    @move(bodies.ReasonIn, "Give a measure up")
    @action(detail=True, methods=["post"], url_path=f"measures/{PK}/cancel_measure")
    def cancel_measure(self, request: Request, number: str, pk: str) -> Response:
        """With a reason; it then counts as none."""
        access, by, data = self._open(number, "cancel_measure", bodies.ReasonIn)
        measures.cancel_measure(get_measure(access, int(pk)), by=by, reason=data["reason"])
        return self._detail(number)

    # --- Decisions of others ---------------------------------------------------------------------------

    @move(bodies.ReasonIn, "Ask to do without measures")
    @action(detail=True, methods=["post"])
    def ask_waiver(self, request: Request, number: str) -> Response:
        """The management representative decides."""
        access, by, data = self._open(number, "ask_waiver", bodies.ReasonIn)
        measures.ask_waiver(access.case, by=by, reason=data["reason"])
        return self._detail(number)

    @move(bodies.ReasonIn, "Ask to close as explained")
    @action(detail=True, methods=["post"])
    def ask_explained(self, request: Request, number: str) -> Response:
        """A manager decides."""
        access, by, data = self._open(number, "ask_explained", bodies.ReasonIn)
        closure.ask_explained(access.case, by=by, reason=data["reason"])
        return self._detail(number)

    @move(bodies.Versioned, "Take a request back")
    @action(detail=True, methods=["post"], url_path=f"approvals/{PK}/withdraw_approval")
    def withdraw_approval(self, request: Request, number: str, pk: str) -> Response:
        """Only whoever asked, while nobody has decided."""
        access, _data = self._enter(number, "withdraw_approval", bodies.Versioned)
        row = get_request(access, int(pk))
        by = self._by(access, "withdraw_approval", fits=withdrawing(row))
        measures.withdraw_approval(access.case, row, by=by)
        return self._detail(number)

    @move(bodies.DecisionIn, "Decide a request")
    @action(detail=True, methods=["post"], url_path=f"approvals/{PK}/decide_approval")
    def decide_approval(self, request: Request, number: str, pk: str) -> Response:
        """The right is that of the approval's next step."""
        row = get_approval(get_case(self._user, number), int(pk))
        if not row.is_open:
            raise InvalidMove(_("This was decided already."))
        step = row.next_step
        access, data = self._enter(number, step, bodies.DecisionIn)
        by = self._by(access, step, fits=deciding(row, access.who))
        closure.decide_approval(access.case, row, by=by, granted=data["granted"], opinion=data.get("opinion", ""))
        return self._detail(number)

    @move(bodies.DemandIn, "Escalate")
    @action(detail=True, methods=["post"])
    def escalate(self, request: Request, number: str) -> Response:
        """The customer demands a higher level."""
        access, by, data = self._open(number, "escalate", bodies.DemandIn)
        closure.escalate(access.case, by=by, demand=data["demand"])
        return self._detail(number)

    @move(bodies.AnswerIn, "Answer an escalation")
    @action(detail=True, methods=["post"], url_path=f"escalations/{PK}/answer_escalation")
    def answer_escalation(self, request: Request, number: str, pk: str) -> Response:
        """Only somebody senior to the last decision."""
        access, data = self._enter(number, "answer_escalation", bodies.AnswerIn)
        row = get_escalation(access, int(pk))
        by = self._by(access, "answer_escalation", fits=answering(row))
        closure.answer_escalation(row, by=by, answer=data["answer"])
        return self._detail(number)
