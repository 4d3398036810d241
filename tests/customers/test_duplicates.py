"""Customers that may be one: which signs count, who is shown them, and what was judged as different."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.exceptions import InvalidInput, InvalidMove
from audit.models import Event
from customers.actions.duplicates import look_for_duplicates, propose_again, tell_apart
from customers.actions.holdings import Held, add_holding
from customers.actions.merging import merge_customers
from customers.actions.people import Reach
from customers.duplicates import Known, compare
from customers.keys import NameKey, SerialKey
from customers.models import Candidate, Customer, Holding
from customers.queries.duplicates import alike, pairs_of
from customers.tasks import look_for_duplicates as tick
from organization.queries import identity_of
from tests.customers.pairs import PHONE, firm, person, phone
from tests.world import World, client_of


def codes(customer: Customer, world: World, name: str = "agent") -> dict[str, list[str]]:
    """Who is proposed for this customer, and by which signs."""
    found = alike(customer, identity_of(world.users[name]))
    return {pair.other.customer.name: [sign.code for sign in pair.found.signs] for pair in found}


@pytest.mark.parametrize(
    "name",
    [
        "苏州安居物业", "苏州安居物业有限公司", "苏州安居物业股份有限公司", "苏州安居物业（集团）有限公司", "苏州 安居物业(集团)",
        "苏州安居物业有限责任公司", "苏州安居物业集团公司",
    ],
)  # fmt: skip
def test_the_name_of_an_organisation_counts_without_legal_form_width_and_spaces(world: World, name: str) -> None:
    mine = firm(world, "苏州安居物業".replace("業", "业"))
    firm(world, name)
    firm(world, "苏州安居装饰有限公司")
    assert set(codes(mine, world)) == {name}
    assert codes(mine, world)[name] == ["name"]


def test_names_in_latin_letters_are_folded_too(world: World) -> None:
    mine = firm(world, "ＡＢＣ Trading Co., Ltd.")
    firm(world, "abc trading")
    assert codes(mine, world) == {"abc trading": ["name"]}


def test_a_name_that_is_only_a_legal_form_resembles_nobody(world: World) -> None:
    mine = firm(world, "有限公司")
    firm(world, "集团公司")
    assert codes(mine, world) == {}


def test_the_name_alone_says_nothing_of_persons(world: World) -> None:
    mine, other = person(world, "张伟"), person(world, "张 伟")
    assert codes(mine, world) == {}
    office = firm(world, "重庆水务")
    Customer.objects.filter(pk__in=[mine.pk, other.pk]).update(organisation=office)
    mine.refresh_from_db()
    assert codes(mine, world) == {"张 伟": ["colleague"]}


def test_name_and_number_together_are_the_strongest(world: World) -> None:
    mine = person(world, "张伟", phone("138 0512 6634"))
    person(world, "张 伟", phone("+86 13805126634"))
    person(world, "李强", phone("13805126634"))
    found = alike(mine, identity_of(world.agent))
    assert [[sign.code for sign in pair.found.signs] for pair in found] == [["number", "same_name"], ["crowded_number"]]
    assert found[0].found.strength > found[1].found.strength
    assert str(found[0].found.word) == "很可能"


def test_one_number_of_two_names_is_a_hint_and_says_so(world: World) -> None:
    mine = person(world, "张伟", phone())
    person(world, "李强", phone())
    [pair] = alike(mine, identity_of(world.agent))
    assert [sign.code for sign in pair.found.signs] == ["shared_number"]
    assert "前台" in str(pair.found.signs[0])
    assert pair.found.strength < compare(_known(1, "张伟"), _known(2, "张伟")).strength


def test_a_switchboard_with_different_extensions_is_a_hint(world: World) -> None:
    mine = person(world, "张伟", phone("0512-65880011 转 801"))
    person(world, "李强", phone("0512-65880011 转 802"))
    assert codes(mine, world) == {"李强": ["switchboard"]}


def test_an_address_and_a_plate_count_in_any_spelling(world: World) -> None:
    mine = person(world, "张伟", Reach("email", "Zhang.Wei@Example.com"))
    other = person(world, "张工", Reach("email", "zhang.wei@example.com"))
    assert codes(mine, world) == {"张工": ["shared_address"]}
    by = world.actor("agent")
    add_holding(mine, Held("vehicle", name="货车", serial="渝Ａ·12345"), by=by)
    add_holding(other, Held("vehicle", name="货车", serial="渝a12345"), by=by)
    assert set(codes(mine, world)["张工"]) == {"shared_address", "serial"}


@pytest.mark.req("CUS-18")
def test_contracts_and_orders_tell_nothing_of_their_customers(world: World) -> None:
    mine, other = firm(world, "甲方"), firm(world, "乙方")
    for row in (mine, other):
        add_holding(row, Held("contract", name="合同", serial="HT-1"), by=world.actor("hub_head"))
    assert codes(mine, world) == {}


def test_a_person_and_an_organisation_are_never_the_same(world: World) -> None:
    mine = person(world, "安居物业", phone())
    firm(world, "安居物业", phone())
    assert codes(mine, world) == {}


@pytest.mark.req("SEC-08", "CUS-17")
def test_only_who_sees_both_in_the_clear_is_told_that_they_share_a_number(world: World) -> None:
    mine, other = firm(world, "甲方", phone()), firm(world, "乙方", phone())
    look_for_duplicates()
    for level in ("confidential", "secret"):
        Customer.objects.filter(pk=other.pk).update(secrecy=level)
        assert codes(mine, world, "sales_head") == {}
        assert pairs_of(identity_of(world.sales_head)).pairs == []
        page = client_of(world, "sales_head").get("/customers/duplicates/").content.decode()
        assert "乙方" not in page
        assert client_of(world, "sales_head").get(f"/customers/{mine.pk}/merge/{other.pk}/").status_code in {403, 404}
        assert set(codes(mine, world, "agent")) == {"乙方"}
    card = client_of(world, "production_handler").get(f"/customers/{mine.pk}/").content.decode()
    assert "乙方" not in card


@pytest.mark.parametrize("name", ["agent", "hub_head", "sales_handler", "general_manager"])
def test_the_base_is_looked_through_and_shown_strongest_first(world: World, name: str) -> None:
    a, b, c = (person(world, n, phone("13805126634")) for n in ("张伟", "张 伟", "李强"))
    tick()
    page = pairs_of(identity_of(world.users[name]))
    found = [{pair.one.customer.pk, pair.other.customer.pk} for pair in page.pairs]
    assert found[0] == {a.pk, b.pk}
    assert {frozenset(each) for each in found} == {frozenset(p) for p in ((a.pk, b.pk), (a.pk, c.pk), (b.pk, c.pk))}
    html = client_of(world, name).get("/customers/duplicates/").content.decode()
    assert "13805126634" in html


def test_looking_again_forgets_what_is_no_longer_alike(world: World) -> None:
    firm(world, "甲方", phone())
    other = firm(world, "乙方", phone())
    assert look_for_duplicates() == look_for_duplicates() == Candidate.objects.count() == 1
    other.contact_points.all().delete()
    assert pairs_of(identity_of(world.agent)).pairs == []  # at once, not only after the next tick
    look_for_duplicates()
    assert not Candidate.objects.exists()


def test_a_crowd_with_one_number_makes_no_pairs(world: World) -> None:
    for n in range(9):
        person(world, f"住户{n}", phone())
    assert look_for_duplicates() == 0


def test_pages_are_the_whole_list_in_any_size(world: World) -> None:
    for n in range(7):
        firm(world, f"客户{n}", phone(f"1380512{n:04d}"))
        firm(world, f"客户{n}有限公司", *([phone(f"1380512{n:04d}")] if n % 2 else []))
    look_for_duplicates()
    who = identity_of(world.agent)
    whole = [pair.found for pair in pairs_of(who, size=50).pairs]
    page, seen = pairs_of(who, size=3), []
    while True:
        seen += [pair.found for pair in page.pairs]
        if not page.after:
            break
        page = pairs_of(who, after=page.after, size=3)
    assert seen == whole
    assert len(whole) == 7


@pytest.mark.parametrize("after", ["", "x", "80", "80-", "-1", "99999999999-99999999999999999999", "８-８"])
def test_a_key_that_nobody_gave_is_the_beginning(world: World, after: str) -> None:
    client = client_of(world, "agent")
    assert client.get("/customers/duplicates/", {"after": after}).status_code == 200


def test_the_pages_cost_the_same_with_two_pairs_or_twenty(world: World) -> None:
    mine = firm(world, "安居物业", phone())
    client = client_of(world, "agent")

    def statements(url: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get(url)
        return len(seen)

    for n in range(2):
        firm(world, "安居物业" + "有限公司" * (n + 1), phone())
    look_for_duplicates()
    urls = ("/customers/duplicates/", f"/customers/{mine.pk}/", f"/customers/{mine.pk}/duplicates/")
    few = {url: statements(url) for url in urls}
    for n in range(4):
        firm(world, "安居物业集团" + "有限公司" * (n + 1), phone())
    look_for_duplicates()
    assert Candidate.objects.count() > 10
    assert {url: statements(url) for url in urls} == few


def test_what_was_judged_as_different_is_not_proposed_until_it_is_taken_back(world: World) -> None:
    mine, other = firm(world, "安居物业", phone()), firm(world, "安居物业有限公司", phone())
    look_for_duplicates()
    who = identity_of(world.agent)
    with pytest.raises(InvalidInput):
        tell_apart(other, mine, reason="", by=world.agent)
    tell_apart(other, mine, reason="两个法人，同一办公楼", by=world.agent)
    look_for_duplicates()
    assert alike(mine, who) == alike(other, who) == pairs_of(who).pairs == []
    with pytest.raises(InvalidMove):
        tell_apart(mine, other, reason="再判", by=world.agent)
    propose_again(mine, other, by=world.hub_head)
    assert len(alike(mine, who)) == len(pairs_of(who).pairs) == 1
    with pytest.raises(InvalidMove):
        propose_again(mine, other, by=world.hub_head)
    for thread in (mine.thread, other.thread):
        verbs = Event.objects.filter(thread=thread).order_by("-seq").values_list("verb", flat=True)
        assert list(verbs[:2]) == ["propose_again", "tell_apart"]


def test_the_judgement_stands_in_the_update_log_with_its_reason(world: World) -> None:
    mine, other = firm(world, "甲方", phone()), firm(world, "乙方", phone())
    client = client_of(world, "agent")
    page = client.get(f"/customers/{mine.pk}/merge/{other.pk}/").content.decode()
    assert f'action="/customers/{mine.pk}/apart/{other.pk}/"' in page
    answer = client.post(f"/customers/{mine.pk}/apart/{other.pk}/", {"reason": "父子公司"})
    assert answer.headers["Location"] == f"/customers/{mine.pk}/duplicates/"
    assert "父子公司" in client.get(f"/customers/{other.pk}/").content.decode()
    assert "父子公司" in client.get(f"/customers/{mine.pk}/duplicates/").content.decode()
    assert "父子公司" not in client_of(world, "production_handler").get(f"/customers/{other.pk}/").content.decode()
    client.post(f"/customers/{mine.pk}/apart/{other.pk}/again/")
    assert "乙方" in client.get(f"/customers/{mine.pk}/duplicates/").content.decode()


def test_a_judgement_follows_its_customer_into_another_file(world: World) -> None:
    mine, other, same = firm(world, "甲方", phone()), firm(world, "乙方", phone()), firm(world, "甲方公司", phone())
    tell_apart(mine, other, reason="不同法人", by=world.agent)
    merge_customers(same, mine, by=world.hub_head)
    look_for_duplicates()
    assert alike(other, identity_of(world.agent)) == []
    assert pairs_of(identity_of(world.agent)).pairs == []


def test_a_file_that_was_merged_is_proposed_to_nobody(world: World) -> None:
    mine, other, third = firm(world, "甲方", phone()), firm(world, "甲方公司", phone()), firm(world, "丙方", phone())
    merge_customers(mine, other, by=world.hub_head)
    assert list(codes(third, world)) == ["甲方"]
    look_for_duplicates()
    assert [pair.found.other(third.pk) for pair in pairs_of(identity_of(world.agent)).pairs] == [mine.pk]


def test_anybody_else_can_be_compared(world: World) -> None:
    mine, other = firm(world, "甲方"), firm(world, "完全不同")
    page = client_of(world, "agent").get(f"/customers/{mine.pk}/duplicates/", {"q": "完全"}).content.decode()
    assert f"/customers/{mine.pk}/merge/{other.pk}/" in page


@pytest.mark.parametrize("model", ["customer", "holding"])
def test_the_keys_are_read_from_their_index(world: World, model: str) -> None:
    """The expression of the question is that of the index; else a million rows would be walked."""
    rows = (
        Customer.objects.annotate(key=NameKey("folded_name")).filter(key="安居")
        if model == "customer"
        else Holding.objects.filter(removed_at=None)
        .exclude(serial="")
        .annotate(key=SerialKey("serial"))
        .filter(key="x")
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows.explain()
    assert {"customer": "customer_alike", "holding": "holding_serial"}[model] in plan


def test_pairs_are_walked_by_strength(world: World) -> None:
    one, other = firm(world, "甲"), firm(world, "乙")
    now = timezone.now()
    Candidate.objects.create(low=one, high=other, strength=40, found_at=now)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    assert "candidate_strongest" in Candidate.objects.order_by("-strength", "pk")[:26].explain()


def _known(pk: int, name: str) -> Known:
    return Known(pk, "person", name, name, numbers={PHONE: (PHONE, "")})
