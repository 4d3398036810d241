"""Search: anything somebody remembers finds the case, and nothing that may not be seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.actions import contacts, internal, reply
from cases.actions.intake import Accused, Goods, Reporter
from cases.models import Case
from cases.queries import search as queries
from cases.queries.search import Term, TooSlow, contact_scope, excerpt_of, term_of
from organization.models import Deputy, Product
from organization.models.units import HEADS_PRINCIPAL_BASE
from organization.paging import parse_key
from organization.queries import identity_of
from tests import world as w
from tests.cases.test_browse import numbers
from tests.cases.test_intake_form import NONSENSE
from tests.world import World, client_of


def found(world: World, name: str, typed: str) -> list[Case]:
    return [hit.case for hit in queries.search(term_of(typed), identity_of(world.users[name])).hits]


@pytest.fixture
def case(world: World) -> Case:
    goods = Goods(product=Product.objects.get(code="DSZF-60"), batch="2609-B")
    reporter = Reporter(name="周慧", organisation="苏州安居物业", phone="13805126634", email="zhou.hui@example.com")
    text = "电热水器内胆漏水，上月已报修一次，订单 SN2026A-77，要求换新机。"
    other = Reporter(name="赵工", phone="010-62345678")
    w.log_call(world, text="发票抬头写错了，请重开。", reporter=other)
    return w.received(world, text=text, goods=goods, reporter=reporter)


@pytest.mark.parametrize(
    "typed",
    [
        "漏水", "内胆", "热水器", "要求换新机", "漏水 换新机", "换新机 漏水", "苏州安居", "物业", "DSZF", "dszf-60", "ＤＳＺＦ",
        "SN2026A", "sn2026", "SN2026A-77", "13805126634", "138 0512 6634", "+86 138 0512 6634", "6634", "26634", "周慧",
        "zh", "zhou.hui@example.com", "zhou.hui", "电热水器 6634", "周慧 漏水",
    ],
)  # fmt: skip
def test_anything_remembered_finds_it(world: World, case: Case, typed: str) -> None:
    assert found(world, "agent", typed) == [case]


@pytest.mark.req("INT-30")
@pytest.mark.parametrize("typed", ["周慧 13805126634", "13805126634 漏水", "周慧 6634", "zh 138-0512-6634 漏水"])
def test_a_name_beside_a_number_finds_it_however_the_number_was_written(world: World, typed: str) -> None:
    spaced = w.log_call(world, reporter=Reporter(name="周慧", phone="138 0512 6634"))
    assert found(world, "agent", typed) == [spaced]


@pytest.mark.req("INT-30")
@pytest.mark.parametrize("typed", ["5678", "62345678", "01062345678", "8801", "5678 漏水"])
def test_the_tail_of_a_number_with_an_extension_finds_it(world: World, typed: str) -> None:
    case = w.log_call(world, reporter=Reporter(name="赵工", phone="010-62345678转801"))
    assert found(world, "agent", typed) == [case]


def test_a_name_and_a_later_word_find_it_together(world: World, case: Case) -> None:
    contact = contacts.NewContact("in", world.channel("phone"), "客户补充：地板已经泡烂")
    contacts.record_contact(case, contact, by=world.actor("agent"))
    assert found(world, "agent", "周慧 泡烂") == [case]


@pytest.mark.req("SEC-08")
def test_a_number_beside_a_word_finds_nothing_for_those_who_see_no_contact(world: World, case: Case) -> None:
    assert found(world, "auditor", "漏水") == [case]
    assert found(world, "auditor", "漏水 6634") == []


@pytest.mark.parametrize(
    "typed", ["水漏", "漏水换新", "内胆换新机", "8051", "洗衣机", "DSZF-61", "慧周", "漏水 洗衣机"]
)
def test_letters_that_stand_elsewhere_are_not_found(world: World, case: Case, typed: str) -> None:
    assert found(world, "agent", typed) == []


def test_a_number_finds_the_case_with_or_without_its_year(world: World, case: Case) -> None:
    client = client_of(world, "agent")
    assert client.get("/search/", {"q": case.number})["Location"] == f"/cases/{case.number}/"
    short = str(int(case.number.partition("-")[2]))
    assert numbers(client.get("/search/", {"q": short}).content.decode())[0] == case.number
    assert numbers(client.get("/search/", {"q": case.number.partition("-")[2]}).content.decode())[0] == case.number


def test_what_was_said_later_is_found_too(world: World, case: Case) -> None:
    by = world.actor("agent")
    contact = contacts.NewContact("in", world.channel("phone"), "客户补充：地板已经泡烂")
    contacts.record_contact(case, contact, by=by)
    answered = w.handled(world, text="平板竖线")
    reply.reply_to_customer(answered, reply.Answer(text="已为您更换液晶面板", way="phone"), by=by)
    assert found(world, "agent", "地板已经泡烂") == [case]
    assert found(world, "agent", "液晶面板") == [answered]


def test_internal_notes_are_never_found(world: World, case: Case) -> None:
    internal.add_note(case, internal.NewNote("同批次疑似焊接不良"), by=world.actor("agent"))
    assert found(world, "agent", "焊接不良") == []


def test_newest_first(world: World) -> None:
    cases = [w.log_call(world) for _n in range(3)]
    Case.objects.filter(pk=cases[1].pk).update(received_at=timezone.now() - timedelta(days=9))
    assert found(world, "agent", "漏水") == [cases[2], cases[0], cases[1]]


def test_the_next_page_goes_on_where_the_last_ended(world: World) -> None:
    for _n in range(7):
        w.log_call(world)
    who, seen, after = identity_of(world.agent), [], None
    while True:
        page = queries.search(term_of("漏水"), who, after=after, size=3)
        seen += [hit.case.pk for hit in page.hits]
        if not page.after:
            break
        after = parse_key(page.after)
    assert seen == list(Case.objects.order_by("-received_at", "-pk").values_list("pk", flat=True))


def test_neighbours_by_chance_do_not_hide_what_comes_after_them(world: World) -> None:
    real = w.log_call(world, text="要求退货款")
    for _n in range(30):
        w.log_call(world, text="货款已付，要求退货，退货款项未到")  # 退货 and 货款 stand in it, 退货款 too
    for _n in range(3):
        w.log_call(world, text="货款晚到，退货慢")
    client = client_of(world, "agent")
    page = client.get("/search/", {"q": "退货款"})
    assert len(numbers(page.content.decode())) == 25
    second = client.get("/search/", {"q": "退货款", "after": page.context["after"]})
    assert real.number in numbers(second.content.decode())


# Who finds what


@pytest.mark.req("SEC-01", "RTE-18", "RTE-19")
def test_nobody_finds_a_case_that_he_may_not_see(world: World, case: Case) -> None:
    secret = w.log_call(world, text="投诉客服漏水处理态度", accused=Accused(people=(world.agent2,)))
    assert set(found(world, "agent", "漏水")) == {case, secret}
    assert found(world, "agent2", "漏水") == [case]
    assert found(world, "production_handler", "漏水") == [case]
    assert found(world, "finance_handler", "漏水") == []
    client = client_of(world, "agent2")
    assert numbers(client.get("/search/", {"q": secret.number}).content.decode()) == []
    assert secret.number not in client.get("/search/", {"q": "态度", "as": "options"}).content.decode()


@pytest.mark.req("RTE-19")
def test_a_deputy_of_the_accused_finds_nothing_either(world: World) -> None:
    now = timezone.now()
    span = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1)}
    Deputy.objects.create(principal=world.agent2, deputy=world.finance_handler, **span)
    open_case = w.log_call(world, text="漏水")
    w.log_call(world, text="漏水", accused=Accused(people=(world.agent2,)))
    assert found(world, "finance_handler", "漏水") == [open_case]


@pytest.mark.req("SEC-08")
@pytest.mark.parametrize("typed", ["6634", "13805126634", "周慧", "zh", "zhou.hui@example.com"])
def test_contact_data_find_nothing_for_those_who_may_not_see_them(world: World, typed: str) -> None:
    reporter = Reporter(name="周慧", phone="13805126634", email="zhou.hui@example.com")
    case = w.received(world, reporter=reporter)
    Case.objects.filter(pk=case.pk).update(customer=None)
    intake_case = Case.objects.get(pk=case.pk)
    from cases.actions.moves import write_search

    write_search(intake_case)
    assert found(world, "auditor", typed) == []
    assert found(world, "quality_head", typed) == []
    assert found(world, "auditor", "漏水") == [case]
    for name in ("agent", "manager", "production_handler", "production_head"):
        assert found(world, name, typed) == [case], name


def test_contact_data_are_searched_where_they_may_be_seen(world: World) -> None:
    everywhere: frozenset[int] = frozenset()
    assert contact_scope(identity_of(world.agent)) == everywhere
    assert contact_scope(identity_of(world.manager)) == everywhere
    assert contact_scope(identity_of(world.auditor)) is None
    assert contact_scope(identity_of(world.production_head)) == {
        -world.production_head.pk,
        *(base + department.pk for base in (1000, HEADS_PRINCIPAL_BASE) for department in (world.production, world.workshop)),
    }  # fmt: skip


def test_customers_stand_above_the_cases_for_those_who_work_with_them(world: World, case: Case) -> None:
    page = client_of(world, "agent").get("/search/", {"q": "周慧"}).content.decode()
    assert f'href="/customers/{case.customer_id}/"' in page
    assert (
        f"/customers/{case.customer_id}/"
        not in client_of(world, "auditor").get("/search/", {"q": "周慧"}).content.decode()
    )


# The page and the box


def test_the_box_offers_cases_customers_and_the_whole_list(world: World, case: Case) -> None:
    page = client_of(world, "agent").get("/search/", {"q": "周慧", "as": "options"}).content.decode()
    assert "<html" not in page
    assert f'data-href="/cases/{case.number}/"' in page
    assert f'data-href="/customers/{case.customer_id}/"' in page
    assert page.count('role="option"') == 3


def test_one_letter_is_asked_for_another(world: World, case: Case) -> None:
    page = client_of(world, "agent").get("/search/", {"q": "漏"}).content.decode()
    assert numbers(page) == []
    assert "至少输入两个字符" in page


def test_where_it_was_found_is_shown(world: World) -> None:
    w.log_call(world, subject="报修", text="客厅的空调外机支架生锈，担心掉下来")
    page = client_of(world, "agent").get("/search/", {"q": "支架生锈"}).content.decode()
    assert "<mark>支架生锈</mark>" in page


def test_an_excerpt_escapes_what_people_typed(world: World) -> None:
    w.log_call(world, subject="报修", text="<script>alert(1)</script> 支架生锈")
    page = client_of(world, "agent").get("/search/", {"q": "支架生锈"}).content.decode()
    assert "<script>alert" not in page


def test_an_excerpt_is_cut_out_of_a_long_text() -> None:
    case = Case(subject="报修", text="前" * 200 + "支架生锈" + "后" * 200)
    excerpt = excerpt_of(case, Term("支架生锈"))
    assert excerpt is not None
    assert (excerpt.before[0], excerpt.hit, excerpt.after[-1]) == ("…", "支架生锈", "…")
    assert len(excerpt.before) + len(excerpt.after) < 80


@pytest.mark.parametrize(
    "typed", [*NONSENSE, "'", "\\", "a & b", "a:*", "!", "''漏水''", "%", "_", "(", "漏水\0", "漏" * 500]
)
def test_nonsense_is_searched_for_like_anything_else(world: World, typed: str) -> None:
    client = client_of(world, "agent")
    sent = typed.encode("utf-8", "surrogatepass").decode("latin-1") if "\ud800" in typed else typed
    for extra in ({}, {"as": "options"}, {"after": sent}, {"as": sent}):
        assert client.get("/search/", {"q": sent, **extra}).status_code == 200


def test_the_same_queries_for_few_and_for_many(world: World) -> None:
    client = client_of(world, "agent")

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get("/search/", {"q": "漏水"})
        return len(seen)

    for _n in range(3):
        w.log_call(world)
    few = statements()
    for _n in range(17):
        w.log_call(world)
    assert statements() == few


# Too slow


def test_a_search_that_takes_too_long_is_given_up_with_a_sentence(world: World, case: Case) -> None:
    def slow(term: Term, who: Any) -> Any:
        return Case.objects.extra(where=["pg_sleep(1) IS NOT NULL"])

    with mock.patch.object(queries, "matching", slow), mock.patch.object(queries, "PATIENCE_MS", 50):
        with pytest.raises(TooSlow):
            queries.search(term_of("漏水"), identity_of(world.agent))
        page = client_of(world, "agent").get("/search/", {"q": "漏水"})
        options = client_of(world, "agent").get("/search/", {"q": "漏水", "as": "options"})
    assert page.status_code == 200
    assert "已中止" in page.content.decode()
    assert options.status_code == 200


def test_another_fault_of_the_database_is_not_hidden(world: World) -> None:
    from django.db import OperationalError

    with pytest.raises(OperationalError), queries.patience():
        raise OperationalError("the server closed the connection")
