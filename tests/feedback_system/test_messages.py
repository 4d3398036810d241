"""Outgoing messages: that they went out is the administrator's to see, what they say is not (SEC-01)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from cases.models import Case, Recusal
from cases.readers import of_case
from feedback_system.views.messages import masked
from notifications.models import Message
from tests import world as w
from tests.world import World


@pytest.fixture
def failed(world: World) -> Message:
    """The receipt of a call that could not be sent."""
    w.log_call(world)
    row = Message.objects.get(kind="case_opened")
    Message.objects.filter(pk=row.pk).update(
        state="failed", error="550 unknown user <zhou@mail.example>", subject="受理回执", body="内胆漏水的回执"
    )
    return Message.objects.get(pk=row.pk)


@pytest.mark.req("SEC-01")
def test_the_administrator_sees_that_it_failed_and_not_what_it_says(
    world: World, client: Client, failed: Message
) -> None:
    client.force_login(world.administrator)
    page = client.get(reverse("messages"), {"state": "failed"}).content.decode()
    assert "138****6634" in page
    for secret in (failed.address, "内胆漏水", "电热水器", Case.objects.get().number, "zhou@mail.example"):
        assert secret not in page, secret


@pytest.mark.req("SEC-01")
def test_a_head_of_the_hub_sees_messages_of_visible_cases_with_their_text(
    world: World, client: Client, failed: Message
) -> None:
    client.force_login(world.hub_head)
    page = client.get(reverse("messages")).content.decode()
    assert failed.address in page
    assert "内胆漏水的回执" in page
    assert reverse("case", args=[Case.objects.get().number]) in page


@pytest.mark.req("RTE-18", "SEC-01")
def test_a_barred_head_sees_nothing_of_the_case(world: World, client: Client, failed: Message) -> None:
    case = Case.objects.get()
    Recusal.objects.create(case=case, user=world.hub_head, reason="当事人", at=timezone.now())
    case.readers, case.barred = of_case(case)
    case.save()
    client.force_login(world.hub_head)
    page = client.get(reverse("messages")).content.decode()
    assert failed.address not in page
    assert client.post(reverse("message_resend", args=[failed.pk])).status_code == 404
    assert client.post(reverse("message_telephoned", args=[failed.pk])).status_code == 404


@pytest.mark.req("SEC-01")
def test_messages_that_belong_to_no_case_are_not_shown_to_the_hub(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    client.post(reverse("user_invite", args=[world.agent.pk]))
    row = Message.objects.get(kind="invitation")
    assert "林晓" in client.get(reverse("messages")).content.decode()
    client.force_login(world.hub_head)
    assert "林晓" not in client.get(reverse("messages")).content.decode()
    assert client.post(reverse("message_resend", args=[row.pk])).status_code == 404


@pytest.mark.parametrize("who", ["agent", "production_head", "manager", "auditor", "quality_head"])
def test_the_others_do_not_open_it(world: World, client: Client, failed: Message, who: str) -> None:
    client.force_login(world.users[who])
    assert client.get(reverse("messages")).status_code == 403
    assert client.post(reverse("message_resend", args=[failed.pk])).status_code == 403
    assert Message.objects.get(pk=failed.pk).state == "failed"


@pytest.mark.req("SEC-09")
def test_a_failed_message_is_sent_again(world: World, client: Client, failed: Message) -> None:
    client.force_login(world.administrator)
    client.post(reverse("message_resend", args=[failed.pk]))
    assert Message.objects.get(pk=failed.pk).state == "queued"
    assert Event.objects.filter(thread=failed.thread, verb="resend_message").exists()
    page = client.post(reverse("message_resend", args=[failed.pk]), follow=True).content.decode()
    assert "等待" in page  # twice is told, not done


def test_telephoned_is_for_those_who_know_what_to_say(world: World, client: Client, failed: Message) -> None:
    client.force_login(world.administrator)
    assert client.post(reverse("message_telephoned", args=[failed.pk])).status_code == 404
    client.force_login(world.hub_head)
    client.post(reverse("message_telephoned", args=[failed.pk]))
    assert Message.objects.get(pk=failed.pk).telephoned_at is not None


def test_pages_go_back_in_time_by_key(world: World, client: Client) -> None:
    for _n in range(30):
        w.log_call(world)
    client.force_login(world.administrator)
    first = client.get(reverse("messages"), {"channel": "sms"})
    older = first.context["older"]
    second = client.get(reverse("messages"), {"channel": "sms", "before": older})
    seen = [line.message.pk for page in (first, second) for line in page.context["lines"]]
    assert len(seen) == len(set(seen)) == 30
    client.force_login(world.hub_head)
    assert client.get(reverse("messages"), {"before": "x" * 50, "state": "nonsense"}).status_code == 200


@pytest.mark.parametrize(
    ("address", "shown"),
    [("13805126634", "138****6634"), ("zhou.hui@mail.example", "z***@mail.example"), ("12345", "****"), ("", "****")],
)
def test_an_address_is_recognised_and_not_told(address: str, shown: str) -> None:
    assert masked(address) == shown
