"""Everything heard and done with a customer stands on one page, newest first, as far as its reader may see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.queries.story import story_of
from customers.actions.communications import Talk, record_communication
from customers.models import Customer
from organization.queries import identity_of
from tests import world as w
from tests.world import World, client_of

pytestmark = pytest.mark.req("CUS-01", "CUS-15", "INT-30")


def known(world: World) -> Customer:
    case = w.closed(world)
    assert case.customer is not None
    return case.customer


def talk(world: World, customer: Customer, content: str, **ago: float) -> None:
    said = Talk("visit", timezone.now() - timedelta(**ago), content)
    record_communication(customer, said, by=world.actor("agent"))


def texts(world: World, customer: Customer, name: str, **how: Any) -> list[str]:
    return [entry.text for entry in story_of(customer, identity_of(world.users[name]), **how).entries]


def test_cases_answers_opinions_and_talks_stand_in_one_order(world: World) -> None:
    customer = known(world)
    talk(world, customer, "走访：谈了年度保养", days=3)
    entries = story_of(customer, identity_of(world.agent)).entries
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)
    assert entries[-1].text == "走访：谈了年度保养"
    assert {"为您换新机一台，感谢反馈。", "换新机"} <= {entry.text for entry in entries}
    page = client_of(world, "agent").get(f"/cases/of-customer/{customer.pk}/story/").content.decode()
    assert page.index("为您换新机一台") < page.index("走访：谈了年度保养")


def test_a_reader_sees_only_what_he_or_she_may_see(world: World) -> None:
    customer = known(world)
    talk(world, customer, "走访：谈了年度保养", days=3)
    assert texts(world, customer, "sales_handler") == ["走访：谈了年度保养"]
    assert "走访：谈了年度保养" not in texts(world, customer, "production_handler")
    assert "为您换新机一台，感谢反馈。" in texts(world, customer, "production_handler")


def test_a_tab_shows_one_sort(world: World) -> None:
    customer = known(world)
    talk(world, customer, "走访", days=3)
    assert texts(world, customer, "agent", show="talks") == ["走访"]
    assert "走访" not in texts(world, customer, "agent", show="cases")


def test_pages_follow_each_other_without_a_gap_also_at_one_moment(world: World) -> None:
    customer = known(world)
    at = timezone.now() - timedelta(days=9)
    for n in range(7):
        record_communication(customer, Talk("call", at - timedelta(days=n // 3), f"第 {n}"), by=world.actor("agent"))
    who, seen, before = identity_of(world.agent), [], None
    for _page in range(9):
        story = story_of(customer, who, show="talks", before=before, size=2)
        seen += [entry.text for entry in story.entries]
        before = story.before
        if before is None:
            break
    assert sorted(seen) == [f"第 {n}" for n in range(7)]


def test_the_number_of_queries_does_not_grow_with_the_story(world: World, django_assert_max_num_queries: Any) -> None:
    customer = known(world)
    for n in range(15):
        talk(world, customer, f"走访 {n}", days=n + 1)
    who = identity_of(world.agent)
    with django_assert_max_num_queries(9):
        story_of(customer, who)


def test_a_moment_that_nobody_can_mean_shows_the_beginning(world: World) -> None:
    customer = known(world)
    client = client_of(world, "agent")
    for before in ("x", "2026-13-45T00:00:00+00:00", "2026-01-01", "9" * 400):
        answer = client.get(f"/cases/of-customer/{customer.pk}/story/", {"before": before, "show": "nothing"})
        assert answer.status_code == 200
