"""Each act on a return by its own word: access -> serializer -> action -> detail, as the pages do it."""

from __future__ import annotations

from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from returns.access import get_approval, get_clock, get_for_refund, get_line, get_refund
from returns.actions import arrival, clocks, deciding, files, leaving, refund, repair, ties
from returns.api import bodies
from returns.api.base import PK, ReturnFrame, act
from returns.models import RefundRefusal


class ActsOnReturns(ReturnFrame):
    """With these a return can be brought to its end by programs alone, as by pages alone."""

    # --- Arrival ---------------------------------------------------------------------------------------

    @act(bodies.RepairOpinionIn, "Accept the repair")
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, number: str) -> Response:
        """The application fits the conditions of repair: the customer sends the goods, or somebody comes (RET-23)."""
        access, by, data = self._open(number, "accept", bodies.RepairOpinionIn)
        deciding.accept_repair(access.slip, by=by, opinion=data.get("opinion", ""), place=data["place"])
        return self._after(number)

    @act(bodies.ArrivalCountIn, "Receive and count")
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, number: str) -> Response:
        """Every line, also one of which nothing arrived (RET-03)."""
        access, by, data = self._open(number, "receive", bodies.ArrivalCountIn)
        counted = {
            line["line"]: arrival.Counted(line["quantity"], line.get("difference", ""), line.get("note", ""))
            for line in data["counted"]
        }
        arrival.receive_goods(access.slip, counted, by=by, happened_at=data.get("happened_at"))
        return self._after(number)

    @act(bodies.ExplanationIn, "Explain a difference")
    @action(detail=True, methods=["post"], url_path=f"lines/{PK}/explain")
    def explain(self, request: Request, number: str, pk: str) -> Response:
        """What became of the missing or surplus units of one line (RET-03)."""
        access, by, data = self._open(number, "explain", bodies.ExplanationIn)
        found = arrival.Counted(0, data["difference"], data.get("note", ""))
        arrival.explain_difference(access.slip, get_line(access, int(pk)), found, by=by)
        return self._after(number)

    # --- Decisions -------------------------------------------------------------------------------------

    @act(bodies.QuestionIn, "Ask for a re-inspection")
    @action(detail=True, methods=["post"])
    def ask_inspection(self, request: Request, number: str) -> Response:
        """Before the reason is decided (RET-06)."""
        access, by, data = self._open(number, "ask_inspection", bodies.QuestionIn)
        deciding.ask_inspection(access.slip, by=by, question=data["question"])
        return self._after(number)

    @act(bodies.InspectionIn, "Record the re-inspection")
    @action(detail=True, methods=["post"])
    def record_inspection(self, request: Request, number: str) -> Response:
        """``passed``: no fault was found. Photographs are attached before."""
        access, by, data = self._open(number, "record_inspection", bodies.InspectionIn)
        deciding.record_inspection(access.slip, by=by, passed=data["passed"], findings=data["findings"])
        return self._after(number)

    @act(bodies.ConfirmationIn, "Confirm the reason")
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, number: str) -> Response:
        """By the head of the function that owns the reason; only then a refund can be paid (RET-04, RET-05)."""
        access, by, data = self._open(number, "confirm", bodies.ConfirmationIn)
        deciding.confirm_return(access.slip, deciding.Confirmation(**data), by=by)
        return self._after(number)

    @act(bodies.ReturnReasonIn, "Refuse")
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, number: str) -> Response:
        """The customer is told the reason; goods that are here go back."""
        access, by, data = self._open(number, "refuse", bodies.ReturnReasonIn)
        deciding.refuse_return(access.slip, by=by, reason=data["reason"])
        return self._after(number)

    @act(bodies.ReturnReasonIn, "Ask for a refund instead")
    @action(detail=True, methods=["post"])
    def redirect(self, request: Request, number: str) -> Response:
        """What was decided is taken back: a refund needs a confirmation of its own."""
        access, by, data = self._open(number, "redirect", bodies.ReturnReasonIn)
        deciding.redirect_to_refund(access.slip, by=by, reason=data["reason"])
        return self._after(number)

    @act(bodies.RefundDecisionIn, "Decide on the refund")
    @action(detail=True, methods=["post"])
    def decide_refund(self, request: Request, number: str) -> Response:
        """The general manager, where the profile asks for it (A-22)."""
        access, by, data = self._open(number, "approve_refund", bodies.RefundDecisionIn)
        given: dict[str, Any] = {"granted": data["granted"], "opinion": data.get("opinion", "")}
        deciding.decide_refund(get_approval(access), access.slip, by=by, **given)
        return self._after(number)

    @act(bodies.LiabilityIn, "Name who is liable")
    @action(detail=True, methods=["post"])
    def name_liable(self, request: Request, number: str) -> Response:
        """Who caused it, and how that was handled (INV-11)."""
        access, by, data = self._open(number, "name_liable", bodies.LiabilityIn)
        named = deciding.Liability(data["department"], data.get("person", ""), data["handling"])
        deciding.name_liable(access.slip, named, by=by)
        return self._after(number)

    # --- Money -----------------------------------------------------------------------------------------

    @act(bodies.PaymentIn, "Record the refund")
    @action(detail=True, methods=["post"])
    def pay(self, request: Request, number: str) -> Response:
        """Only a confirmed slip, and only its amount; what is refused is kept (hard gate 1, RET-09).

        Who pays may try any slip by its number, as on the page: the gate refuses it.
        """
        access = get_for_refund(self._user, number)
        data = self._clean(bodies.PaymentIn)
        by = self._by(access, "pay")
        refund.pay_refund(access.slip, refund.Payment(**data), by=by, via=RefundRefusal.Via.API)
        return self._after(number)

    @act(bodies.AmendedPaymentIn, "Correct the refund")
    @action(detail=True, methods=["post"])
    def amend_refund(self, request: Request, number: str) -> Response:
        """The gate is asked again (RET-09)."""
        access, by, data = self._open(number, "amend_refund", bodies.AmendedPaymentIn)
        reason = data.pop("reason")
        refund.amend_refund(get_refund(access), refund.Payment(**data), by=by, reason=reason)
        return self._after(number)

    # --- Repair ----------------------------------------------------------------------------------------

    @act(bodies.ScheduleIn, "Schedule the repair")
    @action(detail=True, methods=["post"])
    def schedule(self, request: Request, number: str) -> Response:
        """Make or change the work order (RET-22)."""
        access, by, data = self._open(number, "schedule", bodies.ScheduleIn)
        repair.schedule_repair(access.slip, repair.Schedule(**data), by=by)
        return self._after(number)

    @act(bodies.OtherPlaceIn, "Repair it elsewhere")
    @action(detail=True, methods=["post"])
    def change_place(self, request: Request, number: str) -> Response:
        """At the customer's, or in the workshop, until goods came in (RET-23)."""
        access, by, data = self._open(number, "change_place", bodies.OtherPlaceIn)
        repair.change_place(access.slip, data["place"], by=by, reason=data["reason"])
        return self._after(number)

    @act(bodies.Versioned, "Start the repair")
    @action(detail=True, methods=["post"])
    def start(self, request: Request, number: str) -> Response:
        """It is on the bench."""
        access, by, _data = self._open(number, "start", bodies.Versioned)
        repair.start_repair(access.slip, by=by)
        return self._after(number)

    @act(bodies.WorkIn, "Note work or a part")
    @action(detail=True, methods=["post"])
    def note_work(self, request: Request, number: str) -> Response:
        """Into the work order (RET-25)."""
        access, by, data = self._open(number, "note_work", bodies.WorkIn)
        repair.note_work(access.slip, repair.Piece(**data), by=by)
        return self._after(number)

    @act(bodies.RepairReportIn, "Repair done")
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, number: str) -> Response:
        """The cause goes to quality, who re-inspects it (INV-12)."""
        access, by, data = self._open(number, "finish", bodies.RepairReportIn)
        repair.finish_repair(access.slip, repair.Report(**data), by=by)
        return self._after(number)

    @act(bodies.InspectionIn, "Re-inspect the repair")
    @action(detail=True, methods=["post"])
    def inspect(self, request: Request, number: str) -> Response:
        """Failed, it goes back to the bench; never by whoever repaired it (RET-24)."""
        access, by, data = self._open(number, "inspect", bodies.InspectionIn)
        repair.inspect_repair(access.slip, by=by, passed=data["passed"], findings=data["findings"])
        return self._after(number)

    # --- Leaving, and afterwards -----------------------------------------------------------------------

    @act(bodies.ReleaseIn, "Release and send")
    @action(detail=True, methods=["post"])
    def release(self, request: Request, number: str) -> Response:
        """What was repaired only after quality passed it (hard gate 2, RET-24)."""
        access, by, data = self._open(number, "release", bodies.ReleaseIn)
        leaving.release_goods(access.slip, by=by, shipment=data["shipment"])
        return self._after(number)

    @act(bodies.DeliveryIn, "Received by the customer")
    @action(detail=True, methods=["post"])
    def deliver(self, request: Request, number: str) -> Response:
        """The return ends, and the callback is due (SLA-23)."""
        access, by, data = self._open(number, "deliver", bodies.DeliveryIn)
        leaving.record_delivery(access.slip, by=by, happened_at=data.get("happened_at"))
        return self._after(number)

    @act(bodies.ReturnReasonIn, "Not accepted by the customer")
    @action(detail=True, methods=["post"])
    def decline_repair(self, request: Request, number: str) -> Response:
        """What was repaired on site is repaired on."""
        access, by, data = self._open(number, "decline_repair", bodies.ReturnReasonIn)
        leaving.decline_repair(access.slip, by=by, reason=data["reason"])
        return self._after(number)

    @act(bodies.ReturnReasonIn, "Withdrawn by the customer")
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, number: str) -> Response:
        """Before any goods came."""
        access, by, data = self._open(number, "cancel", bodies.ReturnReasonIn)
        leaving.cancel_return(access.slip, by=by, reason=data["reason"])
        return self._after(number)

    @act(bodies.CallbackIn, "Ask the customer")
    @action(detail=True, methods=["post"])
    def call_back(self, request: Request, number: str) -> Response:
        """What was said, or that nobody was reached (RET-11)."""
        access, by, data = self._open(number, "call_back", bodies.CallbackIn)
        leaving.call_back(access.slip, leaving.Callback(**data), by=by)
        return self._after(number)

    @act(bodies.ReturnReasonIn, "Give the reason of a missed limit")
    @action(detail=True, methods=["post"], url_path=f"clocks/{PK}/give_breach_reason")
    def give_breach_reason(self, request: Request, number: str, pk: str) -> Response:
        """Why it was not kept (SLA-04)."""
        access, by, data = self._open(number, "give_breach_reason", bodies.ReturnReasonIn)
        clocks.give_breach_reason(get_clock(access, int(pk)), by=by, reason=data["reason"])
        return self._after(number)

    @act(bodies.ReturnTalkIn, "Record a letter, call or visit")
    @action(detail=True, methods=["post"])
    def record_contact(self, request: Request, number: str) -> Response:
        """Numbered and filed with the return (RET-02)."""
        access, by, data = self._open(number, "record_contact", bodies.ReturnTalkIn)
        files.record_contact(access.slip, files.Heard(**data), by=by)
        return self._after(number)

    # --- The case --------------------------------------------------------------------------------------

    @act(bodies.LinkIn, "Tie to a case")
    @action(detail=True, methods=["post"])
    def link(self, request: Request, number: str) -> Response:
        """The case waits for the end of this return then, if it has not ended yet (RET-32)."""
        access, by, data = self._open(number, "link", bodies.LinkIn)
        ties.link_case(access.slip, data["number"], by=by)
        return self._after(number)

    @act(bodies.MatterIn, "Open a case")
    @action(detail=True, methods=["post"])
    def open_case(self, request: Request, number: str) -> Response:
        """So that the cause is looked into, and measures prevent the next one (CAP-14)."""
        access, by, data = self._open(number, "open_case", bodies.MatterIn)
        ties.open_case_of(access.slip, ties.Matter(**data), by=by)
        return self._after(number)

    @act(bodies.ReturnReasonIn, "Take off the case")
    @action(detail=True, methods=["post"])
    def detach(self, request: Request, number: str) -> Response:
        """The case may then be closed before the return has ended (RET-32)."""
        access, by, data = self._open(number, "detach", bodies.ReturnReasonIn)
        ties.detach_case(access.slip, by=by, reason=data["reason"])
        return self._after(number)
