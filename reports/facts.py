"""What of a period is counted: one SELECT for each subject, written into a report's facts or only added up.

A row's flags say what it counts as. Invalid cases keep their number and count in no rate (RES-20); imported history was
handled elsewhere and counts nowhere. Whether a case was received asks how the case stands now; what became of a round
asks the round alone, so that what happens after a reopening changes no earlier month (RES-21). So does its department.
A clock is judged by its first due time (SLA-04): whatever stopped it afterwards, the breach stays; one that was met but
recorded late stands apart. All moments are compared with the same two ends, so that what is counted is what the period
holds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from reports.models import Report
from reports.periods import Period

_DIMENSIONS = "department_id, channel_id, kind_id, category_id, product_id, salesperson_id"
_COLUMNS = f"subject, row, case_id, round, flags, {_DIMENSIONS}, minutes, amount, points, answers, satisfied"
_OF_CASE = "c.channel_id, c.kind_id, c.category_id, c.product_id, c.salesperson_id"
#: What comes after the dimensions where nothing is summed.
_NO_SUMS = "NULL::int, NULL::numeric, NULL::numeric, NULL::int, NULL::int"
_IN = "({0} >= %(starts)s AND {0} < %(ends)s)"


def _in(column: str) -> str:
    return _IN.format(column)


def _flags(*pairs: tuple[str, str]) -> str:
    cases = ", ".join(f"CASE WHEN {condition} THEN {flag} END" for flag, condition in pairs)
    return f"array_remove(ARRAY[{cases}]::varchar[], NULL)"


def led_by(case: str, number: str) -> str:
    """The department that led a round: the last whose lead was not returned or taken back before the round ended."""
    return f"""(
  SELECT l.department_id FROM cases_assignment l
   WHERE l.case_id = {case} AND l.round = {number} AND l.is_lead
     AND (l.state NOT IN ('returned', 'cancelled') OR l.state = 'cancelled' AND l.ended_at >= (
       SELECT e.ended_at FROM cases_round e WHERE e.case_id = l.case_id AND e.n = l.round))
   ORDER BY l.id DESC LIMIT 1)"""


_COUNTS = "coalesce(c.outcome, '') NOT IN ('invalid', 'imported')"
#: Whether a round counts; imported history that is opened again was still received elsewhere.
ROUND_COUNTS = "r.outcome NOT IN ('invalid', 'imported')"
_OPEN_AT_END = f"({ROUND_COUNTS} AND r.opened_at < %(ends)s AND (r.ended_at IS NULL OR r.ended_at >= %(ends)s))"
_RECEIVED = f"(r.n = 1 AND {_COUNTS} AND r.outcome <> 'imported' AND {_in('c.received_at')})"
_HANDLED = f"({ROUND_COUNTS} AND {_in('coalesce(k.met_at, r.closed_at)')})"
_REOPENED = f"({ROUND_COUNTS} AND r.n > 1 AND {_in('r.opened_at')})"
_CLOSED = f"({ROUND_COUNTS} AND {_in('r.closed_at')})"

ROUNDS = f"""
SELECT 'round', r.id, r.case_id, r.n, {
    _flags(
        ("'received'", _RECEIVED),
        ("'repeat'", f"{_RECEIVED} AND c.repeat_of_id IS NOT NULL"),
        ("'reopened'", _REOPENED),
        ("'handled'", _HANDLED),
        ("'closed'", _CLOSED),
        ("'outcome:' || r.outcome", f"{_CLOSED} AND r.outcome <> ''"),
        ("'open'", _OPEN_AT_END),
    )
}, coalesce({led_by("r.case_id", "r.n")}, c.receiving_department_id), {_OF_CASE}, {_NO_SUMS}
  FROM cases_round r
  JOIN cases_case c ON c.id = r.case_id
  LEFT JOIN cases_caseclock k ON k.case_id = r.case_id AND k.round = r.n AND k.kind = 'resolution'
                             AND k.assignment_id IS NULL
 WHERE {_RECEIVED} OR {_REOPENED} OR {_CLOSED} OR {_HANDLED} OR {_OPEN_AT_END}
