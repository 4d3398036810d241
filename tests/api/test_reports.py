"""Issued reports by the JSON API: the same figures, rights and sentences as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Event
from cases.models import Case
from reports.actions import issuing
from reports.models import Fact, Report, ReportCopy
from reports.queries.issued import sections_of
from tests import world as w
from tests.api.surveying import count_of, post
from tests.reports.months import built, last_month, moved
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("RPT-21", "RPT-05")]
Api = Callable[[str], Any]
ROOM = "/api/v1/reports/"


def state() -> list[Any]:
    return [list(table.objects.order_by("pk").values()) for table in (Report, ReportCopy, Fact, Event)]


def test_a_report_goes_its_way_by_programs_alone(world: World, api: Api) -> None:
    moved(w.closed(world))
    quality, manager = api("quality_head"), api("manager")
    made = post(quality, ROOM, kind="month", since=str(last_month().since))
    assert (made.status_code, made.json()["state"]) == (201, "waiting")
    number = made.json()["number"]
    issuing.build_report(Report.objects.get().pk)
    done = post(manager, f"{ROOM}{number}/approve/", opinion="同意")
    assert (done.json()["state"], done.json()["approved_by"]) == ("approved", "manager")
    assert post(quality, f"{ROOM}{number}/send/", people=["production_head"]).status_code == 200
    head = api("production_head")
    assert [row["number"] for row in head.get(ROOM).json()["results"]] == [number]
    assert head.get(f"{ROOM}{number}/").json()["sections"]
    corrected = post(quality, f"{ROOM}{number}/correct/", reason="漏记")
    assert (corrected.status_code, corrected.json()["version"], corrected.json()["corrects"]) == (201, 2, number)
    assert set(
        Event.objects.filter(thread__startswith="report:", actor_id__isnull=False).values_list("actor_kind", flat=True)
    ) == {"token"}


def test_the_figures_are_those_of_the_page_and_lead_to_their_records(world: World, api: Api) -> None:
    case = moved(w.closed(world))
    report = built(world)
    manager = api("manager")
    detail = manager.get(f"{ROOM}{report.number}/").json()
    for section, shown in zip(sections_of(report), detail["sections"], strict=True):
        assert (section.title, section.sentences) == (shown["title"], shown["sentences"])
        for table, other in zip(section.tables, shown["tables"], strict=True):
            values = [
                [cell.value if cell.value is None else str(cell.value) for cell in row.cells] for row in table.rows
            ]
            assert values == [[cell["value"] for cell in row["cells"]] for row in other["rows"]]
    find = detail["sections"][0]["tables"][0]["rows"][0]["cells"][0]["find"]
    records = manager.get(f"{ROOM}{report.number}/records/?{find}").json()
    assert records == {"counted": 1, "visible": 1, "numbers": [case.number], "after": ""}
    Case.objects.filter(pk=case.pk).update(barred=[-world.manager.pk])
    records = manager.get(f"{ROOM}{report.number}/records/?{find}").json()
    assert records == {"counted": 0, "visible": 0, "numbers": [], "after": ""}


def test_what_is_refused_leaves_everything_as_it_was(world: World, api: Api) -> None:
    report = built(world)
    where, today = f"{ROOM}{report.number}/", timezone.localdate()
    quality = api("quality_head")
    refused = [
        (api("agent"), ROOM, {"kind": "month", "since": "2026-01-01"}, 403),
        (api("agent"), f"{where}approve/", {}, 404),
        (quality, f"{where}approve/", {}, 403),
        (quality, f"{where}send/", {"people": ["manager"]}, 409),
        (quality, f"{where}send/", {"people": ["nobody"]}, 400),
        (quality, f"{where}correct/", {}, 400),
        (quality, ROOM, {"kind": "month", "since": str(report.since)}, 409),
        (quality, ROOM, {"kind": "month", "since": str(today)}, 422),
        (quality, ROOM, {"kind": "period", "since": str(today - timedelta(days=3))}, 422),
        (quality, ROOM, {"kind": "week", "since": "2026-01-01"}, 400),
        (quality, ROOM, {"kind": "month", "since": "2026-02-30"}, 400),
        (quality, f"{ROOM}BB2026-999999/approve/", {}, 404),
    ]
    before = state()
    for client, address, body, status in refused:
        assert post(client, address, **body).status_code == status, (address, body)
    assert state() == before
    assert client_of(world, "production_head").get(where).status_code == 404


def test_the_list_asks_as_often_for_many_as_for_few(world: World, api: Api) -> None:
    manager = api("manager")
    issuing.ask_for_report(last_month(), by=world.actor("quality_head"))
    few = count_of(manager, ROOM)
    for period in (last_month().before(), last_month().before().before(), last_month().year_before()):
        issuing.ask_for_report(period, by=world.actor("quality_head"))
    assert count_of(manager, ROOM) == few
