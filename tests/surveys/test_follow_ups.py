"""What follows an answer: opened for each matter, worked on by its owner, or the case reopened by the hub
(SUR-26, SUR-27, RES-15).
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.exceptions import InvalidInput, InvalidMove
from audit.models import Event, Sealed
from cases import lifecycle
from cases.actions.closure import reopen_case
from cases.models import Case, Hold
from notifications.models import Message
from organization.models import Deputy
from organization.queries import identity_of
from surveys.actions import follow_ups as actions
from surveys.actions.answering import Asked, Origin, keep
from surveys.models import FollowUp, Response
from surveys.queries.responses import of_case
from tests import world as w
from tests.forms import submit
from tests.surveys import answers as a
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.system("S48")]


def matters() -> list[tuple[str, str]]:
    return sorted(FollowUp.objects.values_list("reason", "item"))


def url_of(row: FollowUp, act: str = "") -> str:
    return f"/surveys/follow-ups/{row.pk}/{act}/" if act else f"/surveys/follow-ups/{row.pk}/"


def fresh(row: FollowUp) -> FollowUp:
    return FollowUp.objects.select_related("response__case").get(pk=row.pk)


def events(row: FollowUp, verb: str) -> list[Event]:
    return list(Event.objects.filter(thread=row.thread, verb=verb))


@pytest.fixture
def row(world: World) -> FollowUp:
    """One dissatisfied item."""
    a.answered(w.closed(world), "o1", service_speed="o4")
    return FollowUp.objects.select_related("response__case").get()


@pytest.mark.req("SUR-27")
def test_each_dissatisfied_item_is_followed_up_by_itself(world: World) -> None:
    a.answered(w.closed(world), "o1", service_speed="o4", delivery_time="o5", price_value="o3")
    assert matters() == [("low", "delivery_time"), ("low", "service_speed")]
    for found in FollowUp.objects.select_related("response"):
        assert (found.owner, found.department) == (world.production_head, world.production)
        assert found.due_on > timezone.localdate()
    assert len(events(found, "open_follow_up")) == 2
    assert Message.objects.filter(kind="follow_up_opened", user=world.production_head).exists()


@pytest.mark.req("SUR-26")
@pytest.mark.parametrize("where", ["delivery_time", "suggestion"])
def test_all_that_was_said_in_words_is_followed_up_once(world: World, where: str) -> None:
    a.answered(w.closed(world), "o2", **{where: "o2:希望提前通知", "quality_look": "o1:很好"})
    assert matters() == [("remark", "")]


def test_a_satisfied_answer_without_words_opens_nothing(world: World) -> None:
    a.answered(w.closed(world), "o3")
    assert matters() == []


@pytest.mark.req("RES-15")
@pytest.mark.form("F73")
def test_what_is_not_solved_is_proposed_and_the_hub_reopens_the_case(world: World) -> None:
    version = a.version_of("callback")
    case = w.closed(world)
    a.fill_in(
        case, version, a.said(version, "o1", solved="o2"), by=world.actor("sales_handler"),
        origin=Origin("collected", asked_by=world.sales_handler),
    )  # fmt: skip
    row = FollowUp.objects.select_related("response__case").get()
    assert (row.reason, row.item) == ("unsolved", "solved")
    owner, hub = client_of(world, "production_head"), client_of(world, "hub_head")
    assert submit(owner, url_of(row, "propose_reopening"), reason="又漏水了，需要重新处理").status_code == 302
    assert fresh(row).state == "proposed"
    assert Message.objects.filter(kind="reopening_proposed", user=world.hub_head).exists()
    assert owner.get(url_of(row, "decide_reopening")).status_code == 403
    page = hub.get(url_of(row)).content.decode()
    assert "又漏水了，需要重新处理" in page
    assert url_of(row, "decide_reopening") in page
    assert submit(hub, url_of(row, "decide_reopening"), granted="yes").status_code == 302
    row, case = fresh(row), Case.objects.get(pk=case.pk)
    assert (row.state, row.ended_by) == ("reopened", world.hub_head)
    assert (case.state, case.round) == (lifecycle.State.ACKNOWLEDGED, 2)
    (event,) = events(row, "decide_reopening")
    assert event.changes["granted"] == [None, True]
    assert hub.get(url_of(row)).status_code == 200


@pytest.mark.req("RES-15")
def test_the_hub_refuses_with_a_reason_and_the_follow_up_goes_on(world: World, row: FollowUp) -> None:
    owner, hub = client_of(world, "production_head"), client_of(world, "hub_head")
    submit(owner, url_of(row, "propose_reopening"), reason="客户仍不满意")
    without = submit(hub, url_of(row, "decide_reopening"), granted="no", reason="")
    assert without.status_code == 422
    assert submit(hub, url_of(row, "decide_reopening"), granted="no", reason="另开新单处理").status_code == 302
    assert (fresh(row).state, fresh(row).refused_reason) == ("open", "另开新单处理")
    assert Case.objects.get(pk=row.response.case_id).state == lifecycle.State.CLOSED
    assert "另开新单处理" in owner.get(url_of(row)).content.decode()
    assert submit(owner, url_of(row, "finish"), cause="派工晚", result="已向客户说明").status_code == 302
    assert fresh(row).state == "done"


@pytest.mark.req("SUR-26")
def test_a_follow_up_ends_with_cause_and_result_which_are_sealed(world: World, row: FollowUp) -> None:
    owner = client_of(world, "production_head")
    assert submit(owner, url_of(row, "finish"), cause="", result="已道歉").status_code == 422
    assert fresh(row).state == "open"
    assert submit(owner, url_of(row, "finish"), cause="派工晚了一天", result="改为当日派工").status_code == 302
    done = fresh(row)
    assert (done.state, done.cause, done.result) == ("done", "派工晚了一天", "改为当日派工")
    assert done.ended_by == world.production_head
    (event,) = events(done, "finish_follow_up")
    assert "派工" not in str(event.changes)
    assert Sealed.objects.filter(event=event).exists()
    page = owner.get(url_of(row)).content.decode()
    assert "改为当日派工" in page
    assert url_of(row, "finish") not in page
    assert submit_again(world, row) == 409


def submit_again(world: World, row: FollowUp) -> int:
    """A page that was open since before."""
    answer = client_of(world, "production_head").post(url_of(row, "finish"), {"cause": "x", "result": "y"})
    return int(answer.status_code)


def test_it_is_handed_on_to_a_colleague_who_is_told(world: World, row: FollowUp) -> None:
    owner, other = client_of(world, "production_head"), client_of(world, "production_handler")
    assert other.get(url_of(row)).status_code == 404
    done = submit(owner, url_of(row, "hand_on"), owner_text="吴磊")
    assert done.status_code == 302, done.content.decode()
    assert fresh(row).owner == world.production_handler
    assert Message.objects.filter(kind="follow_up_opened", user=world.production_handler).exists()
    assert other.get(url_of(row)).status_code == 200
    assert "/surveys/follow-ups/" in other.get("/surveys/follow-ups/").content.decode()
    assert submit(other, url_of(row, "finish"), cause="派工晚", result="已说明").status_code == 302


def test_it_is_not_handed_on_to_who_is_barred_gone_or_has_it(world: World, row: FollowUp) -> None:
    Case.objects.filter(pk=row.response.case_id).update(barred=[-world.sales_handler.pk])
    world.sales_head.is_active = False
    world.sales_head.save(update_fields=["is_active"])
    for name in ("sales_handler", "sales_head", "production_head"):
        with pytest.raises(InvalidInput) as refusal:
            actions.hand_on(row, world.users[name], by=world.actor("production_head"))
        assert refusal.value.field == "owner"
    assert fresh(row).owner == world.production_head


@pytest.mark.parametrize(
    ("name", "page", "act"),
    [
        ("production_head", 200, 200),  # the owner
        ("quality_handler", 200, 200),  # who watches
        ("manager", 200, 200),
        ("hub_head", 200, 200),
        ("auditor", 200, 403),  # only reads
        ("agent", 404, 404),
        ("production_handler", 404, 404),
        ("sales_head", 404, 404),
        ("administrator", 404, 404),
    ],
)
def test_who_sees_a_follow_up_and_who_works_on_it(world: World, row: FollowUp, name: str, page: int, act: int) -> None:
    who = client_of(world, name)
    assert who.get(url_of(row)).status_code == page
    for one in ("finish", "hand_on", "propose_reopening"):
        assert who.get(url_of(row, one)).status_code == act, one


def test_a_head_above_works_on_what_lies_with_a_department_below(world: World, row: FollowUp) -> None:
    FollowUp.objects.filter(pk=row.pk).update(owner=world.workshop_handler, department=world.workshop)
    assert client_of(world, "production_head").get(url_of(row, "finish")).status_code == 200
    assert client_of(world, "workshop_handler").get(url_of(row, "finish")).status_code == 200


def test_a_deputy_works_for_the_owner(world: World, row: FollowUp) -> None:
    now = timezone.now()
    Deputy.objects.create(
        principal=world.production_head, deputy=world.sales_handler, starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
    )  # fmt: skip
    who = client_of(world, "sales_handler")
    assert url_of(row) in who.get("/surveys/follow-ups/").content.decode()
    assert submit(who, url_of(row, "finish"), cause="派工晚", result="已说明").status_code == 302
    (event,) = events(row, "finish_follow_up")
    assert (event.actor_id, event.deputy_for) == (world.sales_handler.pk, world.production_head.pk)


def test_who_is_barred_from_the_case_finds_nothing(world: World, row: FollowUp) -> None:
    Case.objects.filter(pk=row.response.case_id).update(barred=[-world.manager.pk, -world.production_head.pk])
    for name in ("manager", "production_head"):
        who = client_of(world, name)
        assert who.get(url_of(row)).status_code == 404
        assert url_of(row) not in who.get("/surveys/follow-ups/?scope=open").content.decode()


def test_the_owner_is_never_somebody_who_is_barred(world: World) -> None:
    case = w.closed(world)
    Case.objects.filter(pk=case.pk).update(barred=[-world.production_head.pk])
    a.answered(case, "o5")
    assert {row.owner for row in FollowUp.objects.all()}.isdisjoint({world.production_head})
    assert FollowUp.objects.exists()


def reopened(world: World, case: Case) -> Case:
    return reopen_case(Case.objects.get(pk=case.pk), by=world.actor("hub_head"), reason="客户再次来电")


@pytest.mark.req("SUR-26")
def test_where_the_case_is_open_again_its_closing_waits_for_the_follow_up(world: World) -> None:
    case = w.closed(world)
    round_ = case.round
    case = reopened(world, case)
    version = a.version_of("five_level")
    origin = Origin("proxy", asked_by=world.sales_handler)
    keep(
        Asked(case, round_, version), a.said(version, "o1", service_speed="o5"), origin, by=world.actor("sales_handler")
    )
    row = FollowUp.objects.get()
    assert row.hold is not None
    assert Hold.objects.filter(case=case, kind="follow_up", released_at=None).count() == 1
    actions.finish_follow_up(row, actions.Finding("派工晚", "已说明"), by=world.actor("production_head"))
    assert not Hold.objects.filter(case=case, released_at=None).exists()


@pytest.mark.req("RES-15")
def test_a_case_that_was_taken_up_again_meanwhile_is_not_reopened_twice(world: World, row: FollowUp) -> None:
    actions.propose_reopening(row, by=world.actor("production_head"), reason="仍漏水")
    case = reopened(world, row.response.case)
    actions.decide_reopening(row, by=world.actor("hub_head"), granted=True)
    assert fresh(row).state == "reopened"
    assert Case.objects.get(pk=case.pk).round == 2


def test_about_an_open_case_reopening_is_neither_offered_nor_taken(world: World, row: FollowUp) -> None:
    reopened(world, row.response.case)
    owner = client_of(world, "production_head")
    assert url_of(row, "propose_reopening") not in owner.get(url_of(row)).content.decode()
    assert owner.get(url_of(row, "propose_reopening")).status_code == 409
    with pytest.raises(InvalidMove):
        actions.propose_reopening(row, by=world.actor("production_head"), reason="仍漏水")
    assert submit(owner, url_of(row, "finish"), cause="派工晚", result="已说明").status_code == 302


def test_of_two_proposals_for_one_case_the_second_ends_with_the_first(world: World) -> None:
    a.answered(w.closed(world), "o1", service_speed="o4", delivery_time="o5")
    rows = list(FollowUp.objects.all())
    for row in rows:
        actions.propose_reopening(row, by=world.actor("production_head"), reason="仍漏水")
    for row in rows:
        actions.decide_reopening(row, by=world.actor("hub_head"), granted=True)
    assert {fresh(row).state for row in rows} == {"reopened"}
    assert Case.objects.get().round == 2


def test_a_filed_case_is_not_reopened_and_says_so(world: World, row: FollowUp) -> None:
    actions.propose_reopening(row, by=world.actor("production_head"), reason="仍漏水")
    now = timezone.now()
    Case.objects.filter(pk=row.response.case_id).update(state=lifecycle.State.ARCHIVED, archived_at=now)
    hub = client_of(world, "hub_head")
    refused = submit(hub, url_of(row, "decide_reopening"), granted="yes")
    assert refused.status_code == 409
    assert fresh(row).state == "proposed"
    assert submit(hub, url_of(row, "decide_reopening"), granted="no", reason="已归档").status_code == 302
    assert submit(hub, url_of(row, "finish"), cause="派工晚", result="已说明").status_code == 302


def test_the_list_shows_ones_own_first_and_marks_what_is_overdue(world: World) -> None:
    a.answered(w.closed(world), "o1", service_speed="o4", delivery_time="o5")
    late, other = FollowUp.objects.order_by("pk")
    FollowUp.objects.filter(pk=late.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    FollowUp.objects.filter(pk=other.pk).update(owner=world.sales_handler)

    def shown(name: str, scope: str = "") -> set[str]:
        page = client_of(world, name).get(f"/surveys/follow-ups/?scope={scope}").content.decode()
        return set(re.findall(r"/surveys/follow-ups/\d+/", page))

    assert shown("production_head") == {url_of(late)}
    assert shown("production_head", "open") == {url_of(late), url_of(other)}
    assert shown("production_head", "late") == {url_of(late)}
    assert shown("sales_handler") == {url_of(other)}
    assert shown("sales_handler", "open") == {url_of(other)}
    assert shown("manager") == set()
    assert shown("manager", "open") == {url_of(late), url_of(other)}
    assert shown("manager", "proposed") == shown("manager", "ended") == set()
    assert shown("agent", "open") == set()
    assert client_of(world, "administrator").get("/surveys/follow-ups/").status_code == 403


def test_the_list_goes_on_behind_its_first_page_at_the_same_cost(world: World, row: FollowUp) -> None:
    response = row.response
    days = [timezone.localdate() + timedelta(days=n // 10) for n in range(59)]
    FollowUp.objects.bulk_create(
        FollowUp(
            response=response, item=f"x{n}", reason="low", owner=row.owner, department=row.department,
            opened_at=row.opened_at, due_on=day,
        )
        for n, day in enumerate(days)
    )  # fmt: skip
    who, seen, url = client_of(world, "manager"), [], "/surveys/follow-ups/?scope=open"
    counts = set()
    while url:
        with CaptureQueriesContext(connection) as queries:
            page = who.get(url).content.decode()
        counts.add(len(queries))
        seen += re.findall(r'href="/surveys/follow-ups/(\d+)/"', page)
        further = re.search(r'rel="next" href="(\?[^"]+)"', page)
        url = "/surveys/follow-ups/" + further[1].replace("&amp;", "&") if further else ""
    assert len(seen) == len(set(seen)) == 60
    assert max(counts) - min(counts) <= 1


def test_beside_its_case_stands_all_that_was_asked(world: World) -> None:
    case = w.closed(world)
    empty = of_case(case, identity_of(world.manager))
    assert empty.is_empty
    a.answered(case, "o1", service_speed="o4:太慢")
    for name, follow_ups in (("manager", 2), ("production_head", 2), ("agent", 0)):
        found = of_case(case, identity_of(world.users[name]))
        assert found.invitation is not None
        assert found.invitation.state == "answered"
        assert len(found.responses) == 1
        assert len(found.follow_ups) == follow_ups, name
    assert of_case(case, identity_of(world.finance_handler)).responses == []
    assert Response.objects.count() == 1