"""

#: Whether a clock is judged at all: not one that stopped while there was still time.
JUDGED = "(k.stopped_at IS NULL OR k.met_at IS NOT NULL OR k.stopped_at >= k.first_due_at)"
_DUE = f"({_in('k.first_due_at')} AND {JUDGED})"
_MET_IN_TIME = "k.met_at IS NOT NULL AND k.met_at <= k.first_due_at"
_OVERDUE = ("(k.first_due_at < %(ends)s AND (k.met_at IS NULL OR k.met_at >= %(ends)s)"
            " AND (k.stopped_at IS NULL OR k.stopped_at >= %(ends)s))")  # fmt: skip
CLOCKS = f"""
SELECT 'clock', k.id, k.case_id, k.round, {
    _flags(
        ("k.kind || ':due'", _DUE),
        ("k.kind || ':kept'", f"{_DUE} AND {_MET_IN_TIME} AND NOT k.met_recorded_late"),
        ("k.kind || ':recorded_late'", f"{_DUE} AND k.met_recorded_late"),
        (
            "k.kind || ':late'",
            f"{_DUE} AND NOT k.met_recorded_late AND NOT ({_MET_IN_TIME}) "
            "AND (k.met_at IS NOT NULL OR k.first_due_at < %(now)s)",
        ),
        ("k.kind || ':running'", f"{_DUE} AND k.met_at IS NULL AND k.first_due_at >= %(now)s"),
        ("k.kind || ':overdue'", _OVERDUE),
        ("'overdue'", _OVERDUE),
    )
}, coalesce(a.department_id, {led_by("k.case_id", "k.round")}, c.receiving_department_id), {_OF_CASE}, {_NO_SUMS}
  FROM cases_caseclock k
  JOIN cases_case c ON c.id = k.case_id
  LEFT JOIN cases_assignment a ON a.id = k.assignment_id
 WHERE {_COUNTS} AND ({_DUE} OR {_OVERDUE})
"""

ASSIGNMENTS = f"""
SELECT 'assignment', a.id, a.case_id, a.round, {
    _flags(
        ("'sent'", _in("a.sent_at")),
        ("'returned'", f"a.state = 'returned' AND {_in('a.ended_at')}"),
        ("'answered'", _in("a.answered_at")),
    )
}, a.department_id, {_OF_CASE}, {_NO_SUMS}
  FROM cases_assignment a JOIN cases_case c ON c.id = a.case_id
 WHERE {_COUNTS} AND ({_in("a.sent_at")} OR (a.state = 'returned' AND {_in("a.ended_at")}) OR {_in("a.answered_at")})
"""

_PLANNED = f"(m.state <> 'cancelled' AND {_in('m.planned_at')})"
_VERIFIED = f"EXISTS (SELECT 1 FROM cases_measurecheck v WHERE v.measure_id = m.id AND v.effective AND {_in('v.at')})"
_MEASURE_LATE = ("(m.state <> 'cancelled' AND m.planned_at < %(ends)s AND m.due_on <= %(until)s"
                 " AND (m.done_at IS NULL OR m.done_at >= %(ends)s))")  # fmt: skip
MEASURES = f"""
SELECT 'measure', m.id, m.case_id, m.round, {
    _flags(
        ("'planned'", _PLANNED),
        ("'done'", _in("m.done_at")),
        ("'verified'", _VERIFIED),
        ("'overdue'", _MEASURE_LATE),
        ("'type:' || m.type", "true"),
    )
}, m.department_id, {_OF_CASE}, {_NO_SUMS}
  FROM cases_measure m JOIN cases_case c ON c.id = m.case_id
 WHERE {_COUNTS} AND ({_PLANNED} OR {_in("m.done_at")} OR {_VERIFIED} OR {_MEASURE_LATE})
"""

WORK = f"""
SELECT 'work', w.id, w.case_id, NULL::smallint, ARRAY['work', w.flag]::varchar[],
       coalesce(w.department_id, c.lead_department_id, c.receiving_department_id), {_OF_CASE},
       w.minutes::int, NULL::numeric, NULL::numeric, NULL::int, NULL::int
  FROM (
    SELECT id, case_id, minutes, 'work:contact' AS flag, NULL::bigint AS department_id FROM cases_contact x
     WHERE minutes > 0 AND {_in("x.happened_at")}
    UNION ALL
    SELECT id, case_id, minutes, 'work:visit', NULL FROM cases_visit x WHERE minutes > 0 AND {_in("x.arrived_at")}
    UNION ALL
    SELECT id, case_id, minutes, 'work:investigation', NULL FROM cases_investigation x
     WHERE minutes > 0 AND {_in("x.at")}
    UNION ALL
    SELECT id, case_id, minutes, 'work:measure', department_id FROM cases_measure x
     WHERE minutes > 0 AND {_in("x.done_at")}
    UNION ALL
    SELECT id, case_id, minutes, 'work:reply', NULL FROM cases_reply x WHERE minutes > 0 AND {_in("x.happened_at")}
    UNION ALL
    SELECT id, case_id, minutes, 'work:note', NULL FROM cases_note x WHERE minutes > 0 AND {_in("x.at")}
  ) w JOIN cases_case c ON c.id = w.case_id
 WHERE {_COUNTS}
