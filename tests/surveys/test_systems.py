"""Two regulations from end to end, on the pages that their people use: a car repair shop, and the rating of a service."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.verification import verify
from surveys.actions import tallying
from surveys.actions.inviting import sweep_invitations
from surveys.models import FollowUp, Invitation, Response, Survey
from surveys.presets import POINTS_300, SERVICE
from tests.forms import submit
from tests.surveys import asking as a
from tests.world import World, client_of

pytestmark = pytest.mark.django_db
MARKED = [item.code for item in POINTS_300.items if item.kind == "points"]


def switched_on(client: Client, code: str) -> None:
    """Quality switches the questionnaire on, some weeks before anything is closed."""
    assert submit(client, "/surveys/start/link/", version=str(a.version(code).pk)).status_code == 302
    a.since_long(Survey.objects.get(kind="link", stopped_at=None))


def points(total: int) -> dict[str, Any]:
    """So many of the 300 points, as evenly as whole points allow."""
    each, more = divmod(total, len(MARKED))
    return {f"item_{code}": str(each + (n < more)) for n, code in enumerate(MARKED)}


@pytest.mark.req("SUR-07", "SUR-25", "SUR-26", "FX-04", "A-10")
@pytest.mark.gate(20)
@pytest.mark.system("S53")
@pytest.mark.form("F78")
def test_a_repair_shop_asks_for_300_points_and_follows_up_who_gave_too_few(world: World) -> None:
    quality = client_of(world, "quality_head")
    switched_on(quality, "points_300")
    graded = {240: "satisfied", 239: "basic", 210: "basic", 209: "dissatisfied", 300: "satisfied"}
    cases = {total: a.due(world, mail=f"owner{total}@cars.example") for total in graded}
    sweep_invitations()

    for total, band in graded.items():
        link = a.link(Invitation.objects.get(case=cases[total]))
        assert "每项满分 30 分" in Client().get(link).content.decode()
        too_many = points(total) | {f"item_{MARKED[0]}": "31"}
        assert submit(Client(), link, holds="submission_key", **too_many).status_code == 422
        assert submit(Client(), link, holds="submission_key", **points(total)).status_code == 302
        response = Response.objects.get(case=cases[total])
        assert (response.points, response.band) == (total, band)

    tallying.tally()
    page = quality.get("/surveys/results/").content.decode()
    assert "239.6" in page, "(240 + 239 + 210 + 209 + 300) / 5"
    for share in ("40.0", "20.0"):
        assert share in page

    # 209 points: the leading department looks into it, and quality sees what was found.
    follow_up = FollowUp.objects.get(reason="grade")
    assert follow_up.response.case == cases[209]
    head = client_of(world, "production_head")
    path = f"/surveys/follow-ups/{follow_up.pk}/"
    assert cases[209].number in head.get("/surveys/follow-ups/").content.decode()
    found = {"cause": "结算清单没有逐项解释", "result": "已电话说明并补寄清单"}
    assert submit(head, f"{path}finish/", **found).status_code == 302
    assert "结算清单没有逐项解释" in quality.get(path).content.decode()
    assert verify(files=False).ok


@pytest.mark.req("SUR-38", "SUR-26")
@pytest.mark.system("S14")
@pytest.mark.system("S32")
def test_a_service_order_and_the_feedback_mechanism_itself_are_rated(world: World) -> None:
    quality = client_of(world, "quality_head")
    switched_on(quality, "service")
    case = a.due(world)
    sweep_invitations()
    row = Invitation.objects.get(case=case)
    given = {f"item_{item.code}": "o1" for item in SERVICE.items if item.kind == "choice"}
    given |= {"item_progress": "o5", "item_suggestion": "请主动告知进度"}
    assert submit(Client(), a.link(row), holds="submission_key", **given).status_code == 302

    response = Response.objects.get()
    assert {answer.item for answer in response.given.all() if answer.value} == {
        "speed", "result", "manner", "channel", "progress",
    }  # fmt: skip
    assert sorted(response.follow_ups.values_list("reason", "item")) == [("low", "progress"), ("remark", "")]
    page = quality.get(f"/surveys/responses/{response.pk}/").content.decode()
    for words in (
        "响应速度",
        "解决效果",
        "服务态度",
        "反馈问题是否方便",
        "办理进度告知是否及时、清楚",
        "请主动告知进度",
    ):
        assert words in page
