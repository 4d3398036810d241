"""Keeping the sums that the dashboard reads: what changed is counted again, and every night everything (RPT-04).

A case is counted as a whole: what it adds to each day now, minus what it added before. What happens late (a limit of
June judged in July) so changes the sums of June. One statement reads, compares and writes; whoever counts holds the
lock of the one row of ``Counting``, so that it may run twice, at once in two places, and die at any moment.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from audit.models import Event
from cases.models import Case
from reports.facts import JUDGED, ROUND_COUNTS, led_by
from reports.models import CaseDay, Counting
from reports.models.daily import COUNTED, CUTS

logger = logging.getLogger(__name__)
#: Happenings that one transaction looks at, and cases that one transaction counts anew.
CHUNK = 2000
#: A happening carries the moment at which its action began; it may be committed so much later and is still found.
OVERLAP = timedelta(minutes=2)
#: From this hour on everything is counted anew, once a night.
RECOUNT_HOUR = time(2)
#: Histories whose happenings change what a case adds: its own, and that of what its customer was asked.
_THREADS = ("case:", "survey:")

_COLUMNS = ", ".join(COUNTED)
_KEYS = ", ".join(f"{cut}_id" for cut in CUTS)
_RECEIVED = "c.counts AND r.n = 1 AND r.outcome <> 'imported'"

# What cases add to the days, as ``reports.facts`` counts it for a period: a flag there is a name here, and its moment.
_FRESH = f"""
c AS MATERIALIZED (
  SELECT id, received_at, repeat_of_id, receiving_department_id, {_KEYS},
         coalesce(outcome, '') NOT IN ('invalid', 'imported') AS counts
    FROM cases_case WHERE id = ANY(%(ids)s)
), e AS (
  SELECT c.id AS case_id, e.at, coalesce({led_by("c.id", "r.n")}, c.receiving_department_id) AS department_id,
         e.name, 1 AS n, NULL::timestamptz AS judge_at
    FROM c JOIN cases_round r ON r.case_id = c.id
    LEFT JOIN cases_caseclock k ON k.case_id = c.id AND k.round = r.n AND k.kind = 'resolution'
                               AND k.assignment_id IS NULL
   CROSS JOIN LATERAL (VALUES
     ('received', CASE WHEN {_RECEIVED} THEN c.received_at END),
     ('repeated', CASE WHEN {_RECEIVED} AND c.repeat_of_id IS NOT NULL THEN c.received_at END),
     ('reopened', CASE WHEN {ROUND_COUNTS} AND r.n > 1 THEN r.opened_at END),
     ('handled', CASE WHEN {ROUND_COUNTS} THEN coalesce(k.met_at, r.closed_at) END),
     ('closed', CASE WHEN {ROUND_COUNTS} THEN r.closed_at END)
   ) e(name, at)
   WHERE e.at IS NOT NULL
  UNION ALL
  SELECT c.id, k.first_due_at, coalesce(a.department_id, {led_by("c.id", "k.round")}, c.receiving_department_id), CASE
           WHEN k.met_recorded_late THEN k.kind || '_recorded_late'
           WHEN k.met_at <= k.first_due_at THEN k.kind || '_kept'
           WHEN k.met_at IS NOT NULL OR k.first_due_at < %(now)s THEN k.kind || '_late'
         END, 1, CASE WHEN k.met_at IS NULL AND k.first_due_at >= %(now)s THEN k.first_due_at END
    FROM c JOIN cases_caseclock k ON k.case_id = c.id LEFT JOIN cases_assignment a ON a.id = k.assignment_id
   WHERE c.counts AND {JUDGED}
  UNION ALL
  SELECT c.id, e.at, a.department_id, e.name, 1, NULL
    FROM c JOIN cases_assignment a ON a.case_id = c.id
   CROSS JOIN LATERAL (VALUES
     ('sent', a.sent_at),
     ('returned', CASE WHEN a.state = 'returned' THEN a.ended_at END),
     ('answered', a.answered_at)
   ) e(name, at)
   WHERE c.counts AND e.at IS NOT NULL
  UNION ALL
  SELECT c.id, s.submitted_at, s.department_id, e.name, e.n, NULL
    FROM c JOIN surveys_response s ON s.case_id = c.id
   CROSS JOIN LATERAL (VALUES ('responses', 1), ('answers', s.answers), ('satisfied', s.satisfied)) e(name, n)
   WHERE s.genuine <> 'doubtful'
), f AS (
  SELECT case_id, (at AT TIME ZONE %(zone)s)::date AS day, department_id, min(judge_at) AS judge_at, {
    ", ".join(f"sum(n) FILTER (WHERE name = '{name}')::int AS {name}" for name in COUNTED)
}
    FROM e GROUP BY 1, 2, 3
), fresh AS (
  SELECT f.*, {", ".join(f"CASE WHEN f.received IS NOT NULL THEN c.{cut}_id END AS {cut}_id" for cut in CUTS)}
    FROM f JOIN c ON c.id = f.case_id
)"""

_KEEP = f"""
gone AS (
  DELETE FROM reports_caseday t
   WHERE t.case_id = ANY(%(ids)s)
     AND NOT EXISTS (SELECT 1 FROM fresh f WHERE f.case_id = t.case_id AND f.day = t.day
                                             AND f.department_id IS NOT DISTINCT FROM t.department_id)
), kept AS (
  INSERT INTO reports_caseday AS t (case_id, day, department_id, judge_at, {_KEYS}, {_COLUMNS})
  SELECT case_id, day, department_id, judge_at, {_KEYS}, {_COLUMNS} FROM fresh
  ON CONFLICT (case_id, day, department_id) DO UPDATE
  SET judge_at = excluded.judge_at, {
    ", ".join(f"{name} = excluded.{name}" for name in (*(f"{cut}_id" for cut in CUTS), *COUNTED))
}
  WHERE (t.judge_at, {", ".join(f"t.{cut}_id" for cut in CUTS)}, {", ".join(f"t.{name}" for name in COUNTED)})
        IS DISTINCT FROM (excluded.judge_at, {", ".join(f"excluded.{cut}_id" for cut in CUTS)}, {
    ", ".join(f"excluded.{name}" for name in COUNTED)
})
)"""


#: A row of a case stands in the sums of its day and of its month, of its department and of the whole house.
_SPANS = """
 CROSS JOIN LATERAL (VALUES
   ('day', d.day, d.department_id), ('month', date_trunc('month', d.day)::date, d.department_id),
   ('house_day', d.day, NULL), ('house_month', date_trunc('month', d.day)::date, NULL)
 ) s(span, day, department_id)"""
_CUT_VALUES = ", ".join(f"('{cut}', d.{cut}_id)" for cut in CUTS)


def _days(table: str, where: str = "true", *, sign: str = "") -> str:
    """Rows of cases as rows of sums."""
    counts = ", ".join(f"{sign}d.{name}" for name in COUNTED)
    return f"SELECT s.span, s.day, s.department_id, {counts} FROM {table} d {_SPANS} WHERE {where}"


def _cuts(table: str, where: str = "true", *, sign: str = "") -> str:
    """Rows of cases as rows of sums by cut."""
    return (
        f"SELECT s.span, k.cut, s.day, s.department_id, k.key, {sign}d.received FROM {table} d {_SPANS}"
        f" CROSS JOIN LATERAL (VALUES {_CUT_VALUES}) k(cut, key) WHERE d.received IS NOT NULL AND {where}"
    )


def _apply(days: tuple[str, str], cuts: tuple[str, str]) -> str:
    """Add to the sums what the first rows say, take away what the second say; a number for how many that changed."""
    sums = ", ".join(f"coalesce(sum({name}), 0)::int AS {name}" for name in COUNTED)
    differs = " OR ".join(f"coalesce(sum({name}), 0) <> 0" for name in COUNTED)
    added = ", ".join(f"{name} = coalesce(t.{name}, 0) + excluded.{name}" for name in COUNTED)
    return f"""
