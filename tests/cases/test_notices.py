"""What people are told: to whom, by which way, in which words, and what is kept of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from cases.models import Case
from cases.secrets import access_code, link_token
from notifications.delivery import sweep_due
from notifications.models import Message
from tests.cases import visitors
from tests.world import World


def rows_that_hold(secret: str) -> list[str]:
    """The tables in which this text stands anywhere, as a dump of the database would show it."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = []
        for table in tables:
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT 1 FROM {quoted} AS line WHERE line::text LIKE %s LIMIT 1", [f"%{secret}%"])
            if cursor.fetchone():
                found.append(table)
    return found


# --- What is kept --------------------------------------------------------------------------------------


@pytest.mark.req("SEC-01", "INT-24")
def test_what_opens_a_case_is_sent_to_the_customer_and_stands_in_no_row_before_or_after(
    world: World, mailoutbox: list[Any]
) -> None:
    case = visitors.submitted(contact="zhou@example.com")
    secrets = (link_token(case), access_code(case))
    assert [rows_that_hold(secret) for secret in secrets] == [[], []]
    sweep_due()
    mail = next(mail for mail in mailoutbox if mail.to == ["zhou@example.com"])
    assert f"{settings.SITE_URL}/track/{secrets[0]}/" in mail.body
    assert secrets[1] in mail.body
    assert case.number in Message.objects.get(kind="case_opened").body
    assert [rows_that_hold(secret) for secret in secrets] == [[], []]


@pytest.mark.req("SEC-01")
def test_what_could_not_be_sent_holds_no_key_to_the_case_either(world: World) -> None:
    case: Case = visitors.submitted(contact="139 1234 5678")
    sweep_due()
    assert Message.objects.get(kind="case_opened").state == "not_sent"
    assert [rows_that_hold(secret) for secret in (link_token(case), access_code(case))] == [[], []]
