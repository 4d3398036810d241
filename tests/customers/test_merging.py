"""Making two files one: who may, what stands against it, what is kept and what moves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.exceptions import Blocked, InvalidMove, StaleRecord
from audit.models import Event
from cases.models import Case
from customers import merging
from customers.access import get_customer
from customers.actions import classes, communications, file, grants, handover, holdings, people
from customers.actions.duplicates import tell_apart
from customers.actions.merging import merge_customers, merge_facts
from customers.models import ContactPoint, Customer, FileGrant, Merge
from customers.queries.search import find_for_contact, match, page_of
from notifications.models import Message
from notifications.readers import may_read
from organization.queries import identity_of
from organization.stale import stamp
from tests import world as w
from tests.customers.files import days, read
from tests.customers.pairs import PHONE, case_of, firm, person, phone, twins
from tests.forms import submit
from tests.world import World, client_of


def reasons(kept: Customer, merged: Customer, world: World) -> set[str]:
    with pytest.raises(Blocked) as refusal:
        merge_customers(kept, merged, by=world.hub_head)
    return {reason.code for reason in refusal.value.reasons}


def references() -> set[str]:
    """Every column of the project that refers to a customer."""
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.remote_field is not None and field.remote_field.model is Customer
    }


def test_every_reference_to_a_customer_has_its_way_in_a_merge() -> None:
    assert references() == merging.covered()


def test_a_reference_that_no_room_registered_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(merging._parts, "cases")
    assert references() - merging.covered() == {"cases.Case.customer"}


def test_everything_moves_and_the_other_file_is_found_no_more(world: World) -> None:
    kept, merged = twins(world)
    cases = set(Case.objects.filter(customer__in=[kept, merged]).values_list("pk", flat=True))
    merge_customers(kept, merged, by=world.hub_head)
    kept.refresh_from_db()
    merged.refresh_from_db()
    assert merged.merged_into == kept
    for part in merging.parts():
        assert part.rows(merged).count() == 0, part.code
        assert part.rows(kept).count() == {"consents": 1, "holdings": 4, "data_requests": 4}.get(part.code, 2), (
            part.code
        )
    assert set(kept.cases.values_list("pk", flat=True)) == cases
    assert {kind.code for kind in kept.kinds.all()} == {"project", "group"}
    assert kept.visit_class == "A"
    who = identity_of(world.agent)
    for typed in ("苏州安居", "13805126634", "6634", "azajwy"):
        assert merged not in match(typed, who=who), typed
    assert merged not in page_of(who).customers
    assert match("13805126634", who=who) == [kept]
    client = client_of(world, "agent")
    for url in ("/customers/", "/customers/offers/?q=苏州", "/search/?q=苏州安居"):
        assert f"/customers/{merged.pk}/" not in client.get(url).content.decode()


@pytest.mark.req("CUS-19")
def test_a_refusal_wins_and_a_withdrawn_consent_stays_withdrawn(world: World) -> None:
    kept, merged = twins(world)
    consent = merged.consents.get()
    merge_customers(kept, merged, by=world.hub_head)
    points = {point.normal: point.refused for point in ContactPoint.objects.filter(customer=kept)}
    assert points == {"+8651267662200": True, "+8613805126634": False, "office@anju.example": False}
    assert kept.consents.get() == consent
    assert kept.consents.get().withdrawn_at == consent.withdrawn_at is not None


def test_the_values_that_were_chosen_are_kept_and_the_history_says_so(world: World) -> None:
    kept, merged = twins(world)
    taken = {"name", "salesperson", "address", "postcode"}
    merge_customers(kept, merged, taken=taken, by=world.hub_head)
    kept.refresh_from_db()
    assert (kept.name, kept.salesperson, kept.attention) == ("苏州安居物业", world.sales_head, "先电话后上门")
    assert kept.folded_name == "苏州安居物业"
    assert (kept.file.address, kept.file.postcode, kept.file.credit) == ("星湖街 218 号 3 楼", "215123", "月结三十天")
    event = Event.objects.get(thread=kept.thread, verb="merge")
    assert event.changes["merged"] == [None, merged.pk]
    assert event.changes["salesperson"] == [None, world.sales_head.pk]
    assert {row.field for row in event.sealed.all()} == {"name", "contacts", "address", "postcode"}
    theirs = Event.objects.get(thread=merged.thread, verb="merge")
    assert theirs.changes == {"merged_into": [None, kept.pk]}


def test_the_record_of_a_merge_holds_numbers_and_no_words(world: World) -> None:
    kept, merged = twins(world)
    row = merge_customers(kept, merged, taken={"name", "address"}, by=world.hub_head)

    def words(value: Any) -> bool:
        if isinstance(value, list):
            return any(map(words, value))
        return not isinstance(value, int)

    assert {name for name, value in row.moved.items() if words(value)} == {"file"}
    assert row.moved["file"] in {"", "made", "there"}


def test_what_cannot_be_one_is_refused_with_its_reason(world: World) -> None:
    kept, merged = firm(world, "甲方"), firm(world, "乙方")
    assert reasons(kept, kept, world) == {"itself"}
    assert reasons(kept, person(world, "张伟"), world) == {"type"}
    Customer.objects.filter(pk=merged.pk).update(secrecy="confidential")
    assert reasons(kept, merged, world) == {"secrecy"}
    merge_customers(merged, kept, by=world.hub_head)
    assert reasons(firm(world, "丙方"), kept, world) == {"merged"}
    assert "merged" in reasons(kept, firm(world, "丁方"), world)


def test_what_was_judged_different_or_waits_for_the_general_manager_is_not_merged(world: World) -> None:
    kept, merged = firm(world, "甲方"), firm(world, "乙方")
    grants.ask_to_read(merged, world.manager, purpose="授信", period=days(0, 3))
    tell_apart(kept, merged, reason="两个法人", by=world.agent)
    assert reasons(kept, merged, world) == {"asked", "distinct"}


def test_a_room_can_stand_in_the_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from audit.exceptions import Reason

    kept, merged = firm(world, "甲方"), firm(world, "乙方")
    monkeypatch.setattr(merging, "_obstacles", [lambda row: [Reason("erasing", "…")] if row == merged else []])
    assert reasons(kept, merged, world) == {"erasing"}


@pytest.mark.parametrize(
    ("name", "plain", "custodians"),
    [
        ("agent", True, False), ("sales_handler", True, False), ("hub_head", True, True),
        ("general_manager", True, True), ("manager", False, False), ("production_head", False, False),
    ],
)  # fmt: skip
def test_who_merges_and_that_only_the_head_changes_who_reads_what(
    world: World, name: str, plain: bool, custodians: bool
) -> None:
    kept, merged = firm(world, "甲方"), firm(world, "乙方")
    one, other = (get_customer(world.users[name], row.pk) for row in (kept, merged))
    assert one.merges_with(other) is plain
    client = client_of(world, name)
    Customer.objects.filter(pk=merged.pk).update(custodian=world.sales_handler)
    page = client.get(f"/customers/{kept.pk}/merge/{merged.pk}/")
    assert page.status_code == (200 if plain else 403)
    answers = {"name": "kept", "custodian": "merged"}
    answer = client.post(f"/customers/{kept.pk}/merge/{merged.pk}/", answers)
    assert answer.status_code == (302 if custodians else 403)
    assert Merge.objects.exists() is custodians


@pytest.mark.req("CUS-18", "A-31")
@pytest.mark.gate(15)
def test_reading_rights_end_with_the_merge_and_are_told(world: World) -> None:
    kept, merged = twins(world)
    own = grants.give_grant(kept, world.manager, purpose="审计", period=days(0, 9), by=world.general_manager)
    other = grants.give_grant(
        merged, world.finance_handler, purpose="对账", period=days(1, 9), by=world.general_manager
    )
    everything = grants.give_grant(None, world.sales_head, purpose="年度", period=days(0, 9), by=world.general_manager)
    merge = merge_customers(kept, merged, by=world.hub_head)
    for grant in (own, other):
        grant.refresh_from_db()
        assert (grant.revoked_at, grant.revoked_by) == (merge.at, world.hub_head)
        assert Message.objects.filter(kind="reading_ended", user=grant.person).exists()
        assert may_read(grant.customer.thread, grant.person)
    everything.refresh_from_db()
    assert everything.revoked_at is None
    assert client_of(world, "manager").get(f"/customers/{kept.pk}/file/").status_code == 403
    verbs = Event.objects.filter(thread=merged.thread, verb="revoke_reading")
    assert verbs.get().changes["person"] == [None, world.finance_handler.pk]


@pytest.mark.req("A-31")
def test_who_may_not_read_the_files_merges_them_without_seeing_them(world: World) -> None:
    kept, merged = twins(world)
    client = client_of(world, "agent")
    url = f"/customers/{kept.pk}/merge/{merged.pk}/"
    page = client.get(url).content.decode()
    for secret in ("月结三十天", "平稳", "一号炉合同", "二号炉合同"):
        assert secret not in page
    assert "星湖街 218 号 3 楼" in page  # the address is the card's
    assert submit(client, url, address="merged").status_code == 302
    kept.refresh_from_db()
    assert (kept.file.finances, kept.file.credit, kept.file.address) == ("平稳", "月结三十天", "星湖街 218 号 3 楼")
    custodian = read(client_of(world, "sales_handler"), kept).content.decode()
    assert "二号炉合同" in custodian
    agent = client.get(f"/customers/{kept.pk}/").content.decode()
    assert "平稳" not in agent
    assert "二号炉合同" not in agent


def test_the_preview_counts_only_what_its_reader_may_know(world: World) -> None:
    from cases.actions.intake import Accused

    kept, merged = twins(world)
    w.log_call(world, customer=merged, accused=Accused(people=(world.agent,)))
    counts = {
        name: {part.code: part.seen(merged, identity_of(world.users[name])).count() for part in merging.parts()}
        for name in ("agent", "agent2")
    }
    assert (counts["agent"]["cases"], counts["agent2"]["cases"]) == (1, 2)
    assert counts["agent"]["holdings"] == 1  # the contract is the file's
    merge_customers(kept, merged, by=world.agent)
    assert Case.objects.filter(customer=kept).count() == 3


def test_the_form_offers_what_is_filled_and_newer(world: World) -> None:
    from customers.forms.merging import MergeForm

    kept, merged = twins(world)
    Customer.objects.filter(pk=merged.pk).update(file_updated_at=timezone.now() + timedelta(hours=1))
    one, other = get_customer(world.sales_handler, kept.pk), get_customer(world.sales_handler, merged.pk)
    form = MergeForm(kept=one, merged=other)
    offered = {name: form.fields[name].initial for name in form.fields if name != "base"}
    assert offered == {
        "name": "kept", "attention": "kept", "salesperson": "merged", "address": "merged", "postcode": "merged",
        "credit": "kept", "finances": "merged",
    }  # fmt: skip


def test_a_preview_that_is_out_of_date_merges_nothing(world: World) -> None:
    kept, merged = twins(world)
    base = stamp(merge_facts(kept, merged))
    file.update_file(merged, {"address": "新地址"}, by=world.actor("hub_head"))
    with pytest.raises(StaleRecord) as refusal:
        merge_customers(kept, merged, by=world.hub_head, base=base)
    assert refusal.value.changed == ["address"]
    client = client_of(world, "hub_head")
    url = f"/customers/{kept.pk}/merge/{merged.pk}/"
    answer = client.post(url, {"base": base, "name": "kept", "attention": "kept", "salesperson": "kept",
                               "address": "kept", "postcode": "kept"})  # fmt: skip
    assert answer.status_code == 409
    assert "地址" in answer.content.decode()
    assert not Merge.objects.exists()


def test_old_addresses_lead_to_the_one_that_stays_and_take_nothing(world: World) -> None:
    kept, merged = twins(world)
    talk = merged.communications.get()
    case = merged.cases.get()
    merge_customers(kept, merged, by=world.hub_head)
    client = client_of(world, "agent")
    for tail in ("", "edit/", f"communications/{talk.pk}/", "holdings/new/product/", "duplicates/?q=x"):
        answer = client.get(f"/customers/{merged.pk}/{tail}")
        assert answer.headers["Location"] == f"/customers/{kept.pk}/{tail}", tail
    assert client.get(f"/customers/{kept.pk}/merge/{merged.pk}/").headers["Location"] == f"/customers/{kept.pk}/"
    for tail in ("edit/", "communications/new/", "holdings/new/product/"):
        answer = client.post(f"/customers/{merged.pk}/{tail}", {"name": "x"})
        assert answer.status_code == 409
        assert kept.name in answer.content.decode()
    for url in (f"/cases/of-customer/{merged.pk}/", f"/cases/?customer={merged.pk}&state=all"):
        assert case.number in client.get(url).content.decode()
    assert client.get(f"/customers/{talk.pk + 99999}/").status_code == 404


@pytest.mark.req("CUS-17")
def test_an_old_address_tells_nothing_of_a_secret_customer(world: World) -> None:
    kept, merged = firm(world, "甲方"), firm(world, "乙方")
    merge_customers(kept, merged, by=world.hub_head)
    Customer.objects.filter(pk=kept.pk).update(secrecy="secret")
    assert client_of(world, "sales_head").get(f"/customers/{merged.pk}/").status_code == 404
    assert client_of(world, "auditor").get(f"/customers/{merged.pk}/").status_code == 403


@pytest.mark.form("F68")
def test_the_update_log_tells_what_happened_in_either_file(world: World) -> None:
    kept, merged = twins(world)
    merge_customers(kept, merged, taken={"address"}, by=world.hub_head)
    page = client_of(world, "agent").get(f"/customers/{kept.pk}/").content.decode()
    assert page.count("合并了档案") == 1
    assert "原“苏州安居物业”档案" in page
    assert "小客户" not in page
    classes_page = client_of(world, "agent").get(f"/customers/{kept.pk}/class/").content.decode()
    assert "小客户" in classes_page
    assert "战略客户" in classes_page


def test_nothing_is_written_to_a_file_that_was_merged(world: World) -> None:
    kept, merged = twins(world)
    by, agent = world.actor("hub_head"), world.agent
    holding, talk = merged.holdings.first(), merged.communications.get()
    assert holding is not None
    merge_customers(kept, merged, by=world.hub_head)
    holding.customer = talk.customer = merged  # as a page knew it that was opened before
    held, said = holdings.Held("product", name="x"), communications.Talk("call", timezone.now(), "x")
    asked = {"purpose": "x", "period": days(0, 1)}
    writers = {
        "card": lambda: people.update_customer(merged, people.Facts("x", "organisation"), by=by),
        "file": lambda: file.update_file(merged, {"address": "x"}, by=by),
        "class": lambda: classes.classify_customer(merged, "B", "key", reason="x", by=agent),
        "standing": lambda: classes.say_standing(merged, classes.Said(national_rank=1), by=by),
        "holding": lambda: holdings.add_holding(merged, held, by=by),
        "changed holding": lambda: holdings.change_holding(holding, held, by=by),
        "removed holding": lambda: holdings.remove_holding(holding, by=by),
        "communication": lambda: communications.record_communication(merged, said, by=by),
        "correction": lambda: communications.correct_communication(talk, said, by=by),
        "request": lambda: grants.ask_to_read(merged, world.manager, **asked),
        "grant": lambda: grants.give_grant(merged, world.manager, by=world.general_manager, **asked),
        "judgement": lambda: tell_apart(kept, merged, reason="x", by=agent),
    }
    events = Event.objects.count()
    for name, write in writers.items():
        with pytest.raises(InvalidMove) as refusal:
            write()
        assert kept.name in str(refusal.value), name
    assert Event.objects.count() == events
    with pytest.raises(Exception, match=kept.name):
        people.open_file(people.Facts("张三", organisation=merged), by=by)


def test_feedback_for_a_file_that_was_merged_lands_on_the_one_that_stays(world: World) -> None:
    kept, merged = twins(world)
    merge_customers(kept, merged, by=world.hub_head)
    assert case_of(world, merged).customer == kept
    case = w.log_call(world)
    from cases.actions.correction import correct

    assert correct(case, {"customer": merged}, by=world.actor("agent"), reason="x").customer == kept
    assert find_for_contact(phone="13805126634", email="", name="苏州安居物业") == kept
    assert find_for_contact(phone="13805126634", email="", name="苏州安居物业有限公司") == kept
    form = {"customer": str(merged.pk), "reporter_name": "某人", "reporter_phone": "13700001111", "text": "漏水"}
    client = client_of(world, "agent")
    assert submit(client, "/cases/log/", holds="caller", kind="complaint", caller="某人", **form).status_code == 302
    assert Case.objects.latest("pk").customer == kept


def test_what_is_handed_over_is_counted_without_files_that_were_merged(world: World) -> None:
    kept, merged = (
        firm(world, "甲方", custodian=world.sales_handler),
        firm(world, "乙方", custodian=world.sales_handler),
    )
    merge_customers(kept, merged, by=world.hub_head)
    assert handover.in_hand(world.sales_handler) == {"custodian": 1}
    handover.hand_over(world.sales_handler, world.sales_head, by=world.actor("administrator"))
    merged.refresh_from_db()
    assert merged.custodian == world.sales_head  # it comes back to whoever keeps files now


def test_a_chain_leads_to_its_end(world: World) -> None:
    a, b, c = (firm(world, name, phone(f"1380512663{n}")) for n, name in enumerate(("甲方", "乙方", "丙方")))
    case = case_of(world, a)
    merge_customers(b, a, by=world.hub_head)
    b.refresh_from_db()
    merge_customers(c, b, by=world.hub_head)
    case.refresh_from_db()
    assert case.customer == c
    assert client_of(world, "agent").get(f"/customers/{a.pk}/").headers["Location"] == f"/customers/{c.pk}/"
    page = client_of(world, "agent").get(f"/customers/{c.pk}/").content.decode()
    assert "原“甲方”档案" in page
    assert match("13805126630", who=identity_of(world.agent)) == [c]


def test_a_merge_costs_the_same_however_much_moves(world: World) -> None:
    def statements(n: int) -> int:
        kept, merged = firm(world, f"甲{n}"), firm(world, f"乙{n}")
        for i in range(n):
            holdings.add_holding(merged, holdings.Held("product", name=f"{i}"), by=world.actor("agent"))
            person(world, f"人{i}", organisation=merged)
            case_of(world, merged)
        with CaptureQueriesContext(connection) as seen:
            merge_customers(kept, merged, by=world.hub_head)
        return len(seen)

    assert statements(1) == statements(4)


def test_the_grants_of_others_are_left_alone(world: World) -> None:
    kept, merged, third = firm(world, "甲方"), firm(world, "乙方"), firm(world, "丙方", phone(PHONE))
    grant = grants.give_grant(third, world.manager, purpose="x", period=days(0, 2), by=world.general_manager)
    merge_customers(kept, merged, by=world.hub_head)
    assert FileGrant.objects.get(pk=grant.pk).revoked_at is None
