"""What opens a case for its customer: a link of 256 bits and a code of eight characters, kept as hashes only."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection

from cases.actions.tracking import open_by_link, open_by_number, plain_number, plain_secret
from cases.models import Access, Case
from cases.secrets import access_code, digest, link_token
from tests import world as w
from tests.world import World

pytestmark = pytest.mark.django_db
SENDER = "198.51.100.7"


@pytest.fixture
def case(world: World) -> Case:
    return w.log_call(world)


@pytest.mark.req("INT-23")
def test_the_link_carries_256_bits_and_is_no_uuid(case: Case) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", link_token(case))


@pytest.mark.req("INT-23")
def test_the_code_has_eight_characters_that_can_be_read_out(case: Case) -> None:
    assert re.fullmatch(r"[A-HJ-NP-Z2-7]{8}", access_code(case))  # no 0 or O, no 1 or I


def test_link_and_code_are_the_same_each_time_and_of_each_case_another(case: Case, world: World) -> None:
    other = w.log_call(world)
    assert (link_token(case), access_code(case)) == (link_token(case), access_code(case))
    assert link_token(case) != link_token(other)
    assert access_code(case) != access_code(other)
    assert access_code(case) not in link_token(case).upper()


def test_they_follow_from_a_key_of_their_own(case: Case, settings: Any) -> None:
    before = link_token(case), access_code(case)
    settings.SECRET_KEY = "rotated"
    assert (link_token(case), access_code(case)) == before
    settings.ACCESS_KEY = "another"
    assert link_token(case) != before[0]
    assert access_code(case) != before[1]


def test_the_database_knows_only_their_hashes(case: Case) -> None:
    row = Access.objects.get(case=case)
    assert (row.link_hash, row.code_hash) == (digest(link_token(case)), digest(access_code(case)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(a)::text FROM cases_access a")
        stored = cursor.fetchone()[0]
    assert link_token(case) not in stored
    assert access_code(case) not in stored


def test_the_link_opens_its_own_case_and_nothing_else_does(case: Case, world: World) -> None:
    assert open_by_link(link_token(case), sender=SENDER) == case
    for wrong in (
        "",
        " ",
        "\0",
        link_token(case)[:-1],
        link_token(case) + "A",
        link_token(case).lower(),
        access_code(case),
    ):
        assert open_by_link(wrong, sender=SENDER) is None


def test_the_code_opens_only_together_with_its_own_number(case: Case, world: World) -> None:
    other = w.log_call(world)
    opened = open_by_number(case.number, access_code(case), sender=SENDER)
    assert opened is not None
    assert (opened.case, opened.full) == (case, True)
    assert open_by_number(other.number, access_code(case), sender=SENDER) is None
    assert open_by_number("", access_code(case), sender=SENDER) is None


@pytest.mark.req("INT-23")
def test_four_digits_of_the_telephone_open_the_stage_only(case: Case) -> None:
    opened = open_by_number(case.number, "6634", sender=SENDER)
    assert opened is not None
    assert opened.full is False
    assert open_by_number(case.number, "6635", sender=SENDER) is None


def test_a_case_without_telephone_has_no_digits_that_open_it(world: World) -> None:
    case = w.log_call(world, reporter=w.Reporter(name="周慧", email="zhou@example.com"))
    for guess in ("", "????", "0000", "None"):
        assert open_by_number(case.number, guess, sender=SENDER) is None


@pytest.mark.parametrize(
    "typed",
    [
        "2026-000123",
        "2026000123",
        "２０２６－０００１２３",
        " 2026 - 000123 ",
        "2026-123",
        "2026/000123",
        "编号2026-000123",
    ],
)
def test_a_number_is_understood_however_it_is_typed(typed: str) -> None:
    assert plain_number(typed) == "2026-000123"


@pytest.mark.parametrize("typed", ["", "abc", "0" * 500, "２０", "\0", "-1", "٢٠٢٦-١"])
def test_what_is_no_number_of_a_case_opens_nothing(typed: str, case: Case) -> None:
    assert len(plain_number(typed)) < 20
    assert open_by_number(typed, access_code(case), sender=SENDER) is None


@pytest.mark.parametrize(
    ("typed", "plain"), [("ab2d-efgh", "AB2DEFGH"), ("ＡＢ２Ｄ ＥＦＧＨ", "AB2DEFGH"), ("６６３４", "6634")]
)
def test_a_code_is_understood_in_small_and_full_width_letters(typed: str, plain: str) -> None:
    assert plain_secret(typed) == plain


@pytest.mark.parametrize("typed", ["", "ABC", "ABCDEFGHI", "66345", "\0" * 8, "查询码"])
def test_a_code_of_another_length_is_none(typed: str) -> None:
    assert plain_secret(typed) == ""
