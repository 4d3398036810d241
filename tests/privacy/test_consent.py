"""What people agreed to: by purpose and way, with proof, versioned, taken back at once (CUS-19; PIPL 14, 15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.exceptions import InvalidInput, InvalidMove
from customers.actions.consent import Agreed, publish_consent_text, record_consent, withdraw_consent
from customers.models import ConsentText, Customer
from customers.queries.consent import refusal
from tests.world import World, client_of

pytestmark = pytest.mark.req("CUS-19")


def marketing(world: World) -> ConsentText:
    by = world.actor("administrator")
    return publish_consent_text("marketing", text="同意接收活动信息。", text_en="", by=by, base=0)


def agreed(text: ConsentText, *ways: str, proof: str = "电话中同意") -> Agreed:
    return Agreed(text, "phone", ways, proof, timezone.now())


def test_offers_need_a_consent_and_answers_do_not(world: World, customer: Customer) -> None:
    assert refusal(customer, "feedback", "phone") is None
    assert refusal(customer, "survey", "phone") is None
    assert refusal(customer, "marketing", "phone") is not None
    record_consent(customer, agreed(marketing(world), "phone"), by=world.agent)
    assert refusal(customer, "marketing", "phone") is None
    assert refusal(customer, "marketing", "sms") is not None


def test_a_consent_that_was_taken_back_holds_no_more(world: World, customer: Customer) -> None:
    row = record_consent(customer, agreed(marketing(world), "phone"), by=world.agent)
    withdraw_consent(row, by=world.actor("agent"))
    first = withdraw_consent(row, by=world.actor("agent")).withdrawn_at
    assert withdraw_consent(row, by=world.actor("agent")).withdrawn_at == first
    assert refusal(customer, "marketing", "phone") is not None


def test_a_number_that_is_refused_is_refused_for_every_purpose_but_the_answer(world: World, customer: Customer) -> None:
    record_consent(customer, agreed(marketing(world), "phone", "email"), by=world.agent)
    customer.contact_points.filter(type="phone").update(refused=True)
    assert refusal(customer, "marketing", "phone") is not None
    assert refusal(customer, "marketing", "email") is None


def test_a_consent_without_proof_or_before_its_text_is_refused(world: World, customer: Customer) -> None:
    text = marketing(world)
    with pytest.raises(InvalidInput, match="凭据"):
        record_consent(customer, agreed(text, "phone", proof=""), by=world.agent)
    early = Agreed(text, "phone", ("phone",), "签字", timezone.now() - timedelta(days=3))
    with pytest.raises(InvalidInput, match="较晚"):
        record_consent(customer, early, by=world.agent)
    late = Agreed(text, "phone", ("phone",), "签字", timezone.now() + timedelta(days=3))
    with pytest.raises(InvalidInput, match="将来"):
        record_consent(customer, late, by=world.agent)
    with pytest.raises(InvalidInput):
        record_consent(customer, agreed(text), by=world.agent)
    record_consent(customer, agreed(text, "phone"), by=world.agent)
    with pytest.raises(InvalidMove):
        record_consent(customer, agreed(text, "phone"), by=world.agent)


def test_a_text_is_never_changed_only_followed_by_the_next(world: World) -> None:
    by = world.actor("administrator")
    first = ConsentText.objects.get(purpose="feedback")
    second = publish_consent_text("feedback", text="新版", text_en="", by=by, base=first.version)
    assert second.version == first.version + 1
    with pytest.raises(InvalidMove):
        publish_consent_text("feedback", text="另一版", text_en="", by=by, base=first.version)
    with pytest.raises(InvalidInput):
        publish_consent_text("feedback", text="新版", text_en="", by=by, base=second.version)
    client = client_of(world, "administrator")
    page = client.get("/settings/consent-texts/?purpose=feedback").content.decode()
    assert "新版" in page
    assert "第 1 版" in page


def test_an_agent_writes_a_consent_down_on_the_customers_page(world: World, customer: Customer) -> None:
    text = marketing(world)
    client = client_of(world, "agent")
    url = f"/customers/{customer.pk}/rights/"
    today = timezone.localdate().isoformat()
    values = {"text": text.pk, "ways": ["sms"], "channel": "phone", "given_on": today, "proof": "来电时同意"}
    assert client.post(f"{url}agree/", values).status_code == 302
    page = client.get(url).content.decode()
    assert "营销推广" in page
    assert "短信" in page
    assert client.post(f"{url}agree/", values | {"proof": ""}).status_code == 422


def test_the_card_says_in_which_ways_offers_are_agreed_to(world: World, customer: Customer) -> None:
    client, url = client_of(world, "agent"), f"/customers/{customer.pk}/"
    assert "未同意" in client.get(url).content.decode()
    record_consent(customer, agreed(marketing(world), "phone", "visit"), by=world.agent)
    assert "电话、上门拜访" in client.get(url).content.decode()
