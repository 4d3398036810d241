"""The desk: what waits for each person, the most urgent first; counters that stop at a thousand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.actions import assignment, closure, investigation, measures, reply
from cases.actions.intake import Accused
from cases.models import Assignment, Case
from cases.queries import counters
from cases.queries.desk import Desk, desk_of
from notifications.models import Message
from notifications.models import State as Sending
from organization.queries import identity_of
from tests import world as w
from tests.world import World, client_of


def desk(world: World, name: str) -> Desk:
    return desk_of(world.users[name], identity_of(world.users[name]))


def mine(world: World, name: str) -> list[tuple[str, str]]:
    return [(task.case.number, task.do) for task in desk(world, name).mine]


def test_owned_cases_stand_in_the_order_of_their_due_times(world: World) -> None:
    cases = [w.log_call(world) for _n in range(4)]
    now = timezone.now()
    for case, hours in zip(cases, (5, -2, None, 1), strict=True):
        due = None if hours is None else now + timedelta(hours=hours)
        Case.objects.filter(pk=case.pk).update(next_due_at=due)
    assert [number for number, _do in mine(world, "agent")] == [cases[n].number for n in (1, 3, 0, 2)]


def test_what_is_not_mine_is_not_on_my_desk(world: World) -> None:
    case = w.received(world)
    assert mine(world, "production_head") == [(case.number, "查明原因并答复")]
    assert mine(world, "agent") == []
    assert mine(world, "manager") == []


def test_a_department_finds_what_waits_to_be_received(world: World) -> None:
    case = w.dispatched(world, "quality")
    lead = desk(world, "production_handler").receive
    assert [(task.case, task.do) for task in lead] == [(case, "主办")]
    assert "查明原因" in lead[0].note
    assert [task.do for task in desk(world, "quality_head").receive] == ["协办"]
    assert desk(world, "sales_head").receive == []
    assert desk(world, "auditor").receive == []
    assignment.receive_assignment(case.assignments.get(is_lead=True), by=world.actor("production_head"))
    assert desk(world, "production_handler").receive == []


def test_a_held_co_handling_task_and_what_was_passed_on_are_mine(world: World) -> None:
    case = w.received(world, "quality")
    helper = Assignment.objects.get(case=case, is_lead=False)
    assignment.receive_assignment(helper, by=world.actor("quality_head"))
    assert mine(world, "quality_head") == [(case.number, "答复协办处理单")]
    lead = Assignment.objects.get(case=case, is_lead=True)
    assignment.pass_on(lead, by=world.actor("production_head"), to=world.workshop_handler, note="请跟进")
    assert (case.number, "接手转交的工作") in mine(world, "workshop_handler")


def test_measures_are_mine_until_done_and_then_somebody_elses_to_verify(world: World) -> None:
    case = w.received(world)
    plan = measures.Plan("corrective", "更换焊机", world.production, world.production_handler, timezone.localdate())
    row = measures.plan_measure(case, plan, by=world.actor("production_head"))
    assert mine(world, "production_handler") == [(case.number, "实施措施")]
    assert desk(world, "quality_head").verify == []
    assert desk(world, "production_head").verify is None
    measures.complete_measure(row, measures.Completion("验收单"), by=world.actor("production_handler"))
    assert mine(world, "production_handler") == []
    waiting = desk(world, "quality_head").verify
    assert waiting is not None
    assert [(task.case, task.do, task.note) for task in waiting] == [(case, "吴磊", "更换焊机")]


@pytest.mark.req("CAP-03")
def test_nobody_finds_the_own_measure_to_verify(world: World) -> None:
    case = w.received(world, "quality")
    plan = measures.Plan("corrective", "更换焊机", world.quality, world.quality_head, timezone.localdate())
    row = measures.plan_measure(case, plan, by=world.actor("quality_head"))
    measures.complete_measure(row, measures.Completion("验收单"), by=world.actor("quality_head"))
    assert desk(world, "quality_head").verify == []
    assert len(desk(world, "quality_handler").verify or []) == 1


def test_a_planned_visit_is_on_the_visitors_desk(world: World) -> None:
    case = w.received(world)
    planned = timezone.now() + timedelta(hours=4)
    visit = investigation.VisitPlan("内胆漏水需现场查看", visitor=world.production_handler, planned_at=planned)
    investigation.plan_visit(case, visit, by=world.actor("production_head"))
    assert mine(world, "production_handler") == [(case.number, "上门到场")]


def test_the_hub_decides_on_more_time(world: World) -> None:
    case = w.received(world)
    lead = case.assignments.get(is_lead=True)
    until = lead.due_at + timedelta(days=2)
    assignment.ask_extension(lead, by=world.actor("production_head"), until=until, reason="等待配件")
    waiting = desk(world, "agent2").decide
    assert waiting is not None
    assert [(task.case, task.note) for task in waiting] == [(case, "等待配件")]
    assert desk(world, "finance_handler").decide is None


def test_approvals_wait_for_those_who_may_give_them_and_not_for_the_asker(world: World) -> None:
    case = w.received(world)
    measures.ask_waiver(case, by=world.actor("quality_head"), reason="偶发，无需措施")
    waiting = desk(world, "representative").decide
    assert waiting is not None
    assert [(task.case, task.note) for task in waiting] == [(case, "偶发，无需措施")]
    assert desk(world, "manager").decide == []
    assert desk(world, "quality_head").decide is None


@pytest.mark.req("RTE-23")
def test_a_demand_for_a_higher_level_waits_for_somebody_senior(world: World) -> None:
    case = w.replied(world)
    closure.escalate(case, by=world.actor("agent"), demand="要求总经理答复")
    waiting = desk(world, "manager").decide
    assert waiting is not None
    assert [task.note for task in waiting] == ["要求总经理答复"]
    assert desk(world, "production_handler").decide is None


@pytest.mark.req("RTE-18", "RTE-19")
def test_the_accused_finds_nothing_of_the_case_on_the_desk(world: World) -> None:
    accused = Accused(people=(world.manager, world.production_head, world.agent2))
    case = w.dispatched(world, accused=accused)
    unsent(case)
    Case.objects.filter(pk=case.pk).update(owner=world.agent2)
    for name in ("manager", "production_head", "agent2"):
        page = client_of(world, name).get("/").content.decode()
        assert case.number not in page, name
        figures = client_of(world, name).get("/counters/?figures=1").json()
        assert {value for key, value in figures.items() if key.startswith("desk-") or key == "cases"} == {"0"}, name


# What could not be sent


def unsent(case: Case, count: int = 1) -> list[Message]:
    rows = list(Message.objects.filter(thread=case.thread, user=None).order_by("pk"))[:count]
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(state=Sending.NOT_SENT)
    return rows


def test_the_hub_telephones_what_could_not_be_sent(world: World) -> None:
    case = w.acknowledged(world)
    rows = unsent(case, 2)
    calls = desk(world, "agent").calls
    assert [(call.case, len(call.messages)) for call in calls] == [(case, 2)]
    client = client_of(world, "agent")
    assert "13805126634" in client.get("/").content.decode()
    assert client.post(f"/telephoned/{rows[-1].pk}/").status_code == 302
    assert desk(world, "agent").calls == []
    assert Message.objects.filter(pk__in=[r.pk for r in rows], telephoned_at=None).count() == 0


@pytest.mark.req("SEC-01")
@pytest.mark.parametrize("name", ["production_head", "manager", "auditor", "administrator"])
def test_only_the_hub_telephones(world: World, name: str) -> None:
    row = unsent(w.received(world))[0]
    client = client_of(world, name)
    assert client.post(f"/telephoned/{row.pk}/").status_code == 404
    assert client.post(f"/telephoned/{10**30}/").status_code == 404
    row.refresh_from_db()
    assert row.telephoned_at is None
    assert "没有发出" not in client.get("/").content.decode()


# The page


@pytest.mark.parametrize(
    "name", ["agent", "hub_head", "production_head", "quality_handler", "manager", "general_manager", "auditor"]
)
def test_the_desk_says_what_would_be_here(world: World, name: str) -> None:
    page = client_of(world, name).get("/")
    assert page.status_code == 200
    assert 'class="empty"' in page.content.decode()


def test_an_administrator_finds_what_to_set_up_and_no_case(world: World) -> None:
    case = w.log_call(world)
    page = client_of(world, "administrator").get("/").content.decode()
    assert case.number not in page
    assert "运行情况" in page


def test_the_figures_of_the_cards_are_those_of_the_lists_they_open(world: World) -> None:
    w.log_call(world)
    w.acknowledged(world)
    w.satisfied(world)
    late = w.log_call(world)
    Case.objects.filter(pk=late.pk).update(next_due_at=timezone.now() - timedelta(hours=1))
    for name in ("agent", "production_head", "manager"):
        client = client_of(world, name)
        figures = client.get("/counters/?figures=1").json()
        for card in client.get("/").context["cards"]:
            listed = client.get(card.url).context["rows"]
            assert figures[card.counter] == str(len(listed)), (name, card.name)


def test_the_desk_counts_nothing_itself(world: World) -> None:
    w.received(world)
    client = client_of(world, "agent")
    with CaptureQueriesContext(connection) as seen:
        client.get("/")
    counting = [q["sql"] for q in seen if "COUNT(" in q["sql"] and "decision" not in q["sql"]]
    assert counting == []


def test_the_desk_costs_the_same_with_three_or_twenty_cases(world: World) -> None:
    def statements(name: str) -> int:
        client = client_of(world, name)
        with CaptureQueriesContext(connection) as seen:
            client.get("/")
        return len(seen)

    for _n in range(3):
        w.received(world)
        w.log_call(world)
    few = {name: statements(name) for name in ("agent", "production_head")}
    for _n in range(8):
        w.dispatched(world)
        w.log_call(world)
    for name, before in few.items():
        assert statements(name) <= before + 1, name


def test_the_newest_messages_stand_on_the_desk_and_are_read_by_opening_them(world: World) -> None:
    w.dispatched(world)
    from notifications.delivery import sweep_due

    sweep_due()
    client = client_of(world, "production_head")
    page = client.get("/").content.decode()
    message = Message.objects.inbox_of(world.production_head.pk, timezone.now()).order_by("-pk")[0]
    assert f'href="/inbox/{message.pk}/"' in page
    assert client.get(f"/inbox/{message.pk}/")["Location"] == message.path
    message.refresh_from_db()
    assert message.read_at is not None


# Counters


def test_a_counter_stops_at_nine_hundred_and_ninety_nine(world: World) -> None:
    for _n in range(4):
        w.log_call(world)
    with mock.patch.object(counters, "LARGEST", 3):
        assert counters.capped(Case.objects.all()) == "3+"
        assert counters._sum("3+", "0") == "3+"
        assert counters._sum("2", "2") == "3+"
    assert counters.capped(Case.objects.all()) == "4"
    assert counters._sum("1", "2") == "3"


def test_counters_are_each_limited(world: World) -> None:
    client = client_of(world, "agent")
    with CaptureQueriesContext(connection) as seen:
        client.get("/counters/?figures=1")
    counting = [q["sql"] for q in seen if "COUNT(" in q["sql"]]
    assert len(counting) >= 5
    assert all("LIMIT" in sql for sql in counting)


@pytest.mark.req("SEC-01")
def test_counters_count_what_their_reader_may_see(world: World) -> None:
    w.received(world)
    w.log_call(world)
    assert client_of(world, "agent").get("/counters/").json()["cases"] == "2"
    assert client_of(world, "production_head").get("/counters/").json()["cases"] == "1"
    assert client_of(world, "finance_handler").get("/counters/").json()["cases"] == "0"
    assert "cases" not in client_of(world, "administrator").get("/counters/").json()
    assert client_of(world, "production_head").get("/counters/").json()["desk"] in {"0", "1"}


def test_today_ends_at_midnight_of_the_organisation() -> None:
    at = datetime.fromisoformat("2026-11-21T23:30:00+08:00")
    assert counters.end_of_today(at) == datetime.fromisoformat("2026-11-22T00:00:00+08:00")
    assert counters.end_of_today(at + timedelta(hours=1)) == datetime.fromisoformat("2026-11-23T00:00:00+08:00")


# Overdue by department


def units(world: World, name: str) -> dict[str, Any]:
    page = client_of(world, name).get("/cases/overdue/")
    assert page.status_code == 200
    return {str(unit.department or "hub"): unit for unit in page.context["units"]}


@pytest.mark.req("RPT-22")
def test_late_clocks_stand_with_the_department_that_has_to_meet_them(world: World) -> None:
    waiting, led = w.log_call(world), w.received(world, "quality")
    now = timezone.now()
    waiting.clocks.filter(kind="acknowledgement").update(first_due_at=now - timedelta(hours=3))
    helper = Assignment.objects.get(case=led, is_lead=False)
    helper.clocks.filter(kind="receipt").update(first_due_at=now - timedelta(hours=2))
    led.clocks.filter(kind="resolution").update(first_due_at=now - timedelta(hours=1))
    led.clocks.filter(kind="task", assignment__is_lead=True).update(first_due_at=now + timedelta(hours=1))
    found = units(world, "manager")
    assert {name: (unit.late, unit.soon, unit.open) for name, unit in found.items()} == {
        "hub": (1, 0, 1),
        "质管部": (1, 0, 0),
        "生产部": (1, 1, 1),
    }
    assert [late.late for late in found["生产部"].clocks] == [True, False]
    assert found["质管部"].clocks[0].row.case == led


@pytest.mark.req("RPT-22")
def test_met_clocks_and_closed_cases_are_not_overdue(world: World) -> None:
    case = w.closed(world)
    case.clocks.update(first_due_at=timezone.now() - timedelta(days=9))
    assert units(world, "manager") == {}


@pytest.mark.req("RPT-22", "RTE-18")
def test_the_barred_manager_counts_nothing_of_it(world: World) -> None:
    case = w.received(world, accused=Accused(people=(world.manager,)))
    case.clocks.update(first_due_at=timezone.now() - timedelta(hours=1))
    assert units(world, "manager") == {}
    assert units(world, "general_manager")["生产部"].late > 0


@pytest.mark.req("RPT-22", "SEC-01")
@pytest.mark.parametrize(
    ("name", "status"),
    [("manager", 200), ("auditor", 200), ("hub_head", 200), ("general_manager", 200), ("agent", 403),
     ("production_head", 403), ("administrator", 403)],
)  # fmt: skip
def test_overdue_is_for_those_who_lead(world: World, name: str, status: int) -> None:
    assert client_of(world, name).get("/cases/overdue/").status_code == status


def test_a_long_list_is_cut_and_says_so(world: World) -> None:
    for _n in range(10):
        w.log_call(world).clocks.filter(kind="acknowledgement").update(first_due_at=timezone.now() - timedelta(hours=1))
    found = units(world, "manager")["hub"]
    assert (found.late, len(found.clocks), found.more) == (10, 8, True)


def test_an_answered_case_waits_for_the_hub(world: World) -> None:
    case = w.handled(world)
    assert mine(world, "agent") == [(case.number, "答复客户")]
    reply.reply_to_customer(case, reply.Answer(text="已换新机", way="phone"), by=world.actor("agent"))
    assert mine(world, "agent") == [(case.number, "征求客户意见")]
