"""What counts as what: by its own day, by its first due time, invalid and imported nowhere (RPT-04, RPT-13, RES-21)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.utils import timezone

from cases.actions import closure
from cases.actions.assignment import return_assignment
from cases.actions.closure import reopen_case
from cases.actions.intake import Classification
from cases.models import Case, CaseClock, Measure, Note, Round
from organization.models import Product
from reports import facts
from reports.figures import facts_behind
from reports.models import Report
from reports.queries.issued import sections_of
from reports.tables import Table
from surveys.actions.answering import answer_invitation
from surveys.models import Response
from tests import world as w
from tests.reports.months import built, last_month, middle, moved
from tests.surveys import asked as a
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.req("RPT-04", "RPT-13", "RES-21")]


def tables(report: Report) -> dict[str, Table]:
    return {table.code: table for section in sections_of(report) for table in section.tables}


def flags(report: Report, subject: str) -> list[set[str]]:
    return [set(row.flags) for row in report.facts.filter(subject=subject).order_by("row")]


def test_a_case_counts_in_the_month_in_which_it_came_was_handled_and_closed(world: World) -> None:
    case = moved(w.closed(world))
    w.closed(world)  # this month
    report = built(world)
    assert flags(report, "round") == [{"received", "handled", "closed", "outcome:settled"}]
    overview = tables(report)["overview"]
    assert [overview.rows[n].cells[0].value for n in (0, 3, 4, 5)] == [1, 1, 1, 0]
    assert list(facts_behind(report, {"figure": "round.received"}).values_list("case", flat=True)) == [case.pk]


def test_what_is_open_at_the_end_counts_as_open_whenever_it_came(world: World) -> None:
    old = moved(w.handled(world), last_month().before())
    report = built(world)
    assert flags(report, "round") == [{"open"}]
    assert report.facts.get(subject="round").case == old


def test_a_case_reopened_later_stays_closed_in_its_month(world: World) -> None:
    case = moved(w.closed(world))
    reopen_case(Case.objects.get(pk=case.pk), by=world.actor("hub_head"), reason="又漏水")
    report = built(world)
    assert flags(report, "round") == [{"received", "handled", "closed", "outcome:settled"}]


def test_a_case_reopened_after_it_was_called_invalid_counts_as_received_once_more(world: World) -> None:
    case = w.log_call(world)
    end = closure.ShortEnd(outcome="invalid", reason="广告", proof="广告")
    case = moved(closure.close_short(case, end, by=world.actor("hub_head")))
    assert facts.add_up(last_month(), now=timezone.now()).count["round.received"] == 0
    classified = Classification(world.category(), urgency="general", priority=2)
    reopen_case(case, by=world.actor("hub_head"), reason="并非广告", classification=classified)
    assert flags(built(world), "round") == [{"received"}]


def test_what_was_closed_stays_closed_in_its_month_though_the_next_round_is_invalid(world: World) -> None:
    case = moved(w.closed(world))
    reopen_case(Case.objects.get(pk=case.pk), by=world.actor("hub_head"), reason="又漏水")
    end = closure.ShortEnd(outcome="invalid", reason="误报", proof="误报")
    closure.close_short(Case.objects.get(pk=case.pk), end, by=world.actor("hub_head"))
    assert flags(built(world), "round") == [{"handled", "closed", "outcome:settled"}]


def test_a_round_stays_with_the_department_that_led_it(world: World) -> None:
    case = moved(w.closed(world))
    reopen_case(Case.objects.get(pk=case.pk), by=world.actor("hub_head"), reason="又漏水")
    report = built(world)
    production = world.departments["production"]
    assert report.facts.get(subject="round").department == production
    resolution = CaseClock.objects.get(case=case, round=1, kind="resolution")
    assert report.facts.filter(subject="clock", row=resolution.pk, department=production).exists()


def test_a_lead_that_was_returned_led_nothing(world: World) -> None:
    case = moved(w.dispatched(world))
    return_assignment(case.assignments.get(is_lead=True), by=world.actor("production_head"), reason="非本部门")
    assert built(world).facts.get(subject="round").department == case.receiving_department


@pytest.mark.parametrize("outcome", ["invalid", "imported"])
def test_invalid_cases_and_imported_history_count_in_no_figure(world: World, outcome: str) -> None:
    case = moved(w.closed(world))
    Case.objects.filter(pk=case.pk).update(outcome=outcome)
    Round.objects.filter(case=case).update(outcome=outcome)
    report = built(world)
    assert not report.facts.filter(subject__in=["round", "clock", "assignment"]).exists()


def clock(case: Case, **values: Any) -> CaseClock:
    row = CaseClock.objects.get(case=case, kind="resolution")
    CaseClock.objects.filter(pk=row.pk).update(**values)
    return CaseClock.objects.get(pk=row.pk)


DAY = timedelta(days=1)


@pytest.mark.req("SLA-04")
@pytest.mark.parametrize(
    ("met", "late_record", "expected"),
    [(-DAY, False, "kept"), (timedelta(0), False, "kept"), (DAY, False, "late"), (-DAY, True, "recorded_late"),
     (None, False, "late")],
)  # fmt: skip
def test_a_limit_is_judged_by_its_first_due_time(
    world: World, met: timedelta | None, late_record: bool, expected: str
) -> None:
    case = moved(w.closed(world))
    due = middle(last_month())
    clock(
        case, first_due_at=due, due_at=due + 9 * DAY, met_at=due + met if met is not None else None, stopped_at=None,
        met_recorded_late=late_record,
    )  # fmt: skip
    report = built(world)
    row = report.facts.get(subject="clock", row=CaseClock.objects.get(case=case, kind="resolution").pk)
    assert {"resolution:due", f"resolution:{expected}"} <= set(row.flags)
    assert ("resolution:overdue" in row.flags) is (met is None)
    limits = tables(report)["limits"]
    assert limits.rows[2].cells[-1].of == (int(expected == "kept"), 1)


def test_a_limit_counts_in_the_month_in_which_it_was_first_due(world: World) -> None:
    case = moved(w.closed(world))
    late = last_month().ends + DAY
    clock(case, first_due_at=late, due_at=late)
    kinds = {flag for found in flags(built(world), "clock") for flag in found}
    assert not any(flag.startswith("resolution:") for flag in kinds)


def test_a_limit_that_ended_without_being_owed_any_more_is_not_judged(world: World) -> None:
    case = moved(w.closed(world))
    clock(case, met_at=None, stopped_at=middle(last_month()))
    kinds = {flag for found in flags(built(world), "clock") for flag in found}
    assert not any(flag.startswith("resolution:") for flag in kinds)


@pytest.mark.req("SLA-04")
def test_a_breach_stays_one_whatever_stopped_its_clock_afterwards(world: World) -> None:
    case = moved(w.closed(world))
    due = middle(last_month())
    row = clock(case, met_at=None, first_due_at=due, due_at=due, stopped_at=due + DAY, breached_at=due)
    report = built(world)
    assert {"resolution:due", "resolution:late"} <= set(report.facts.get(subject="clock", row=row.pk).flags)


def test_a_measure_that_was_cancelled_is_none_that_was_planned(world: World) -> None:
    case = moved(w.closed(world))
    assert facts.add_up(last_month(), now=timezone.now()).count["measure.planned"] == 1
    Measure.objects.filter(case=case).update(state="cancelled", cancelled_reason="重复", done_at=None)
    assert flags(built(world), "measure") == []


@pytest.mark.req("RPT-25")
def test_time_spent_is_what_was_written_down(world: World) -> None:
    case = moved(w.closed(world))
    at = middle(last_month())
    case.investigations.update(minutes=None, at=at)
    case.investigations.filter(pk=case.investigations.first().pk).update(minutes=25)
    Measure.objects.filter(case=case).update(minutes=40, done_at=at)
    case.replies.update(minutes=None, happened_at=at)
    case.replies.filter(pk=case.replies.latest("pk").pk).update(minutes=7)
    Note.objects.create(case=case, text="已与门卫说好", by=world.agent, at=at, minutes=3)
    work = tables(built(world))["work"]
    assert [work.rows[n].cells[1].value for n in (2, 4, 5)] == [25, 7, 3]
    assert work.rows[-1].cells[1].value == 35 + 40 * Measure.objects.filter(case=case).count()


@pytest.mark.req("RPT-19", "FX-03", "A-11")
def test_satisfaction_is_that_of_the_answers_of_the_month_without_doubtful_ones(world: World) -> None:
    for option in ("o1", "o4", "o1", "o1", "o1", "o1"):
        answer_invitation(a.invitation(w.closed(world)), a.filled(option=option))
    Response.objects.update(submitted_at=middle(last_month()))
    Response.objects.filter(pk=Response.objects.latest("pk").pk).update(genuine="doubtful")
    report = built(world)
    assert tables(report)["rates"].cell("满意率", "now").of == (44, 55)
    assert report.facts.filter(subject="answer").count() == 5
    assert "44 ÷ 55 = 80.0 %" in tables(report)["answers"].notes[0]


@pytest.mark.req("SUR-19")
def test_satisfaction_of_a_department_of_few_answers_is_not_shown(world: World) -> None:
    case = moved(w.closed(world))
    for name, count in {"production": 6, "quality": 2, "technical": 7}.items():
        for _n in range(count):
            Response.objects.create(
                version=a.version(), case=case, round=1, source="collected", submitted_at=middle(last_month()),
                asked_by=world.agent, personal=False, department=world.departments[name], answers=2, satisfied=1,
            )  # fmt: skip
    table = tables(built(world))["departments"]
    shown = {row.label: row.cells[-1].of for row in table.rows}
    names = [world.departments[name].name for name in ("production", "quality", "technical")]
    assert [shown[name] for name in names] == [(0, 0), (0, 0), (7, 14)]
    assert "少于 5 份" in table.notes[0]


@pytest.mark.req("RPT-03")
def test_feedback_is_counted_by_salesperson_channel_and_kind(world: World) -> None:
    case = moved(w.closed(world))
    Case.objects.filter(pk=case.pk).update(salesperson=world.sales_handler)
    found = tables(built(world))
    for name in ("kind", "channel"):
        column = f"{name}:{getattr(case, f'{name}_id')}"
        assert found[f"salesperson_{name}"].cell(world.sales_handler.name, column).value == 1
    assert found["by_salesperson"].cell(world.sales_handler.name, "round.received").value == 1
    for code in ("by_channel", "by_kind", "by_department", "by_category", "by_product"):
        assert found[code].rows[-1].label == "合计"
        assert found[code].rows[-1].cells[0].value == 1
    assert found["by_kind"].rows[0].label == case.kind.name


def test_the_two_periods_compared_with_are_added_up_in_the_same_way(world: World) -> None:
    period = last_month()
    for when in (period, period.before(), period.before(), period.year_before()):
        moved(w.closed(world), when)
    overview = tables(built(world))["overview"]
    row = next(row for row in overview.rows if row.label == "收到反馈")
    assert [cell.shown for cell in row.cells] == ["1", "2", "-50.0 %", "1", "0.0 %"]
    sums = facts.add_up(period, now=timezone.now())
    assert sums.count["round.received"] == 1


@pytest.mark.req("RPT-09", "SLA-40")
def test_what_came_twice_of_one_category_about_one_product_is_a_common_problem(world: World) -> None:
    product = Product.objects.first()
    cases = [moved(w.closed(world)) for _n in range(3)]
    Case.objects.filter(pk__in=[case.pk for case in cases[:2]]).update(product=product)
    report = built(world)
    rows = tables(report)["common"].rows
    assert [(row.label, row.cells[0].value) for row in rows] == [(f"{product} · {cases[0].category}", 2)]
    assert facts_behind(report, dict(parse_qsl(rows[0].cells[0].find))).count() == 2


@pytest.mark.req("SUR-19")
def test_satisfaction_of_few_is_not_shown(world: World) -> None:
    answer_invitation(a.invitation(w.closed(world)), a.filled(option="o5"))
    Response.objects.update(submitted_at=middle(last_month()))
    found = tables(built(world))
    assert found["rates"].cell("满意率", "now").value is None
    assert "不显示" in found["answers"].notes[-1]
    assert found["overview"].cell("满意度答卷", "now").value == 1
