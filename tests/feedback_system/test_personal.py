"""Every field in which words can stand is classified: of customers, of colleagues, of nobody (PIPL; T14)."""

from __future__ import annotations

import pytest

from feedback_system import personal

pytestmark = pytest.mark.req("SEC-08", "CUS-20")


def unclassified() -> set[tuple[str, str]]:
    return set(personal.word_fields()) - set().union(*map(personal.named, tables()))


def tables() -> tuple[dict[str, str], ...]:
    return personal.CUSTOMERS, personal.STAFF, personal.NOBODY


def test_every_field_is_classified_once() -> None:
    assert unclassified() == set()
    assert set().union(*map(personal.named, tables())) - set(personal.word_fields()) == set()
    everything = [field for table in tables() for field in personal.named(table)]
    assert len(everything) == len(set(everything))


@pytest.mark.parametrize("label", ["cases.Note", "customers.Holding"])
def test_a_field_that_nobody_classified_is_found(monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    without = {name: fields for name, fields in personal.CUSTOMERS.items() if name != label}
    monkeypatch.setattr(personal, "CUSTOMERS", without)
    assert {found for found, _name in unclassified()} == {label}


def test_what_is_sealed_in_the_history_is_personal() -> None:
    from cases.actions.moves import SEALED_FIELDS

    of_customers = personal.named(personal.CUSTOMERS)
    assert {name for name in SEALED_FIELDS if ("cases.Case", name) in set(personal.word_fields())} <= {
        name for label, name in of_customers if label == "cases.Case"
    }
