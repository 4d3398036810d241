"""Checking, correcting and following up by the JSON API: the same actions, gates and sentences as on the pages.

What is refused leaves everything as it was.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from audit.models import Event
from cases.models import Case
from surveys.actions.tallying import tally
from surveys.models import FollowUp, Response
from surveys.views.follow_ups import ACTS
from tests import world as w
from tests.api.surveying import (
    FOLLOW_UPS,
    RESPONSES,
    RESULTS,
    Api,
    count_of,
    deputise,
    done,
    post,
    state,
    walk,
)
from tests.surveys import answers as a
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.system("S48")]


@pytest.fixture
def row(world: World) -> FollowUp:
    """One dissatisfied item."""
    a.answered(w.closed(world), "o1", service_speed="o4:等了三天")
    return FollowUp.objects.select_related("response__case").get(reason="low")


def follow(row: FollowUp, tail: str = "") -> str:
    return f"{FOLLOW_UPS}{row.pk}/{tail}"


# --- Checking and correcting -----------------------------------------------------------------------------


@pytest.mark.req("SUR-21")
def test_an_answer_is_corrected_and_what_stood_there_is_kept(world: World, api: Api) -> None:
    row = a.answered(w.closed(world), "o1", suggestion="希望增加线上报修")
    for _n in range(4):
        a.copy_of(row)
    tally()
    quality = api("quality_handler")
    before = quality.get(RESULTS).json()["total"]["score"]["total"]
    answer = row.given.get(item="delivery_time")
    where = f"{RESPONSES}{row.pk}/answers/{answer.pk}/correct/"
    detail = done(quality, where, option="o5", reason="录入有误")
    said = {one["item"]: one for one in detail["answers"]}["delivery_time"]
    assert (said["option"], said["corrected_by"], said["corrected_reason"]) == ("o5", "quality_handler", "录入有误")
    assert said["first"] == row.version.asks.scale("five_c").option("o1").name
    assert [one["item"] for one in detail["follow_ups"]] == ["", "delivery_time"]
    assert float(before) - float(quality.get(RESULTS).json()["total"]["score"]["total"]) == 4
    event = Event.objects.get(thread=row.thread, verb="correct_answer")
    assert (event.actor_kind, event.changes["option"]) == ("token", ["o1", "o5"])
    left = state()
    for body, field in (({"option": "o5", "reason": "x"}, "option"), ({"option": "o9", "reason": "x"}, "option")):
        refused = post(quality, where, **body)
        assert (refused.status_code, refused.json()["field"]) == (422, field)
    for body in ({"option": "o1"}, {"option": "", "reason": "x"}, {"reason": "x"}, {"option": "o1", "reason": " "}):
        assert post(quality, where, **body).status_code == 400, body
    words = row.given.get(item="suggestion")
    foreign = Response.objects.exclude(pk=row.pk).first()
    assert foreign is not None
    for absent in (words.pk, foreign.given.exclude(option="").first().pk, 987654321):  # type: ignore[union-attr]
        there = f"{RESPONSES}{row.pk}/answers/{absent}/correct/"
        assert post(quality, there, option="o2", reason="x").status_code == 404, absent
    assert state() == left


@pytest.mark.req("SUR-21")
def test_whether_an_answer_is_genuine_is_said_by_quality_alone(world: World, api: Api) -> None:
    row = a.on_behalf(world, w.closed(world))
    where = f"{RESPONSES}{row.pk}/check/"
    answer = row.given.exclude(option="").first()
    assert answer is not None
    before = state()
    for name in ("agent", "production_head", "manager", "auditor", "production_handler"):
        client = api(name)
        assert post(client, where, genuine="genuine").status_code == 403, name
        assert post(client, f"{RESPONSES}{row.pk}/answers/{answer.pk}/correct/").status_code == 403, name
    assert post(api("finance_handler"), where, genuine="genuine").status_code == 404
    quality = api("quality_handler")
    assert post(quality, where, genuine="unchecked").status_code == 400
    refused = post(quality, where, genuine="doubtful")
    assert (refused.status_code, refused.json()["field"]) == (422, "reason")
    assert state() == before
    detail = done(quality, where, genuine="doubtful", reason="客户说没有填过")
    assert (detail["genuine"], detail["checked_by"]) == ("doubtful", "quality_handler")
    assert post(quality, where, genuine="doubtful", reason="再次").status_code == 409


@pytest.mark.req("SUR-21")
def test_who_is_judged_by_an_answer_neither_checks_nor_corrects_it(world: World, api: Api) -> None:
    row = a.answered(w.closed(world))
    Response.objects.filter(pk=row.pk).update(person=world.quality_handler)
    answer, before = row.given.first(), state()
    assert answer is not None
    client = api("quality_handler")
    sentence = gettext("Who asked, entered it or handled the case does not check the answer.")
    for tail, body in (("check/", {"genuine": "genuine"}),
                       (f"answers/{answer.pk}/correct/", {"option": "o3", "reason": "x"})):  # fmt: skip
        refused = post(client, f"{RESPONSES}{row.pk}/{tail}", **body)
        assert (refused.status_code, refused.json()["detail"]) == (409, sentence)
    assert state() == before


# --- Follow-ups ------------------------------------------------------------------------------------------


def test_every_act_of_the_pages_has_its_address() -> None:
    for name in ACTS:
        assert reverse(f"api-follow-up-{name.replace('_', '-')}", kwargs={"pk": "1"}).endswith(f"/{name}/")


@pytest.mark.req("SUR-26")
def test_a_follow_up_is_handed_on_and_finished_by_programs_alone(world: World, row: FollowUp, api: Api) -> None:
    owner, other = api("production_head"), api("production_handler")
    detail = owner.get(follow(row)).json()
    assert (detail["about"], detail["words"]) == (
        "响应和处理的速度",
        [{"item": "响应和处理的速度", "comment": "等了三天"}],
    )
    assert [act["name"] for act in detail["acts"]] == ["finish", "propose_reopening", "hand_on"]
    assert (detail["response"], detail["case"], detail["is_late"]) == (
        row.response_id, row.response.case.number, False,
    )  # fmt: skip
    assert other.get(follow(row)).status_code == 404
    assert done(owner, follow(row, "hand_on/"), owner="production_handler")["owner"] == "production_handler"
    finding = {"cause": "派工晚了一天", "result": "改为当日派工"}
    detail = done(other, follow(row, "finish/"), **finding)
    assert (detail["state"], detail["cause"], detail["ended_by"]) == ("done", "派工晚了一天", "production_handler")
    assert detail["acts"] == []
    before = state()
    assert post(other, follow(row, "finish/"), **finding).status_code == 409
    assert state() == before
    assert set(
        Event.objects.filter(thread=row.thread, verb__in=["finish_follow_up", "hand_on_follow_up"]).values_list(
            "actor_kind", flat=True
        )
    ) == {"token"}


def test_who_may_not_read_it_after_handing_it_on_gets_204(world: World, row: FollowUp, api: Api) -> None:
    FollowUp.objects.filter(pk=row.pk).update(owner=world.sales_handler, department=None)
    client = api("sales_handler")
    assert post(client, follow(row, "hand_on/"), owner="production_handler").status_code == 204
    assert client.get(follow(row)).status_code == 404


@pytest.mark.req("RES-15")
def test_a_reopening_is_proposed_refused_and_granted(world: World, row: FollowUp, api: Api) -> None:
    owner, hub = api("production_head"), api("hub_head")
    detail = done(owner, follow(row, "propose_reopening/"), reason="又漏水了")
    assert (detail["state"], detail["proposal"]) == ("proposed", "又漏水了")
    assert [act["name"] for act in hub.get(follow(row)).json()["acts"]] == ["decide_reopening", "hand_on"]
    before = state()
    assert post(owner, follow(row, "decide_reopening/"), granted=True).status_code == 403
    without = post(hub, follow(row, "decide_reopening/"), granted=False)
    assert (without.status_code, without.json()["field"]) == (422, "reason")
    assert state() == before
    detail = done(hub, follow(row, "decide_reopening/"), granted=False, reason="另开新单")
    assert (detail["state"], detail["refused_reason"]) == ("open", "另开新单")
    done(owner, follow(row, "propose_reopening/"), reason="仍漏水")
    assert done(hub, follow(row, "decide_reopening/"), granted=True)["state"] == "reopened"
    assert Case.objects.get(pk=row.response.case_id).round == 2


@pytest.mark.parametrize(
    ("name", "read", "act"),
    [
        ("production_head", 200, 400), ("quality_handler", 200, 400), ("manager", 200, 400), ("hub_head", 200, 400),
        ("auditor", 200, 403), ("agent", 404, 404), ("production_handler", 404, 404), ("sales_head", 404, 404),
        ("administrator", 404, 404),
    ],
)  # fmt: skip
def test_who_sees_a_follow_up_and_who_works_on_it(
    world: World, row: FollowUp, api: Api, name: str, read: int, act: int
) -> None:
    client, before = api(name), state()
    assert client.get(follow(row)).status_code == read
    for one in ("finish/", "hand_on/", "propose_reopening/"):
        assert post(client, follow(row, one)).status_code == act, one
    decides = {"hub_head": 400}.get(name, 403 if read == 200 else 404)
    assert post(client, follow(row, "decide_reopening/")).status_code == decides
    assert state() == before


@pytest.mark.req("RTE-18", "ORG-15")
def test_who_is_barred_or_stands_in_for_somebody_barred_finds_no_follow_up(
    world: World, row: FollowUp, api: Api
) -> None:
    Case.objects.filter(pk=row.response.case_id).update(barred=[-world.production_head.pk])
    deputise(world.production_head, world.sales_handler)
    for name in ("production_head", "sales_handler"):
        client = api(name)
        assert client.get(follow(row)).status_code == 404, name
        assert post(client, follow(row, "finish/"), cause="x", result="y").status_code == 404, name
        assert client.get(FOLLOW_UPS, {"scope": "open"}).json()["results"] == [], name


@pytest.mark.req("ORG-15")
def test_a_deputy_works_for_the_owner(world: World, row: FollowUp, api: Api) -> None:
    deputise(world.production_head, world.sales_handler)
    done(api("sales_handler"), follow(row, "finish/"), cause="派工晚", result="已说明")
    event = Event.objects.get(thread=row.thread, verb="finish_follow_up")
    assert (event.actor_kind, event.actor_id, event.deputy_for) == (
        "token", world.sales_handler.pk, world.production_head.pk,
    )  # fmt: skip


def test_it_is_not_handed_on_to_who_has_it_is_gone_or_barred(world: World, row: FollowUp, api: Api) -> None:
    Case.objects.filter(pk=row.response.case_id).update(barred=[-world.sales_handler.pk])
    before, client = state(), api("production_head")
    for name, status in (("production_head", 422), ("sales_handler", 422), ("auditor", 422), ("nobody", 400)):
        answer = post(client, follow(row, "hand_on/"), owner=name)
        assert answer.status_code == status, name
        assert "owner" in (answer.json().get("field"), *answer.json()), name
    assert state() == before


def test_follow_ups_are_listed_by_scope(world: World, row: FollowUp, api: Api) -> None:
    client, manager = api("production_head"), api("manager")

    def listed(who: Any, scope: str) -> int:
        return len(who.get(FOLLOW_UPS, {"scope": scope}).json()["results"])

    assert len(client.get(FOLLOW_UPS).json()["results"]) == listed(client, "mine") == 2
    assert (listed(manager, "mine"), listed(manager, "open"), listed(manager, "late")) == (0, 2, 0)
    FollowUp.objects.filter(pk=row.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    (late,) = manager.get(FOLLOW_UPS, {"scope": "late"}).json()["results"]
    assert (late["id"], late["is_late"], late["owner"]) == (row.pk, True, "production_head")
    assert listed(manager, "ended") == listed(manager, "proposed") == 0
    wrong = manager.get(FOLLOW_UPS, {"scope": "lost"})
    assert (wrong.status_code, list(wrong.json())) == (400, ["scope"])
    assert api("administrator").get(FOLLOW_UPS).status_code == 403


@pytest.mark.parametrize("scope", ["open", "ended"])
def test_follow_ups_of_one_day_are_walked_through_without_gap_or_repeat(
    world: World, row: FollowUp, api: Api, scope: str
) -> None:
    client = api("manager")
    few = count_of(client, f"{FOLLOW_UPS}?scope=open&page_size=2")
    for n in range(9):
        row.pk, row.item, row.due_on = None, f"item{n}", row.due_on + timedelta(days=n // 4)
        row._state.adding = True
        row.save(force_insert=True)
    if scope == "ended":
        FollowUp.objects.update(state="reopened", ended_at=timezone.now())
    else:
        assert count_of(client, f"{FOLLOW_UPS}?scope=open&page_size=11") == few
    numbers = walk(client, f"{FOLLOW_UPS}?scope={scope}&page_size=3")
    order = ("-due_on", "-pk") if scope == "ended" else ("due_on", "pk")
    assert numbers == list(FollowUp.objects.order_by(*order).values_list("pk", flat=True))
