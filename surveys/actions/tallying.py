"""The sums that result pages read: responses are added to them by a sweep, and taken out again (SUR-23, SUR-24)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from surveys.models import Response

CHUNK = 500

# The rows of one key are added up first and written in the order of their keys: two sweeps wait for each other, and
# never both. "round" goes away from zero in halves, as scores.level_of does.
_ADD = """
WITH r AS (
  SELECT r.id, r.version_id, date_trunc('month', r.submitted_at AT TIME ZONE %(zone)s)::date AS month, r.source,
         r.department_id, CASE WHEN r.personal THEN r.person_id END AS person_id, r.product_id, r.level, r.total,
         r.satisfied, r.points, r.band, r.satisfied_from
    FROM surveys_response r
   WHERE r.id = ANY(%(ids)s) AND r.genuine <> 'doubtful'
), a AS (
  SELECT r.id, a.item, a.value, LEAST(5, GREATEST(1, round(a.value)))::int AS n,
         (a.value >= r.satisfied_from)::int AS satisfied
    FROM r JOIN surveys_answer a ON a.response_id = r.id
   WHERE a.value IS NOT NULL
), w AS (
  SELECT r.*, coalesce(n5, 0) AS n5, coalesce(n4, 0) AS n4, coalesce(n3, 0) AS n3, coalesce(n2, 0) AS n2,
         coalesce(n1, 0) AS n1
    FROM r LEFT JOIN (
      SELECT id, count(*) FILTER (WHERE n = 5) AS n5, count(*) FILTER (WHERE n = 4) AS n4,
             count(*) FILTER (WHERE n = 3) AS n3, count(*) FILTER (WHERE n = 2) AS n2,
             count(*) FILTER (WHERE n = 1) AS n1
        FROM a GROUP BY id
    ) counted USING (id)
), rows (version_id, cut, month, department_id, item, person_id, product_id, level, source, n5, n4, n3, n2, n1, total,
         satisfied) AS (
  SELECT version_id, 'item', month, department_id, '', NULL::bigint, NULL::bigint, '', '', n5, n4, n3, n2, n1, total,
         satisfied
    FROM w
  UNION ALL
  SELECT r.version_id, 'item', r.month, r.department_id, a.item, NULL, NULL, '', '', (n = 5)::int, (n = 4)::int,
         (n = 3)::int, (n = 2)::int, (n = 1)::int, a.value, a.satisfied
    FROM a JOIN r USING (id)
  UNION ALL
  SELECT version_id, 'item', month, department_id, '#' || band, NULL, NULL, '', '', 0, 0, 0, 0, 0, points, 0
    FROM r WHERE band <> ''
  UNION ALL
  SELECT version_id, 'person', month, department_id, '', person_id, NULL, '', '', n5, n4, n3, n2, n1, total, satisfied
    FROM w WHERE person_id IS NOT NULL
  UNION ALL
  SELECT version_id, 'product', month, department_id, '', NULL, product_id, '', '', n5, n4, n3, n2, n1, total, satisfied
    FROM w WHERE product_id IS NOT NULL
  UNION ALL
  SELECT version_id, 'level', month, department_id, '', NULL, NULL, level, '', n5, n4, n3, n2, n1, total, satisfied
    FROM w WHERE level <> ''
  UNION ALL
  SELECT version_id, 'source', month, department_id, '', NULL, NULL, '', source, n5, n4, n3, n2, n1, total, satisfied
    FROM w
)
INSERT INTO surveys_tally AS t (version_id, cut, month, department_id, item, person_id, product_id, level, source,
                                responses, n5, n4, n3, n2, n1, total, satisfied)
SELECT version_id, cut, month, department_id, item COLLATE "C", person_id, product_id, level, source,
       %(sign)s * count(*), %(sign)s * sum(n5), %(sign)s * sum(n4), %(sign)s * sum(n3), %(sign)s * sum(n2),
       %(sign)s * sum(n1), %(sign)s * sum(total), %(sign)s * sum(satisfied)
  FROM rows
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
ON CONFLICT (version_id, cut, month, department_id, item, person_id, product_id, level, source) DO UPDATE
SET responses = t.responses + excluded.responses, n5 = t.n5 + excluded.n5, n4 = t.n4 + excluded.n4,
    n3 = t.n3 + excluded.n3, n2 = t.n2 + excluded.n2, n1 = t.n1 + excluded.n1, total = t.total + excluded.total,
    satisfied = t.satisfied + excluded.satisfied
"""


def tally(*, budget: timedelta = timedelta(seconds=25)) -> int:
    """Add what is not counted yet to the sums, in chunks, until none is left or the time is used up; returns how many.

    Safe to run twice, at once in two places, and to die at any moment: a chunk is added and marked in one transaction.
    """
    ends, done = monotonic() + budget.total_seconds(), 0
    while True:
        count = _chunk()
        done += count
        if count < CHUNK or monotonic() > ends:
            return done


@transaction.atomic
def _chunk() -> int:
    waiting = Response.objects.filter(tallied=False).select_for_update(skip_locked=True).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True)[:CHUNK])
    fold(ids)
    return len(ids)


def fold(ids: Sequence[int]) -> None:
    """Add responses to the sums; doubtful ones are only marked (SUR-21). The caller holds their locks, and knows that
    they are not in there.
    """
    if ids:
        _add(ids, sign=1)
        Response.objects.filter(pk__in=ids).update(tallied=True)


def untally(response: Response) -> None:
    """Take one out of the sums again, before its answers or its standing change. The caller holds its lock.

    What was never added stays out; the sweep adds it later, or ``fold`` at once.
    """
    if response.tallied:
        _add([response.pk], sign=-1)
        response.tallied = False
        response.save(update_fields=["tallied"])


def _add(ids: Sequence[int], *, sign: int) -> None:
    values: dict[str, Any] = {"ids": list(ids), "sign": sign, "zone": timezone.get_default_timezone_name()}
    with connection.cursor() as cursor:
        cursor.execute(_ADD, values)