delta AS (
  SELECT span, day, department_id, {sums}
    FROM ({days[0]} UNION ALL {days[1]}) d(span, day, department_id, {_COLUMNS})
   GROUP BY 1, 2, 3 HAVING {differs}
), cut_delta AS (
  SELECT span, cut, day, department_id, key, sum(received)::int AS received
    FROM ({cuts[0]} UNION ALL {cuts[1]}) d(span, cut, day, department_id, key, received)
   GROUP BY 1, 2, 3, 4, 5 HAVING sum(received) <> 0
), daily AS (
  INSERT INTO reports_daily AS t (span, day, department_id, {_COLUMNS})
  SELECT span, day, department_id, {_COLUMNS} FROM delta
  ON CONFLICT (span, day, department_id) DO UPDATE SET {added}
), cuts AS (
  INSERT INTO reports_dailycut AS t (span, cut, day, department_id, key, received)
  SELECT span, cut, day, department_id, key, received FROM cut_delta
  ON CONFLICT (span, cut, day, department_id, key) DO UPDATE SET received = t.received + excluded.received
)
SELECT (SELECT count(*) FROM delta) + (SELECT count(*) FROM cut_delta)
"""


_BEFORE = "d.case_id = ANY(%(ids)s)"
_COUNT = f"WITH {_FRESH}, {_KEEP}, " + _apply(
    (_days("fresh"), _days("reports_caseday", _BEFORE, sign="-")),
    (_cuts("fresh"), _cuts("reports_caseday", _BEFORE, sign="-")),
)
_RECONCILE = "WITH " + _apply(
    (
        _days("reports_caseday"),
        f"SELECT span, day, department_id, {', '.join(f'-{name}' for name in COUNTED)} FROM reports_daily",
    ),
    (_cuts("reports_caseday"), "SELECT span, cut, day, department_id, key, -received FROM reports_dailycut"),
)


def count_cases(ids: Sequence[int], *, now: datetime) -> int:
    """Put into the sums what these cases add now; how many sums that changed. The caller holds ``Counting``'s lock."""
    if not ids:
        return 0
    values: dict[str, Any] = {"ids": list(ids), "now": now, "zone": timezone.get_default_timezone_name()}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        return int(cursor.fetchone()[0])


