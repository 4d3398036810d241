"""Invented people and real ones never share a database or a data folder."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Channel, Kind
from feedback_system import installation
from feedback_system.installation import WrongKind
from feedback_system.models import Installation
from organization.actions.invitations import accept_invitation, find_invitation
from organization.models import Organisation
from regulations.models import Profile


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


@pytest.mark.django_db
@pytest.mark.req("GEN-01")
def test_the_public_form_stands_before_the_first_administrator_comes(client: Client) -> None:
    call_command("prepare")
    assert client.get(reverse("feedback_form")).status_code == 200
    assert Profile.objects.get().versions.count() == 1


@pytest.mark.django_db
def test_an_upgrade_adds_presets_and_leaves_what_was_edited() -> None:
    call_command("prepare")
    Organisation.objects.update(name="苏州安居")
    Kind.objects.filter(code="praise").update(name="好评", retired_at=timezone.now())
    Channel.objects.filter(code="fax").delete()  # as if an earlier version had not known it
    call_command("prepare")
    assert Organisation.objects.get().name == "苏州安居"
    assert (Kind.objects.get(code="praise").name, Kind.objects.get(code="praise").is_retired) == ("好评", True)
    assert Channel.objects.filter(code="fax").exists()
    assert Profile.objects.get().versions.count() == 1


@pytest.mark.django_db
def test_the_demonstration_brings_its_own_presets(settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    installation.claim("demo")
    call_command("prepare")
    assert not Organisation.objects.exists()


def first_link(*arguments: str) -> str:
    """The token in what the command prints; nothing where it is silent."""
    out = StringIO()
    call_command("first_administrator", *arguments, stdout=out)
    found = re.search(r"/invitation/([\w-]+)/", out.getvalue())
    return found[1] if found else ""


@pytest.mark.django_db
@pytest.mark.req("SEC-01")
def test_a_first_link_that_expired_is_made_anew_until_somebody_has_a_password() -> None:
    with pytest.raises(CommandError, match="without --again"):
        first_link("--again")
    first = first_link()
    assert first
    assert not first_link()
    second = first_link("--again")
    assert find_invitation(first, now=timezone.now()) is None
    accept_invitation(second, password="a stable of brown horses")
    with pytest.raises(CommandError, match="admin has a password"):
        first_link("--again")
