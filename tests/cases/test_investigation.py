"""Facts, cause, responsibility; the on-site visit that ends its clock."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from audit.actor import Actor
from cases.actions import correction, investigation
from cases.models import Case, CaseClock
from documents.actions import process_due
from organization.models import Product
from tests import world as w
from tests.cases.desk import Person, fresh
from tests.documents.samples import jpeg
from tests.world import World

FINDINGS = {
    "facts": "内胆焊缝渗水",
    "cause": "焊接电流偏低",
    "effect": "同批次 3 件",
    "reason_confirmed": "yes",
    "severity": "major",
}


def local(moment: object) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")  # type: ignore[arg-type]


@pytest.mark.req("INV-01")
def test_a_complaint_is_not_concluded_before_facts_and_responsible_are_stated(world: World) -> None:
    case = w.satisfied(world)
    case.investigations.all().delete()
    hub = Person(world, "agent")
    offer = hub.offered(case)["close"]
    assert "尚未记录查明的事实。" in offer.reasons
    assert "尚未认定责任单位或责任人。" in offer.reasons


@pytest.mark.req("INV-03", "INV-13")
def test_cause_effect_responsibility_and_severity_are_recorded_and_each_saving_is_a_version(world: World) -> None:
    case = w.received(world)
    head = Person(world, "production_head")
    assert head.primary(case) == "investigate"
    assert head.do(case, "investigate", FINDINGS | {"facts": ""}).status_code == 422
    case = head.did(case, "investigate", FINDINGS | {"responsible_department": world.production.pk, "minutes": 120})
    assert case.state == "investigating"
    assert head.open(case, "investigate").context["form"].initial["facts"] == "内胆焊缝渗水"
    case = Person(world, "quality_head").did(case, "investigate", FINDINGS | {"cause": "焊丝受潮"})
    assert list(case.investigations.values_list("cause", flat=True)) == ["焊丝受潮", "焊接电流偏低"]
    page = head.text(case)
    assert "焊丝受潮" in page
    assert "焊接电流偏低" in page
    first = case.investigations.last()
    assert first is not None
    assert (first.severity, first.effect, first.responsible_department, first.minutes) == (
        "major", "同批次 3 件", world.production, 120,
    )  # fmt: skip


@pytest.mark.req("INV-02")
def test_model_quantity_dispatch_date_demand_and_confirmed_reason_are_separate_fields(world: World) -> None:
    case = w.received(world)
    product = Product.objects.get(code="DSZF-60")
    values = {"product": product, "quantity": "1 台", "shipped_on": timezone.localdate(), "demand": "换新机"}
    correction.correct(case, values, by=world.actor("agent"), reason="业务核对")
    investigation.record_investigation(
        fresh(case), investigation.Findings("属实", reason_confirmed="partly"), by=world.actor("quality_head")
    )
    case = fresh(case)
    assert (case.product, case.quantity, case.shipped_on, case.demand) == tuple(values.values())
    assert case.investigations.get().reason_confirmed == "partly"


@pytest.mark.req("INV-04", "SLA-06", "A-05")
def test_a_visit_has_necessity_people_planned_and_actual_arrival_findings_photographs_and_statement(
    world: World,
) -> None:
    case = w.received(world)
    hub, head = Person(world, "agent"), Person(world, "production_head")
    assert hub.do(case, "plan_visit", {"necessity": ""}).status_code == 422
    plan = {
        "necessity": "须现场拆检", "visitor": world.production_handler.pk, "visitor_text": "吴磊", "participants": "营销、技术",
        "place": "星湖花园", "planned_at": local(timezone.now() + timedelta(hours=3)),
    }  # fmt: skip
    case = hub.did(case, "plan_visit", plan)
    clock = CaseClock.objects.get(case=case, kind="on_site")
    assert (case.visit_needed, clock.started_at) == (True, case.received_at)
    assert "到场" in [str(step.label) for step in hub.see(case).context["steps"]]
    visit = case.visits.get()
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(hours=2)):
        arrival = {
            "arrived_at": local(timezone.now() - timedelta(minutes=30)), "findings": "焊缝渗水", "minutes": 60,
            "customer_statement": "漏了两天", "files": [SimpleUploadedFile("焊缝.jpg", jpeg())],
        }  # fmt: skip
        case = head.did(case, "record_visit", arrival, part=visit)
        process_due(by=Actor.system("files"))
    visit.refresh_from_db()
    clock.refresh_from_db()
    assert (visit.findings, visit.customer_statement, visit.minutes) == ("焊缝渗水", "漏了两天", 60)
    assert (clock.state, clock.met_at) == ("met", visit.arrived_at)
    photo = case.files.get()
    assert photo.subject == f"visit:{visit.pk}"
    page = hub.text(case)
    assert f"/cases/{case.number}/files/{photo.pk}/thumb/" in page
    assert "漏了两天" in page


@pytest.mark.req("INV-04")
def test_a_visit_recorded_late_needs_a_reason_and_is_marked(world: World) -> None:
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() - timedelta(days=3)):
        case = w.received(world)
        visit = investigation.plan_visit(case, investigation.VisitPlan("现场"), by=world.actor("agent"))
    head = Person(world, "production_head")
    arrival = {"arrived_at": local(timezone.now() - timedelta(days=2)), "findings": "已修复"}
    answer = head.do(case, "record_visit", arrival, part=visit)
    assert "补录" in answer.content.decode()
    case = head.did(case, "record_visit", arrival | {"late_reason": "山区无网络"}, part=visit)
    assert "补录" in head.text(case)
    assert "山区无网络" in head.text(case)


def test_nobody_arrives_in_the_future_or_before_the_call(world: World) -> None:
    case = w.received(world)
    visit = investigation.plan_visit(case, investigation.VisitPlan("现场"), by=world.actor("agent"))
    head = Person(world, "production_head")
    for wrong in (timezone.now() + timedelta(hours=1), timezone.now() - timedelta(days=30)):
        answer = head.do(case, "record_visit", {"arrived_at": local(wrong), "findings": "x"}, part=visit)
        assert answer.status_code == 422
    assert CaseClock.objects.get(case=case, kind="on_site").is_running


def test_a_visit_that_is_not_needed_any_more_stops_its_clock(world: World) -> None:
    case = w.received(world)
    visit = investigation.plan_visit(case, investigation.VisitPlan("现场"), by=world.actor("agent"))
    case = Person(world, "agent").did(case, "cancel_visit", {"reason": "客户自行寄回"}, part=visit)
    assert not case.visit_needed
    assert not CaseClock.objects.get(case=case, kind="on_site").is_running
    assert (
        Person(world, "agent")
        .do(case, "record_visit", {"arrived_at": local(timezone.now()), "findings": "x"}, part=visit)
        .status_code
        == 409
    )


def test_the_handling_can_be_said_to_have_begun(world: World) -> None:
    case = Person(world, "production_head").did(w.received(world), "act")
    assert case.state == "acting"
    assert Case.objects.get().owner == world.production_head
