"""Customers of the demo organisation say what they think: asked by link and on the telephone, answered, followed up."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle

from django.utils import timezone

from feedback_system.demo.live import moved_clock
from feedback_system.demo.people import Cast
from notifications.models import Message
from notifications.models import State as MessageState
from surveys.actions import calling, drawing, follow_ups, inviting, tallying
from surveys.actions.answering import Filled, Given, answer_invitation
from surveys.actions.questionnaires import start_survey
from surveys.models import Callback, FollowUp, Invitation, Questionnaire, Response, Survey
from surveys.presets import FIVE_LEVEL

#: So long the surveys have been switched on; longer than any case of the demo is closed.
DAYS = 600
#: What the customers choose in turn: which option for most questions, one exception, and their words.
OPINIONS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("o1", {}, ""),
    ("o2", {"price_parts": "o4"}, "配件价格偏高，希望公示收费标准。"),
    ("o1", {"delivery_time": "o2"}, ""),
    ("o2", {"quality_function": "o4", "service_result": "o3"}, "同样的毛病修了两次，希望一次修好。"),
    ("o1", {}, "师傅很耐心，谢谢。"),
    ("o3", {"service_speed": "o4"}, ""),
    ("o1", {"compared_product": "o2"}, ""),
)


def live_surveys(cast: Cast) -> int:
    """Switch both surveys on in the past, let the customers answer; returns how many answered."""
    now = timezone.now()
    with moved_clock(now - timedelta(days=DAYS)):
        for kind, code in (("link", "five_level"), ("callback", "callback")):
            version = Questionnaire.objects.get(code=code).versions.first()
            assert version is not None  # noqa: S101 - installed before
            start_survey(kind, version, by=cast.actor("zhaomin"))
    # Drawn some days ago, so that the desk has something to call whatever the hour; whoever is called gets no link.
    drawing.draw_callbacks(now - timedelta(days=3))
    _call(cast)
    inviting.sweep_invitations()
    rows = list(Invitation.objects.filter(state="open").select_related("case").order_by("pk"))
    for row, opinion in zip(rows[:-1] or rows, cycle(OPINIONS), strict=False):
        answer_invitation(row, _filled(*opinion))
    done = FollowUp.objects.filter(reason="low").order_by("pk").first()
    if done is not None:
        finding = follow_ups.Finding("收费标准未在网点公示。", "已在全部网点张贴配件价目表，并短信告知客户。")
        follow_ups.finish_follow_up(done, finding, by=cast.actor("zhaomin"))
    tallying.tally()
    # Customers were asked long ago; nothing waits to go out.
    Message.objects.filter(thread__startswith="survey:", user=None).update(state=MessageState.WITHDRAWN, context={})
    assert Survey.objects.count() == 2  # noqa: S101 - both run
    return Response.objects.count()


def _call(cast: Cast) -> None:
    """The callback desk reached one customer, who is content."""
    row = Callback.objects.filter(state="waiting").order_by("pk").first()
    if row is not None:
        said = {"solved": "o1", "overall": "o1", "speed": "o2", "skill": "o1", "manner": "o1"}
        given = {item: Given(option) for item, option in said.items()}
        calling.take(row, by=cast.actor("luyuan"))
        calling.record_call(row, Filled(given, row.case.reporter_name), by=cast.actor("luyuan"))


def _filled(option: str, but: dict[str, str], words: str) -> Filled:
    given = {item.code: Given(but.get(item.code, option)) for item in FIVE_LEVEL.items if item.kind == "choice"}
    return Filled(given | ({"suggestion": Given("", words)} if words else {}))
