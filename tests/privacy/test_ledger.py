"""What was erased is known outside the database: a backup from before brings nobody back (quality 76)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from cases.models import Case
from customers.models import Customer
from feedback_system.privacy import ledger
from feedback_system.privacy.erasure import repeat_all
from tests.privacy.people import case_of, erased
from tests.world import World

pytestmark = pytest.mark.req("SEC-05")


@pytest.fixture(autouse=True)
def _own_ledger(settings: Any, tmp_path: Path) -> None:
    settings.ERASURES_DIR = str(tmp_path / "erasures")


def bring_back(customer: Customer, case: Case) -> None:
    """As a restored backup would: the rows hold words again and no mark of an erasure."""
    Customer.objects.filter(pk=customer.pk).update(erased_at=None, name="周慧")
    Case.objects.filter(pk=case.pk).update(erased_at=None, reporter_name="周慧", text="漏水")


def test_whom_a_backup_brings_back_is_erased_again(world: World, customer: Customer) -> None:
    case = case_of(customer)
    erased(world, customer)
    assert repeat_all() == 0
    bring_back(customer, case)
    call_command("repeat_erasures")
    case.refresh_from_db()
    assert (case.reporter_name, Customer.objects.get(pk=customer.pk).erased_at is None) == ("", False)
    assert repeat_all() == 0


def test_the_ledger_holds_keys_and_no_words(world: World, customer: Customer, settings: Any) -> None:
    erased(world, customer)
    text = (Path(settings.ERASURES_DIR) / "ledger.jsonl").read_text(encoding="utf-8")
    assert "周慧" not in text
    assert "138" not in text.replace(str(customer.pk), "")
    assert [subject.customers for _at, subject in ledger.erased()] == [frozenset({customer.pk})]


def test_a_line_that_a_crash_left_half_is_passed_over(world: World, customer: Customer, settings: Any) -> None:
    erased(world, customer)
    with (Path(settings.ERASURES_DIR) / "ledger.jsonl").open("a", encoding="utf-8") as out:
        out.write('{"at": "2026-')
    assert len(list(ledger.erased())) == 1


def test_a_key_that_was_given_to_somebody_else_since_is_left_alone(world: World, customer: Customer) -> None:
    case = case_of(customer)
    erased(world, customer)
    bring_back(customer, case)
    later = timezone.now() + timedelta(hours=1)
    Customer.objects.filter(pk=customer.pk).update(created_at=later)
    Case.objects.filter(pk=case.pk).update(registered_at=later)
    assert repeat_all() == 0
    assert Customer.objects.get(pk=customer.pk).name == "周慧"
