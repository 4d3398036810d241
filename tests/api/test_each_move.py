"""Each move by the API alone, with the same actions, gates and deputies as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db.models import F
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from cases.actions import correction
from cases.lifecycle import MOVES
from cases.models import Case, CaseClock
from cases.queries.moves import ACTS, PART_ACTS
from cases.queries.search import TooSlow
from organization.models import Deputy, Membership
from tests import world as w
from tests.cases.desk import fresh
from tests.world import World

Api = Callable[[str], Any]
FEEDBACK = {"kind": "complaint", "text": "漏水", "reporter": {"name": "周女士", "phone": "13912345678"}}
#: Words that are another address here: a list that is posted to, a file, and what is decided about more time.
OTHERWISE = {"attach": "files", "plan_measure": "measures"}


def url(case: Case, tail: str = "") -> str:
    return f"/api/v1/cases/{case.number}/{tail}"


def done(client: Any, where: str, **body: Any) -> dict[str, Any]:
    """Post what must be accepted; the case afterwards."""
    answer = client.post(where, body, format="json")
    assert answer.status_code in {200, 201}, answer.content.decode()
    return dict(answer.json())


def test_every_act_of_the_pages_has_its_address() -> None:
    missing = []
    for name in {*ACTS, *PART_ACTS, *MOVES} - {"open"}:
        word = OTHERWISE.get(name, name).replace("_", "-")
        for pk in ({}, {"pk": "1"}):
            try:
                reverse(f"api-case-{word}", kwargs={"number": "2026-000001"} | pk)
                break
            except NoReverseMatch:
                continue
        else:
            missing.append(name)
    assert missing == []


@pytest.mark.req("SLA-04", "CAP-05")
def test_a_complaint_with_a_missed_limit_and_without_a_measure_is_closed_by_programs_alone(
    world: World, api: Api
) -> None:
    hub, head, representative = api("agent"), api("production_head"), api("representative")
    case = w.received(world)
    CaseClock.objects.filter(case=case, kind="acknowledgement").update(breached_at=F("first_due_at"))
    done(
        head,
        url(case, "investigate/"),
        facts="安装不当",
        cause="用户自装",
        responsible_text="用户",
        severity="minor",
        reason_confirmed="no",
    )
    assert (case.investigations.get().severity, case.investigations.get().reason_confirmed) == ("minor", "no")
    asked = done(hub, url(case, "ask_waiver/"), reason="与产品无关")["approvals"][0]["id"]
    done(representative, url(case, f"approvals/{asked}/decide_approval/"), granted=True)
    task = case.assignments.get().pk
    done(head, url(case, f"assignments/{task}/answer/"), answer="已上门重装")
    done(hub, url(case, "reply/"), text="已重装", way="phone")
    done(hub, url(case, "ask_opinion/"), way="phone", reached=True)
    detail = done(hub, url(case, "record_opinion/"), satisfied=True, way="phone")
    summary = {"course": "来电", "cause": "自装", "decision": "重装", "lesson": "提示"}
    refused = hub.post(url(case, "close/"), {"outcome": "settled"} | summary, format="json")
    assert refused.status_code == 422
    for clock in detail["clocks"]:
        if clock["breached_at"] and not clock["breach_reason"]:
            done(hub, url(case, f"clocks/{clock['id']}/give_breach_reason/"), reason="等待上门")
    assert done(hub, url(case, "close/"), outcome="settled", **summary)["state"] == "closed"


@pytest.mark.req("INV-04")
def test_a_visit_is_planned_recorded_and_cancelled(world: World, api: Api) -> None:
    case, head = w.received(world), api("production_head")
    first = done(head, url(case, "plan_visit/"), necessity="看现场", visitor="production_handler")["visits"][0]["id"]
    arrived = timezone.now().isoformat()
    detail = done(head, url(case, f"visits/{first}/record_visit/"), arrived_at=arrived, findings="焊缝渗水")
    assert detail["visits"][0]["findings"] == "焊缝渗水"
    second = done(head, url(case, "plan_visit/"), necessity="复查")["visits"][1]["id"]
    assert done(head, url(case, f"visits/{second}/cancel_visit/"), reason="不必")["visits"][1]["cancelled_at"]


@pytest.mark.req("RTE-23", "ORG-15")
def test_a_demand_is_answered_by_a_deputy_in_the_place_that_is_senior_enough(world: World, api: Api) -> None:
    case, head = w.received(world), api("production_head")
    demand = done(api("agent"), url(case, "escalate/"), demand="要总经理答复")["escalations"][0]["id"]
    case.escalations.update(above_rank=3)
    where = url(case, f"escalations/{demand}/answer_escalation/")
    assert head.post(where, {"answer": "同意"}, format="json").status_code == 422
    now = timezone.now()
    Deputy.objects.create(
        principal=world.general_manager, deputy=world.production_head,
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1),
    )  # fmt: skip
    assert done(head, where, answer="同意")["escalations"][0]["answer"] == "同意"


def test_what_is_offered_on_an_incomplete_case_can_be_done(world: World, api: Api) -> None:
    hub = api("agent")
    case = correction.ask_completion(w.acknowledged(world), by=world.actor("agent"), missing="订单号")
    assert "complete" in hub.get(url(case)).json()["moves"]
    assert done(hub, url(case, "complete/"))["state"] == "acknowledged"


@pytest.mark.req("SEC-08")
def test_an_entry_is_corrected_and_contact_data_only_by_those_who_see_them(world: World, api: Api) -> None:
    case = w.received(world)
    detail = done(api("agent"), url(case, "correct/"), product_text="DSZF-80", reason="看铭牌")
    assert (fresh(case).product_text, detail["version"]) == ("DSZF-80", case.version + 1)
    assert fresh(case).reporter_phone == case.reporter_phone


def test_departments_are_added_and_their_tasks_cancelled(world: World, api: Api) -> None:
    case, hub = w.received(world), api("agent")
    due = w.in_days(2).isoformat()
    detail = done(hub, url(case, "add_department/"), department="technical", requirement="查图纸", due_at=due)
    row = next(a for a in detail["assignments"] if a["department"] == "technical")
    detail = done(hub, url(case, f"assignments/{row['id']}/cancel_assignment/"), reason="不需要")
    assert "cancelled" in {a["state"] for a in detail["assignments"]}


@pytest.mark.req("INT-20")
def test_an_enquiry_is_answered_and_closed_in_one_step(world: World, api: Api) -> None:
    case = w.log_call(world, kind="enquiry")
    detail = done(
        api("agent"), url(case, "settle/"), text="请按说明书", way="phone", category=world.category().code, priority=3
    )
    assert detail["state"] == "closed"


@pytest.mark.req("RTE-18")
def test_somebody_is_recused_and_loses_the_case(world: World, api: Api) -> None:
    case = w.received(world)
    done(api("hub_head"), url(case, "recuse/"), person="production_handler", reason="被投诉")
    assert api("production_handler").get(url(case)).status_code == 404


# --- Narrow places ---------------------------------------------------------------------------------------


def test_the_channel_of_imports_is_not_for_single_feedback(world: World, api: Api) -> None:
    answer = api("agent").post("/api/v1/cases/", FEEDBACK | {"channel": "import"}, format="json")
    assert answer.status_code == 400
    assert not Case.objects.exists()


def test_a_search_for_signs_alone_finds_nothing_and_has_no_next_page(world: World, api: Api) -> None:
    for _n in range(3):
        w.log_call(world)
    found = api("agent").get("/api/v1/cases/", {"q": "！！", "page_size": 1}).json()
    assert (found["results"], found["next"]) == ([], None)


def test_a_search_that_takes_too_long_is_given_up_with_a_sentence(world: World, api: Api) -> None:
    with mock.patch("cases.api.views.patience", side_effect=TooSlow):
        answer = api("agent").get("/api/v1/cases/", {"q": "漏水"})
    assert answer.status_code == 503
    assert answer.json()["detail"]


def test_a_search_asks_the_same_for_many_as_for_few(world: World, api: Api, django_assert_max_num_queries: Any) -> None:
    from customers.models import Customer

    customer = Customer.objects.create(name="苏州安居物业", created_at=timezone.now())
    for _n in range(8):
        Case.objects.filter(pk=w.log_call(world).pk).update(customer=customer)
    client = api("agent")
    client.get("/api/v1/cases/", {"q": "漏水"})
    with django_assert_max_num_queries(14):
        assert len(client.get("/api/v1/cases/", {"q": "漏水"}).json()["results"]) == 8


def test_a_note_for_the_department_is_for_the_one_with_the_assignment(world: World, api: Api) -> None:
    case = w.received(world)
    Membership.objects.create(user=world.sales_handler, department=world.production, is_main=False)
    done(api("sales_handler"), url(case, "note/"), text="看过", audience="department")
    assert case.notes.get().department == world.production
