"""Whatever is killed: nothing acknowledged is lost, nothing is doubled, everybody is told (threats 50 to 57, 61, 84)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from .judging import complaints, proof
from .kills import FULL, TENTH, Killer

SEED = 20261121
#: What the issue of the whole proof asks for at least.
PROMISED = {"worker": 40, "worker child": 20, "web worker": 20, "redis": 20, "postgres": 20, "beat": 10}


def kills_of(plan: dict[str, int]) -> int:
    return sum(count for what, count in plan.items() if what not in {"flush", "freeze"})


def test_the_plan_of_the_whole_proof_kills_as_often_as_was_promised() -> None:
    assert all(FULL[what] >= count for what, count in PROMISED.items())
    assert kills_of(FULL) >= 130
    assert (FULL["flush"], FULL["freeze"]) == (1, 1)
    assert kills_of(TENTH) >= 10
    assert set(TENTH) >= set(PROMISED)


def test_the_same_seed_makes_the_same_plan() -> None:
    def due(seed: int) -> list[tuple[float, str]]:
        return Killer(None, FULL, seed)._due  # type: ignore[arg-type]

    assert due(1) == due(1) != due(2)
    assert Counter(what for _at, what in due(3)) == FULL


@pytest.mark.timeout(900)
@pytest.mark.req("INT-05", "INT-23")
def test_ten_kills_among_a_few_submissions_lose_nothing_and_double_nothing() -> None:
    """A tenth of the proof, with claims that last a quarter of a minute instead of two."""
    found = proof("chaos", "--submissions", 160, "--seed", SEED, "--lease", 15)
    assert found["kill -9"] == kills_of(TENTH)
    assert complaints(found) == []


@pytest.mark.prove
@pytest.mark.timeout(1500)
@pytest.mark.req("INT-05", "INT-23")
def test_a_hundred_and_thirty_kills_among_ten_thousand_submissions_lose_nothing_and_double_nothing() -> None:
    found = proof("chaos", "--submissions", 10_000, "--seed", SEED, "--full")
    assert found["kill -9"] >= 130
    assert found["blows"] == FULL
    assert complaints(found) == []


# --- The same without one protection must fail ------------------------------------------------------------

#: Web workers die while they answer; clients that leave without waiting do the rest.
_AT_THE_WEB = '{"web worker": 12}'
_AT_DELIVERY = '{"worker": 4, "redis": 2, "flush": 4}'


def only(found: dict[str, Any], *expected: str) -> bool:
    """Whether all complaints are of these sorts: a proof that fails for another reason shows nothing."""
    return all(complaint.startswith(expected) for complaint in complaints(found))


@pytest.mark.prove
@pytest.mark.timeout(900)
def test_without_the_key_the_same_form_becomes_two_cases() -> None:
    plan = ("chaos", "--submissions", 300, "--seed", SEED, "--lease", 15, "--plan", _AT_THE_WEB)
    protected, switched = proof(*plan), proof(*plan, "--switch", "no_key")
    assert complaints(protected) == []
    assert switched["cases"]["doubled"]
    assert only(switched, "doubled", "cases more or less", "files missing or doubled")


@pytest.mark.prove
@pytest.mark.timeout(900)
def test_without_the_outbox_messages_are_lost() -> None:
    plan = ("chaos", "--submissions", 300, "--seed", SEED, "--lease", 15, "--plan", _AT_DELIVERY)
    protected, switched = proof(*plan), proof(*plan, "--switch", "no_outbox")
    assert complaints(protected) == []
    assert switched["messages"]["mails missing"]
    assert switched["messages"]["in the program wrong"]
    assert only(switched, "mails missing", "mails nobody wrote", "in the program wrong", "repeated")


@pytest.mark.prove
@pytest.mark.timeout(900)
def test_without_claims_people_get_the_same_mail_again_and_again() -> None:
    plan = ("chaos", "--submissions", 200, "--seed", SEED, "--plan", "{}", "--clock-children", 4, "--mail-pause", 0.05)
    protected, switched = proof(*plan), proof(*plan, "--switch", "no_claim")
    assert complaints(protected) == []
    assert protected["messages"]["mails repeated"] == 0
    assert switched["messages"]["mails repeated"] > 20
    # With another text, because the access code is masked in what the first sender left behind.
    assert only(switched, "repeated without a blow", "repeated with another text")
