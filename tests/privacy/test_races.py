"""An erasure and somebody who writes at the same moment: no word is left, whoever comes first (T4: erase x comment)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.exceptions import DomainError
from cases.actions.contacts import NewContact, record_contact
from cases.actions.internal import NewNote, add_note
from cases.models import Case
from customers.actions import communications, people
from customers.actions.holdings import Held, add_holding
from customers.models import Customer
from feedback_system.privacy import erasure_requests
from feedback_system.privacy.erasure import residue
from tests import world as w
from tests.privacy.people import asked, case_of
from tests.races import Race
from tests.world import World

pytestmark = [pytest.mark.req("SEC-05"), pytest.mark.django_db(transaction=True)]
SECRET = "龘靐"


def writers(world: World, customer: Customer) -> dict[str, Callable[[], object]]:
    """Everybody who writes words about the person."""
    agent, case = world.actor("agent"), case_of(customer)
    said = communications.Talk("call", timezone.now() - timedelta(hours=1), SECRET)
    return {
        "communication": lambda: communications.record_communication(customer, said, by=world.actor("agent")),
        "card": lambda: people.update_customer(customer, people.Facts("周慧", attention=SECRET), by=agent),
        "holding": lambda: add_holding(customer, Held("product", name=SECRET), by=agent),
        "contact": lambda: record_contact(case, NewContact("in", world.channel("phone"), SECRET), by=agent),
        "case": lambda: w.log_call(world, customer=customer, text=SECRET),
        "note": lambda: add_note(case, NewNote(SECRET), by=agent),
    }


@pytest.mark.parametrize("writer", ["communication", "card", "holding", "contact", "note", "case"])
@pytest.mark.parametrize("turn", range(3))
def test_who_writes_beside_an_erasure_leaves_nothing(
    world: World, customer: Customer, race: Race, writer: str, turn: int
) -> None:
    row = erasure_requests.ask_erasure(asked(world, customer, "erase"), by=world.hub_head)
    row = erasure_requests.decide_erasure(row, granted=True, opinion="", by=world.general_manager)
    race.run(lambda: erasure_requests.carry_out(row), writers(world, customer)[writer])
    with suppress(DomainError):
        erasure_requests.carry_out(row)
    row.refresh_from_db()
    after = Customer.objects.get(pk=customer.pk)
    if row.state == "open":  # a new case came first, and nothing was erased
        assert writer == "case"
        assert after.erased_at is None
        return
    assert row.state == "done"
    assert not Case.objects.filter(customer=after, erased_at=None).exists()
    if writer != "case":  # one that came afterwards is a new matter of somebody whom we do not know
        assert residue(frozenset({SECRET})) == {}
