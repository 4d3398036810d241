"""Invented people and real ones never share a database or a data folder."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from feedback_system import installation
from feedback_system.installation import WrongKind
from feedback_system.models import Installation


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYIN_DATA", str(tmp_path))


@pytest.mark.django_db
@pytest.mark.parametrize(("mine", "other"), [("demo", "real"), ("real", "demo")])
def test_what_was_claimed_for_one_kind_is_refused_to_the_other(mine: str, other: str) -> None:
    installation.claim(mine)
    installation.check(mine)
    with pytest.raises(WrongKind, match=f"belongs to a {mine} installation, and this start asks for a {other} one"):
        installation.check(other)


@pytest.mark.django_db
@pytest.mark.parametrize(("mine", "other"), [("demo", "real"), ("real", "demo")])
def test_the_database_remembers_when_the_folder_was_lost(mine: str, other: str, tmp_path: Path) -> None:
    installation.claim(mine)
    (tmp_path / "kind").unlink()
    with pytest.raises(WrongKind, match=f"The database is that of a {mine} installation"):
        installation.check(other)


@pytest.mark.django_db
def test_a_database_with_tables_and_no_mark_counts_as_real() -> None:
    assert not Installation.objects.exists()
    installation.check("real")
    with pytest.raises(WrongKind, match="set DATABASE_URL to another database"):
        installation.check("demo")


@pytest.mark.django_db
def test_claiming_twice_changes_nothing(tmp_path: Path) -> None:
    installation.claim("demo")
    first = Installation.objects.get().made_at
    installation.claim("demo")
    assert Installation.objects.get().made_at == first
    assert (tmp_path / "kind").read_text() == "demo\n"
    assert str(Installation.objects.get()) == "demo"


@pytest.mark.django_db
def test_there_is_one_row() -> None:
    installation.claim("real")
    with pytest.raises(IntegrityError), transaction.atomic():
        Installation.objects.create(id=2, kind="demo", made_at=timezone.now())


@pytest.mark.django_db
def test_prepare_is_repeatable_and_refuses_with_the_sentence(settings: object) -> None:
    call_command("prepare")
    call_command("prepare")
    assert Installation.objects.get().kind == "real"
    settings.DEMO = True  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="this start asks for a demo one"):
        call_command("prepare")
