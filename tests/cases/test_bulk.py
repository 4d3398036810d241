"""One act on many cases: ticked ones at once, all of a filter by the worker; each by its own rules and rights."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.actions import bulk
from cases.actions.bulk import Wish
from cases.actions.intake import Accused
from cases.models import BulkAct, Case, Category
from cases.tasks import run_bulk, run_pending_bulk
from notifications.delivery import sweep_due
from notifications.models import Message
from notifications.queries import inbox
from tests import world as w
from tests.world import World, client_of

LIST = "/cases/"


def ask(world: World, act: str, *, name: str = "agent", query: str = "", **values: Any) -> Any:
    """Ask for an act on all that the list shows, and say yes."""
    body = {"all": "1", "sure": "1", "back": f"{LIST}?{query}"} | values
    return client_of(world, name).post(f"/cases/bulk/{act}/", body)


def states() -> list[str]:
    return list(Case.objects.order_by("pk").values_list("state", flat=True))


# Ticked ones


@pytest.mark.req("INT-19", "RTE-10")
def test_complaints_go_from_the_import_to_the_department_in_three_acts(world: World) -> None:
    numbers = [w.log_call(world, text="又是这样").number for _n in range(3)]
    client = client_of(world, "agent")
    for act, values in (
        ("acknowledge", {"category": "product.quality"}),
        ("verify", {"result": "substantiated", "basis": "电商平台的评价与照片"}),
        ("dispatch", {"department": "production", "requirement": "查明原因"}),
    ):
        answer = client.post(f"/cases/bulk/{act}/", {"ids": numbers, "back": LIST} | values)
        assert answer.status_code == 302, act
    assert states() == ["dispatched"] * 3
    assert {row.verifications.get().basis for row in Case.objects.all()} == {"电商平台的评价与照片"}


@pytest.mark.req("CLS-06")
def test_the_chosen_category_is_for_those_without_a_suggestion(world: World) -> None:
    suggested = w.log_call(world, text="质量太差")
    nameless = w.log_call(world, text="又是这样")
    own = suggested.suggested_category
    other = Category.objects.exclude(pk=own.pk).filter(parent__isnull=False)[0]
    body = {"ids": [suggested.number, nameless.number], "category": other.code, "priority": "1"}
    client_of(world, "agent").post("/cases/bulk/acknowledge/", body)
    assert [case.category for case in Case.objects.order_by("pk")] == [own, other]
    assert {case.priority for case in Case.objects.all()} == {1}


@pytest.mark.req("INT-19")
def test_what_was_verified_keeps_its_result(world: World) -> None:
    case = w.acknowledged(world)
    body = {"ids": [case.number], "result": "unverifiable", "basis": "无"}
    answer = client_of(world, "agent").post("/cases/bulk/verify/", body)
    assert answer.status_code == 422
    assert case.verifications.get().result == "substantiated"


def test_a_basis_is_asked_for(world: World) -> None:
    case = w.log_call(world)
    answer = client_of(world, "agent").post("/cases/bulk/verify/", {"ids": [case.number], "result": "partly"})
    assert answer.status_code == 422
    assert f'name="ids" value="{case.number}"' in answer.content.decode()


# All that fit the filters


def test_first_it_says_how_many_it_fits(world: World) -> None:
    for _n in range(2):
        w.log_call(world, text="质量太差")
    w.acknowledged(world)
    page = ask(world, "acknowledge", sure="").content.decode()
    assert "2 件适用" in page
    assert not BulkAct.objects.exists()
    assert states() == ["registered", "registered", "acknowledged"]


@pytest.mark.req("RTE-01")
def test_all_of_the_filter_are_done_in_chunks_and_refusals_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    for text in ("质量太差", "又是这样", "质量太差", "质量太差"):
        w.log_call(world, text=text)
    other = w.log_call(world, text="质量太差", kind="enquiry")
    url = ask(world, "acknowledge", query="kind=complaint")["Location"]
    row = BulkAct.objects.get()
    assert bulk.run_bulk(row.pk) is False
    assert states() == ["acknowledged", "registered", "registered", "registered", "registered"]
    run_bulk(row.pk)
    row.refresh_from_db()
    assert row.finished_at is not None
    assert states() == ["acknowledged", "registered", "acknowledged", "acknowledged", "registered"]
    page = client_of(world, "agent").get(url).content.decode()
    assert "已完成" in page
    assert "类别还没有定" in page
    assert other.number not in page
    sweep_due()
    [told] = inbox(world.agent.pk).messages
    assert (told.subject, told.path) == ("“受理”已执行完毕：完成 3 件", url)
    assert told.body == "有 1 件未能执行，原因列在该操作的页面上。"


def test_a_task_that_runs_twice_or_late_does_nothing_twice(world: World) -> None:
    for _n in range(2):
        w.log_call(world, text="质量太差")
    ask(world, "acknowledge")
    row, late = BulkAct.objects.get(), BulkAct.objects.get()
    assert bulk._step(row, row.cases[0], Wish.of(row))
    assert not bulk._step(late, late.cases[0], Wish.of(late))
    for _n in range(2):
        bulk.run_bulk(row.pk)
    row.refresh_from_db()
    assert (row.position, row.refusals.count()) == (2, 0)
    assert states() == ["acknowledged"] * 2
    assert Message.objects.filter(kind="bulk_ended").count() == 1


def test_an_act_whose_task_was_lost_is_taken_up(world: World) -> None:
    w.log_call(world, text="质量太差")
    ask(world, "acknowledge")
    run_pending_bulk()
    assert states() == ["registered"]
    BulkAct.objects.update(moved_at=timezone.now() - timedelta(minutes=5))
    run_pending_bulk()
    assert states() == ["acknowledged"]


def test_a_case_that_breaks_does_not_hold_up_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _second = (w.log_call(world, text="质量太差") for _n in range(2))
    whole = bulk.act_on

    def broken(user: Any, number: str, wish: Wish) -> Any:
        if number == first.number:
            raise RuntimeError("x")
        return whole(user, number, wish)

    monkeypatch.setattr(bulk, "act_on", broken)
    ask(world, "acknowledge")
    bulk.run_bulk(BulkAct.objects.get().pk)
    assert states() == ["registered", "acknowledged"]
    assert BulkAct.objects.get().refusals.get().number == first.number


@pytest.mark.req("RTE-18")
def test_the_worker_does_only_what_the_person_may_at_that_moment(world: World) -> None:
    case = w.log_call(world, text="质量太差")
    hidden = w.log_call(world, text="质量太差", accused=Accused(people=(world.agent2,)))
    ask(world, "acknowledge", name="agent2")
    row = BulkAct.objects.get()
    assert row.cases == [case.number]
    BulkAct.objects.update(cases=[hidden.number, case.number])
    bulk.run_bulk(row.pk)
    assert states() == ["acknowledged", "registered"]
    assert row.refusals.get().visible is False


@pytest.mark.req("SEC-01")
def test_nothing_more_is_done_for_somebody_who_has_left(world: World) -> None:
    w.log_call(world, text="质量太差")
    ask(world, "acknowledge")
    world.agent.is_active = False
    world.agent.save()
    bulk.run_bulk(BulkAct.objects.get().pk)
    assert states() == ["registered"]


@pytest.mark.req("SEC-01")
def test_nobody_sees_a_colleagues_act(world: World) -> None:
    w.log_call(world, text="质量太差")
    url = ask(world, "acknowledge")["Location"]
    assert client_of(world, "agent").get(url).status_code == 200
    assert client_of(world, "hub_head").get(url).status_code == 404
    assert client_of(world, "agent").get("/cases/bulk/99999999999999999999/").status_code == 404


@pytest.mark.req("SEC-01")
@pytest.mark.parametrize("name", ["production_head", "manager", "auditor", "finance_handler"])
def test_only_the_hub_acts_on_all(world: World, name: str) -> None:
    w.log_call(world, text="质量太差")
    for act in ("acknowledge", "verify", "dispatch"):
        assert ask(world, act, name=name, result="partly", basis="x", requirement="x").status_code == 403
    assert not BulkAct.objects.exists()


def test_more_than_there_may_be_are_asked_for_step_by_step(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("cases.actions.bulk", "cases.forms.bulk", "cases.views.bulk"):
        monkeypatch.setattr(f"{module}.MOST", 1)
    for _n in range(2):
        w.log_call(world, text="质量太差")
    answer = ask(world, "acknowledge", sure="")
    assert answer.status_code == 302
    assert not BulkAct.objects.exists()


@pytest.mark.req("RTE-10", "INT-19")
def test_all_are_verified_and_sent_out_with_what_was_chosen(world: World) -> None:
    for _n in range(2):
        w.log_call(world, text="质量太差")
    due = (timezone.localtime() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    for act, values in (
        ("acknowledge", {}),
        ("verify", {"result": "substantiated", "basis": "评价"}),
        ("dispatch", {"department": "production", "requirement": "查明原因", "due_at": due}),
    ):
        ask(world, act, **values)
        bulk.run_bulk(BulkAct.objects.latest("pk").pk)
    assert states() == ["dispatched"] * 2
    given = Case.objects.all()[0].assignments.get()
    assert timezone.localtime(given.due_at).strftime("%Y-%m-%dT%H:%M") == due
    assert given.sent_by == world.agent
