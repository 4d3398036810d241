"""Lists: filters in the address, pages by keys, what to do now, acts on several cases, saved views."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event, Reading
from cases.actions import assignment, closure
from cases.actions.intake import Accused, Classification, Goods, Reporter
from cases.forms.browse import CaseFilter
from cases.models import Case, SavedView
from cases.queries.next_step import next_step
from cases.queries.paging import NEWEST, URGENT, Order, page_of
from cases.queries.search import NEWEST as SEARCHED
from organization.models import Product, Site
from organization.paging import Key, parse_key
from organization.queries import identity_of
from tests import world as w
from tests.cases.test_intake_form import NONSENSE
from tests.forms import submit
from tests.world import World, client_of

LIST = "/cases/"


def numbers(page: str) -> list[str]:
    """The case numbers of a list, in its order."""
    import re

    return re.findall(r'class="c-no"><a href="/cases/(\d{4}-\d{6})/"', page)


def shown(world: World, name: str, query: str = "") -> list[str]:
    return numbers(client_of(world, name).get(f"{LIST}?{query}").content.decode())


def spread(world: World, count: int) -> None:
    """Cases at times of which some are the same, some without a due time."""
    chance = random.Random(7)
    base = timezone.now()
    for _n in range(count):
        case = w.log_call(world)
        Case.objects.filter(pk=case.pk).update(
            received_at=base - timedelta(hours=chance.randrange(6)),
            next_due_at=None if chance.random() < 0.3 else base + timedelta(hours=chance.randrange(-3, 3)),
        )


# Paging


def test_a_key_survives_the_address() -> None:
    key = Key("d", datetime(2026, 11, 21, 9, 12, 7, 123456, tzinfo=UTC), 42)
    assert parse_key(str(key)) == key


@pytest.mark.parametrize("value", [*NONSENSE, None, "", "d1-2-3", "d999999999999999999-1", "d1-99999999999999999999"])
def test_what_is_no_key_is_no_key(value: str | None) -> None:
    assert parse_key(value) is None


@pytest.mark.parametrize("order", [NEWEST, URGENT], ids=lambda order: order.name)
def test_pages_in_both_directions_are_the_whole_list_in_its_order(world: World, order: Order) -> None:
    spread(world, 23)
    cases = Case.objects.visible_to(identity_of(world.manager))
    expected = sorted(cases, key=_place[order.name])
    forward, page = [], page_of(cases, order, size=5)
    first = page
    while True:
        forward += page.cases
        if not page.after:
            break
        page = page_of(cases, order, after=parse_key(page.after), size=5)
    assert [case.pk for case in forward] == [case.pk for case in expected]
    backward = [page.cases]
    while page.before:
        page = page_of(cases, order, before=parse_key(page.before), size=5)
        backward.append(page.cases)
        if page.cases[0] == first.cases[0]:
            break
    assert [case.pk for part in reversed(backward) for case in part][: len(expected) - 3] == [
        case.pk for case in expected
    ][: len(expected) - 3]


_place: dict[str, Any] = {
    "newest": lambda case: (-case.received_at.timestamp(), -case.pk),
    "urgent": lambda case: (
        case.next_due_at is None,
        case.next_due_at.timestamp() if case.next_due_at else -case.received_at.timestamp(),
        case.pk if case.next_due_at else -case.pk,
    ),
}


def test_page_forty_reads_no_more_than_page_one(world: World) -> None:
    spread(world, 12)
    cases = Case.objects.visible_to(identity_of(world.manager))
    key = page_of(cases, NEWEST, size=5).after
    with CaptureQueriesContext(connection) as seen:
        page_of(cases, NEWEST, after=parse_key(key), size=5)
    statements = [query["sql"] for query in seen]
    assert len(statements) == 1
    assert "OFFSET" not in statements[0]
    assert "COUNT" not in statements[0]


def test_a_key_of_another_order_starts_at_the_first_page(world: World) -> None:
    spread(world, 3)
    cases = Case.objects.visible_to(identity_of(world.manager))
    strange = Key("d", timezone.now(), 1)
    assert page_of(cases, NEWEST, after=strange).cases == page_of(cases, NEWEST).cases


def test_the_pages_of_the_list_are_linked_and_the_last_says_so(world: World) -> None:
    for _n in range(27):
        w.log_call(world)
    client = client_of(world, "agent")
    first = client.get(LIST)
    assert len(numbers(first.content.decode())) == 25
    assert 'rel="prev"' not in first.content.decode()
    following = first.context["after_url"]
    second = client.get(following)
    assert len(numbers(second.content.decode())) == 2
    assert 'rel="next"' not in second.content.decode()
    assert numbers(client.get(second.context["before_url"]).content.decode()) == numbers(first.content.decode())


def test_a_list_counts_nothing_and_costs_the_same_with_three_or_twenty_rows(world: World) -> None:
    client = client_of(world, "agent")

    def statements(query: str) -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            client.get(f"{LIST}?{query}")
        return [q["sql"] for q in seen]

    for _n in range(3):
        w.received(world)
    few = {query: statements(query) for query in ("", "sort=urgent&state=all")}
    for _n in range(17):
        w.log_call(world)
    for query, before in few.items():
        after = statements(query)
        assert len(after) <= len(before), query
        assert not [sql for sql in after if "COUNT(" in sql]


# Who sees what


@pytest.mark.req("SEC-01", "RTE-18")
def test_a_list_shows_exactly_what_its_reader_may_see(world: World) -> None:
    mine, theirs = w.received(world), w.log_call(world)
    secret = w.log_call(world, accused=Accused(people=(world.manager,)))
    assert set(shown(world, "agent")) == {mine.number, theirs.number, secret.number}
    assert set(shown(world, "manager")) == {mine.number, theirs.number}
    assert set(shown(world, "auditor")) == {mine.number, theirs.number, secret.number}
    assert shown(world, "production_head") == [mine.number]
    assert shown(world, "finance_handler") == []
    assert shown(world, "administrator") == []


@pytest.mark.req("SEC-01")
def test_a_filter_by_somebody_elses_customer_is_as_empty_as_by_nobody(world: World) -> None:
    case = w.log_call(world)
    client = client_of(world, "finance_handler")
    for pk in (case.customer_id, 987654321):
        page = client.get(f"{LIST}?customer={pk}&state=all").content.decode()
        assert numbers(page) == []
        assert f"客户：#{pk} " in page


@pytest.mark.req("SEC-08")
def test_outside_the_handling_group_names_are_masked(world: World) -> None:
    w.received(world)
    assert "周慧" in client_of(world, "agent").get(LIST).content.decode()
    masked = client_of(world, "auditor").get(LIST).content.decode()
    assert "周慧" not in masked
    assert "周**" in masked


# Filters


@pytest.fixture
def mixed(world: World) -> dict[str, Case]:
    site, product = Site.objects.get(code="sz"), Product.objects.get(code="DSZF-60")
    cases = {
        "praise": w.log_call(world, kind="praise"),
        "letter": w.log_call(world, channel=world.channel("letter")),
        "urgent": w.log_call(world, classification=Classification(criteria=("safety",))),
        "placed": w.log_call(world, accused=Accused(site=site), goods=Goods(product=product)),
        "dispatched": w.dispatched(world, "quality"),
        "received": w.received(world),
        "closed": w.closed(world),
        "person": w.log_call(world, reporter=Reporter(name="赵工", phone="13911110000")),
    }
    cases["repeat"] = w.log_call(world, repeat_of=cases["praise"])
    Case.objects.filter(pk=cases["letter"].pk).update(
        received_at=timezone.now() - timedelta(days=40), next_due_at=timezone.now() - timedelta(hours=1)
    )
    return cases


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=praise", {"praise"}),
        ("channel=letter", {"letter"}),
        ("urgency=urgent", {"urgent"}),
        ("product=DSZF-60", {"placed"}),
        ("product=heater", {"placed"}),
        ("site=sz", {"placed"}),
        ("state=dispatched", {"dispatched"}),
        ("state=handling", {"received"}),
        ("state=closed", {"closed"}),
        ("outcome=settled", {"closed"}),
        ("outcome=invalid", set()),
        ("department=production", {"dispatched", "received"}),
        ("department=production&state=all", {"dispatched", "received", "closed"}),
        ("department=quality", {"dispatched"}),
        ("department=head_office", {"dispatched", "received"}),
        ("owner=production_head", {"received"}),
        ("overdue=1", {"letter"}),
        ("repeat=1", {"repeat"}),
        ("category=product&kind=complaint&state=dispatched", {"dispatched"}),
        ("category=price", set()),
        ("priority=1&state=handling", {"received"}),
        ("state=incomplete", set()),
    ],
)
def test_filters_find_what_they_say(world: World, mixed: dict[str, Case], query: str, expected: set[str]) -> None:
    names = {case.number: name for name, case in mixed.items()}
    assert {names[number] for number in shown(world, "agent", query)} == expected


def test_open_cases_are_shown_unless_the_address_says_otherwise(world: World, mixed: dict[str, Case]) -> None:
    assert mixed["closed"].number not in shown(world, "agent")
    assert mixed["closed"].number in shown(world, "agent", "state=all")


def test_dates_of_receipt_take_both_days_in(world: World, mixed: dict[str, Case]) -> None:
    day = timezone.localdate() - timedelta(days=40)
    alone = [mixed["letter"].number]
    assert shown(world, "agent", f"received_from={day}&received_to={day}") == alone
    assert shown(world, "agent", f"received_to={day - timedelta(days=1)}") == []
    assert alone[0] not in shown(world, "agent", f"received_from={day + timedelta(days=1)}")


def test_mine_are_my_own(world: World, mixed: dict[str, Case]) -> None:
    assert shown(world, "production_head", "mine=1") == [mixed["received"].number]


def test_what_is_due_today_is_not_overdue(world: World) -> None:
    late, soon = w.log_call(world), w.log_call(world)
    now = timezone.now()
    Case.objects.filter(pk=late.pk).update(next_due_at=now - timedelta(minutes=1))
    Case.objects.filter(pk=soon.pk).update(next_due_at=now + timedelta(seconds=20))
    chosen = CaseFilter(QueryDict("due=week"), Case.objects.all(), who=identity_of(world.agent), now=now)
    assert list(chosen.qs) == [soon]


def test_a_chip_takes_its_own_filter_away_and_keeps_the_others(world: World) -> None:
    page = client_of(world, "agent").get(f"{LIST}?kind=praise&channel=phone&sort=urgent").content.decode()
    assert 'href="/cases/?kind=praise&amp;sort=urgent"' in page
    assert 'href="/cases/?channel=phone&amp;sort=urgent"' in page
    assert "渠道：来电" in page


def test_the_whole_form_of_conditions_holds_the_present_ones(world: World) -> None:
    client = client_of(world, "agent")
    page = client.get("/cases/conditions/?kind=praise&mine=1&received_from=2026-11-01").content.decode()
    assert 'value="praise" selected' in page
    assert 'value="2026-11-01"' in page
    fragment = client.get("/cases/conditions/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment


NAMES = (
    "state", "kind", "category", "channel", "urgency", "priority", "department", "owner", "mine", "overdue", "due",
    "received_from", "received_to", "product", "site", "customer", "outcome", "repeat", "sort", "after", "before",
)  # fmt: skip


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_in_the_address_is_left_out(world: World, value: str) -> None:
    case = w.log_call(world)
    client = client_of(world, "manager")
    sent = value.encode("utf-8", "surrogatepass").decode("latin-1")
    for name in NAMES:
        for url in (LIST, "/cases/print/", "/cases/conditions/"):
            answer = client.get(url, {name: sent})
            assert answer.status_code == 200, (url, name)
        page = client.get(LIST, {name: sent}).content.decode()
        if name not in {"sort", "after", "before"}:
            assert "已忽略" in page, name
        assert case.number in page, name


def test_impossible_dates_and_ids_are_left_out_with_a_notice(world: World) -> None:
    client = client_of(world, "agent")
    for query in (
        "received_from=2026-02-30",
        "received_to=9999-99-99",
        f"customer={10**30}",
        "customer=-1",
        "customer=0",
    ):
        assert "已忽略" in client.get(f"{LIST}?{query}").content.decode(), query
    assert client.get(f"{LIST}?received_to=9999-12-31").status_code == 200
    assert client.get(f"/cases/of-customer/{10**30}/").status_code == 200


# What to do now


@pytest.mark.parametrize(
    ("make", "reader", "text", "mine"),
    [
        (w.log_call, "agent2", "受理", True),
        (w.log_call, "finance_handler", "等汇集点受理", False),
        (w.acknowledged, "agent", "派发", True),
        (w.dispatched, "production_handler", "接收或退回", True),
        (w.dispatched, "agent", "等生产部接收", False),
        (w.received, "production_head", "查明原因并答复", True),
        (w.received, "production_handler", "何强 正在处理", False),
        (w.received, "quality_head", "等生产部处理", False),
        (w.handled, "agent", "答复客户", True),
        (w.handled, "production_head", "等汇集点答复客户", False),
        (w.replied, "agent", "征求客户意见", True),
        (w.satisfied, "agent", "记录客户意见", True),
        (w.satisfied, "manager", "等客户确认", False),
        (w.closed, "agent", "已结案", False),
        (w.log_call, "auditor", "等汇集点受理", False),
    ],
)
def test_each_reader_is_told_the_next_step_in_his_own_words(
    world: World, make: Any, reader: str, text: str, mine: bool
) -> None:
    case = make(world)
    step = next_step(Case.objects.get(pk=case.pk), identity_of(world.users[reader]))
    assert (step.text, step.mine) == (text, mine)


@pytest.mark.req("INT-19", "INT-20")
def test_before_dispatch_a_complaint_is_verified_and_an_enquiry_just_answered(world: World) -> None:
    hub = identity_of(world.agent)
    by, classified = world.actor("agent"), Classification(category=world.category(), priority=1)
    for kind, text in (("complaint", "核实并派发"), ("enquiry", "答复客户")):
        case = assignment.acknowledge_case(w.log_call(world, kind=kind), by=by, classification=classified)
        assert next_step(case, hub).text == text
    assert next_step(w.archived(world) if hasattr(w, "archived") else _archived(world), hub).text == "已归档"


def _archived(world: World) -> Case:
    return closure.archive_case(w.closed(world), by=world.actor("agent"))


# Several at once


@pytest.mark.req("RTE-01", "CLS-06")
def test_the_hub_acknowledges_several_at_once_and_hears_of_each_refusal(world: World) -> None:
    good = w.log_call(world, text="质量太差")
    nameless = w.log_call(world, text="又是这样")
    done = w.acknowledged(world)
    foreign = "2026-999999"
    client = client_of(world, "agent")
    answer = client.post(
        "/cases/bulk/acknowledge/", {"ids": [good.number, nameless.number, done.number, foreign], "back": LIST}
    )
    page = answer.content.decode()
    good.refresh_from_db()
    nameless.refresh_from_db()
    assert good.state == "acknowledged"
    assert nameless.state == "registered"
    assert "类别还没有定" in page
    for number in (nameless.number, done.number, foreign):
        assert number in page
    assert good.number not in page


@pytest.mark.req("RTE-01", "RTE-10")
def test_the_hub_dispatches_several_at_once_to_their_suggested_departments(world: World) -> None:
    cases = [w.acknowledged(world) for _n in range(2)]
    client = client_of(world, "agent")
    body = {"ids": [case.number for case in cases], "requirement": "查明原因", "back": LIST}
    answer = client.post("/cases/bulk/dispatch/", body)
    assert answer.status_code == 302
    for case in cases:
        case.refresh_from_db()
        assert case.state == "dispatched"
        assert case.lead_department == case.suggested_department
        assert case.assignments.get().due_at > timezone.now()


def test_dispatching_several_asks_for_what_is_missing_and_keeps_the_choice(world: World) -> None:
    case = w.acknowledged(world)
    client = client_of(world, "agent")
    answer = client.post("/cases/bulk/dispatch/", {"ids": [case.number], "requirement": ""})
    assert answer.status_code == 422
    assert f'name="ids" value="{case.number}"' in answer.content.decode()
    answer = submit_again(client, answer, requirement="查明", department="production")
    case.refresh_from_db()
    assert case.lead_department == world.production


def submit_again(client: Any, page: Any, **values: str) -> Any:
    from tests.forms import forms_of

    form = next(form for form in forms_of(page.content.decode()) if "requirement" in form.names)
    return client.post(form.action, form.values | values)


@pytest.mark.req("SEC-01")
@pytest.mark.parametrize("name", ["production_head", "manager", "auditor", "administrator", "finance_handler"])
def test_only_the_hub_acts_on_several(world: World, name: str) -> None:
    case = w.log_call(world)
    client = client_of(world, name)
    for act in ("acknowledge", "dispatch"):
        assert client.post(f"/cases/bulk/{act}/", {"ids": [case.number], "requirement": "x"}).status_code == 403
    case.refresh_from_db()
    assert case.state == "registered"
    assert 'name="ids"' not in client.get(LIST).content.decode()


@pytest.mark.req("RTE-18")
def test_the_accused_agent_acts_on_nothing_in_bulk(world: World) -> None:
    case = w.log_call(world, text="质量太差", accused=Accused(people=(world.agent2,)))
    answer = client_of(world, "agent2").post("/cases/bulk/acknowledge/", {"ids": [case.number]})
    assert answer.status_code == 422
    case.refresh_from_db()
    assert case.state == "registered"


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_in_bulk_is_refused_one_by_one(world: World, value: str) -> None:
    client = client_of(world, "agent")
    sent = value.encode("utf-8", "surrogatepass").decode("latin-1")
    answer = client.post("/cases/bulk/acknowledge/", {"ids": [sent], "back": sent})
    assert answer.status_code == 422
    answer = client.post("/cases/bulk/dispatch/", {"ids": [sent], "requirement": sent or "x", "department": sent})
    assert answer.status_code == 422


def test_after_an_act_nobody_is_led_elsewhere(world: World) -> None:
    case = w.log_call(world, text="质量太差")
    for back in ("https://evil.example/", "//evil.example", "/accounts/logout/"):
        answer = client_of(world, "agent").post("/cases/bulk/acknowledge/", {"ids": [], "back": back})
        assert answer["Location"] == LIST, back
    answer = client_of(world, "agent").post(
        "/cases/bulk/acknowledge/", {"ids": [case.number], "back": f"{LIST}?state=registered"}
    )
    assert answer["Location"] == f"{LIST}?state=registered"


# Saved views


def test_a_list_is_kept_under_a_name_and_opens_the_same_list(world: World) -> None:
    client = client_of(world, "agent")
    query = "kind=praise&sort=urgent"
    answer = client.post("/cases/views/", {"name": "表扬", "query": f"{query}&after=d1-1&x=1", "pinned": "on"})
    view = SavedView.objects.get()
    assert (view.query, view.pinned, view.shared) == (query, True, False)
    assert answer["Location"] == f"{LIST}?{query}"
    page = client.get(answer["Location"]).content.decode()
    assert page.count("表扬") >= 2
    event = Event.objects.get(thread=f"user:{world.agent.pk}", verb="save_view")
    assert event.actor_id == world.agent.pk


def test_a_view_of_the_same_name_is_replaced(world: World) -> None:
    client = client_of(world, "agent")
    for query in ("kind=praise", "kind=complaint"):
        client.post("/cases/views/", {"name": "我的", "query": query})
    assert SavedView.objects.get().query == "kind=complaint"


def test_a_view_without_a_name_is_asked_for_one(world: World) -> None:
    answer = client_of(world, "agent").post("/cases/views/", {"name": " ", "query": "kind=praise"})
    assert answer.status_code == 422
    assert 'value="kind=praise"' in answer.content.decode()


@pytest.mark.req("SEC-01")
def test_a_private_view_is_its_owners_a_shared_one_everybodys(world: World) -> None:
    client = client_of(world, "agent")
    client.post("/cases/views/", {"name": "只给我", "query": "kind=praise", "pinned": "on"})
    client.post("/cases/views/", {"name": "给大家", "query": "kind=complaint", "pinned": "on", "shared": "on"})
    other = client_of(world, "production_head")
    page = other.get(LIST).content.decode()
    assert "只给我" not in page
    assert "给大家" in page
    for view in SavedView.objects.all():
        assert other.post(f"/cases/views/{view.pk}/delete/").status_code == 404
    view = SavedView.objects.get(name="只给我")
    assert client.post(f"/cases/views/{view.pk}/delete/").status_code == 302
    assert not SavedView.objects.filter(name="只给我").exists()
    assert Event.objects.filter(thread=f"user:{world.agent.pk}", verb="delete_view").exists()
    assert client.post(f"/cases/views/{10**30}/delete/").status_code == 404


# On paper


@pytest.mark.req("SEC-13")
def test_a_printed_list_says_who_when_and_how_many(world: World) -> None:
    case = w.log_call(world)
    w.log_call(world, kind="praise")
    page = client_of(world, "manager").get("/cases/print/?kind=complaint").content.decode()
    assert "陈建国 · " in page
    assert "1 行" in page
    assert case.number in page
    reading = Reading.objects.get(what="print")
    assert (reading.actor_id, reading.rows) == (world.manager.pk, 1)


@pytest.mark.req("SEC-13")
def test_printing_needs_a_right(world: World) -> None:
    assert client_of(world, "administrator").get("/cases/print/").status_code == 403


def test_search_and_list_walk_in_the_same_order() -> None:
    assert SEARCHED is NEWEST


def test_the_panel_of_a_customer_shows_the_visible_cases_only(world: World) -> None:
    case = w.received(world)
    url = f"/cases/of-customer/{case.customer_id}/"
    assert case.number in client_of(world, "production_head").get(url).content.decode()
    assert case.number not in client_of(world, "finance_handler").get(url).content.decode()
    page = submit(client_of(world, "agent"), f"/cases/log/?customer={case.customer_id}", text="")
    assert page.status_code == 422
