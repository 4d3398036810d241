"""Every address of the room as everybody who handles returns: one's own step, a foreign one, none, and one of a case
that bars the person. What is allowed stands here by hand, apart from the code that decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.actions.intake import Accused
from documents.actions import store_upload
from documents.limits import staff_limits
from feedback_system.privacy.restriction import restrict
from organization.actions.deputies import appoint_deputy
from returns.access import ReturnAccess
from returns.actions import deciding
from returns.actions.files import attach_files
from returns.models import RefundRefusal, ReturnClock, ReturnSlip
from returns.models.slip import SlipQuerySet
from tests import world as w
from tests.access.walker import ABSENT_PK, NOT_TAKEN, PARTS_OF_RETURNS, ask, is_of_return, names
from tests.cases.visitors import picture
from tests.privacy.people import known
from tests.returns import trade as t
from tests.security.addresses import changed, fingerprint
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("SEC-01", "SEC-07", "RTE-18")]

ABSENT = "TH2026-999999"
#: What may be done on a return whose step is one's own, beside reading and printing it.
_DESK = "correct link open_case detach cancel deliver decline_repair call_back give_breach_reason attach record_contact told"
_REPAIR = "open_case accept schedule change_place start note_work finish redirect release deliver decline_repair give_breach_reason attach ask_inspection record_contact"
MAY: dict[str, frozenset[str]] = {
    person: frozenset(acts.split())
    for person, acts in {
        "desk_clerk": f"{_DESK} receive explain release redirect",
        "agent": _DESK,
        "store_keeper": "receive explain release attach",
        "inspector": "record_inspection attach",
        "repair_head": f"{_REPAIR} confirm refuse name_liable",
        "repairer": _REPAIR,
        "callback_agent": "call_back give_breach_reason told",
        "quality_head": "open_case ask_inspection record_inspection inspect confirm refuse name_liable attach record_contact",
        "finance_handler": "pay amend_refund",
        "production_handler": "",
        "anonymous": "",
    }.items()
}
#: No step of a return ever comes to them.
OUTSIDE = frozenset({"production_handler", "anonymous"})
READS_ALL = frozenset({"desk_clerk", "agent"})
INSIDE = frozenset(MAY) - OUTSIDE
#: Addresses that name no return, and who of these people uses them.
LISTS: dict[str, frozenset[str]] = {
    "return_board": INSIDE,
    "return_book": INSIDE,
    "return_new": READS_ALL,
    "return_exports": frozenset(),  # the heads of desk, hub and finance, and the general manager
    "return_export_file": frozenset(),
    "return_refunds": frozenset({"finance_handler"}),
}
READING = frozenset({"return", "return_file", "return_file_thumb", "return_file_picture"})
PRINTING = frozenset({"return_slip_pdf", "return_repair_pdf", "return_tags_pdf"})
#: Absent also for whoever may read the return: a picture that is not made yet, a paper of a repair that is none.
MAY_BE_ABSENT = frozenset({"return_file_thumb", "return_file_picture", "return_file", "return_repair_pdf"})
#: Reading leaves who read what; sessions are everybody's own.
BESIDE = frozenset({"audit_reading", "django_session"})


def inspected(world: World, **values: Any) -> ReturnSlip:
    slip = t.received(world, **values)
    deciding.ask_inspection(slip, by=world.actor("quality_head"), question="看焊缝")
    return t.fresh(slip)


Maker = Callable[..., ReturnSlip]
#: A return that came to a person, and one that has not.
OWN: dict[str, Maker] = {
    "desk_clerk": t.registered,
    "agent": t.registered,
    "store_keeper": t.registered,
    "inspector": inspected,
    "repair_head": t.scheduled,
    "repairer": t.scheduled,
    "callback_agent": t.refunded,
    "quality_head": t.received,
    "finance_handler": t.confirmed,
    "production_handler": t.refunded,
    "anonymous": t.refunded,
}
FOREIGN: dict[str, Maker] = {
    "store_keeper": lambda world: t.registered(world, "repair"),
    "quality_head": lambda world: t.received(world, reason="delivery"),
}


@dataclass(frozen=True)
class Tried:
    """One request to be made, and what it must answer."""

    name: str
    arguments: dict[str, Any]
    method: str
    verdict: str


@dataclass
class Walk:
    """One person before all returns; ``slips`` by what they are to him or her."""

    world: World
    person: str
    slips: dict[str, ReturnSlip | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        world, person = self.world, self.person
        self.slips = {"own": self._with_parts(OWN[person](world)), "absent": None}
        if person != "anonymous":
            self.slips["foreign"] = self._with_parts(FOREIGN.get(person, t.registered)(world))
            case = w.received(world, accused=Accused(people=(world.users[person],)))
            self.slips["barred"] = self._with_parts(OWN[person](world, case=case))
        self.client = Client(raise_request_exception=False)
        if person != "anonymous":
            self.client.force_login(world.users[person])

    def _with_parts(self, slip: ReturnSlip) -> ReturnSlip:
        """With a photograph and a clock, so that each address can be written."""
        by = self.world.actor("desk_clerk")
        attach_files(slip, (store_upload(picture(f"{slip.number}.png"), by=by, limits=staff_limits()),), by=by)
        if not slip.clocks.exists():
            past = w.in_days(-1)
            ReturnClock.objects.create(
                slip=slip, kind="repair", policy={}, started_at=past, due_at=past, first_due_at=past
            )
        return t.fresh(slip)

    def tries(self) -> Iterator[Tried]:
        """Every address and method, with the verdict that stands in this file."""
        for name, wanted in sorted(names()):
            if not is_of_return(name):
                continue
            for what, slip in self.slips.items() if "number" in wanted and name not in LISTS else [("list", None)]:
                arguments = {key: self._argument(name, key, slip) for key in wanted}
                for method in ("get", "post"):
                    yield Tried(name, arguments, method, self.verdict(name, what, method))

    def _argument(self, name: str, key: str, slip: ReturnSlip | None) -> Any:
        if key == "number":
            return slip.number if slip else ABSENT
        if slip is None:
            return ABSENT_PK
        rows = {"line": slip.lines, "return_clock": slip.clocks, "return_file": slip.files}
        return rows[PARTS_OF_RETURNS[name]].first().pk

    def verdict(self, name: str, what: str, method: str) -> str:
        """``ok``, ``refused`` (403), ``absent`` (404) or ``login``."""
        person = self.person
        if person == "anonymous":
            return "login"
        if name in LISTS:
            return (
                "ok" if person in LISTS[name] else "absent" if name == "return_export_file" and self._in else "refused"
            )
        if name == "return_pay" and method == "post":  # the number alone is enough: the gate refuses, and it is kept
            if person != "finance_handler":
                return "refused"
            return "ok" if what in {"own", "foreign"} else "absent"
        seen = (what == "own" and person not in OUTSIDE) or (what == "foreign" and person in READS_ALL)
        if not seen:
            return "absent"
        return "ok" if name in READING | PRINTING or name.removeprefix("return_") in MAY[person] else "refused"

    @property
    def _in(self) -> bool:
        return self.person in INSIDE

    def faults(self) -> Iterator[str]:
        """What differs. Refusals are made for good, and nothing may have changed afterwards."""
        tries = list(self.tries())
        before = fingerprint(but=BESIDE)
        for each in tries:
            if each.verdict != "ok":
                response = getattr(self.client, each.method)(reverse(each.name, kwargs=each.arguments))
                yield from self._judge(each, response.status_code, response.headers.get("Location", ""))
        if tables := changed(before, fingerprint(but=BESIDE)):
            yield f"{self.person}: refused, and yet something changed: {tables}"
        for each in tries:
            if each.verdict == "ok" and (answer := ask(self.client, each.name, each.arguments, each.method, own=True)):
                yield from self._judge(each, answer.status, answer.location)

    def _judge(self, each: Tried, status: int, location: str) -> Iterator[str]:
        fits = {
            "login": status == 302 and "/accounts/login/?next" in location,
            "absent": status == 404,
            "refused": status == 403,
            "ok": status in {200, 302, 409, 422} or (status == 404 and each.name in MAY_BE_ABSENT),
        }[each.verdict]
        if not fits and status != NOT_TAKEN:
            yield f"{self.person} {each.method.upper()} {each.name} {each.arguments}: {status} (expected {each.verdict})"


def test_every_address_of_the_room_is_walked() -> None:
    known = READING | PRINTING | set(LISTS) | {f"return_{act}" for acts in MAY.values() for act in acts}
    # The general manager's: walked in ``test_the_general_manager_decides_and_nobody_else``.
    assert {name for name, _wanted in names() if is_of_return(name)} == known | {"return_decide_refund"}


#: Walk in every run; the walk of the others is a proof.
SAMPLE = frozenset({"desk_clerk", "store_keeper", "quality_head", "finance_handler"})


@pytest.mark.parametrize(
    "person", [pytest.param(who, marks=() if who in SAMPLE else pytest.mark.prove) for who in sorted(MAY)]
)
def test_nobody_gets_more_or_less_than_stands_here(trade: World, person: str) -> None:
    wrong = list(Walk(trade, person).faults())
    assert not wrong, "\n".join(wrong)


def test_the_general_manager_decides_and_nobody_else(trade: World) -> None:
    slip = t.confirmed(trade)
    url = f"/returns/{slip.number}/decide_refund/"
    assert client_of(trade, "general_manager").get(url).status_code == 200
    for person in ("manager", "auditor", "hub_head", "desk_clerk", "quality_head", "finance_handler"):
        assert client_of(trade, person).get(url).status_code == 403, person
        assert client_of(trade, person).post(url, {"granted": "yes"}).status_code == 403, person


def test_managers_and_auditors_read_all_and_change_nothing(trade: World) -> None:
    for slip in (t.registered(trade, "repair"), t.refunded(trade)):
        for person in ("manager", "auditor", "general_manager"):
            client = client_of(trade, person)
            assert client.get(f"/returns/{slip.number}/").status_code == 200
            for act in ("correct", "cancel", "receive", "confirm", "refuse", "pay", "attach", "call_back"):
                assert client.post(f"/returns/{slip.number}/{act}/").status_code == 403, (person, act)


@pytest.mark.gate(1)
@pytest.mark.django_db(transaction=True)
def test_the_gate_keeps_a_refusal_only_for_who_may_pay(trade: World) -> None:
    case = w.received(trade, accused=Accused(people=(trade.finance_handler,)))
    foreign, barred = t.received(trade), t.received(trade, case=case)
    data = {"amount": "1299", "way": "transfer", "reference": "x", "paid_on": "2026-01-05"}
    finance, clerk = client_of(trade, "finance_handler"), client_of(trade, "desk_clerk")
    assert clerk.post(f"/returns/{foreign.number}/pay/", data).status_code == 403
    assert finance.post(f"/returns/{barred.number}/pay/", data).status_code == 404
    assert finance.post("/returns/refunds/", {"number": barred.number}).status_code == 422
    assert RefundRefusal.objects.count() == 0
    assert finance.post(f"/returns/{foreign.number}/pay/", data).status_code == 422
    assert RefundRefusal.objects.get().slip == foreign
    assert barred.number not in finance.get("/returns/refunds/").content.decode()


@pytest.mark.parametrize("person", sorted(INSIDE))
def test_no_list_names_a_return_that_bars_its_reader(trade: World, person: str) -> None:
    slips = Walk(trade, person).slips
    barred, own = slips["barred"], slips["own"]
    assert barred is not None
    assert own is not None
    pages = lists_of(trade, person, barred)
    assert own.number in pages
    assert barred.number not in pages


def lists_of(world: World, person: str, slip: ReturnSlip) -> str:
    """Everything that lists returns to a person."""
    client = client_of(world, person)
    assert slip.case is not None
    urls = (
        "/returns/", "/returns/?turn=all", "/returns/book/", "/returns/refunds/", "/",
        f"/returns/of/case/{slip.case.number}/", f"/returns/of/customer/{slip.customer_id}/",
    )  # fmt: skip
    return " ".join(client.get(url).content.decode() for url in urls)


# --- Switches -------------------------------------------------------------------------------------------------


def everything(self: SlipQuerySet, who: Any) -> SlipQuerySet:
    return self


@pytest.mark.parametrize("person", ["finance_handler", "production_handler"])
def test_the_walk_notices_when_reads_do_not_start_at_visible_to(
    trade: World, monkeypatch: pytest.MonkeyPatch, person: str
) -> None:
    walk = Walk(trade, person)
    monkeypatch.setattr(SlipQuerySet, "visible_to", everything)
    assert any("expected absent" in fault for fault in walk.faults())


def test_the_walk_notices_when_permissions_are_not_asked(trade: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReturnAccess, "require", lambda self, permission: None)
    assert any("expected refused" in fault for fault in Walk(trade, "store_keeper").faults())


def test_the_lists_notice_a_return_that_bars_its_reader(trade: World, monkeypatch: pytest.MonkeyPatch) -> None:
    barred = Walk(trade, "store_keeper").slips["barred"]
    assert barred is not None
    monkeypatch.setattr(SlipQuerySet, "visible_to", everything)
    assert barred.number in lists_of(trade, "store_keeper", barred)


# --- By the number alone --------------------------------------------------------------------------------------


def test_a_deputy_pays_nothing_that_bars_the_colleague_or_the_deputy(trade: World) -> None:
    now = w.in_days(-1)
    appoint_deputy(
        trade.finance_handler, trade.production_handler, by=trade.actor("finance_handler"), starts_at=now,
        ends_at=w.in_days(1),
    )  # fmt: skip
    slips = {
        name: t.received(trade, case=w.received(trade, accused=Accused(people=(trade.users[name],))))
        for name in ("finance_handler", "production_handler", "agent2")
    }
    client = client_of(trade, "production_handler")
    found = {name: client.post(f"/returns/{slip.number}/pay/").status_code for name, slip in slips.items()}
    assert found == {"finance_handler": 404, "production_handler": 404, "agent2": 422}


def test_a_return_that_ended_is_withheld_from_paying_once_its_customer_is_only_kept(trade: World) -> None:
    slip = t.refunded(trade, customer=known(trade))
    client = client_of(trade, "finance_handler")
    assert client.post(f"/returns/{slip.number}/pay/").status_code == 422
    restrict(slip.customer, by=trade.actor("hub_head"), reason="本人要求")
    assert client.post(f"/returns/{slip.number}/pay/").status_code == 404
    assert client.get("/returns/refunds/").status_code == 200


def test_a_return_that_is_open_goes_on_although_its_customer_is_only_kept(trade: World) -> None:
    slip = t.received(trade, customer=known(trade))
    restrict(slip.customer, by=trade.actor("hub_head"), reason="本人要求")
    answer = client_of(trade, "finance_handler").post(f"/returns/{slip.number}/pay/", {"version": slip.version})
    assert answer.status_code == 422


@pytest.mark.req("A-52")
def test_who_registers_a_case_and_who_accepts_a_return_are_two_functions(trade: World) -> None:
    case, slip = w.log_call(trade), t.registered(trade)
    agent, desk = client_of(trade, "agent"), client_of(trade, "desk_clerk")
    assert desk.post(f"/cases/{case.number}/acknowledge/").status_code in {403, 404}
    assert agent.post(f"/returns/{slip.number}/receive/").status_code == 403
    assert agent.get(f"/cases/{case.number}/acknowledge/").status_code == 200
    assert desk.get(f"/returns/{slip.number}/receive/").status_code == 200
