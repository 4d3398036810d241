"""The demo organisation."""

from typing import Any

import pytest
from django.core.management import call_command

from cases.lifecycle import State
from cases.models import Case
from organization.models import Role, User
from organization.models.units import Function
from reports.models import Daily, Report
from surveys.models import Callback, FollowUp, Response


@pytest.fixture
def demo(db: None, settings: Any) -> None:
    settings.DEMO = True
    call_command("seed_demo", verbosity=0)


def test_the_demo_has_cases_in_every_state(demo: None) -> None:
    assert set(Case.objects.values_list("state", flat=True)) == set(State.values)


def test_the_demo_has_a_login_for_every_role_and_function(demo: None) -> None:
    assert set(User.objects.values_list("role", flat=True)) == set(Role.values)
    held = set(Function.objects.filter(departments__members__isnull=False).values_list("code", flat=True))
    held |= set(Function.objects.filter(people__isnull=False).values_list("code", flat=True))
    assert held == set(Function.NUMBERS)


def test_seeding_again_changes_nothing(demo: None) -> None:
    before = Case.objects.count()
    call_command("seed_demo", verbosity=0)
    assert Case.objects.count() == before


def test_the_demo_has_a_signed_report_and_a_dashboard(demo: None) -> None:
    report = Report.objects.get()
    assert (report.state, report.copies.count(), report.facts.filter(subject="round").exists()) == ("approved", 2, True)
    assert Daily.objects.exists()


def test_the_demo_has_answers_follow_ups_and_callbacks(demo: None) -> None:
    assert Response.objects.count() >= 5
    assert set(FollowUp.objects.values_list("state", flat=True)) >= {"open", "done"}
    assert Callback.objects.filter(state="waiting").exists()
    assert not Response.objects.filter(tallied=False).exists()
