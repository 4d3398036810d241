"""Taking a merge back: exactly what moved goes back, what came since stays, and what cannot go back is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.actions import erase
from audit.exceptions import Blocked
from audit.models import Event
from cases.models import Case
from customers import merging
from customers.actions import communications, file, grants, holdings, people
from customers.actions.duplicates import tell_apart
from customers.actions.merging import SINGLE, merge_customers, unmerge_customers
from customers.fields import BY_NAME
from customers.models import ContactPoint, Customer, CustomerFile, CustomerKind, Holding, Merge
from customers.queries.merging import against_undoing
from customers.queries.search import match
from organization.queries import identity_of
from tests.customers.files import days
from tests.customers.pairs import case_of, everything, firm, person, phone, twins
from tests.world import World, client_of


def codes(merge: Merge) -> set[str]:
    return {reason.code for reason in against_undoing(Merge.objects.get(pk=merge.pk))}


def test_a_merge_and_its_undoing_leave_every_row_as_it_was(world: World) -> None:
    kept, merged = twins(world)
    third = firm(world, "丙方")
    tell_apart(merged, third, reason="不同", by=world.agent)
    grants.give_grant(merged, world.manager, purpose="审计", period=days(0, 9), by=world.general_manager)
    before = everything()
    merge = merge_customers(kept, merged, taken={*SINGLE, *BY_NAME}, by=world.hub_head)
    assert everything() != before
    undone = unmerge_customers(merge, by=world.hub_head)
    assert (undone.fields, undone.rows) == ([], 0)
    assert everything() == before
    for row in (kept, merged):
        assert Event.objects.filter(thread=row.thread).latest("seq").verb == "unmerge"


_parts = st.sets(st.sampled_from(["phone", "refused", "mail", "file", "held", "talk", "people", "case", "kind"]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=_parts, theirs=_parts, taken=st.sets(st.sampled_from([*SINGLE, *BY_NAME])), again=st.booleans())
def test_whatever_they_have_it_goes_back(
    world: World, mine: set[str], theirs: set[str], taken: set[str], again: bool
) -> None:
    kept, merged = (_made(world, name, parts) for name, parts in (("甲方公司", mine), ("甲方", theirs)))
    before = everything()
    for _turn in range(2 if again else 1):
        merge = merge_customers(kept, merged, taken=taken, by=world.hub_head)
        undone = unmerge_customers(merge, by=world.hub_head)
        assert (undone.fields, undone.rows) == ([], 0)
        assert everything() == before


def _made(world: World, name: str, parts: set[str]) -> Customer:
    by = world.actor("hub_head")
    kind = CustomerKind.objects.get(code="group")
    contacts = [phone("13805126634", refused="refused" in parts)] if parts & {"phone", "refused"} else []
    contacts += [people.Reach("email", "a@b.example")] if "mail" in parts else []
    row = firm(world, name, *contacts, kinds=(kind,) if "kind" in parts else (), attention=name[-1])
    if "file" in parts:
        file.update_file(row, {"address": name, "credit": name}, by=by)
    if "held" in parts:
        holdings.add_holding(row, holdings.Held("order", name="x"), by=by)
    if "talk" in parts:
        communications.record_communication(
            row, communications.Talk("call", timezone.now(), "x"), by=world.actor("agent")
        )
    if "people" in parts:
        person(world, "张三", organisation=row)
    if "case" in parts:
        case_of(world, row)
    return row


def test_what_came_since_stays_with_the_one_that_stayed(world: World) -> None:
    kept, merged = twins(world)
    merge = merge_customers(kept, merged, by=world.hub_head)
    new_case = case_of(world, kept)
    said = communications.Talk("call", timezone.now(), "合并以后")
    talk = communications.record_communication(kept, said, by=world.actor("agent"))
    held = holdings.add_holding(kept, holdings.Held("product", name="新买的"), by=world.actor("agent"))
    colleague = person(world, "新同事", organisation=kept)
    undone = unmerge_customers(merge, by=world.hub_head)
    assert (undone.fields, undone.rows) == ([], 0)
    for row in (new_case, talk, held):
        row.refresh_from_db()
        assert row.customer == kept
    colleague.refresh_from_db()
    assert colleague.organisation == kept
    assert merged.cases.count() == merged.communications.count() == merged.people.count() == 1


def test_what_changed_since_stays_and_is_said(world: World) -> None:
    kept, merged = twins(world)
    merge = merge_customers(kept, merged, taken={"name", "address", "salesperson"}, by=world.hub_head)
    by = world.actor("hub_head")
    file.update_file(kept, {"address": "再改一次"}, by=by)
    kept.refresh_from_db()
    facts = people.Facts(
        "安居物业", "organisation", contacts=(phone(),), custodian=kept.custodian, attention=kept.attention,
        salesperson=kept.salesperson,
    )  # fmt: skip
    people.update_customer(kept, facts, by=by)
    undone = unmerge_customers(merge, by=world.hub_head)
    assert set(undone.fields) == {"name", "address"}
    assert undone.rows == 1  # the mobile that had moved was taken out of the card
    kept.refresh_from_db()
    assert (kept.name, kept.salesperson, kept.file.address) == ("安居物业", None, "再改一次")
    merged.refresh_from_db()
    assert merged.merged_into is None
    assert not ContactPoint.objects.filter(customer=merged, normal="+8613805126634").exists()


def test_a_changed_row_goes_back_as_it_is_now(world: World) -> None:
    kept, merged = twins(world)
    merge = merge_customers(kept, merged, by=world.hub_head)
    row = Holding.objects.get(name="二号炉")
    holdings.change_holding(row, holdings.Held("product", name="二号炉（大修）"), by=world.actor("agent"))
    unmerge_customers(merge, by=world.hub_head)
    row.refresh_from_db()
    assert (row.customer, row.name) == (merged, "二号炉（大修）")


@pytest.mark.req("CUS-18")
def test_permissions_come_back_unless_they_were_taken_back(world: World) -> None:
    kept, merged = twins(world)
    period = days(0, 9)
    first = grants.give_grant(kept, world.manager, purpose="审计", period=period, by=world.general_manager)
    second = grants.give_grant(merged, world.finance_handler, purpose="对账", period=period, by=world.general_manager)
    grants.revoke_grant(second, by=world.general_manager)
    merge = merge_customers(kept, merged, by=world.hub_head)
    unmerge_customers(merge, by=world.hub_head)
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.revoked_at is None
    assert second.revoked_by == world.general_manager


def test_a_chain_is_undone_in_reverse_order(world: World) -> None:
    a, b, c = (firm(world, name, phone(f"1380512663{n}")) for n, name in enumerate(("甲方", "乙方", "丙方")))
    cases = [case_of(world, row) for row in (a, b, c)]
    before = everything()
    first = merge_customers(b, a, taken={"name"}, by=world.hub_head)
    b.refresh_from_db()
    second = merge_customers(c, b, taken={"name"}, by=world.hub_head)
    assert {Case.objects.get(pk=case.pk).customer for case in cases} == {c}
    assert Customer.objects.get(pk=c.pk).name == "甲方"
    assert codes(first) == {"further"}
    with pytest.raises(Blocked):
        unmerge_customers(first, by=world.hub_head)
    unmerge_customers(second, by=world.hub_head)
    assert codes(first) == set()
    unmerge_customers(first, by=world.hub_head)
    assert everything() == before


def test_of_two_that_became_part_of_one_the_later_goes_first(world: World) -> None:
    a, b, c = (firm(world, name, phone()) for name in ("甲方", "乙方", "丙方"))
    before = everything()
    first = merge_customers(c, a, by=world.hub_head)
    second = merge_customers(c, b, by=world.hub_head)
    assert codes(first) == {"later"}
    unmerge_customers(second, by=world.hub_head)
    unmerge_customers(first, by=world.hub_head)
    assert codes(first) == {"undone"}
    with pytest.raises(Blocked):
        unmerge_customers(first, by=world.hub_head)
    assert everything() == before


@pytest.mark.req("SEC-04")
def test_what_was_overwritten_is_erased_with_the_history_and_cannot_come_back(world: World) -> None:
    kept, merged = twins(world)
    merge = merge_customers(kept, merged, taken={"name"}, by=world.hub_head)
    erase(thread=kept.thread, by=world.actor("administrator"), at=timezone.now())
    assert codes(merge) == {"erased"}
    page = client_of(world, "hub_head").get(f"/customers/{kept.pk}/merges/{merge.pk}/").content.decode()
    assert "永久删除" in page
    assert "撤销合并" not in page


def test_a_room_can_stand_in_the_way_of_undoing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from audit.exceptions import Reason

    kept, merged = firm(world, "甲方"), firm(world, "乙方")
    merge = merge_customers(kept, merged, by=world.hub_head)
    monkeypatch.setattr(merging, "_obstacles", [lambda row: [Reason("erasing", "…")] if row.pk == merged.pk else []])
    assert codes(merge) == {"erasing"}


def test_a_file_that_was_made_by_the_merge_stays_once_something_was_written(world: World) -> None:
    kept, merged = firm(world, "甲方"), firm(world, "乙方")
    by = world.actor("hub_head")
    file.update_file(merged, {"address": "x"}, by=by)
    merge = merge_customers(kept, merged, taken={"address"}, by=world.hub_head)
    file.update_file(kept, {"postcode": "400000"}, by=by)
    unmerge_customers(merge, by=world.hub_head)
    row = CustomerFile.objects.get(customer=kept)
    assert (row.address, row.postcode) == ("", "400000")


@pytest.mark.parametrize(("name", "status"), [("agent", 302), ("manager", 403), ("production_handler", 403)])
def test_the_page_undoes_it_for_who_may_merge(world: World, name: str, status: int) -> None:
    kept, merged = firm(world, "甲方", phone("13805126634")), firm(world, "乙方", phone("13805126635"))
    merge = merge_customers(kept, merged, by=world.hub_head)
    url = f"/customers/{kept.pk}/merges/{merge.pk}/"
    client = client_of(world, name)
    assert client.get(url).status_code == (200 if status == 302 else 403)
    answer = client.post(f"{url}undo/")
    assert answer.status_code == status
    if status == 302:
        assert answer.headers["Location"] == f"/customers/{merged.pk}/"
        assert match("13805126635", who=identity_of(world.agent)) == [merged]
        assert "撤销了合并" in client.get(f"/customers/{merged.pk}/").content.decode()
        assert client.post(f"{url}undo/", follow=True).status_code == 200  # pressed twice: told, nothing done
    assert Merge.objects.get().undone_at is None or status == 302


def test_what_could_not_go_back_is_told_on_the_page(world: World) -> None:
    kept, merged = twins(world)
    merge = merge_customers(kept, merged, taken={"address"}, by=world.hub_head)
    file.update_file(kept, {"address": "再改一次"}, by=world.actor("hub_head"))
    Holding.objects.filter(name="二号炉").delete()
    page = client_of(world, "agent").post(f"/customers/{kept.pk}/merges/{merge.pk}/undo/", follow=True)
    html = page.content.decode()
    assert "保持现状：地址" in html
    assert "1 条移动过的内容已不存在" in html


def test_a_merge_of_others_is_not_there(world: World) -> None:
    kept, merged, third = (firm(world, name) for name in ("甲方", "乙方", "丙方"))
    merge = merge_customers(kept, merged, by=world.hub_head)
    client = client_of(world, "agent")
    for pk in (merge.pk, merge.pk + 1, 2**63):
        assert client.get(f"/customers/{third.pk}/merges/{pk}/").status_code == 404
        assert client.post(f"/customers/{third.pk}/merges/{pk}/undo/").status_code == 404


def test_the_time_of_a_merge_tells_its_own_endings_from_others(world: World) -> None:
    """A permission that somebody took back in the same merge period by hand does not come back."""
    kept, merged = firm(world, "甲方"), firm(world, "乙方")
    grant = grants.give_grant(kept, world.manager, purpose="x", period=days(0, 9), by=world.general_manager)
    merge: Any = merge_customers(kept, merged, by=world.hub_head)
    grant.refresh_from_db()
    grant.revoked_at = merge.at + timedelta(seconds=1)
    grant.save()
    unmerge_customers(merge, by=world.hub_head)
    grant.refresh_from_db()
    assert grant.revoked_at is not None
