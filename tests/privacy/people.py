"""A person who called, and how a request about his or her data goes its way."""

from __future__ import annotations

from typing import Any

from cases.actions.intake import Reporter
from cases.models import Case
from customers.models import Customer
from feedback_system.models import DataRequest
from feedback_system.privacy import erasure_requests, requests
from feedback_system.privacy.requests import Asked
from tests import world as w
from tests.world import World

NAME, PHONE = "周慧", "13805126634"


def known(world: World, *, name: str = NAME, phone: str = PHONE) -> Customer:
    """A person in the file, with one closed case."""
    case = w.closed(world, reporter=Reporter(name=name, phone=phone, email="zhou@hui.example"))
    assert case.customer is not None
    return case.customer


def case_of(customer: Customer) -> Case:
    """The person's newest case."""
    found = Case.objects.filter(customer=customer).order_by("-pk").first()
    assert found is not None
    return found


def asked(world: World, customer: Customer | Case, kind: str, **more: Any) -> DataRequest:
    """A request that a colleague wrote down and whose author was recognised."""
    values = {"words": "请按规定办理", "channel": "phone", "identity": "回拨档案号码确认"} | more
    return requests.open_request(Asked(kind, **values), of=customer, by=world.actor("agent"))


def erased(world: World, customer: Customer) -> DataRequest:
    """Asked for, approved, carried out."""
    row = erasure_requests.ask_erasure(asked(world, customer, "erase"), by=world.hub_head)
    row = erasure_requests.decide_erasure(row, granted=True, opinion="同意", by=world.general_manager)
    return erasure_requests.carry_out(row)
