"""The generated load keeps every rule that the program's own actions keep."""

from __future__ import annotations

import datetime as dt
import random
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit.verification import verify
from cases import readers
from cases.actions.moves import search_words
from cases.gates import closing
from cases.models import Alert, Assignment, Case, CaseClock, Measure, Round
from cases.queries.closure import closing_facts
from cases.secrets import digest, link_token
from customers.models import ContactPoint, Customer
from customers.queries.search import match, normal_phone
from feedback_system.load.calendar import arrivals
from feedback_system.load.people import FIXED
from feedback_system.load.run import Wish, generate
from feedback_system.load.schema import bare, described
from organization import numbering, text
from organization.models import Counter, Department, User
from organization.queries import identity_of
from regulations import deadlines

TEXTS = Path(__file__).parent.parent / "data" / "texts.csv"
CASES = 400


@pytest.fixture
def load(db: None) -> None:
    """Four hundred cases in thirty departments, a third of them open."""
    generate(Wish(CASES, TEXTS, departments=30, open_share=0.3), say=lambda line: None)


def test_the_load_keeps_every_rule(load: None) -> None:
    """One load, many looks: each is a rule of its own below."""
    for rule in (
        numbers_have_no_gap,
        readers_are_what_the_actions_would_write,
        search_finds_what_the_actions_would_write,
        the_history_verifies,
        clocks_stand_as_the_sweep_would_leave_them,
        closed_cases_would_pass_the_gate,
        rounds_follow_their_cases,
        customers_are_recognised,
        links_open_their_cases,
        everybody_sees_the_share_promised,
        the_next_case_goes_on_behind_the_last,
    ):
        rule()


def numbers_have_no_gap() -> None:
    by_year: dict[str, list[int]] = {}
    for number in Case.objects.order_by("pk").values_list("number", flat=True):
        year, _, n = number.partition("-")
        by_year.setdefault(year, []).append(int(n))
    for year, found in by_year.items():
        assert found == list(range(1, len(found) + 1))
        assert Counter.objects.get(series="case", year=year).last == len(found)
    assert sum(map(len, by_year.values())) == CASES


def readers_are_what_the_actions_would_write() -> None:
    for case in Case.objects.select_related("kind", "profile_version"):
        assert (case.readers, case.barred) == readers.of_case(case), case


def search_finds_what_the_actions_would_write() -> None:
    lexemes = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, tsvector_to_array(search), tsvector_to_array(contact_search) FROM cases_case")
        lexemes = {pk: (set(words), set(private)) for pk, words, private in cursor.fetchall()}
    for case in Case.objects.select_related("customer", "product"):
        spoken = [*case.contacts.values_list("text", flat=True), *case.replies.values_list("text", flat=True)]
        words, private = search_words(case, spoken)
        assert lexemes[case.pk] == (set(words), set(private)), case


def the_history_verifies() -> None:
    verdict = verify(files=False)
    assert verdict.ok, verdict.findings[:3]
    assert verdict.threads >= CASES + CASES // 5


def clocks_stand_as_the_sweep_would_leave_them() -> None:
    now = timezone.now()
    for clock in CaseClock.objects.select_related("case__profile_version"):
        times = clock.case.profile_version.times
        rung = deadlines.next_rung(
            clock.level, clock.started_at, clock.first_due_at, warn=clock.policy["warn"], times=times
        )
        assert clock.next_alert_at == (rung.at if rung and clock.is_running else None)
        assert not (clock.is_running and clock.next_alert_at and clock.next_alert_at < now - dt.timedelta(minutes=2))
        assert (clock.breached_at is not None) == (clock.first_due_at < (clock.met_at or clock.stopped_at or now))
        assert Alert.objects.filter(clock=clock).count() == clock.level
        assert clock.is_running <= clock.case.is_open
    for case in Case.objects.open():
        nearest = CaseClock.objects.filter(case=case).running().order_by("first_due_at", "pk").first()
        assert (case.next_due_at, case.next_due_kind) == (
            (nearest.first_due_at, nearest.kind) if nearest else (None, "")
        )
    assert not Case.objects.filter(state__in=["closed", "archived"], next_due_at__isnull=False).exists()


def closed_cases_would_pass_the_gate() -> None:
    handled = Case.objects.filter(outcome__in=["settled", "no_answer"]).select_related("kind", "profile_version")
    assert handled.count() > 50
    for case in handled:
        kept, case.state = case.state, "awaiting_opinion" if case.opinion_asked_at else "replied"
        reasons = {reason.code for reason in closing(closing_facts(case), summary=True)}
        assert not reasons - {"not_satisfied"}, (case, kept, reasons)


