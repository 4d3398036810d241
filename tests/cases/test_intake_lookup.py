"""While typing: who is calling, what may be the same matter, when it will be due (INT-30, RTE-08)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.actions import contacts
from cases.actions.intake import Accused, Classification, Goods, Reporter
from cases.models import Case, Contact, Draft
from cases.queries.intake import Matter, possible_repeats, recognise, split_caller
from organization.models import Product, Site
from organization.queries import identity_of
from regulations.profiles import version_for
from tests import world as w
from tests.cases.test_drafts import typed
from tests.forms import submit
from tests.world import World, client_of


@pytest.mark.req("INT-30")
@pytest.mark.parametrize("term", ["13805126634", "138 0512 6634", "6634", "周慧", "zh", "ZH", "周"])
def test_a_known_caller_is_recognised_by_number_tail_name_or_initials(world: World, term: str) -> None:
    case = w.log_call(world)
    found = recognise(term, who=identity_of(world.agent))
    assert found.caller is not None
    assert found.caller.customer == case.customer
    assert [row.case for row in found.caller.open_cases] == [case]


@pytest.mark.req("INT-30")
def test_a_known_caller_is_recognised_by_mail(world: World) -> None:
    case = w.log_call(world, reporter=Reporter(name="周慧", email="Zhou.Hui@example.com"))
    found = recognise("zhou.hui@EXAMPLE.com", who=identity_of(world.agent))
    assert found.caller is not None
    assert found.caller.customer == case.customer


@pytest.mark.req("INT-30", "RTE-08")
def test_the_card_shows_earlier_records_and_the_last_contact(world: World) -> None:
    case = w.log_call(world)
    contact = contacts.NewContact("in", world.channel("phone"), "催问进度", person="周慧")
    contacts.record_contact(case, contact, by=world.actor("agent"))
    page = client_of(world, "agent").get("/cases/log/card/", {"customer": case.customer_id}).content.decode()
    assert case.number in page
    assert "催问进度" in page
    assert "已匹配" in page


@pytest.mark.parametrize(
    ("term", "name", "phone", "email"),
    [
        ("张三 138 0000 1111", "张三", "138 0000 1111", ""),
        ("138-0000-1111 张三", "张三", "138-0000-1111", ""),
        ("(0512) 6588 0011 转 802", "", "(0512) 6588 0011 转 802", ""),
        ("李四 li.si@example.com", "李四", "", "li.si@example.com"),
        ("１３８００００１１１１", "", "13800001111", ""),
        ("张三", "张三", "", ""),
        ("6634", "", "", ""),
        ("", "", "", ""),
        ("!!!", "", "", ""),
    ],
)
def test_what_is_typed_about_a_caller_is_taken_apart(term: str, name: str, phone: str, email: str) -> None:
    found = split_caller(term)
    assert found.name == name
    assert found.email == email
    assert found.phone.lstrip("(") == phone.lstrip("(")


def test_a_name_with_somebody_elses_number_is_not_taken_for_that_person(world: World) -> None:
    w.log_call(world)
    page = client_of(world, "agent").get("/cases/log/caller/", {"q": "王五 13805126634"}).content.decode()
    assert page.index("data-new") < page.index("周慧")


def test_a_new_caller_is_offered_with_what_was_typed(world: World) -> None:
    page = client_of(world, "agent").get("/cases/log/caller/", {"q": "王五 13612345678"}).content.decode()
    assert 'data-name="王五"' in page
    assert 'data-phone="13612345678"' in page


@pytest.mark.req("RTE-08", "SEC-01")
def test_a_colleague_without_the_case_learns_nothing_from_the_card(world: World) -> None:
    case = w.received(world)
    client = client_of(world, "finance_handler")
    page = client.get("/cases/log/card/", {"customer": case.customer_id}).content.decode()
    assert case.number not in page
    assert case.subject not in page


@pytest.mark.req("RTE-18", "RTE-19")
def test_the_accused_agent_learns_nothing_from_the_card(world: World) -> None:
    case = w.log_call(world, accused=Accused(people=(world.agent2,)))
    client = client_of(world, "agent2")
    for values in ({"customer": case.customer_id}, {"caller": "13805126634"}):
        page = client.get("/cases/log/card/", values).content.decode()
        assert case.number not in page
    body = typed() | {"act": f"repeat:{case.number}"}
    assert case.number not in client.post("/cases/log/", body).content.decode()
    assert client.post("/cases/log/", body | {"act": f"add:{case.number}"}).status_code == 404


@pytest.mark.req("RTE-08")
def test_open_cases_of_a_number_without_a_file_are_found(world: World) -> None:
    case = w.log_call(world, reporter=Reporter(phone="13700001111", refused=True))
    assert case.customer is None
    found = recognise("137 0000 1111", who=identity_of(world.agent))
    assert [row.case for row in found.by_number] == [case]
    assert not recognise("13700001111", who=identity_of(world.finance_handler)).by_number


# What is open


def card(world: World, name: str, **values: object) -> str:
    return client_of(world, name).get("/cases/log/card/", values).content.decode()


@pytest.mark.req("RTE-08")
def test_no_open_case_of_the_caller_is_missing_from_the_card(world: World) -> None:
    forgotten = w.received(world)
    Case.objects.filter(pk=forgotten.pk).update(received_at=timezone.now() - timedelta(days=500))
    older = w.received(world)
    Case.objects.filter(pk=older.pk).update(received_at=timezone.now() - timedelta(days=40))
    for _n in range(3):
        w.closed(world)
    page = card(world, "agent", customer=forgotten.customer_id)
    for case in (forgotten, older):
        assert page.count(f'value="add:{case.number}"') == 1


@pytest.mark.req("RTE-08")
def test_all_open_cases_of_a_frequent_caller_are_listed_once(world: World) -> None:
    cases = [w.log_call(world) for _n in range(6)]
    page = card(world, "agent", customer=cases[0].customer_id)
    assert [page.count(f'value="add:{case.number}"') for case in cases] == [1] * 6


@pytest.mark.req("CLS-09", "RTE-08")
def test_an_open_case_stands_before_closed_ones_of_the_same_matter(world: World) -> None:
    open_case = w.log_call(world)
    Case.objects.filter(pk=open_case.pk).update(received_at=timezone.now() - timedelta(days=40))
    closed = [w.closed(world) for _n in range(3)]
    assert repeats(world, "agent", customer=open_case.customer_id) == [open_case, closed[2], closed[1]]


@pytest.mark.req("RTE-08", "SEC-01")
def test_the_button_to_add_is_there_for_those_who_may_and_for_nobody_else(world: World) -> None:
    known = w.received(world)
    unknown = w.received(world, reporter=Reporter(phone="13700001111", refused=True))
    for values, case in (({"customer": known.customer_id}, known), ({"caller": "13700001111"}, unknown)):
        for name, offered in (("agent", True), ("production_handler", True), ("general_manager", False)):
            page = card(world, name, **values)
            assert case.number in page, name
            assert (f"add:{case.number}" in page) is offered, name


# Possible repeats


def repeats(world: World, who: str, **known: Any) -> list[Case]:
    version = version_for(site=None, product=None)
    rows = possible_repeats(Matter(**known), who=identity_of(world.users[who]), version=version)
    return [row.case for row in rows]


@pytest.mark.req("CLS-09")
def test_the_same_customer_or_the_same_site_and_category_may_be_a_repeat(world: World) -> None:
    site = Site.objects.get(code="sz")
    placed = {"accused": Accused(site=site), "classification": Classification(category=world.category())}
    mine = w.log_call(world, **placed)
    other = w.log_call(world, reporter=Reporter(name="赵工", phone="13911110000"), **placed)
    elsewhere = w.log_call(world, reporter=Reporter(name="钱工", phone="13911119999"))
    assert repeats(world, "agent", customer=mine.customer_id) == [mine]
    assert set(repeats(world, "agent", site=site.pk, category=world.category().pk)) == {mine, other}
    assert repeats(world, "agent", site=site.pk) == []
    assert repeats(world, "agent") == []
    assert elsewhere not in repeats(world, "agent", site=site.pk, category=world.category().pk)


@pytest.mark.req("CLS-09")
def test_what_is_longer_ago_than_the_profile_says_is_no_repeat(world: World) -> None:
    case = w.log_call(world)
    Case.objects.filter(pk=case.pk).update(received_at=timezone.now() - timedelta(days=370))
    assert repeats(world, "agent", customer=case.customer_id) == []
    Case.objects.filter(pk=case.pk).update(received_at=timezone.now() - timedelta(days=360))
    assert repeats(world, "agent", customer=case.customer_id) == [case]


@pytest.mark.req("CLS-09", "SEC-01")
def test_nobody_is_shown_a_repeat_that_he_may_not_see(world: World) -> None:
    case = w.received(world)
    assert repeats(world, "production_head", customer=case.customer_id) == [case]
    assert repeats(world, "finance_handler", customer=case.customer_id) == []


@pytest.mark.req("CLS-09")
def test_choosing_a_repeat_links_the_new_case_to_it(world: World) -> None:
    earlier = w.log_call(world)
    client = client_of(world, "agent")
    page = submit(client, f"/cases/log/?customer={earlier.customer_id}", act=f"repeat:{earlier.number}")
    assert "已关联为重复" in page.content.decode()
    draft = Draft.objects.get()
    submit(client, f"/cases/log/?draft={draft.pk}", holds="caller", text="热水器质量太差，又漏了", kind="complaint")
    assert Case.objects.order_by("-pk")[0].repeat_of == earlier


@pytest.mark.req("SEC-01")
def test_a_foreign_number_links_nothing(world: World) -> None:
    foreign = w.log_call(world)
    values = {"caller": "李四 13911112222", "text": "发票抬头错了", "kind": "complaint", "repeat_of": foreign.number}
    submit(client_of(world, "finance_handler"), "/cases/log/", **values)
    assert Case.objects.order_by("-pk")[0].repeat_of is None


# Adding to an open case


@pytest.mark.req("RTE-08")
def test_the_next_call_is_added_to_the_open_case_and_counted(world: World) -> None:
    case = w.log_call(world)
    client = client_of(world, "agent2")
    answer = client.post("/cases/log/", typed(reporter_name="周慧", channel="phone") | {"act": f"add:{case.number}"})
    url = answer["Location"]
    page = client.get(url).content.decode()
    assert "第 2 次来电" in page
    assert "热水器又漏了" in page
    answer = submit(client, url, holds="text", follow_up="今天回电")
    assert answer["Location"] == f"/cases/{case.number}/"
    case.refresh_from_db()
    assert case.contact_count == 2
    contact = Contact.objects.get(case=case)
    assert (contact.text, contact.person, contact.follow_up) == ("热水器又漏了", "周慧", "今天回电")
    assert Case.objects.count() == 1
    assert not Draft.objects.exists()


@pytest.mark.req("RTE-08")
def test_adding_twice_counts_once(world: World) -> None:
    case = w.log_call(world)
    client = client_of(world, "agent")
    key = "8f0b8d8e-7a7f-4b61-b6f5-0e7ab6e3e111"
    for _n in range(2):
        client.post(f"/cases/log/add/{case.number}/", {"text": "催问", "channel": "phone", "submission_key": key})
    case.refresh_from_db()
    assert case.contact_count == 2


def test_nothing_is_added_to_a_closed_case(world: World) -> None:
    case = w.closed(world)
    assert client_of(world, "agent").get(f"/cases/log/add/{case.number}/").status_code == 409


@pytest.mark.req("SEC-01")
@pytest.mark.parametrize(("name", "status"), [("sales_handler", 404), ("auditor", 403), ("production_handler", 200)])
def test_only_who_handles_a_case_adds_to_it(world: World, name: str, status: int) -> None:
    case = w.received(world)
    assert client_of(world, name).get(f"/cases/log/add/{case.number}/").status_code == status


def test_an_empty_contact_is_asked_for(world: World) -> None:
    case = w.log_call(world)
    answer = submit(client_of(world, "agent"), f"/cases/log/add/{case.number}/", text="")
    assert answer.status_code == 422
    case.refresh_from_db()
    assert case.contact_count == 1


# Due times and suggestions


@pytest.mark.req("SLA-01", "SLA-05")
def test_the_due_times_are_those_that_registering_gives(world: World) -> None:
    client = client_of(world, "agent")
    values = {"kind": "complaint", "channel": "phone"}
    shown = client.get("/cases/log/due/", values).content.decode()
    case = w.log_call(world)
    for kind in ("acknowledgement", "resolution"):
        due = timezone.localtime(case.clocks.get(kind=kind).due_at)
        assert due.strftime("%H:%M") in shown or due.strftime("%Y-%m-%dT%H") in shown, kind
    dated = client.get("/cases/log/due/", values | {"customer_deadline": "2031-01-06"}).content.decode()
    assert "2031-01-06" in dated
    assert "随登记完成" in client.get("/cases/log/due/", values | {"acknowledge": "on"}).content.decode()


def test_showing_due_times_writes_nothing(world: World) -> None:
    client = client_of(world, "agent")
    with CaptureQueriesContext(
        connection,
    ) as seen:
        client.get("/cases/log/due/", {"kind": "complaint", "channel": "phone"})
    assert not [q["sql"] for q in seen if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_words_suggest_a_category_and_its_department(world: World) -> None:
    page = client_of(world, "agent").post("/cases/log/suggest/", {"text": "售后维修态度差"}).content.decode()
    assert "service" in page
    assert "Alt+1" in page
    assert client_of(world, "agent").post("/cases/log/suggest/", {"text": "嗯"}).content.decode().strip() == ""


@pytest.mark.parametrize(
    ("url", "typed_text", "found"),
    [
        ("/cases/options/products/", "dszf", "DSZF-60"),
        ("/cases/options/products/", "热水", "电热水器"),
        ("/cases/options/products/", "dian", "电热水器"),
        ("/cases/options/sites/", "园区", "苏州园区店"),
        ("/cases/options/departments/", "生产", "生产部"),
        ("/cases/options/people/", "hq", "何强"),
        ("/cases/options/people/", "何", "何强"),
    ],
)
def test_words_of_the_organisation_are_offered_while_typing(
    world: World, url: str, typed_text: str, found: str
) -> None:
    page = client_of(world, "agent").get(url, {"q": typed_text}).content.decode()
    assert found in page
    assert 'role="option"' in page
    assert client_of(world, "agent").get(url, {"q": "不存在"}).content.decode().strip() == ""


def test_a_retired_product_is_not_offered(world: World) -> None:
    Product.objects.update(retired_at=timezone.now())
    assert client_of(world, "agent").get("/cases/options/products/", {"q": "d"}).content.decode().strip() == ""


def test_the_card_costs_the_same_with_many_cases(world: World) -> None:
    first = w.log_call(world)
    client = client_of(world, "agent")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get("/cases/log/card/", {"customer": first.customer_id})
        return len(seen)

    few = queries()
    for _n in range(6):
        w.log_call(world, goods=Goods(product=Product.objects.get(code="DSZF-60")))
    assert queries() <= few
