"""Generated answers stand as the actions would have left them: scores, sums, sources, what follows."""

from __future__ import annotations

import pytest

from feedback_system.load.surveys import write_responses
from surveys.models import Answer, FollowUp, Response, Tally
from surveys.scores import score_of
from tests import world as w
from tests.surveys.test_tallying import recounted, stored
from tests.world import World, client_of

pytestmark = pytest.mark.django_db


def test_generated_answers_stand_as_actions_leave_them(world: World) -> None:
    for _n in range(3):
        w.closed(world)
    write_responses(120, seed=7, days=200, say=lambda line: None)
    rows = list(Response.objects.prefetch_related("given"))
    assert len(rows) == 120
    for row in rows:
        score = score_of(answer.value for answer in row.given.all())
        assert (row.answers, row.total, row.satisfied) == (score.answers, score.total, score.satisfied)
        assert row.given.filter(item="suggestion").exists() or row.given.count() == len(row.version.asks.items) - 1
    assert stored() == recounted()
    assert Tally.objects.filter(cut="item", item="").exists()
    low = Answer.objects.filter(value__lte=2).count()
    assert FollowUp.objects.filter(reason="low").count() == low > 0
    page = client_of(world, "manager").get("/surveys/results/")
    assert page.status_code == 200
    assert '<svg class="levels"' in page.content.decode()


def test_without_closed_cases_there_is_nothing_to_ask_about(world: World) -> None:
    with pytest.raises(ValueError, match="No case was closed"):
        write_responses(1, seed=1, days=10, say=lambda line: None)
