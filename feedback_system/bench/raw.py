"""The statement of a list, as the page builds it, alone: what the database itself takes."""

from __future__ import annotations

import time

from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from cases.queries import browse
from cases.queries.paging import ORDERS, page_of
from organization.queries import Identity


def list_statements(who: Identity, order: str) -> list[str]:
    """The SQL of the first page of a list, ready to be sent again."""
    cases = browse.listed(Case.objects.visible_to(who))
    if order == "urgent":
        cases = cases.open()
    with CaptureQueriesContext(connection) as captured:
        page_of(cases, ORDERS[order])
    return [query["sql"] for query in captured.captured_queries]


def list_statement_ms(who: Identity, order: str, times: int) -> list[float]:
    """Seconds of each round trip."""
    statements, found = list_statements(who, order), []
    with connection.cursor() as cursor:
        for _ in range(times + 1):
            started = time.perf_counter()
            for statement in statements:
                cursor.execute(statement)
                cursor.fetchall()
            found.append(time.perf_counter() - started)
    return found[1:]


def explained(who: Identity, order: str) -> str:
    """How the database walks, for whoever looks into a slow one."""
    lines = []
    with connection.cursor() as cursor:
        for statement in list_statements(who, order):
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + statement)
            lines += [row[0] for row in cursor.fetchall()]
    return "\n".join(lines)