def _lock() -> Counting:
    """The one row, locked; made when it is first asked for."""
    Counting.objects.get_or_create(pk=1)
    return Counting.objects.select_for_update().get(pk=1)


def count_changed(*, budget: timedelta = timedelta(seconds=4)) -> int:
    """Count again the cases that something happened to, or whose limit ran out, since the last time; how many.

    What happened while no worker ran is made up for in chunks, the oldest first. Before everything was counted once
    there is nothing to keep: ``recount`` does that.
    """
    ends, done, overlap = monotonic() + budget.total_seconds(), 0, OVERLAP
    while True:
        found, finished = _count_chunk(overlap)
        done, overlap = done + found, timedelta(0)
        if finished or monotonic() > ends:
            return done


@transaction.atomic
def _count_chunk(overlap: timedelta) -> tuple[int, bool]:
    mark = _lock()
    now = timezone.now()
    if mark.counted_at is None:
        return 0, True
    happened, until = _happened(mark.counted_at, overlap, now)
    late = CaseDay.objects.filter(judge_at__lt=now).values_list("case", flat=True).distinct()
    judged = list(late.order_by()[:CHUNK])
    ids = sorted({*happened, *judged})
    count_cases(ids, now=now)
    mark.counted_at = until
    mark.save(update_fields=["counted_at"])
    return len(ids), until == now and len(judged) < CHUNK


def _happened(since: datetime, overlap: timedelta, now: datetime) -> tuple[set[int], datetime]:
    """The cases of what happened since then, of a chunk, and until when they are all of them."""
    events = Event.objects.filter(at__lte=now).order_by("at", "id").values_list("thread", "at")
    fresh = list(events.filter(at__gt=since)[: CHUNK + 1])
    until = now
    if len(fresh) > CHUNK:
        until = fresh[CHUNK - 1][1]
        fresh = [*fresh, *events.filter(at=until)]  # all of the last moment, or it would be cut in two
    early = list(events.filter(at__gt=since - overlap, at__lte=since)) if overlap else []
    threads = {thread for thread, at in [*early, *fresh] if at <= until}
    return {int(number) for number in map(_case_of, threads) if number}, until


def _case_of(thread: str) -> str:
    kind, _colon, number = thread.partition(":")
    return number if f"{kind}:" in _THREADS and number.isdecimal() else ""


def recount(*, budget: timedelta = timedelta(seconds=40)) -> int:
    """Count everything anew where that is due, in chunks, from where the last one left off; how many cases.

    Due is it before the first time, and once a night. Sums that were not those of the cases' days are put right and
    logged: there should be none. What the sweep had not come to yet is no fault.
    """
    ends, done = monotonic() + budget.total_seconds(), 0
    while True:
        found, finished = _recount_chunk()
        done += found
        if finished or monotonic() > ends:
            return done


def _is_due(mark: Counting, now: datetime) -> bool:
    if mark.recounted_at is None or mark.recounted_to:
        return True
    local = timezone.localtime(now)
    night = timezone.make_aware(datetime.combine(local.date(), RECOUNT_HOUR))
    return mark.recounted_at < night <= now


@transaction.atomic
def _recount_chunk() -> tuple[int, bool]:
    mark = _lock()
    now = timezone.now()
    if not _is_due(mark, now):
        return 0, True
    # What happens while it runs is kept by the sweep from its beginning on.
    mark.counted_at = mark.counted_at or now
    ids = list(Case.objects.filter(pk__gt=mark.recounted_to).order_by("pk").values_list("pk", flat=True)[:CHUNK])
    count_cases(ids, now=now)
    finished = len(ids) < CHUNK
    if finished:
        _finish(mark, now)
    else:
        mark.recounted_to = ids[-1]
    mark.save()
    return len(ids), finished


def _finish(mark: Counting, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RECONCILE)
        mark.corrected = int(cursor.fetchone()[0])
    if mark.recounted_at is None:
        mark.corrected = 0
    if mark.corrected:
        logger.warning("%d sums of the dashboard were wrong and have been put right", mark.corrected)
    mark.recounted_to, mark.recounted_at = 0, now
