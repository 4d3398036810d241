"""How a registration treats the counter of numbers, for which everybody else who registers waits (INT-05)."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.actions import imports
from cases.actions.intake import Accused
from tests import world as w
from tests.world import World

#: What carries the number, or hashes what carries it.
_AFTER = {"cases_case", "cases_access", "audit_head", "audit_event", "audit_sealed", "notifications_message"}


@pytest.mark.req("INT-05")
def test_what_needs_no_number_is_written_before_the_number_is_drawn(world: World) -> None:
    with CaptureQueriesContext(connection) as asked:
        w.log_call(world, accused=Accused(people=(world.workshop_handler,)))
    written = [found for query in asked if (found := re.search(r"\b(?:INSERT INTO|UPDATE) \"?(\w+)", query["sql"]))]
    tables = [found[1] for found in written]
    drawn = tables.index("organization_counter")
    assert {"cases_round", "cases_caseclock", "cases_case_accused", "cases_recusal"} <= set(tables[:drawn])
    assert set(tables[drawn + 1 :]) <= _AFTER


@pytest.mark.parametrize(("load", "rest"), [(0.1, 1.0), (2.0, 1.0), (5.0, 2.5), (40.0, 4.0)])
def test_an_import_rests_longer_on_a_crowded_machine(monkeypatch: pytest.MonkeyPatch, load: float, rest: float) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert imports.crowding() == rest
