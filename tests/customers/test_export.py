"""Lists leave the house by right, for a purpose, numbered, masked, and written down (SEC-13, SEC-09, quality 82)."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from audit.models import Event, Reading
from customers.actions.classes import classify_customer
from customers.actions.file import update_file
from customers.actions.people import Facts, Reach, open_file
from customers.models import Customer
from notifications.models import Message
from tests.customers.tables import counts, csv_of, imported
from tests.forms import submit
from tests.world import World, client_of

URL = "/customers/export/"


def sheet_of(answer: Any) -> list[list[Any]]:
    assert answer.status_code == 200, answer.content.decode()[:400]
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(answer.content)).worksheets[0]]


def exported(client: Client, query: str = "", purpose: str = "中秋问候") -> Any:
    return submit(client, f"{URL}?{query}" if query else URL, purpose=purpose)


@pytest.fixture
def some(world: World) -> dict[str, Customer]:
    """One open, one confidential, one secret, one whose name looks like a formula."""
    by, found = world.actor("hub_head"), {}
    for n, (name, secrecy) in enumerate(
        [("安居物业", "internal"), ("保密医院", "confidential"), ("机密学校", "secret"), ("=1+1", "internal")]
    ):
        points = (Reach("phone", f"1380512663{n}"), Reach("phone", f"1390000111{n}", refused=True))
        facts = Facts(name, "organisation", contacts=points, attention=f"注意{n}", secrecy=secrecy)
        found[name] = open_file(facts, by=by)
    update_file(found["安居物业"], {"address": "江边路 1 号", "credit": "良好"}, by=by)
    classify_customer(found["安居物业"], "A", "key", reason="长期合作", by=world.hub_head)
    return found


@pytest.mark.req("SEC-13", "SEC-09", "SEC-02")
def test_an_export_carries_user_time_and_number_and_stands_in_the_history(
    world: World, some: dict[str, Customer]
) -> None:
    answer = exported(client_of(world, "hub_head"))
    assert [row[0] for row in sheet_of(answer)[1:]] == ["=1+1", "安居物业", "保密医院", "机密学校"]
    about = load_workbook(io.BytesIO(answer.content)).worksheets[-1]
    said = {row[0].value: row[1].value for row in about.iter_rows()}
    event = Event.objects.get(thread="customers", verb="export")
    number = event.changes["number"][1]
    assert said["编号"] == number
    assert world.hub_head.name in said.values()
    assert "中秋问候" in said.values()
    assert event.changes["rows"] == [None, 4]
    assert event.actor_id == world.hub_head.pk
    assert event.sealed.get(field="purpose").new == "中秋问候"
    reading = Reading.objects.get(what="export")
    assert (reading.rows, reading.reason) == (4, "中秋问候")
    again = exported(client_of(world, "hub_head"))
    assert again.status_code == 200
    assert Event.objects.filter(thread="customers", verb="export").count() == 2


@pytest.mark.req("SEC-13")
def test_without_a_purpose_nothing_leaves(world: World, some: dict[str, Customer]) -> None:
    answer = client_of(world, "hub_head").post(URL, {"purpose": "  "})
    assert answer.status_code == 422
    assert not Event.objects.filter(verb="export").exists()


@pytest.mark.req("SEC-13", "SEC-01")
@pytest.mark.parametrize("name", ["agent", "sales_handler", "manager", "quality_head", "auditor", "administrator"])
def test_only_heads_of_who_collects_export(world: World, some: dict[str, Customer], name: str) -> None:
    client = client_of(world, name)
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"purpose": "x"}).status_code == 403
    assert client.get("/customers/classes.pdf").status_code == 403


@pytest.mark.req("SEC-08", "CUS-17", "SEC-13")
def test_an_export_shows_what_its_reader_sees_and_no_more(world: World, some: dict[str, Customer]) -> None:
    rows = {row[0]: row for row in sheet_of(exported(client_of(world, "sales_head")))[1:]}
    assert "机密学校" not in rows
    assert rows["安居物业"][4] == "13805126630；13900001110 ✕"
    assert rows["保密医院"][4] == "138****6631；139****1111 ✕"
    assert "江边路 1 号" in rows["安居物业"]
    assert "良好" not in rows["安居物业"]
    whole = {row[0]: row for row in sheet_of(exported(client_of(world, "general_manager")))[1:]}
    assert "良好" in whole["安居物业"]
    assert set(whole) == set(some)


@pytest.mark.req("SEC-13")
@pytest.mark.parametrize(
    ("query", "names"),
    [("visit_class=A", ["安居物业"]), ("tier=key", ["安居物业"]), ("q=物业", ["安居物业"]), ("visit_class=B", [])],
)
def test_the_filters_of_the_list_hold(world: World, some: dict[str, Customer], query: str, names: list[str]) -> None:
    client = client_of(world, "hub_head")
    if not names:
        assert client.post(f"{URL}?{query}", {"purpose": "x"}).status_code == 422
        return
    assert f"export/?{query.split('=', maxsplit=1)[0]}=" in client.get(f"/customers/?{query}").content.decode()
    assert [row[0] for row in sheet_of(exported(client, query))[1:]] == names


def test_no_cell_is_a_formula(world: World, some: dict[str, Customer]) -> None:
    book = load_workbook(io.BytesIO(exported(client_of(world, "hub_head")).content))
    cell = book.worksheets[0]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)


@pytest.mark.req("SEC-13")
def test_too_many_are_refused_with_the_limit_and_of_many_the_general_manager_is_told(
    world: World, some: dict[str, Customer], settings: Any
) -> None:
    settings.CUSTOMER_EXPORT_ROWS = 3
    answer = client_of(world, "hub_head").post(URL, {"purpose": "x"})
    assert answer.status_code == 422
    assert "3" in answer.content.decode()
    assert not Event.objects.filter(verb="export").exists()
    settings.CUSTOMER_EXPORT_ROWS, settings.CUSTOMER_EXPORT_TOLD_FROM = 4, 4
    exported(client_of(world, "sales_head"))  # three: nobody is told
    assert not Message.objects.filter(kind="customers_exported").exists()
    exported(client_of(world, "hub_head"))
    told = Message.objects.filter(kind="customers_exported")
    assert {message.user_id for message in told} == {world.general_manager.pk}


def test_what_was_exported_comes_in_again_and_changes_nothing(world: World) -> None:
    rows = [["姓名", "电话", "邮箱"], ["单于明", "13805126634 ✕；023-65880011 转 8", "a@example.com"]]
    imported(world, csv_of(rows))
    table = sheet_of(exported(client_of(world, "hub_head")))
    again = imported(world, csv_of([[value or "" for value in row] for row in table]))
    assert counts(again) == (0, 0, 1, 0)


@pytest.mark.form("F62")
@pytest.mark.req("SEC-13", "CUS-08")
def test_the_list_of_classes_names_customer_class_criteria_visitor_and_visits(
    world: World, some: dict[str, Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def paper(name: str, context: dict[str, Any], *, stamp: Any) -> bytes:
        seen.update(context, stamp=stamp)
        return b"%PDF-1.7"

    monkeypatch.setattr("customers.views.export.render_paper", paper)
    answer = client_of(world, "hub_head").get("/customers/classes.pdf")
    assert answer["Content-Type"] == "application/pdf"
    [(line, quota)] = seen["lines"]
    assert (line.customer.name, line.customer.visit_class, line.criteria) == ("安居物业", "A", "长期合作")
    assert (str(quota[0]), quota[1]) == ("总经理或副总经理", 1)
    assert (seen["stamp"].user, seen["stamp"].number) == (world.hub_head.name, seen["number"])
    assert Reading.objects.get(what="print").rows == 1
