"""The JSON API: the same access, actions and gates as the pages."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from audit.models import Event, Reading
from cases.models import Case, CaseClock, Kind
from tests import world as w
from tests.documents.samples import jpeg
from tests.world import World

Api = Callable[[str], Any]
FEEDBACK = {
    "kind": "complaint",
    "channel": "phone",
    "text": "充电器发热严重，外壳变形。",
    "reporter": {"name": "周女士", "phone": "13912345678"},
}


def url(case: Case, tail: str = "") -> str:
    return f"/api/v1/cases/{case.number}/{tail}"


def post(client: Any, where: str, **body: Any) -> Any:
    return client.post(where, body, format="json")


@pytest.mark.req("INT-02", "INT-04")
def test_feedback_is_registered_and_has_its_number_at_once(world: World, api: Api) -> None:
    answer = post(api("sales_handler"), "/api/v1/cases/", **FEEDBACK)
    assert answer.status_code == 201
    case = Case.objects.get(number=answer.json()["number"])
    assert (case.first_asked, case.state) == (world.sales_handler, "registered")
    assert Event.objects.get(thread=case.thread, verb="open").actor_kind == "token"


@pytest.mark.req("INT-03")
@pytest.mark.parametrize(
    "missing", [{"text": ""}, {"reporter": {"name": ""}}, {"reporter": {"name": "周女士"}}, {"channel": "pigeon"}]
)
def test_incomplete_feedback_is_refused_with_a_sentence(world: World, api: Api, missing: dict[str, Any]) -> None:
    answer = post(api("agent"), "/api/v1/cases/", **(FEEDBACK | missing))
    assert answer.status_code in {400, 422}
    assert not Case.objects.exists()


@pytest.mark.req("CLS-01", "INT-03")
def test_a_kind_that_the_regulations_do_not_know_is_refused_by_name(world: World, api: Api) -> None:
    Kind.objects.create(code="warranty_card", name="保修卡")
    answer = post(api("agent"), "/api/v1/cases/", **(FEEDBACK | {"kind": "warranty_card"}))
    assert answer.status_code == 422
    assert answer.json()["field"] == "kind"
    assert not Case.objects.exists()


def test_the_same_submission_key_returns_the_first_case(world: World, api: Api) -> None:
    client, key = api("agent"), str(uuid.uuid4())
    first = post(client, "/api/v1/cases/", **FEEDBACK, submission_key=key)
    second = post(client, "/api/v1/cases/", **FEEDBACK, submission_key=key)
    assert first.json()["number"] == second.json()["number"]
    assert Case.objects.count() == 1


def test_somebody_elses_submission_key_shows_nothing_of_the_case(world: World, api: Api) -> None:
    key = str(uuid.uuid4())
    post(api("agent"), "/api/v1/cases/", **FEEDBACK, submission_key=key)
    answer = post(api("finance_handler"), "/api/v1/cases/", **FEEDBACK, submission_key=key)
    assert answer.status_code == 422
    assert "number" not in answer.json()


@pytest.mark.req("SEC-01", "SEC-07")
def test_a_case_of_another_department_is_absent(world: World, api: Api) -> None:
    case = w.received(world)
    client = api("finance_handler")
    foreign, absent = client.get(url(case)), client.get("/api/v1/cases/2026-999999/")
    assert (foreign.status_code, foreign.json()) == (absent.status_code, absent.json())
    assert foreign.status_code == 404
    assert client.get("/api/v1/cases/").json()["results"] == []


@pytest.mark.req("RTE-18")
@pytest.mark.gate(5)
def test_the_accused_finds_nothing_by_the_api(world: World, api: Api) -> None:
    from cases.actions.intake import Accused

    case = w.dispatched(world, accused=Accused(people=(world.production_head, world.manager)))
    for name in ("production_head", "manager"):
        client = api(name)
        assert client.get(url(case)).status_code == 404
        assert client.get("/api/v1/cases/").json()["results"] == []
        assert client.get("/api/v1/cases/", {"q": "漏水"}).json()["results"] == []
        where = url(case, f"assignments/{case.assignments.get().pk}/receive/")
        assert post(client, where).status_code == 404
    assert api("production_handler").get(url(case)).status_code == 200


def test_visible_but_not_allowed_is_403(world: World, api: Api) -> None:
    case = w.received(world)
    answer = post(api("auditor"), url(case, "note/"), text="查看")
    assert answer.status_code == 403


def test_a_case_walks_to_its_end_by_the_api(world: World, api: Api) -> None:
    agent, head, quality = api("agent"), api("production_head"), api("quality_head")
    number = post(agent, "/api/v1/cases/", **FEEDBACK).json()["number"]
    case = Case.objects.get(number=number)
    due = (timezone.now() + timedelta(days=2)).isoformat()
    assert post(agent, url(case, "acknowledge/"), category="product.quality", priority=1).status_code == 200
    assert post(agent, url(case, "verify/"), result="substantiated", basis="照片").status_code == 200
    lead = {"department": "production", "requirement": "查明原因", "due_at": due}
    assert post(agent, url(case, "dispatch/"), lead=lead).status_code == 200
    task = f"assignments/{case.assignments.get().pk}"
    assert post(head, url(case, f"{task}/receive/")).status_code == 200
    findings = {"facts": "发热属实", "cause": "元件老化", "responsible_department": "production"}
    assert post(head, url(case, "investigate/"), **findings).status_code == 200
    plan = {
        "type": "corrective", "text": "更换元件", "department": "production", "owner": "production_handler",
        "due_on": (timezone.localdate() + timedelta(days=3)).isoformat(),
    }  # fmt: skip
    measure = post(head, url(case, "measures/"), **plan).json()["id"]
    worker = api("production_handler")
    assert post(worker, url(case, f"measures/{measure}/complete/"), evidence="照片").status_code == 200
    assert post(quality, url(case, f"measures/{measure}/verify/"), effective=True, method="抽检").status_code == 200
    assert post(head, url(case, f"{task}/answer/"), answer="已整改").status_code == 200
    assert post(agent, url(case, "reply/"), text="已换新，感谢反馈。", way="phone").status_code == 200
    assert post(agent, url(case, "ask_opinion/"), way="phone", reached=True).status_code == 200
    assert post(agent, url(case, "record_opinion/"), satisfied=True, way="phone").status_code == 200
    summary = {"course": "来电", "cause": "元件老化", "decision": "换新", "lesson": "来料加检"}
    closed = post(agent, url(case, "close/"), outcome="settled", **summary)
    assert closed.json()["state"] == "closed"
    assert post(agent, url(case, "reopen/"), reason="又坏了").json()["round"] == 2


@pytest.mark.gate(3, 4)
@pytest.mark.req("CAP-05", "RES-11")
def test_the_closing_gate_stands_in_the_api_too(world: World, api: Api) -> None:
    case = w.received(world)
    answer = post(api("agent"), url(case, "close/"), outcome="settled", course="来电", decision="换新")
    assert answer.status_code == 422
    codes = {reason["code"] for reason in answer.json()["reasons"]}
    assert {"no_reply", "no_measure", "no_facts", "assignment_open"} <= codes
    assert Case.objects.get(pk=case.pk).state == "received"


@pytest.mark.gate(9)
@pytest.mark.req("CAP-03")
def test_the_implementer_cannot_verify_by_the_api(world: World, api: Api) -> None:
    from cases.actions import measures

    case = w.received(world)
    plan = measures.Plan("corrective", "复检", world.quality, world.quality_handler, timezone.localdate())
    row = measures.plan_measure(case, plan, by=world.actor("production_head"))
    measures.complete_measure(row, measures.Completion("记录"), by=world.actor("quality_handler"))
    answer = post(api("quality_handler"), url(case, f"measures/{row.pk}/verify/"), effective=True, method="自查")
    assert answer.status_code == 422
    assert answer.json()["reasons"][0]["code"] == "implementer"


@pytest.mark.req("RTE-18", "CAP-03")
def test_an_act_that_this_person_must_not_do_is_logged_as_on_the_pages(
    world: World, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    from cases.actions import measures

    case = w.received(world)
    plan = measures.Plan("corrective", "复检", world.quality, world.quality_handler, timezone.localdate())
    row = measures.plan_measure(case, plan, by=world.actor("production_head"))
    measures.complete_measure(row, measures.Completion("记录"), by=world.actor("quality_handler"))
    with caplog.at_level("WARNING", logger="feedback_system.errors"):
        post(api("quality_handler"), url(case, f"measures/{row.pk}/verify/"), effective=True, method="自查")
    assert f"verify_measure on case {case.number} by user {world.quality_handler.pk}: ['implementer']" in caplog.text


@pytest.mark.req("SEC-02")
def test_who_takes_an_original_by_the_api_is_kept(world: World, api: Api) -> None:
    case = w.received(world)
    client = api("agent")
    sent = client.post(url(case, "files/"), {"files": [SimpleUploadedFile("a.jpg", jpeg())]}, format="multipart").json()
    answer = client.get(url(case, f"files/{sent[0]['id']}/"))
    answer.getvalue()
    assert answer.status_code == 200
    reading = Reading.objects.get(thread=case.thread)
    assert (reading.what, reading.actor_kind, reading.actor_id) == ("attachment", "token", world.agent.pk)


def test_a_stale_version_is_refused_and_says_what_happened(world: World, api: Api) -> None:
    case = w.log_call(world)
    client = api("agent")
    assert post(client, url(case, "note/"), text="先", version=case.version).status_code == 200
    answer = post(client, url(case, "note/"), text="后", version=case.version)
    assert answer.status_code == 409
    assert answer.json()["changed"]
    assert case.notes.count() == 1


@pytest.mark.req("SEC-08")
def test_contact_data_are_for_the_handling_group(world: World, api: Api) -> None:
    case = w.received(world)
    assert api("production_handler").get(url(case)).json()["reporter"]["phone"] == "13805126634"
    assert "phone" not in api("auditor").get(url(case)).json()["reporter"]


def test_write_requests_cannot_set_what_is_not_theirs(world: World, api: Api) -> None:
    stolen = {"number": "2020-000001", "state": "closed", "owner": "auditor", "readers": [1], "outcome": "settled"}
    answer = post(api("agent"), "/api/v1/cases/", **FEEDBACK, **stolen)
    case = Case.objects.get(number=answer.json()["number"])
    assert (case.state, case.outcome, case.owner) == ("registered", "", world.agent)


def test_the_list_is_paged_by_key(world: World, api: Api) -> None:
    for _n in range(3):
        w.log_call(world)
    client = api("agent")
    first = client.get("/api/v1/cases/", {"page_size": 2}).json()
    second = client.get(first["next"]).json()
    numbers = [row["number"] for row in first["results"] + second["results"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 3
    assert second["next"] is None


@pytest.mark.parametrize(
    "made",
    [
        "p=words", "p=%00", "p=9999-99-99", "p=2026-01-01T00:00:00%2B23:59", "p=2026-01-01T00:00:00",
        "p=10000-01-01T00:00:00Z", "p=0998-09-16T07:47:49-22:14", "o=x", "\udcff",
    ],
)  # fmt: skip
def test_a_cursor_that_nobody_gave_is_absent_and_breaks_nothing(world: World, api: Api, made: str) -> None:
    w.log_call(world)
    cursor = base64.b64encode(made.encode("utf-8", "surrogateescape")).decode()
    answer = api("agent").get("/api/v1/cases/", {"cursor": cursor})
    late = "p=2026-01-01T00:00:00%2B23:59"
    assert answer.status_code == (200 if made == late else 404)


def test_search_finds_two_characters_and_not_what_merely_contains_the_pairs(world: World, api: Api) -> None:
    wanted = w.log_call(world, text="售后服务态度差")
    w.log_call(world, text="漏水了")
    found = api("agent").get("/api/v1/cases/", {"q": "服务态度"}).json()["results"]
    assert [row["number"] for row in found] == [wanted.number]


@pytest.mark.parametrize("number", ["1" * 31, "2026-00000", "x", "2026-000001'--", "%00"])
def test_absurd_numbers_are_absent(world: World, api: Api, number: str) -> None:
    assert api("agent").get(f"/api/v1/cases/{number}/").status_code == 404


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 20_001])
def test_bad_texts_are_cleaned_or_refused_and_never_break(world: World, api: Api, text: str) -> None:
    import json

    body = json.dumps(FEEDBACK | {"text": text})
    answer = api("agent").post("/api/v1/cases/", body, content_type="application/json")
    assert answer.status_code in {201, 400, 422}


@pytest.mark.req("SLA-03")
def test_the_clocks_of_a_case_are_in_its_detail(world: World, api: Api) -> None:
    case = w.received(world)
    clocks = api("agent").get(url(case)).json()["clocks"]
    assert {clock["kind"] for clock in clocks} == set(
        CaseClock.objects.filter(case=case).values_list("kind", flat=True)
    )


@pytest.mark.parametrize(
    "value", ["0998-09-16T07:47:49-22:14", "2026-01-01T00:00:00+23:59", "9999-12-31T00:00:00Z", "x"]
)
@pytest.mark.parametrize("name", ["received_after", "received_before"])
def test_a_list_is_narrowed_by_any_time_that_can_be_meant(world: World, api: Api, name: str, value: str) -> None:
    w.received(world)
    answer = api("agent").get("/api/v1/cases/", {name: value})
    if value.startswith("2026"):
        assert (answer.status_code, len(answer.json()["results"])) == (200, 1 if name == "received_after" else 0)
    else:
        assert answer.status_code == 400
