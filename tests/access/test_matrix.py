"""Every address x method x person x {own, absent}: nothing but what the matrix says (T1, SEC-01)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cases.models import Case
from cases.models.intake import CaseQuerySet
from tests.access.matrix import ACCUSED, ADDRESSES, READERS, STAFF
from tests.access.walker import ABSENT, build_matter, names, neutral, walk
from tests.world import World

pytestmark = pytest.mark.req("SEC-01", "SEC-07", "RTE-18")


def test_every_address_stands_in_the_matrix() -> None:
    missing = sorted({name for name, _wanted in names()} - set(ADDRESSES))
    assert missing == []


#: Walk in every run; the walk of each takes half a minute, so that of the others is a proof.
SAMPLE = frozenset({"agent", "production_handler", "quality_head", "finance_handler", "administrator", "anonymous"})


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "person",
    [pytest.param(who, marks=() if who in SAMPLE else pytest.mark.prove) for who in [*sorted(STAFF), "anonymous"]],
)
def test_nobody_gets_more_or_less_than_the_matrix_says(world: World, person: str) -> None:
    wrong = list(walk(world, build_matter(world), person, READERS))
    assert not wrong, "\n".join(wrong)


def test_somebody_who_left_is_nobody(world: World) -> None:
    matter = build_matter(world)
    client = Client()
    client.force_login(world.agent)
    world.agent.is_active = False
    world.agent.save()
    assert client.get(f"/cases/{matter.case.number}/").status_code == 302
    assert client.get("/").status_code == 302


@pytest.mark.gate(5)
def test_the_accused_sees_a_case_exactly_as_one_that_does_not_exist(world: World) -> None:
    matter = build_matter(world)
    for person in ACCUSED | {"finance_handler"}:
        client = Client()
        client.force_login(world.users[person])
        pages = [
            (response.status_code, neutral(response.content.decode(), {"n": number}))
            for number in (matter.case.number, ABSENT)
            for response in [client.get(f"/cases/{number}/")]
        ]
        assert pages[0][1].splitlines() == pages[1][1].splitlines()
        assert pages[0][0] == 404


@pytest.mark.parametrize("person", ["finance_handler", "general_manager"])
def test_the_walk_notices_when_reads_do_not_start_at_visible_to(
    world: World, monkeypatch: pytest.MonkeyPatch, person: str
) -> None:
    matter = build_matter(world)

    def everything(self: CaseQuerySet, who: Any) -> CaseQuerySet:
        return self

    monkeypatch.setattr(CaseQuerySet, "visible_to", everything)
    assert next(walk(world, matter, person, READERS), None)


def test_the_walk_notices_when_permissions_are_not_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from cases.access import CaseAccess

    matter = build_matter(world)
    monkeypatch.setattr(CaseAccess, "require", lambda self, permission: None)
    assert any("expected refused" in fault for fault in walk(world, matter, "auditor", READERS))
    assert Case.objects.get(pk=matter.case.pk).state == "acting"