def rounds_follow_their_cases() -> None:
    for case in Case.objects.all():
        rounds = list(Round.objects.filter(case=case))
        last = rounds[-1]
        assert [round_.n for round_ in rounds] == list(range(1, case.round + 1))
        assert (last.acknowledged_at, last.replied_at, last.closed_at, last.outcome) == (
            case.acknowledged_at,
            case.replied_at,
            case.closed_at,
            case.outcome,
        )
    assert not Measure.objects.filter(case__state="closed").exclude(state="verified").exists()


def customers_are_recognised() -> None:
    customer = Customer.objects.order_by("?").first()
    assert customer is not None
    point = ContactPoint.objects.get(customer=customer)
    assert point.normal == normal_phone(point.value)
    assert point.reversed == text.phone_digits(text.normalise_phone(point.value).national)[::-1]
    who = identity_of(User.objects.get(username="load-agent"))
    assert customer in match(point.value, who=who)
    assert customer in match(customer.name, who=who) or len(match(customer.name, who=who)) == 8


def links_open_their_cases() -> None:
    case = Case.objects.select_related("access").order_by("?").first()
    assert case is not None
    assert case.access.link_hash == digest(link_token(case))


def everybody_sees_the_share_promised() -> None:
    users = {login: User.objects.get(username=login) for login, *_ in FIXED}
    seen = {login: Case.objects.visible_to(identity_of(user)).count() for login, user in users.items()}
    assert seen["load-handler"] == CASES // 4
    assert seen["load-manager"] == seen["load-agent"] == CASES
    assert 0 < seen["load-head2"] < CASES // 10
    assert seen["load-admin"] == 0
    assert Department.objects.count() == 30
    assert Assignment.objects.filter(state="returned").exists()
    states = set(Case.objects.values_list("state", flat=True))
    assert states >= {"registered", "acknowledged", "dispatched", "received", "replied", "closed", "archived"}


def the_next_case_goes_on_behind_the_last() -> None:
    now = timezone.now()
    last = Case.objects.filter(number__startswith=f"{numbering.year_of(now)}-").count()
    assert numbering.next_number("case", at=now) == numbering.format_number(now, last + 1)
    row = Case.objects.order_by("-pk").first()
    assert row is not None
    row.pk, row.number, row.submission_key, row.import_key = None, "9999-000001", None, ""
    row.save(force_insert=True)
    assert row.pk == CASES + 1 or row.pk > CASES


@pytest.mark.django_db
def test_the_same_seed_gives_the_same_load() -> None:
    def life() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT subject, state FROM cases_case ORDER BY id")
            return list(cursor.fetchall())

    from django.db import transaction

    found = []
    for _ in range(2):
        sid = transaction.savepoint()
        generate(Wish(40, TEXTS, seed=7, departments=14), say=lambda line: None)
        found.append(life())
        transaction.savepoint_rollback(sid)
    assert found[0] == found[1]


@pytest.mark.django_db
def test_a_database_that_holds_anybody_is_left_alone(world: Any) -> None:
    with pytest.raises(CommandError, match="HUIYIN_DATA"):
        call_command("generate_load", "--cases", "10", "--texts", str(TEXTS))


@pytest.mark.django_db
def test_texts_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("words\nx\n", encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("generate_load", "--cases", "10", "--texts", str(tmp_path / "a.csv"))
    assert not User.objects.exists()


@pytest.mark.django_db
def test_indexes_and_references_come_back_as_they_were() -> None:
    models = [Case, CaseClock, Assignment, Customer]
    before = plain(described(models))
    with bare(models):
        assert len(described(models)) < len(before) / 2
    assert plain(described(models)) == before
    assert len(before) > 40


def plain(found: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Without the casts that PostgreSQL writes in one of two ways."""
    return [tuple(re.sub(r"::\w+( varying)?|[()\[\]]", "", part) for part in row) for row in found]


def test_cases_arrive_in_order_by_day_and_more_of_them_later() -> None:
    now = dt.datetime(2026, 3, 4, 15, tzinfo=timezone.get_default_timezone())
    found = list(arrivals(3000, random.Random(1), now=now, days=300))
    assert found == sorted(found)
    assert now - dt.timedelta(days=301) < found[0] < found[-1] < now
    assert sum(8 <= at.hour < 20 for at in found) > 2000
    middle = now - dt.timedelta(days=150)
    assert sum(at > middle for at in found) > 1600
