"""Answering the customer, and asking whether the customer is satisfied."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from audit.exceptions import Blocked, InvalidInput
from cases.actions import contacts, reply
from cases.actions.intake import Reporter
from cases.models import Case, CaseClock, Opinion, Reply
from notifications.models import Message
from tests import world as w
from tests.cases.desk import Person, fresh
from tests.world import World

ANSWER = {
    "result": "内胆焊缝渗水，为您换新机一台。",
    "measures": "已更换焊机。",
    "thanks": "感谢您的反馈。",
    "way": "phone",
}


@pytest.mark.req("RES-02")
def test_a_reply_is_made_of_result_measures_and_thanks(world: World) -> None:
    case = w.handled(world)
    hub = Person(world, "agent")
    page = hub.open(case, "reply").content.decode()
    assert "已换新焊机，同意换新机" in page  # what the department answered, to write from
    assert "更换焊机并复检" in page
    for missing in ("result", "thanks"):
        assert hub.do(case, "reply", ANSWER | {missing: ""}).status_code == 422
    case = hub.did(case, "reply", ANSWER | {"minutes": 8})
    row = case.replies.get()
    assert row.text == "内胆焊缝渗水，为您换新机一台。\n已更换焊机。\n感谢您的反馈。"
    assert (row.final, row.by, row.minutes) == (True, world.agent, 8)


@pytest.mark.req("SLA-07", "RES-01")
def test_the_final_reply_ends_the_resolution_clock_and_waits_for_every_assignment(world: World) -> None:
    case = w.received(world)
    hub = Person(world, "agent")
    assert hub.offered(case)["reply"].reasons == ("生产部的派单尚未答复。",)
    refused = hub.do(case, "reply", ANSWER)
    assert refused.status_code == 422
    assert "为您换新机一台" in refused.content.decode()  # what was typed is still there
    assert not Reply.objects.exists()
    case = w.handled(world)
    case = hub.did(case, "reply", ANSWER)
    assert CaseClock.objects.get(case=case, kind="resolution").state == "met"


@pytest.mark.req("RES-05")
@pytest.mark.gate(8)
def test_no_answer_is_given_while_a_decision_is_open(world: World) -> None:
    from cases.actions.measures import ask_waiver

    case = w.handled(world)
    ask_waiver(case, by=world.actor("agent"), reason="客户误操作")
    with pytest.raises(Blocked) as refused:
        reply.reply_to_customer(fresh(case), reply.Answer("换新机", "phone"), by=world.actor("agent"))
    assert [r.code for r in refused.value.reasons] == ["decision_open"]


@pytest.mark.req("RES-04")
@pytest.mark.parametrize(("way", "told"), [("phone", 0), ("letter", 0), ("on_site", 0), ("sms", 1)])
def test_a_reply_goes_by_telephone_letter_on_site_or_in_writing_through_the_outbox(
    world: World, way: str, told: int
) -> None:
    case = Person(world, "agent").did(w.handled(world), "reply", ANSWER | {"way": way})
    assert case.replies.get().way == way
    assert Message.objects.filter(thread=case.thread, kind="replied").count() == told


@pytest.mark.req("RES-04")
def test_only_ways_are_offered_on_which_the_customer_can_be_reached(world: World) -> None:
    hub = Person(world, "agent")
    with_phone = w.handled(world)
    assert _ways(hub, with_phone) == {"phone", "sms", "letter", "on_site", "link"}
    assert hub.do(with_phone, "reply", ANSWER | {"way": "email"}).status_code == 422
    nobody = w.handled(world, reporter=Reporter(name="", refused=True))
    assert "not_possible" in _ways(hub, nobody)
    assert "sms" not in _ways(hub, nobody)


def _ways(person: Person, case: Case) -> set[str]:
    return {value for value, _label in person.open(case, "reply").context["form"].fields["way"].choices}


@pytest.mark.gate(4)
def test_not_possible_is_refused_where_there_is_a_contact(world: World) -> None:
    with pytest.raises(InvalidInput, match="留有联系方式"):
        reply.reply_to_customer(w.handled(world), reply.Answer("x", "not_possible"), by=world.actor("agent"))


@pytest.mark.req("INT-20")
def test_only_enquiries_and_praise_are_answered_without_a_department(world: World) -> None:
    complaint = w.acknowledged(world)
    assert "reply" not in Person(world, "agent").offered(complaint)
    assert Person(world, "agent").do(complaint, "reply", ANSWER).status_code == 422
    assert fresh(complaint).state == "acknowledged"


def test_the_customer_was_not_told_before_the_case_began_nor_in_the_future(world: World) -> None:
    case = w.handled(world)
    hub = Person(world, "agent")
    answer = hub.do(case, "reply", ANSWER | {"happened_at": "2020-01-01T10:00"})
    assert "happened_at" in answer.context["form"].errors
    future = timezone.localtime(timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert hub.do(case, "reply", ANSWER | {"happened_at": future}).status_code == 422
    assert not Reply.objects.exists()


@pytest.mark.req("RES-01", "SLA-07")
def test_the_final_reply_is_not_dated_before_the_departments_answer(world: World) -> None:
    case = w.handled(world)
    case.assignments.update(answered_at=timezone.now() - timedelta(minutes=30))
    long_ago = timezone.now() - timedelta(hours=9)
    Case.objects.filter(pk=case.pk).update(received_at=long_ago, acknowledged_at=long_ago)
    early = reply.Answer("换新机", "phone", happened_at=timezone.now() - timedelta(hours=1))
    with pytest.raises(InvalidInput) as refused:
        reply.reply_to_customer(fresh(case), early, by=world.actor("agent"))
    assert refused.value.field == "happened_at"
    after = reply.Answer("换新机", "phone", happened_at=timezone.now() - timedelta(minutes=20))
    assert reply.reply_to_customer(fresh(case), after, by=world.actor("agent")).final


@pytest.mark.req("RES-01")
def test_the_final_reply_is_not_dated_before_the_case_was_taken_on(world: World) -> None:
    case = w.acknowledged(world, kind="enquiry")
    Case.objects.filter(pk=case.pk).update(received_at=timezone.now() - timedelta(hours=9))
    early = reply.Answer("三年。", "phone", happened_at=timezone.now() - timedelta(hours=1))
    with pytest.raises(InvalidInput):
        reply.reply_to_customer(fresh(case), early, by=world.actor("agent"))


@pytest.mark.req("RES-03")
def test_a_progress_notice_is_not_dated_before_the_case_began(world: World) -> None:
    told = reply.Answer("在查", "phone", happened_at=timezone.now() - timedelta(days=1))
    with pytest.raises(InvalidInput):
        reply.send_progress(w.received(world), told, by=world.actor("agent"), expected_at=None)


@pytest.mark.req("RES-03")
def test_a_progress_notice_is_stored_with_its_expected_time_and_ends_no_limit(world: World) -> None:
    case = w.received(world)
    expected = timezone.localtime(timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    data = {"text": "工程师已检查，正在备料。", "way": "sms", "expected_at": expected.strftime("%Y-%m-%dT%H:%M")}
    case = Person(world, "agent").did(case, "send_progress", data)
    row = case.replies.get()
    assert (row.final, row.expected_at, case.state) == (False, expected, "received")
    assert CaseClock.objects.get(case=case, kind="resolution").is_running
    assert Message.objects.get(thread=case.thread, kind="progress_told").channel == "sms"
    assert "预计答复时间" in Person(world, "agent").text(case)


@pytest.mark.req("RES-07", "A-26")
def test_each_attempt_to_ask_is_kept_and_counted(world: World) -> None:
    case = w.replied(world)
    hub = Person(world, "agent")
    assert hub.primary(case) == "ask_opinion"
    for n in range(3):
        case = hub.did(case, "ask_opinion", {"way": "phone", "result": f"第 {n + 1} 次无人接听"})
    assert case.state == "awaiting_opinion"
    assert case.opinion_requests.count() == 3
    assert "第 2 次无人接听" in hub.text(case)


@pytest.mark.req("RES-07")
@pytest.mark.parametrize("way", ["phone", "signature", "letter"])
def test_the_customers_answer_and_its_date_are_kept(world: World, way: str) -> None:
    case = w.replied(world)
    case = Person(world, "agent").did(case, "record_opinion", {"satisfied": "yes", "way": way})
    row = case.opinions.get()
    assert (row.satisfied, row.way, case.state) == (True, way, "awaiting_opinion")
    assert row.happened_at is not None


@pytest.mark.req("RES-08")
def test_an_unsatisfied_customer_is_answered_again_in_the_same_round(world: World) -> None:
    case = w.replied(world)
    hub = Person(world, "agent")
    assert hub.do(case, "record_opinion", {"satisfied": "no", "way": "phone"}).status_code == 422
    case = hub.did(case, "record_opinion", {"satisfied": "no", "way": "phone", "remark": "还是漏"})
    assert hub.primary(case) == "reply"
    offered = hub.offered(case)
    assert {"reply", "escalate", "reopen", "ask_explained"} <= set(offered)
    assert offered["close"].reasons
    first = case.replied_at
    case = hub.did(case, "reply", ANSWER | {"result": "再派工程师"})
    assert (case.round, case.state, case.replied_at) == (1, "replied", first)
    assert CaseClock.objects.filter(case=case, kind="resolution").count() == 1


def test_the_same_opinion_sent_twice_is_kept_once(world: World) -> None:
    from uuid import uuid4

    case = w.replied(world)
    opinion = reply.CustomerOpinion(satisfied=True, way="link", submission_key=uuid4())
    for _ in range(2):
        reply.record_opinion(fresh(case), opinion, by=world.actor("agent"))
    assert Opinion.objects.count() == 1


@pytest.mark.req("RES-16")
def test_each_contact_keeps_time_channel_persons_content_and_follow_up(world: World) -> None:
    case = w.received(world)
    hub = Person(world, "agent")
    data = {
        "direction": "in", "channel": world.channel("phone").pk, "person": "周慧", "text": "要求周三前解决",
        "follow_up": "明天回电", "minutes": 6,
    }  # fmt: skip
    case = hub.did(case, "record_contact", data)
    row = case.contacts.get()
    assert (row.channel.code, row.person, row.text, row.follow_up, row.minutes, row.by_label) == (
        "phone", "周慧", "要求周三前解决", "明天回电", 6, "林晓",
    )  # fmt: skip
    assert case.contact_count == 2
    assert "第 2 次来电" in hub.text(case)


@pytest.mark.req("RES-16")
def test_a_contact_sent_twice_with_one_key_is_kept_once(world: World) -> None:
    case = w.received(world)
    hub = Person(world, "agent")
    form = hub.open(case, "record_contact").context["form"]
    data = {
        "direction": "in", "channel": world.channel("phone").pk, "text": "催办", "submission_key": form.initial["submission_key"],
    }  # fmt: skip
    hub.did(case, "record_contact", data)
    hub.did(case, "record_contact", data)
    assert fresh(case).contacts.count() == 1


@pytest.mark.req("RES-07")
def test_an_opinion_sent_twice_at_once_is_one(world: World) -> None:
    case, key = w.replied(world), uuid.uuid4()
    opinion = reply.CustomerOpinion(satisfied=True, way="phone", submission_key=key)
    real, won = reply.lock, []

    def slower(*args: Any, **options: Any) -> Case:
        if not won:
            won.append(True)
            reply.record_opinion(case, opinion, by=world.actor("agent"))
        return real(*args, **options)

    with mock.patch.object(reply, "lock", side_effect=slower):
        reply.record_opinion(case, opinion, by=world.actor("agent2"))
    assert Opinion.objects.get().by == world.agent


@pytest.mark.req("RES-16")
def test_a_contact_sent_twice_at_once_is_one(world: World) -> None:
    case, key = w.received(world), uuid.uuid4()
    contact = contacts.NewContact("in", world.channel("phone"), "催办", submission_key=key)
    real, won = contacts.lock, []

    def slower(*args: Any, **options: Any) -> Case:
        if not won:
            won.append(True)
            contacts.record_contact(case, contact, by=world.actor("agent"))
        return real(*args, **options)

    with mock.patch.object(contacts, "lock", side_effect=slower):
        contacts.record_contact(case, contact, by=world.actor("agent2"))
    assert case.contacts.get().by == world.agent
    assert fresh(case).contact_count == case.contact_count + 1
