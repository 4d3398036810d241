"""Each proof beside the same without its protection, counted: the second column of docs/proofs.md.

The rules themselves stand where their subject is tested; here the two are run at the same size, and both are printed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from audit.verification import verify
from cases.access import CaseAccess
from cases.models import Case
from cases.models.intake import CaseQuerySet
from organization import limits, numbering
from organization.models import Bucket, Counter
from tests.access.matrix import READERS
from tests.access.walker import build_matter, walk
from tests.audit.conftest import as_owner, checkpoint_dir  # noqa: F401
from tests.audit.test_verification import _mutate, history  # noqa: F401
from tests.cases import test_moves_race as moves_race
from tests.cases import visitors
from tests.cases.test_moves_race import race  # noqa: F401
from tests.cases.test_public import _fifty, _races, unprotected  # noqa: F401
from tests.documents.test_inspection import MEASURE, measured
from tests.organization import test_working_time_oracle as oracle
from tests.organization.test_limits import LIMIT, burst, naive_take
from tests.organization.test_numbering import NOON, _race, _without_the_lock
from tests.security import test_forged_requests as forgery
from tests.world import World

pytestmark = [pytest.mark.prove, pytest.mark.timeout(1800)]
MANY = {"public_submit_address": (100_000, 60), "public_submit_all": (100_000, 60)}


def tell(what: str, protected: object, switched: object) -> None:
    """One line of the page."""
    print(f"\nfigure | {what} | {protected} | {switched}", flush=True)


@pytest.mark.django_db(transaction=True)
def test_numbers() -> None:
    found = _race(16, 125, lambda: numbering.take_numbers("case", at=NOON)[0])
    Counter.objects.all().delete()
    switched = _race(16, 125, _without_the_lock)
    tell("numbers given twice, of so many", f"{len(found) - len(set(found))} of {len(found)}",
         f"{len(switched) - len(set(switched))} of {len(switched)}")  # fmt: skip
    assert sorted(found) == list(range(1, len(found) + 1))
    assert len(set(switched)) < len(switched)


@pytest.mark.django_db(transaction=True)
def test_two_moves(world: World, race: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    protected = moves_race.violations(world, race, 60)
    original = moves_race.moves.lock

    def slow(case: Case, move: str = "", **options: Any) -> Case:
        row = original(case, move, **options)
        time.sleep(0.02)
        return row

    monkeypatch.setattr(CaseQuerySet, "select_for_update", lambda self, **_options: self, raising=False)
    monkeypatch.setattr(moves_race.assignment, "lock", slow)
    monkeypatch.setattr(moves_race.closure, "lock", slow)
    # The first pair alone: behind the others the table's own constraints stand as well.
    switched = sum(moves_race.violations(world, race, 1) for _n in range(20))
    tell("races between two moves, violated", f"{protected} of 60", f"{switched} of 20")
    assert protected == 0 < switched


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unprotected")
def test_one_key_without_protection(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | MANY
    doubled, before = _races(50, 10), Case.objects.count()
    _fifty(visitors.filled_in())
    made = Case.objects.count() - before
    tell("of 50 races of ten tries with one key, doubled", "0 of 1,000 (test_public)", doubled)
    tell("cases made by fifty posts with one key", 1, made)
    assert doubled > 25
    assert made > 1


@pytest.mark.django_db(transaction=True)
def test_a_burst_against_a_limit(settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {LIMIT: (10, 3600)}
    protected = burst(limits.take)
    Bucket.objects.all().delete()
    switched = burst(naive_take)
    tell("let through by a limit of 10 in a parallel burst", protected, switched)
    assert protected == 10 < switched


def test_working_time_against_the_walk() -> None:
    for fault in oracle.slow.FAULTS:
        found = len(list(oracle.random_differences(7, 5_000, fault))) + len(list(oracle.daily_differences(fault)))
        tell(f"sums that differ from an oracle with the fault “{fault}”", 0, found)
        assert found
    assert not list(oracle.random_differences(7, 5_000))


@pytest.mark.django_db
def test_the_chain_alone(history: int, as_owner: Callable[..., int]) -> None:  # noqa: F811
    missed = {"all": 0, "chain alone": 0}
    for anchors in ("all", "chain alone"):
        dice = random.Random(2)
        for _n in range(1_000):
            with transaction.atomic():
                thread = _mutate(dice, as_owner)
                verdict = verify() if anchors == "all" else verify(anchors=False, files=False)
                missed[anchors] += not any(finding.thread.startswith(thread) for finding in verdict.findings)
                transaction.set_rollback(True)
    tell("of 1,000 alterations of the history, not seen", missed["all"], missed["chain alone"])
    assert missed["all"] == 0 < missed["chain alone"]


@pytest.mark.django_db
def test_the_walk_over_every_address(world: World) -> None:
    matter = build_matter(world)
    for person in ("finance_handler", "general_manager"):
        protected = len(walk(world, matter, person, READERS))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(CaseQuerySet, "visible_to", lambda self, who: self)
            switched = len(walk(world, matter, person, READERS))
        tell(f"addresses that answer {person} wrongly, without visible_to", protected, switched)
        assert protected == 0 < switched
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(CaseAccess, "require", lambda self, permission: None)
        switched = len(walk(world, matter, "auditor", READERS))
    tell("addresses that answer the auditor wrongly, without permissions", 0, switched)
    assert switched


def test_memory_of_bombs() -> None:
    protected, switched = measured(MEASURE), measured(MEASURE, "--control")
    tell("memory in MB that the bombs of the corpus take", protected, switched)


@pytest.mark.django_db
def test_forged_requests(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction.atomic():  # what it began with is made anew for the second walk
        protected = len(forgery.forged(forgery.start(world, checks_csrf=True)))
        transaction.set_rollback(True)
    monkeypatch.setattr(forgery.CsrfViewMiddleware, "process_view", lambda self, request, *rest: None)
    switched = len(forgery.forged(forgery.start(world, checks_csrf=True), only="case_re"))
    tell("addresses that take a post from another site", protected, switched)
    assert protected == 0 < switched
