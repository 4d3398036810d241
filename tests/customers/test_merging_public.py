"""What customers see of their cases is the same before and after a merge, and nothing of another customer's.

Merging files so that a note appears to the wrong customer is what users of other systems complain of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from django.test import Client

from cases.actions import contacts, internal, reply
from cases.models import Case
from cases.secrets import access_code, link_token
from customers.actions.merging import merge_customers, unmerge_customers
from customers.models import Customer
from notifications.delivery import sweep_due
from notifications.models import Message
from organization.queries import identity_of
from tests import world as w
from tests.cases.visitors import submitted
from tests.customers.pairs import firm, phone
from tests.world import World

pytestmark = pytest.mark.req("SEC-07")


@dataclass
class Side:
    """One customer with a case, and every word that only this one may see."""

    customer: Customer
    case: Case
    words: tuple[str, ...]


def side(world: World, name: str, number: str) -> Side:
    """A customer with an answered case, a contact, an internal note and an address of its own."""
    customer = firm(world, name, phone(number), attention=f"{name}的提示")
    email = f"{number}@reporter.example"
    reporter = w.Reporter(name=f"{name}的报修人", organisation=name, phone=number, email=email)
    case = w.dispatched(world, customer=customer, reporter=reporter, text=f"{name}的锅炉漏水。")
    talk = contacts.NewContact("in", world.channel("phone"), f"{name}来电催办")
    contacts.record_contact(case, talk, by=world.actor("agent"))
    internal.add_note(case, internal.NewNote(f"{name}的内部备注"), by=world.actor("agent"))
    reply.send_progress(case, reply.Answer(f"{name}的进展", "email"), by=world.actor("agent"), expected_at=w.in_days(1))
    words = (
        name, number, email, f"{name}的报修人", f"{name}的锅炉漏水", f"{name}来电催办", f"{name}的内部备注", f"{name}的进展",
        f"{name}的提示", case.number, link_token(case), access_code(case),
    )  # fmt: skip
    return Side(customer, Case.objects.get(pk=case.pk), words)


def public_pages(case: Case) -> dict[str, str]:
    """Every public page of a case: by link, by code, by number and tail, its files."""
    by_link, by_code, by_tail = Client(), Client(), Client()
    by_link.get(f"/track/{link_token(case)}/")
    by_code.post("/track/", {"number": case.number, "secret": access_code(case)})
    by_tail.post("/track/", {"number": case.number, "secret": case.reporter_phone[-4:]})
    pages = {
        f"{name} {url}": client.get(url)
        for name, client in (("link", by_link), ("code", by_code), ("tail", by_tail))
        for url in ("/track/case/", f"/track/case/{case.number}/")
    }
    return {name: f"{page.status_code} {_neutral(page.content.decode())}" for name, page in pages.items()}


def _neutral(html: str) -> str:
    html = re.sub(r'<script id="script-words".*?</script>', "", html, flags=re.DOTALL)
    return re.sub(r'nonce="[^"]*"|value="[0-9a-f-]{36}"|[A-Za-z0-9_+/=-]{40,}', "", html)


def test_public_pages_of_both_are_the_same_before_after_and_when_undone(world: World) -> None:
    one, other = side(world, "甲方水务", "13805126634"), side(world, "乙方物业", "13912340021")
    before = {each.case.pk: public_pages(each.case) for each in (one, other)}
    merge = merge_customers(one.customer, other.customer, taken={"name", "attention"}, by=world.hub_head)
    for each, stranger in ((one, other), (other, one)):
        pages = public_pages(each.case)
        assert pages == before[each.case.pk]
        for name, page in pages.items():
            assert page.startswith("200") or name.startswith("tail"), name
            for word in stranger.words:
                assert word not in page, (name, word)
    unmerge_customers(merge, by=world.hub_head)
    assert {each.case.pk: public_pages(each.case) for each in (one, other)} == before


def test_a_page_that_showed_the_customers_notes_would_be_noticed(world: World) -> None:
    """The switch: the words that are looked for do stand on the case's own page."""
    one = side(world, "甲方水务", "13805126634")
    page = public_pages(one.case)["link /track/case/"]
    assert {word for word in one.words if word in page} >= {one.case.number, "甲方水务的锅炉漏水"}
    assert "甲方水务的内部备注" not in page


def test_the_code_of_one_case_does_not_open_another_of_the_same_customer(world: World) -> None:
    one, other = side(world, "甲方水务", "13805126634"), side(world, "乙方物业", "13912340021")
    merge_customers(one.customer, other.customer, by=world.hub_head)
    client = Client()
    client.get(f"/track/{link_token(one.case)}/")
    assert other.case.text not in client.get(f"/track/case/{other.case.number}/", follow=True).content.decode()
    for secret in (access_code(one.case), one.case.reporter_phone[-4:]):
        answer = Client().post("/track/", {"number": other.case.number, "secret": secret}, follow=True)
        assert other.case.text not in answer.content.decode()


def test_receipts_of_a_form_are_the_same(world: World, settings: object) -> None:
    settings.PROOF_OF_WORK_MAX_NUMBER = 60  # type: ignore[attr-defined]
    client = Client()
    case = submitted(client)
    customer = firm(world, "甲方水务", phone("13912345678"))
    Case.objects.filter(pk=case.pk).update(customer=customer)
    before = public_pages(case)
    kept = firm(world, "乙方物业", phone("13912340021"), attention="乙方的提示")
    merge_customers(kept, customer, by=world.hub_head)
    assert public_pages(Case.objects.get(pk=case.pk)) == before


@pytest.mark.req("INT-24")
def test_messages_of_a_case_go_to_its_own_address_and_say_nothing_of_the_other(world: World) -> None:
    one, other = side(world, "甲方水务", "13805126634"), side(world, "乙方物业", "13912340021")
    merge_customers(one.customer, other.customer, taken={"name"}, by=world.hub_head)
    case = Case.objects.get(pk=other.case.pk)
    last = Message.objects.latest("pk").pk
    reply.send_progress(case, reply.Answer("合并后的进展", "email"), by=world.actor("agent"), expected_at=w.in_days(1))
    sent = Message.objects.filter(pk__gt=last, user=None)
    assert {message.address for message in sent} == {case.reporter_email}
    sweep_due()
    for message in Message.objects.filter(thread=case.thread, user=None):
        assert message.address in {case.reporter_email, case.reporter_phone}
        text = f"{message.subject} {message.body} {message.context}"
        for word in one.words:
            assert word not in text, word


@pytest.mark.req("SEC-01", "RTE-18")
def test_who_reads_which_case_does_not_change(world: World) -> None:
    one, other = side(world, "甲方水务", "13805126634"), side(world, "乙方物业", "13912340021")

    def readers() -> dict[str, set[int]]:
        return {
            name: set(Case.objects.visible_to(identity_of(user)).values_list("pk", flat=True))
            for name, user in world.users.items()
        }

    rows = Case.objects.order_by("pk").values_list("pk", "readers", "barred", "version")
    before, stored = readers(), list(rows)
    merge_customers(one.customer, other.customer, by=world.hub_head)
    assert readers() == before
    assert list(rows) == stored