"""

_RETURN_OPEN = "(s.registered_at < %(ends)s AND (s.ended_at IS NULL OR s.ended_at >= %(ends)s))"
RETURNS = f"""
SELECT 'return', s.id, s.case_id, NULL::smallint, {
    _flags(
        ("'registered'", _in("s.registered_at")),
        ("'wish:' || s.wish", _in("s.registered_at")),
        ("'ended'", _in("s.ended_at")),
        ("'outcome:' || s.outcome", _in("s.ended_at")),
        ("'open'", _RETURN_OPEN),
    )
}, s.liable_department_id, c.channel_id, c.kind_id, c.category_id,
       coalesce(c.product_id, (SELECT l.product_id FROM returns_slipline l WHERE l.slip_id = s.id
                                 AND l.product_id IS NOT NULL ORDER BY l.id LIMIT 1)), c.salesperson_id,
       NULL::int, CASE WHEN s.outcome = 'refunded' AND {_in("s.ended_at")} THEN s.refund_amount END,
       NULL::numeric, NULL::int, NULL::int
  FROM returns_returnslip s LEFT JOIN cases_case c ON c.id = s.case_id
 WHERE {_in("s.registered_at")} OR {_in("s.ended_at")} OR {_RETURN_OPEN}
"""

ANSWERS = f"""
SELECT 'answer', a.id, a.case_id, a.round, array_remove(ARRAY['answered', 'source:' || a.source,
       CASE WHEN a.band <> '' THEN 'band:' || a.band END,
       CASE WHEN a.solved IS FALSE THEN 'unsolved' END]::varchar[], NULL),
       a.department_id, c.channel_id, c.kind_id, c.category_id, a.product_id, c.salesperson_id,
       NULL::int, NULL::numeric, a.total, a.answers::int, a.satisfied::int
  FROM surveys_response a JOIN cases_case c ON c.id = a.case_id
 WHERE a.genuine <> 'doubtful' AND {_in("a.submitted_at")}
"""

#: In the order in which a report is built.
SELECTS = (ROUNDS, CLOCKS, ASSIGNMENTS, MEASURES, WORK, RETURNS, ANSWERS)


@dataclass
class Sums:
    """What a period adds up to, by subject and flag: how many rows, and what is summed."""

    count: Counter[str] = field(default_factory=Counter)
    minutes: int = 0
    amount: Decimal = Decimal(0)
    answers: int = 0
    satisfied: int = 0


def _values(period: Period, now: datetime) -> dict[str, Any]:
    return {"starts": period.starts, "ends": period.ends, "until": period.until, "now": now}


def write(report: Report, period: Period, select: str, *, now: datetime) -> int:
    """Write the facts of one subject; how many. ``now`` is the moment of the snapshot."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO reports_fact (report_id, {_COLUMNS}) SELECT %(report)s, f.* FROM ({select}) f({_COLUMNS})",
            _values(period, now) | {"report": report.pk},
        )
        return cursor.rowcount


def add_up(period: Period, *, now: datetime) -> Sums:
    """What another period adds up to as it stands today; nothing is written."""
    sums = Sums()
    for select in SELECTS:
        query = f"""
          WITH f({_COLUMNS}) AS ({select})
          SELECT subject || '.' || flag, count(*) FROM f, unnest(flags) flag GROUP BY 1
          UNION ALL SELECT '+minutes', sum(minutes) FROM f UNION ALL SELECT '+amount', sum(amount) FROM f
          UNION ALL SELECT '+answers', sum(answers) FROM f UNION ALL SELECT '+satisfied', sum(satisfied) FROM f
        """
        with connection.cursor() as cursor:
            cursor.execute(query, _values(period, now))
            for name, number in cursor.fetchall():
                if not name.startswith("+"):
                    sums.count[name] += int(number)
                elif number is not None:
                    setattr(sums, name[1:], getattr(sums, name[1:]) + (number if name == "+amount" else int(number)))
    return sums
