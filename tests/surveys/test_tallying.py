"""The sums of answers: equal to a slow recount, whatever runs twice, at once or dies half-way (SUR-22 to SUR-25)."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from organization.models import Product
from surveys.actions import tallying
from surveys.actions.checking import check_response, correct_answer
from surveys.actions.tallying import tally, untally
from surveys.models import Response, Tally
from surveys.scores import level_of
from tests import world as w
from tests.races import Race
from tests.surveys import answers as a
from tests.world import World

pytestmark = pytest.mark.django_db
Key = tuple[Any, ...]


def stored() -> dict[Key, tuple[Any, ...]]:
    """What stands in the sums; emptied rows apart."""
    return {
        (t.version_id, t.cut, t.month, t.department_id, t.item, t.person_id, t.product_id, t.level, t.source):
            (t.responses, t.n5, t.n4, t.n3, t.n2, t.n1, t.total, t.satisfied)
        for t in Tally.objects.exclude(responses=0)
    }  # fmt: skip


def recounted() -> dict[Key, tuple[Any, ...]]:
    """The same from the answers, slowly and obviously."""
    found: dict[Key, Counter[str]] = {}
    for row in Response.objects.filter(tallied=True).exclude(genuine="doubtful"):
        month = timezone.localtime(row.submitted_at).date().replace(day=1)
        given = [one for one in row.given.all() if one.value is not None]
        whole = Counter(
            {"responses": 1, "total": row.total, "satisfied": row.satisfied}  # type: ignore[dict-item]
        ) + Counter(f"n{level_of(one.value)}" for one in given if one.value is not None)
        cuts: list[tuple[str, str, Any, Any, str, str]] = [("item", "", None, None, "", "")]
        cuts += [("person", "", row.person_id, None, "", "")] if row.person_id and row.personal else []
        cuts += [("product", "", None, row.product_id, "", "")] if row.product_id else []
        cuts += [("level", "", None, None, row.level, "")] if row.level else []
        cuts += [("source", "", None, None, "", row.source)]
        for cut, *rest in cuts:
            key = (row.version_id, cut, month, row.department_id, *rest)
            found.setdefault(key, Counter()).update(whole)
        for one in given:
            assert one.value is not None
            key = (row.version_id, "item", month, row.department_id, one.item, None, None, "", "")
            satisfied = int(one.value >= row.satisfied_from)
            found.setdefault(key, Counter()).update(
                {"responses": 1, f"n{level_of(one.value)}": 1, "total": one.value, "satisfied": satisfied}  # type: ignore[dict-item]
            )
        if row.band:
            key = (row.version_id, "item", month, row.department_id, f"#{row.band}", None, None, "", "")
            found.setdefault(key, Counter()).update({"responses": 1, "total": row.points})  # type: ignore[dict-item]
    names = ("responses", "n5", "n4", "n3", "n2", "n1", "total", "satisfied")
    return {key: tuple(value[name] for name in names) for key, value in found.items()}


@pytest.fixture
def some(world: World) -> list[Response]:
    """A few of each sort: by link and on behalf, in two months, of two departments, one marked by points."""
    first = a.answered(w.closed(world), "o1", delivery_time="o5:晚了三天", price_parts="o3")
    midnight = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)  # 1 November in Shanghai
    rows = [
        first,
        a.copy_of(first, submitted_at=midnight, level="P1", product=Product.objects.first()),
        a.copy_of(first, submitted_at=midnight.replace(minute=0, hour=15), department=world.sales),
        a.copy_of(first, source="proxy", asked_by=world.sales_handler, department=None, person=None),
    ]
    points = a.fill_in(
        w.closed(world), a.version_of("points_300"), a.said(a.version_of("points_300"), "24", bill="19"),
        by=world.actor("sales_handler"), origin=a.Origin("collected", asked_by=world.sales_handler),
    )  # fmt: skip
    return [*rows, points, a.copy_of(points, source="collected", points=Decimal(240), band="satisfied")]


@pytest.mark.req("SUR-22", "SUR-23", "SUR-25")
def test_the_sums_equal_a_slow_recount(some: list[Response]) -> None:
    assert tally() == len(some)
    assert stored() == recounted()
    assert {row.month.isoformat()[:7] for row in Tally.objects.all()} >= {"2026-10", "2026-11"}
    assert not Response.objects.filter(tallied=False).exists()


@pytest.mark.req("SUR-17")
def test_what_was_filled_in_on_behalf_counts_for_no_person(some: list[Response]) -> None:
    tally()
    on_behalf = {row.pk for row in some if row.source in {"proxy", "collected"}}
    assert on_behalf
    people = Tally.objects.filter(cut="person")
    assert sum(row.responses for row in people) == len(some) - len(on_behalf)


def test_a_second_sweep_adds_nothing(some: list[Response]) -> None:
    tally()
    before = stored()
    assert tally() == 0
    assert stored() == before


def test_many_chunks_come_to_the_same(some: list[Response], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "CHUNK", 2)
    assert tally() == len(some)
    assert stored() == recounted()


def test_a_sweep_that_dies_half_way_is_finished_by_the_next(
    some: list[Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallying, "CHUNK", 2)
    real, calls = tallying.fold, itertools.count()

    def dies(ids: list[int]) -> None:
        real(ids)
        if next(calls) == 1:
            raise RuntimeError("the machine is gone")

    monkeypatch.setattr(tallying, "fold", dies)
    with pytest.raises(RuntimeError):
        tally()
    assert Response.objects.filter(tallied=True).count() == 2
    assert stored() == recounted()
    monkeypatch.setattr(tallying, "fold", real)
    assert tally() == len(some) - 2
    assert stored() == recounted()


@pytest.mark.req("SUR-21")
def test_doubtful_ones_are_marked_and_not_counted(some: list[Response]) -> None:
    Response.objects.filter(pk=some[0].pk).update(genuine="doubtful")
    tally()
    assert Response.objects.get(pk=some[0].pk).tallied
    assert stored() == recounted()


@pytest.mark.req("SUR-21")
def test_taken_out_again_nothing_is_left_of_it(some: list[Response]) -> None:
    tally()
    for row in some:
        with transaction.atomic():
            untally(Response.objects.select_for_update().get(pk=row.pk))
    assert stored() == {}
    assert tally() == len(some)
    assert stored() == recounted()


def test_what_was_never_added_is_not_taken_out(some: list[Response]) -> None:
    with transaction.atomic():
        untally(Response.objects.select_for_update().get(pk=some[0].pk))
    assert not Tally.objects.exists()


@pytest.mark.req("SUR-21")
def test_checks_and_corrections_move_the_sums_at_once(world: World, some: list[Response]) -> None:
    by = world.actor("quality_handler")
    tally()
    correct_answer(some[0].given.get(item="price_parts"), "o5", by=by, reason="录入错误")
    assert stored() == recounted()
    check_response(some[1], "doubtful", by=by, reason="电话核实，客户未填写")
    assert stored() == recounted()
    check_response(some[1], "genuine", by=by)
    assert stored() == recounted()
    correct_answer(some[4].given.get(item="bill"), "30", by=by, reason="录入错误")
    assert Response.objects.get(pk=some[4].pk).band == "satisfied"
    assert stored() == recounted()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Real connections."""

    @pytest.fixture
    def race(self) -> Iterator[Race]:
        found = Race()
        yield found
        found.end()

    def test_two_sweeps_at_once_count_each_response_once(
        self, world: World, race: Race, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tallying, "CHUNK", 3)
        first = a.answered(w.closed(world), "o2")
        rows = [first, *(a.copy_of(first, department=d) for d in (world.sales, world.quality, None) for _n in range(6))]
        for _turn in range(5):
            assert race.run(tally, tally) == [True, True]
            tally()
            assert stored() == recounted()
            Tally.objects.all().delete()
            Response.objects.update(tallied=False)
        assert len(rows) == 19

    def test_a_sweep_goes_round_a_response_that_is_being_corrected(self, world: World) -> None:
        first = a.answered(w.closed(world), "o2")
        second = a.copy_of(first)
        locked, done = threading.Event(), threading.Event()

        def holds() -> None:
            with transaction.atomic():
                Response.objects.select_for_update().get(pk=first.pk)
                locked.set()
                done.wait(30)
            connection.close()

        holder = threading.Thread(target=holds)
        holder.start()
        try:
            assert locked.wait(30)
            assert tally() == 1
        finally:
            done.set()
            holder.join()
        assert Response.objects.get(pk=second.pk).tallied
        assert tally() == 1
        assert stored() == recounted()
