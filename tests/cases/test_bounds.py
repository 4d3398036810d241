"""Times that cannot be meant are refused everywhere, and break no page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audit.exceptions import InvalidInput
from cases.actions import contacts
from cases.actions.contacts import NewContact
from cases.api.bodies import CaseIn, ContactIn, MeasureIn
from cases.models import Contact, Draft
from organization.paging import Key, parse_key
from tests import world as w
from tests.cases.test_drafts import typed
from tests.forms import submit
from tests.world import World, client_of

SLIPS = ("0001-01-01T00:00", "1969-12-31T23:59")


@pytest.mark.req("INT-03")
@pytest.mark.parametrize("slip", SLIPS)
def test_a_contact_of_the_year_one_is_refused_and_the_case_stays_readable(world: World, slip: str) -> None:
    case = w.log_call(world)
    client = client_of(world, "agent")
    answer = submit(client, f"/cases/log/add/{case.number}/", text="催问", happened_at=slip)
    assert answer.status_code == 422
    assert "催问" in answer.content.decode()
    assert not Contact.objects.exists()
    assert client.get(f"/cases/{case.number}/").status_code == 200


@pytest.mark.req("INT-03")
def test_no_action_keeps_what_happened_in_the_year_one(world: World) -> None:
    case = w.log_call(world)
    contact = NewContact("in", world.channel("phone"), "催问", happened_at=datetime(1, 1, 1, tzinfo=UTC))
    with pytest.raises(InvalidInput, match="1990"):
        contacts.record_contact(case, contact, by=world.actor("agent"))


@pytest.mark.req("INT-03")
@pytest.mark.parametrize("slip", SLIPS)
def test_a_draft_received_in_the_year_one_can_be_opened_again(world: World, slip: str) -> None:
    client = client_of(world, "agent")
    client.post("/cases/log/draft/", typed(received_at=slip))
    assert client.get(f"/cases/log/?draft={Draft.objects.get().pk}").status_code == 200
    shown = client.get("/cases/log/due/", {"kind": "complaint", "channel": "phone", "received_at": slip})
    assert shown.status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_customers_date_at_the_end_of_days_shows_no_due_time(world: World, day: str) -> None:
    values = {"kind": "complaint", "channel": "phone", "customer_deadline": day}
    assert client_of(world, "agent").get("/cases/log/due/", values).status_code == 200


def test_a_holiday_at_the_end_of_days_is_refused(world: World) -> None:
    client = client_of(world, "administrator")
    answer = client.post("/settings/calendar/days/", {"first": "9999-12-31", "works": "0"})
    assert answer.status_code == 422


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_the_api_takes_no_such_time_either(world: World, moment: str) -> None:
    for serializer in (CaseIn(data={"received_at": moment}), ContactIn(data={"happened_at": moment})):
        assert not serializer.is_valid()
        assert {"received_at", "happened_at"} & set(serializer.errors)
    day = MeasureIn(data={"due_on": moment[:10]})
    assert not day.is_valid()
    assert "due_on" in day.errors


def test_a_page_key_before_1970_is_a_key_like_any_other() -> None:
    key = Key("d", datetime(1958, 5, 1, tzinfo=UTC), 7)
    assert parse_key(str(key)) == key
