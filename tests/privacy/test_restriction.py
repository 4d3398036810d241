"""Restricted: the data are only kept; no search, no list, no page finds them but for who keeps them (PIPL 47)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.exceptions import InvalidMove
from cases.models import Case
from customers.actions.communications import Talk, record_communication
from customers.actions.people import Facts, open_file
from customers.models import Customer
from customers.queries.communications import communications_of
from customers.queries.search import match, page_of
from feedback_system.privacy.restriction import lift_restriction, restrict
from organization.queries import identity_of
from tests import world as w
from tests.privacy.people import NAME, PHONE, case_of
from tests.world import World, client_of

pytestmark = pytest.mark.req("SEC-05")


def test_only_the_head_of_the_files_finds_a_restricted_person(world: World, customer: Customer) -> None:
    number = case_of(customer).number
    restrict(customer, by=world.actor("hub_head"), reason="本人要求")
    seen = set()
    for name, user in world.users.items():
        who = identity_of(user)
        found = match(PHONE, who=who) or match(NAME, who=who) or page_of(who).customers
        cases = Case.objects.visible_to(who).filter(number=number)
        assert bool(found) == bool(cases), name
        if found:
            seen.add(name)
    assert seen == {"hub_head", "general_manager"}
    client = client_of(world, "agent")
    assert client.get(f"/customers/{customer.pk}/").status_code == 404
    assert client.get(f"/cases/{number}/").status_code == 404
    assert f"/cases/{number}/" not in client.get(f"/search/?q={number}").content.decode()
    assert client_of(world, "hub_head").get(f"/cases/{number}/").status_code == 200


def test_an_open_case_goes_on_and_is_restricted_when_it_ends(world: World, customer: Customer) -> None:
    open_ = w.satisfied(world)
    restrict(customer, by=world.actor("hub_head"), reason="本人要求")
    agent = identity_of(world.agent)
    assert Case.objects.visible_to(agent).filter(pk=open_.pk).exists()
    case = w.closure.close_case(open_, by=world.actor("agent"), outcome="settled", summary=w.SUMMARY)
    assert not Case.objects.visible_to(agent).filter(pk=case.pk).exists()


def test_lifted_everything_is_as_before(world: World, customer: Customer) -> None:
    before = Case.objects.filter(customer=customer).values("pk", "readers", "barred").get()
    restrict(customer, by=world.actor("hub_head"), reason="本人要求")
    with pytest.raises(InvalidMove):
        restrict(customer, by=world.actor("hub_head"), reason="本人要求")
    lift_restriction(customer, by=world.actor("hub_head"), reason="本人同意恢复")
    assert Case.objects.filter(customer=customer).values("pk", "readers", "barred").get() == before
    assert match(PHONE, who=identity_of(world.agent)) == [customer]


def test_in_an_organisation_a_restricted_person_is_not_there_for_others(world: World, customer: Customer) -> None:
    firm = open_file(Facts("苏州安居物业", "organisation"), by=world.actor("hub_head"))
    Customer.objects.filter(pk=customer.pk).update(organisation=firm)
    talk = Talk("visit", timezone.now() - timedelta(days=1), "与周慧谈保养")
    record_communication(customer, talk, by=world.actor("agent"))
    restrict(customer, by=world.actor("hub_head"), reason="本人要求")
    assert list(communications_of(firm, identity_of(world.agent))) == []
    assert len(communications_of(firm, identity_of(world.hub_head))) == 1
    page = client_of(world, "agent").get(f"/cases/of-customer/{firm.pk}/story/").content.decode()
    assert "与周慧谈保养" not in page
