"""A world in which every text that people can write is a payload.

Three steps. Names first, so that histories and messages carry them on; then the life of some cases through the
actions, in every state; last, past all actions, what no action wrote or what one of them cleaned: a release to come, an
import or a restored backup may hold it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.utils import timezone

from audit.actor import Actor
from cases.actions import (
    assignment,
    closure,
    contacts,
    correction,
    drafts,
    files,
    internal,
    investigation,
    measures,
    reply,
)
from cases.actions.contacts import NewContact
from cases.actions.intake import Accused, Classification, Goods, Reporter
from cases.models import BulkAct, BulkRefusal, Case, CaseClock, Draft, Import, ImportRow, SavedView
from cases.models import Channel as WayIn
from customers.actions import classes, communications, duplicates, grants, holdings, merging, people
from customers.actions.file import update_file
from customers.fields import CARD, FILE, fields_for
from customers.models import (
    CommunicationKind,
    Consent,
    ConsentText,
    Customer,
    CustomerImport,
    CustomerKind,
    ExternalNumber,
    FieldRule,
    HoldingKind,
    ImportLine,
    ImportMapping,
    ImportState,
)
from documents.actions import process_due, store_upload
from documents.limits import staff_limits
from feedback_system import presets
from feedback_system.models import DataRequest, Destruction, Handover, HandoverRefusal, LegalHold
from notifications.delivery import sweep_due
from notifications.models import Channel
from organization.actions import deputies
from organization.models import ApiToken, Role, SheetUpload, User
from organization.sheets import COLUMNS
from regulations import approvals, profiles
from regulations.models import Profile
from reports.actions import issuing
from reports.actions.ledgers import ask_for_ledger, write_ledger
from reports.periods import month_of, quarter_before
from reports.queries.ledgers import Wanted as LedgerWanted
from returns.actions import arrival, deciding, leaving, opening, refund, repair, ties
from returns.actions.book import ask_for_book, write_book
from returns.actions.files import Heard, attach_files, record_contact
from returns.models import RefundRefusal, ReturnAlert, ReturnClock, ReturnSlip
from returns.queries.book import Wanted
from returns.queries.refunds import APPROVAL
from surveys.actions import follow_ups
from surveys.actions.answering import answer_invitation
from surveys.actions.records import ask_for_record, write_record
from surveys.models import Attempt
from surveys.queries.records import Wanted as Quarter
from tests import world as w
from tests.cases.visitors import picture
from tests.e2e.payloads import address, fitting
from tests.returns import trade as t
from tests.surveys import asked as a
from tests.world import World

#: The audit's tables only grow: they hold what the actions wrote.
ROOMS = frozenset(
    {
        "cases", "customers", "documents", "feedback_system", "notifications", "organization", "regulations", "returns",
        "surveys",
    }
)  # fmt: skip
#: Words that the program writes and reads again, never a person. A field that is not here holds payloads.
CODES = frozenset(
    {
        "cases.BulkAct.cases", "cases.BulkRefusal.number", "feedback_system.HandoverRefusal.number",
        "cases.Access.code_hash", "cases.Alert.level", "cases.Case.import_key", "cases.Case.language",
        "cases.Case.next_due_kind", "cases.Case.resume_state", "cases.CaseClock.kind", "cases.CaseFile.subject",
        "cases.Draft.form", "cases.Hold.kind", "cases.Hold.url", "cases.Case.criteria",
        "customers.Consent.channel", "customers.Consent.contact_ways", "feedback_system.DataRequest.channel",
        "customers.Consent.thread", "feedback_system.Destruction.number", "customers.Merge.moved",
        "customers.CustomerImport.number", "customers.ImportMapping.digest", "customers.Customer.visit_class",
        "customers.CustomerFile.postcode",
        "documents.File.media_type", "documents.File.refusal", "documents.File.rendition_type",
        "documents.File.uploaded_kind",
        "notifications.Message.kind", "notifications.Message.language", "notifications.Message.path",
        "notifications.Message.template",
        "organization.Counter.series", "organization.User.language", "organization.User.password",
        "regulations.Approval.kind", "regulations.Approval.thread",
        "returns.ReturnAlert.level", "returns.ReturnClock.kind", "returns.SlipFile.subject",
        "surveys.Answer.first", "surveys.Answer.item", "surveys.Answer.option", "surveys.Draw.level",
        "surveys.FollowUp.item", "surveys.Invitation.key", "surveys.Invitation.to", "surveys.Questionnaire.code",
        "surveys.Tally.item", "surveys.Tally.level", "surveys.Tally.source",
        # Published for ever: the forms ask what they ask.
        "surveys.QuestionnaireVersion.document",
        # Published for ever: written by ``profiles.publish`` below.
        "regulations.ProfileVersion.reason",
    }
)  # fmt: skip


@dataclass
class Full:
    """The world, its cases and returns by what they are there for, and what else the addresses need."""

    world: World
    cases: dict[str, Case] = field(default_factory=dict)
    slips: dict[str, ReturnSlip] = field(default_factory=dict)
    turns: Iterator[int] = field(default_factory=count)

    def text(self, longest: int | None = None) -> str:
        """Another piece of the corpus each time; without a limit all of it."""
        return fitting(next(self.turns), longest)

    def actor(self, name: str) -> Actor:
        return self.world.actor(name)


def build(world: World) -> Full:
    """Everything; some seconds."""
    full = Full(t.people(world))
    _publish(full)
    overwrite(full)
    for username in world.users:
        world.users[username] = User.objects.get(username=username)
    full.cases = lives(full)
    full.slips = returns(full)
    answers(full)
    reports(full)
    beside(full)
    _settings(full)
    _privacy(full)
    sweep_due(budget=60)
    overwrite(full)
    for row in (*full.cases.values(), *full.slips.values()):
        row.refresh_from_db()
    return full


# --- Through the actions ------------------------------------------------------------------------------------


def _publish(full: Full) -> None:
    """A regulation profile whose every word is a payload; the cases are registered under it."""
    document = presets.PROFILE["cases"]
    criteria = [
        row | {"label": full.text(40), "label_en": full.text(40)}
        for row in document["criteria"]  # type: ignore[index]
    ]
    profile = Profile.objects.get(code=presets.PROFILE_CODE)
    body = presets.PROFILE | {"cases": document | {"criteria": criteria}}  # type: ignore[operator]
    profiles.publish(profile, body, by=full.actor("administrator"), reason=full.text(500))


def _entry(full: Full, **more: Any) -> dict[str, Any]:
    """What somebody tells us when a case is registered."""
    return {
        "text": full.text(),
        "subject": full.text(120),
        "demand": full.text(),
        "reporter": Reporter(full.text(100), full.text(100), "13805126634", "a@b.example"),
        "goods": Goods(None, full.text(120), full.text(60), full.text(60), full.text(40), full.text(60)),
        "received_at": timezone.now() - timedelta(hours=2),
        "late_reason": full.text(500),
    } | more


def lives(full: Full) -> dict[str, Case]:
    """One case for each thing that can be done with one."""
    world, agent = full.world, full.actor("agent")
    found = {
        "working": _working(full),
        "registered": w.log_call(world, kind="complaint", **_entry(full)),
        "enquiry": w.log_call(world, kind="enquiry", **_entry(full)),
        "acknowledged": w.acknowledged(world, **_entry(full)),
        "received": w.received(world, **_entry(full)),
        "asking": _asking(full),
        "closed": w.closed(world, **_entry(full)),
        "archived": closure.archive_case(w.closed(world, **_entry(full)), by=full.actor("hub_head")),
        "returned": _returned(full),
        "told": w.log_call(world, by="sales_handler", **_entry(full)),
    }
    incomplete = w.log_call(world, **_entry(full))
    found["incomplete"] = correction.ask_completion(incomplete, by=agent, missing=full.text())
    declined = w.log_call(world, **_entry(full))
    found["declined"] = assignment.decline_case(declined, by=agent, reason=full.text(500), reply=full.text())
    end = closure.ShortEnd("withdrawn", full.text(), proof=full.text(300))
    found["withdrawn"] = closure.close_short(w.acknowledged(world, **_entry(full)), end, by=agent)
    return found


def _working(full: Full) -> Case:
    """With production, quality helps: every part is there, open and ended."""
    world, head, agent = full.world, full.actor("production_head"), full.actor("agent")
    accused = Accused(site=None, people=(world.agent2, world.general_manager))
    classification = Classification(criteria=("safety", "use"))
    case = w.received(
        world, "quality", **_entry(full, accused=accused, classification=classification, received_at=w.in_days(-3))
    )
    row = case.assignments.get(is_lead=True)
    for direction in ("in", "out"):
        contact = NewContact(direction, world.channel("phone"), full.text(), full.text(100), full.text(500))
        contacts.record_contact(case, contact, by=agent)
    for audience in ("case", "hub", "department"):
        internal.add_note(case, internal.NewNote(full.text(), audience, world.production), by=head)
    plans = [investigation.VisitPlan(full.text(500), full.text(200), full.text(300)) for _ in range(3)]
    _open, ended, made = [investigation.plan_visit(case, plan, by=head) for plan in plans]
    investigation.cancel_visit(ended, by=head, reason=full.text(500))
    arrival = investigation.Arrival(timezone.now(), full.text(), full.text(), full.text(300))
    investigation.record_visit(made, arrival, by=head)
    findings = investigation.Findings(
        full.text(), full.text(), full.text(), full.text(), "yes", responsible_text=full.text(120)
    )
    investigation.record_investigation(case, findings, by=head)
    _measures(full, case)
    assignment.ask_extension(row, by=head, until=w.in_days(9), reason=full.text())
    closure.escalate(case, by=agent, demand=full.text())
    measures.ask_waiver(case, by=head, reason=full.text())
    reply.send_progress(case, reply.Answer(full.text(), "phone"), by=agent, expected_at=w.in_days(2))
    closure.open_hold(case, by=agent, kind="test", label=full.text(120))
    stored = [store_upload(picture(f"{full.text(40)}.png"), by=head, limits=staff_limits()) for _ in range(2)]
    files.attach_files(case, tuple(stored), by=head, original=True, kept_at=full.text(120))
    process_due(by=Actor.system("files"))
    correction.correct(case, {"batch": full.text(60), "demand": full.text()}, by=agent, reason=full.text(500))
    return Case.objects.get(pk=case.pk)


def _measures(full: Full, case: Case) -> None:
    """One planned, one done, one that did not help, one given up."""
    world, head, handler = full.world, full.actor("production_head"), full.actor("production_handler")
    plans = [
        measures.Plan("corrective", full.text(), world.production, world.production_handler, w.tomorrow())
        for _ in range(4)
    ]
    _planned, done, useless, ended = [measures.plan_measure(case, plan, by=head) for plan in plans]
    for row in (done, useless):
        measures.complete_measure(row, measures.Completion(full.text()), by=handler)
    check = measures.Check(effective=False, method=full.text(300), evidence=full.text())
    measures.verify_measure(useless, check, by=full.actor("quality_head"))
    measures.cancel_measure(ended, by=head, reason=full.text(500))


def _asking(full: Full) -> Case:
    """Answered, and the customer says no."""
    world, agent = full.world, full.actor("agent")
    case = w.handled(world, **_entry(full))
    reply.reply_to_customer(case, reply.Answer(text=full.text(), way="phone"), by=agent)
    reply.ask_opinion(case, by=agent, way="phone", result=full.text(200), reached=True)
    reply.record_opinion(case, reply.CustomerOpinion(satisfied=False, way="phone", remark=full.text()), by=agent)
    demand = closure.escalate(case, by=agent, demand=full.text())
    closure.answer_escalation(demand, by=full.actor("manager"), answer=full.text())
    for granted in (False, True):
        asked = closure.ask_explained(case, by=agent, reason=full.text())
        closure.decide_approval(case, asked, by=full.actor("manager"), granted=granted, opinion=full.text())
    return Case.objects.get(pk=case.pk)


def _returned(full: Full) -> Case:
    """Sent to production, which gave it back."""
    case = w.dispatched(full.world, **_entry(full))
    assignment.return_assignment(case.assignments.get(), by=full.actor("production_head"), reason=full.text(500))
    return Case.objects.get(pk=case.pk)


def returns(full: Full) -> dict[str, ReturnSlip]:
    """A return in each state, of a case or of its customer; every word that an action takes is written."""
    world, finance = full.world, full.actor("finance_handler")
    given = _of_cases(full)
    found = {
        "registered": t.registered(world, "refund", *_goods(full), **next(given)),
        "application": t.registered(world, "repair", *_goods(full), **next(given)),
        "short": _short(full, t.registered(world, "refund", *_goods(full), **next(given))),
        "asked": _inspected(full, t.received(world, "refund", *_goods(full), **next(given))),
        "confirmed": t.confirmed(world, *_goods(full), **next(given)),
        "passed": t.passed(world, *_goods(full), **next(given)),
        "released": t.released(world, *_goods(full), **next(given)),
        "repaired": _repaired(full, t.received(world, "repair", *_goods(full), **next(given))),
        "refused": _refused(full, t.received(world, "refund", *_goods(full), **next(given))),
        "cancelled": t.registered(world, "refund", *_goods(full), **next(given)),
        "approved": t.confirmed(world, *_goods(full), **next(given)),
        "scheduled": t.scheduled(world, *_goods(full), **next(given)),
        "repairing": t.repairing(world, *_goods(full), **next(given)),
        "inspecting": t.inspecting(world, *_goods(full), **next(given)),
    }
    leaving.cancel_return(found["cancelled"], by=full.actor("desk_clerk"), reason=full.text(500))
    refund.pay_refund(found["confirmed"], t.payment(reference=full.text(60)), by=finance)
    found["paid"] = t.fresh(found.pop("confirmed"))
    _approval(full, found["approved"])
    _said_afterwards(full, found["paid"])
    _beside_returns(full, found)
    return {name: t.fresh(slip) for name, slip in found.items()}


def _of_cases(full: Full) -> Iterator[dict[str, Any]]:
    """What a wish says; in turn of a case and of its customer alone."""
    for n in count():
        case = full.cases["working" if n % 4 < 2 else "received"]
        case = Case.objects.get(pk=case.pk)
        contact = opening.Contact(full.text(100), full.text(100), "13805126634", "a@b.example", full.text(200))
        whose = {"customer": case.customer} if n % 2 else {"case": case}
        yield {"description": full.text(), "contact": contact} | whose


def _goods(full: Full) -> list[opening.Goods]:
    words = {"product": None, "product_text": full.text(120), "batch": full.text(60), "serial": full.text(80)}
    return [t.goods(2, **words), t.goods(1)]


def _short(full: Full, slip: ReturnSlip) -> ReturnSlip:
    """One line is explained, the other is not."""
    keeper, (first, second) = full.actor("store_keeper"), slip.lines.all()
    counted = {first.pk: arrival.Counted(1, "not_sent", full.text(500)), second.pk: arrival.Counted(2)}
    slip = arrival.receive_goods(slip, counted, by=keeper)
    return arrival.explain_difference(slip, first, arrival.Counted(1, "lost", full.text(500)), by=keeper)


def _inspected(full: Full, slip: ReturnSlip) -> ReturnSlip:
    """Looked at once, and asked for a second time; somebody is liable."""
    head, inspector = full.actor("quality_head"), full.actor("inspector")
    deciding.ask_inspection(slip, by=head, question=full.text(500))
    deciding.record_inspection(slip, by=inspector, passed=False, findings=full.text())
    deciding.ask_inspection(slip, by=head, question=full.text(500))
    liability = deciding.Liability(full.world.workshop, full.text(120), full.text())
    return deciding.name_liable(t.fresh(slip), liability, by=head)


def _repaired(full: Full, slip: ReturnSlip) -> ReturnSlip:
    """From the bench to the customer, who is asked."""
    world, repairer, quality = full.world, full.actor("repairer"), full.actor("quality_head")
    plan = repair.Schedule(world.repairer, timezone.localdate(), tools=full.text(300))
    repair.schedule_repair(slip, plan, by=full.actor("repair_head"))
    repair.start_repair(slip, by=repairer)
    repair.note_work(slip, repair.Piece("part", full.text(300)), by=repairer)
    slip = repair.finish_repair(slip, repair.Report(full.text(), full.text(), full.text()), by=repairer)
    slip = repair.inspect_repair(slip, by=quality, passed=True, findings=full.text())
    slip = leaving.release_goods(slip, by=full.actor("store_keeper"), shipment=full.text(120))
    slip = leaving.record_delivery(slip, by=full.actor("desk_clerk"))
    said = leaving.Callback("unsatisfied", full.text(), effect=2)
    return leaving.call_back(slip, said, by=full.actor("callback_agent"))


def _refused(full: Full, slip: ReturnSlip) -> ReturnSlip:
    slip = deciding.refuse_return(slip, by=full.actor("quality_head"), reason=full.text())
    if slip.case is None:
        return slip
    return ties.detach_case(slip, by=full.actor("desk_clerk"), reason=full.text(500))


@transaction.atomic
def _approval(full: Full, slip: ReturnSlip) -> None:
    """The general manager said yes, and is asked once more."""
    now, head = timezone.now(), full.world.quality_head
    for granted in (True, None):
        question = approvals.Question(slip.thread, APPROVAL, ("approve_refund",), full.text(), subject=full.text(120))
        row = approvals.ask(question, by=Actor.staff(head), at=now)
        if granted:
            approvals.decide(row, by=full.world.general_manager, at=now, granted=True, opinion=full.text())


def _said_afterwards(full: Full, slip: ReturnSlip) -> None:
    payment = t.payment(reference=full.text(60))
    refund.amend_refund(slip.refund, payment, by=full.actor("finance_handler"), reason=full.text(500))


def _beside_returns(full: Full, slips: dict[str, ReturnSlip]) -> None:
    """Photographs, a missed limit and who was told, a refund that was refused, the account book as a file."""
    now, world, desk = timezone.now(), full.world, full.actor("desk_clerk")
    for slip in slips.values():
        stored = store_upload(picture(f"{full.text(40)}.png"), by=desk, limits=staff_limits())
        attach_files(slip, (stored,), by=desk)
    record_contact(slips["asked"], Heard("in", WayIn.objects.get(code="phone"), full.text()), by=desk)
    process_due(by=Actor.system("files"))
    clock = ReturnClock.objects.filter(slip=slips["scheduled"]).get()
    ReturnClock.objects.filter(pk=clock.pk).update(breached_at=now, breach_reason=full.text(500))
    ReturnAlert.objects.create(clock=clock, level="handler", due_at=now, at=now, user=world.repairer)
    RefundRefusal.objects.create(
        slip=slips["asked"], via="page", amount=1, reasons=["not_confirmed"], by=world.finance_handler, at=now
    )
    row = ask_for_book(world.hub_head, Wanted(), purpose=full.text(200), by=full.actor("hub_head"))
    assert write_book(row.pk)
    days = month_of(timezone.localdate())
    ledger = ask_for_ledger(
        world.hub_head,
        LedgerWanted("register", days.since, days.until),
        purpose=full.text(200),
        by=full.actor("hub_head"),
    )
    assert write_ledger(ledger.pk)


def answers(full: Full) -> None:
    """Customers answered by link, through a colleague and on the telephone; it is followed up in every way."""
    world, quality = full.world, full.actor("quality_head")
    by_link, on_behalf, called = (w.closed(world, **_entry(full)) for _n in range(3))
    low = {"quality_look": "o5", "price_parts": "o4", "delivery_time": "o5"}
    said = a.filled(words=full.text(2000), **low)
    given = {code: replace(answer, comment=full.text(2000)) for code, answer in said.given.items()}
    response = answer_invitation(a.invitation(by_link, to="0" * 64), replace(said, given=given, said_by=full.text(100)))
    a.on_behalf(world, on_behalf, words=full.text(2000), situation=full.text(120))
    call = a.callback(called)
    Attempt.objects.create(
        callback=call, n=1, result="no_answer", note=full.text(500), by=world.agent, at=timezone.now()
    )
    row = ask_for_record(world.quality_head, Quarter(call.draw.quarter), purpose=full.text(200), by=quality)
    assert write_record(row.pk)
    done, refused, waiting, *_rest = response.follow_ups.order_by("pk")
    follow_ups.finish_follow_up(done, follow_ups.Finding(full.text(), full.text()), by=quality)
    proposed = follow_ups.propose_reopening(refused, by=quality, reason=full.text(500))
    follow_ups.decide_reopening(proposed, by=full.actor("hub_head"), granted=False, reason=full.text(500))
    follow_ups.propose_reopening(waiting, by=quality, reason=full.text(500))
    a.invitation(full.cases["closed"], to="0" * 64)


def reports(full: Full) -> None:
    """A report that was approved and sent, and its correction, which waits for an approval."""
    world, quality = full.world, full.actor("quality_head")
    first = issuing.ask_for_report(quarter_before(timezone.localdate()), by=quality)
    assert issuing.build_report(first.pk)
    manager = world.manager
    issuing.approve_report(first, by=full.actor("manager"), user=manager, opinion=full.text(500))
    issuing.send_report(first, [world.production_head, manager], by=quality)
    second = issuing.correct_report(first, by=quality, reason=full.text(500))
    assert issuing.build_report(second.pk)


def beside(full: Full) -> None:
    """What lies beside the cases and names people: views, drafts, what an import said, jobs, files of customers."""
    now, agent, hub_head = timezone.now(), full.world.agent, full.world.hub_head
    for user in (agent, hub_head):
        SavedView.objects.create(owner=user, name=full.text(40), query=full.text(1000), shared=True)
        SavedView.objects.create(owner=user, name=full.text(40), query="state=all&q=canary")
        values = {"text": full.text(), "caller": full.text(100), "reporter_name": full.text(100), "kind": full.text(40)}
        row = Draft(user=user)
        drafts.save_draft(row.pk, drafts.Typed(values, full.text(60)), user=user)
    done = Import.objects.create(name="old", started_at=now, finished_at=now, rows_refused=1)
    ImportRow.objects.create(imported=done, row=1, refused=True, message=full.text(300))
    _jobs(full)
    _files(full)
    _tables(full)
    _twins(full)
    CaseClock.objects.filter(met_at=None).update(breached_at=now)


def _settings(full: Full) -> None:
    """What colleagues and the administrator leave: deputies, keys, tables that wait, a channel out of order."""
    now, agent, hub_head = timezone.now(), full.world.agent, full.world.hub_head
    deputies.appoint_deputy(hub_head, agent, by=full.actor("hub_head"), starts_at=w.in_days(1), ends_at=w.in_days(3))
    for user in User.objects.filter(role__in=[Role.ADMINISTRATOR, Role.HEAD]):
        ApiToken.objects.create(
            user=user, name=full.text(60), key_hash=f"{user.pk:064}", created_at=now, expires_at=w.in_days(9)
        )
    for what, columns in COLUMNS.items():
        header = [column.code for column in columns]
        rows = [(n, [full.text(column.longest) for column in columns]) for n in range(2, 8)]
        SheetUpload.objects.create(
            what=what, file_name=full.text(120), header=header, rows=rows, by=full.world.administrator, created_at=now
        )
    Channel.objects.create(name="sms", failing_since=now, retry_at=now, error=full.text(500))
    FieldRule.objects.create(name="fax", purpose=full.text(200))
    CustomerKind.objects.create(code="payload", name=full.text(100), name_en=full.text(100))


def _privacy(full: Full) -> None:
    """What people ask of their data, what must be kept, what was destroyed, and what people agree to."""
    now, world = timezone.now(), full.world
    text = ConsentText.objects.get(purpose="feedback")
    for customer in Customer.objects.all():
        DataRequest.objects.create(
            kind="correct", customer=customer, words=full.text(), channel="phone", identity=full.text(300), asked_at=now,
            due_at=now, recorded_by=world.agent, checked_by=world.hub_head, state="refused", answer=full.text(),
            answered_by=world.hub_head, answered_at=now,
        )  # fmt: skip
        LegalHold.objects.create(customer=customer, reason=full.text(300), placed_by=world.hub_head, placed_at=now)
        Consent.objects.create(
            customer=customer, text=text, thread=customer.thread, channel="phone", contact_ways=["phone"],
            proof=full.text(300), recorded_by=world.agent, given_at=now,
        )  # fmt: skip
    Destruction.objects.create(
        number="2025-000001", type="cases", ended_before=now, keys=[case.pk for case in full.cases.values()], position=1,
        state="done", listed_by=world.hub_head, listed_at=now, finished_at=now,
    )  # fmt: skip


def _files(full: Full) -> None:
    """Every customer has a file, kept by somebody of sales, things of ours, and people who ask to read it."""
    now, world = timezone.now(), full.world
    Customer.objects.update(salesperson=world.sales_handler, custodian=world.sales_handler, type="organisation")
    period = grants.Period(now, now + timedelta(days=9))
    for customer in Customer.objects.all():
        customer.kinds.set(CustomerKind.objects.all())
        fields = [f for f in fields_for(customer.type, CARD, FILE) if f.name != "postcode"]  # too short
        update_file(customer, {f.name: full.text(f.max_length) for f in fields}, by=full.actor("sales_handler"))
        for kind in HoldingKind.values:
            held = holdings.Held(kind, name=full.text(200), serial=full.text(80), note=full.text(500))
            holdings.add_holding(customer, held, by=full.actor("sales_handler"))
        classes.classify_customer(customer, "A", "key", reason=full.text(300), by=world.hub_head)
        follow_up = communications.FollowUp(full.text(500), world.agent, w.tomorrow())
        texts = {"place": 200, "persons_met": 200, "content": 5000, "opinions": 5000, "handling": 5000, "result": 5000}
        for kind in CommunicationKind.values:
            words = {name: full.text(longest) for name, longest in texts.items()}
            talk = communications.Talk(kind, now, visitors=(world.agent,), follow_up=follow_up, **words)
            row = communications.record_communication(customer, talk, by=world.actor("agent"))
        communications.finish_follow_up(row, note=full.text(500), by=world.actor("agent"))
        grants.ask_to_read(customer, world.quality_head, purpose=full.text(200), period=period)
        ExternalNumber.objects.create(customer=customer, system=full.text(40), number=full.text(80))
        grants.give_grant(customer, world.manager, purpose=full.text(200), period=period, by=world.general_manager)


def _twins(full: Full) -> None:
    """Every customer has a file that became part of it, one that may be the same, and one that is not."""
    world, head = full.world, full.world.hub_head
    for customer in Customer.objects.filter(merged_into=None):
        reaches = tuple(people.Reach(point.type, point.value) for point in customer.contact_points.all())
        facts = people.Facts(customer.name, customer.type, contacts=reaches, custodian=customer.custodian)
        became, alike, different = (people.open_file(facts, by=full.actor("hub_head")) for _each in range(3))
        update_file(became, {"address": full.text(200)}, by=full.actor("hub_head"))
        merging.merge_customers(customer, became, taken={"address"}, by=head)
        duplicates.tell_apart(customer, different, reason=full.text(300), by=world.agent)
        assert alike.pk
    duplicates.look_for_duplicates()


def _tables(full: Full) -> None:
    """Tables of customers in every state, with rows that stayed out."""
    now, world = timezone.now(), full.world
    for n, state in enumerate(ImportState.values):
        header = [full.text(60) for _column in range(3)]
        row = CustomerImport.objects.create(
            number=f"2026-9{n:05d}", by=world.hub_head, file_name=full.text(255), sheet=full.text(64),
            sheets=[full.text(64), full.text(64)], header=header, samples=[[full.text(60) for _cell in header]],
            notes=[full.text()], system=full.text(40), class_reason=full.text(300), state=state, rows_refused=1,
            problem=full.text(200), created_at=now, moved_at=now,
        )  # fmt: skip
        values = [full.text(200) for _cell in header]
        ImportLine.objects.create(imported=row, row=2, values=values, notes=full.text(), message=full.text())
    ImportMapping.objects.create(digest="0" * 64, system=full.text(40), updated_at=now)


def _jobs(full: Full) -> None:
    """Acts on many cases, and what they left as it was."""
    now, world, number = timezone.now(), full.world, full.cases["working"].number
    for finished_at in (now, None):
        act = BulkAct.objects.create(
            by=world.agent, act="verify", query=full.text(2000), cases=[number], started_at=now, moved_at=now,
            finished_at=finished_at,
        )  # fmt: skip
        BulkRefusal.objects.create(bulk=act, number=number, reasons=[full.text(), full.text()])
        handover = Handover.objects.create(
            giver=world.quality_handler, taker=world.quality_head, by=world.administrator, started_at=now,
            progress_at=now, finished_at=finished_at, total=1,
        )  # fmt: skip
        HandoverRefusal.objects.create(handover=handover, number=number, why=full.text())


# --- Past them ----------------------------------------------------------------------------------------------


def written(model: type[models.Model]) -> Iterator[models.Field[Any, Any]]:
    """The fields of a table in which words of people stand."""
    for column in model._meta.concrete_fields:
        kind = column.base_field if isinstance(column, ArrayField) else column
        if not isinstance(kind, models.CharField | models.TextField) or kind.choices or column.unique:
            continue
        if getattr(column, "db_collation", None) != "C" and f"{model._meta.label}.{column.name}" not in CODES:
            yield column


def tables() -> Iterator[tuple[type[models.Model], list[models.Field[Any, Any]]]]:
    """Every table of ours with the fields in which words of people stand, if it has any."""
    for model in apps.get_models():
        if model._meta.app_label in ROOMS and (columns := list(written(model))):
            yield model, columns


def overwrite(full: Full) -> None:
    """Write a payload into every such field that does not hold one."""
    for model, columns in tables():
        rows = list(model._default_manager.all())
        for row in rows:
            for column in columns:
                if "canary" not in str(getattr(row, column.name)):
                    setattr(row, column.name, _value(full, column, row.pk))
        names = [column.name for column in columns]
        model._default_manager.bulk_update(rows, names, batch_size=200)


def _value(full: Full, column: models.Field[Any, Any], pk: Any) -> Any:
    if isinstance(column, ArrayField):
        return [full.text(column.base_field.max_length)]
    return address(pk) if isinstance(column, models.EmailField) else full.text(column.max_length)


def clean_fields() -> list[str]:
    """Fields in which words of people stand, and in which no payload stands."""
    return [
        f"{model._meta.label}.{column.name}"
        for model, columns in tables()
        for column in columns
        if not model._default_manager.filter(**{f"{column.name}__icontains": "canary"}).exists()
    ]
