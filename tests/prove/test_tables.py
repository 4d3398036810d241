"""Whatever is killed while a table of customers comes in: each row is in once, and the counts say so (CUS-29)."""

from __future__ import annotations

import pytest

from .judging import proof
from .tables import PLAN, complaints

pytestmark = [pytest.mark.prove, pytest.mark.timeout(600)]
SEED = 20261127
CUSTOMERS = 6_000
BLOWS = sum(count for plan in PLAN.values() for count in plan.values())
_RUN = ("tables", "--customers", CUSTOMERS, "--seed", SEED, "--lease", 4)


@pytest.mark.req("CUS-29", "INT-05")
def test_kills_among_the_rows_of_a_table_lose_nothing_and_double_nothing() -> None:
    found = proof(*_RUN)
    print(f"\nfigure | customers of a table among {found['kill -9']} kills, missing, doubled or half |"
          f" {found['missing']} and {found['doubled or half']} of {CUSTOMERS:,} in {found['seconds']} s |", flush=True)  # fmt: skip
    assert found["kill -9"] == BLOWS
    assert complaints(found) == []


#: What may be found then, by where in a chunk the blows fall; anything else would be another fault.
_WRONG = ("missing", "doubled or half", "counted otherwise", "history wrong")


def test_without_the_transaction_of_a_chunk_customers_or_their_history_are_wrong() -> None:
    found = proof(*_RUN, "--switch", "no_chunk")
    print(f"\nfigure | the same without the transaction of a chunk | | {found['missing']} missing,"
          f" {found['doubled or half']} doubled or half, {found['history wrong']} events wrong", flush=True)  # fmt: skip
    said = complaints(found)
    assert said
    assert all(complaint.startswith(_WRONG) for complaint in said), said
