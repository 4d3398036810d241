"""The public form: anybody can give feedback, once, within limits, and loses nothing that was typed."""

from __future__ import annotations

import base64
import html
import json
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.utils import timezone

from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases import challenge
from cases.actions import intake as intake_actions
from cases.actions import public
from cases.models import Case, CaseFile
from cases.secrets import access_code, link_token
from customers.models import Consent, ConsentText
from documents.exceptions import StoreFull
from documents.models import File
from notifications.delivery import sweep_due
from notifications.models import Message
from organization.models import Organisation
from tests.cases import visitors as v
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _easy_puzzles(settings: Any) -> None:
    settings.PROOF_OF_WORK_MAX_NUMBER = 60


def page_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def refused(response: Any, sentence: str) -> None:
    """The form came back with this sentence, everything that was typed, and no case."""
    assert response.status_code == 422
    assert sentence in page_of(response)
    assert Case.objects.count() == 0


# --- What becomes of it ----------------------------------------------------------------------------


@pytest.mark.req("INT-23")
def test_anybody_can_give_feedback_without_an_account(world: World) -> None:
    case = v.submitted()
    assert (case.kind.code, case.channel.code, case.state) == ("complaint", "web_form", "registered")
    assert (case.text, case.reporter_name, case.reporter_phone) == (v.TEXT, "周女士", "139 1234 5678")
    assert (case.product_text, case.language) == ("65W 快充充电器", "zh-hans")


@pytest.mark.req("INT-04")
def test_without_a_first_asked_person_the_person_on_duty_owns_it(world: World) -> None:
    case = v.submitted()
    assert case.first_asked is None
    assert case.first_asked_label == "客户自助"
    assert case.owner == world.hub_head
    assert Message.objects.filter(thread=case.thread, user=world.hub_head, kind="arrived").exists()


def test_the_history_names_a_customer_and_no_name(world: World) -> None:
    from audit.queries import events_of

    event = events_of(v.submitted().thread).get(verb="open")
    assert (event.actor_kind, event.actor_label, event.actor_id) == ("customer", "customer", None)


@pytest.mark.req("INT-21")
@pytest.mark.parametrize("kind", ["complaint", "service_request", "return_request", "enquiry", "suggestion", "praise"])
def test_each_kind_on_the_page_can_be_sent(world: World, kind: str) -> None:
    page = page_of(Client().get("/feedback/"))
    assert f'name="kind" value="{kind}"' in page
    assert v.submitted(kind=kind).kind.code == kind


@pytest.mark.parametrize("kind", ["adverse_event", "nonsense", "", None, "1"])
def test_a_kind_that_the_page_does_not_offer_is_refused(world: World, kind: str | None) -> None:
    assert v.send(kind=kind).status_code == 422
    assert Case.objects.count() == 0


def test_a_known_product_or_site_is_recognised_by_name_and_code(world: World) -> None:
    assert v.submitted(product_text="电热水器 DSZF-60").product.code == "DSZF-60"
    assert v.submitted(product_text="ｄｓｚｆ－６０").product.code == "DSZF-60"
    case = v.submitted(product_text="苏州园区店")
    assert (case.site.code, case.product_text) == ("sz", "")
    assert '<option value="电热水器 DSZF-60">' in page_of(Client().get("/feedback/"))


def test_a_kind_that_the_named_products_profile_does_not_know_is_refused(world: World) -> None:
    import copy

    from feedback_system.presets import INSTALLER, PROFILE
    from organization.models import Product
    from regulations import profiles
    from regulations.models import Profile, ProfileUse

    body: Any = copy.deepcopy(PROFILE)
    del body["cases"]["kinds"]["praise"]
    line = Profile.objects.create(code="line", name="线")
    profiles.publish(line, body, by=INSTALLER, reason="试")
    ProfileUse.objects.create(profile=line, line=Product.objects.get(code="heater"))
    refused(v.send(kind="praise", product_text="DSZF-60"), "不受理这一类型")


@pytest.mark.parametrize(
    ("contact", "phone", "email"),
    [
        ("139 1234 5678", "139 1234 5678", ""),
        ("010-62345678", "010-62345678", ""),
        ("+86 139-1234-5678", "+86 139-1234-5678", ""),
        ("zhou@example.com", "", "zhou@example.com"),
    ],
)
def test_a_contact_is_a_telephone_or_an_address(world: World, contact: str, phone: str, email: str) -> None:
    case = v.submitted(contact=contact)
    assert (case.reporter_phone, case.reporter_email, case.contact_refused) == (phone, email, False)


@pytest.mark.parametrize("contact", ["12", "a@b", "@", "我的手机", "139123456789012345"])
def test_a_contact_that_cannot_be_right_is_refused(world: World, contact: str) -> None:
    response = v.send(contact=contact)
    assert response.status_code == 422
    assert contact in page_of(response)


def test_a_contact_may_be_left_out_only_by_saying_so(world: World) -> None:
    refused(v.send(contact=""), "请填写手机号或邮箱，或勾选“不愿留联系方式”。")
    refused(v.send(contact_refused="on"), "请去掉其中一项")
    case = v.submitted(contact="", contact_refused="on")
    assert (case.contact_refused, case.has_contact) == (True, False)
    assert not Message.objects.filter(thread=case.thread, user=None).exists()


# --- Consent (CUS-19) --------------------------------------------------------------------------------


@pytest.mark.req("CUS-19")
def test_consent_is_kept_with_its_version_channel_and_time(world: World) -> None:
    case = v.submitted()
    consent = Consent.objects.get(thread=case.thread)
    assert (consent.text.purpose, consent.text.version, consent.channel) == ("feedback", 1, "web_form")
    assert consent.given_at == case.registered_at


@pytest.mark.req("CUS-19")
def test_without_consent_nothing_is_kept(world: World) -> None:
    refused(v.send(consent=None), "未经您同意，我们不能保存您填写的信息。请勾选同意。")
    assert Consent.objects.count() == 0


@pytest.mark.req("CUS-19")
def test_consent_to_words_that_were_replaced_meanwhile_is_asked_again(world: World) -> None:
    ConsentText.objects.create(purpose="feedback", version=2, text="新的说明", published_at=timezone.now())
    response = v.send(consent_version="1")
    refused(response, "隐私说明刚刚更新")
    assert 'name="consent_version" value="2"' in page_of(response)
    assert Consent.objects.count() == 0
    v.submitted(consent_version="2")
    assert Consent.objects.get().text.version == 2


@pytest.mark.req("CUS-19")
def test_the_words_of_every_version_can_be_read(world: World) -> None:
    ConsentText.objects.create(
        purpose="feedback", version=2, text="新的说明", text_en="New", published_at=timezone.now()
    )
    ConsentText.objects.create(
        purpose="feedback", version=3, text="明天的说明", published_at=timezone.now() + timedelta(days=1)
    )
    assert "新的说明" in page_of(Client().get("/feedback/privacy/"))
    assert "不用于营销" in page_of(Client().get("/feedback/privacy/?version=1"))
    assert Client().get("/feedback/privacy/?version=3").status_code == 404
    for nonsense in ("99", "x", "-1", "1" * 40, "²", "%00"):
        assert Client().get(f"/feedback/privacy/?version={nonsense}").status_code in {200, 404}


# --- The receipt (INT-24) ----------------------------------------------------------------------------


@pytest.mark.req("INT-24")
def test_the_receipt_gives_number_code_link_and_dates(world: World, settings: Any) -> None:
    client = Client()
    with time_machine.travel("2026-11-20 10:00+08:00", tick=False):
        response = v.send(client)
        page = page_of(client.get(response["Location"]))
    case = Case.objects.get()
    assert case.number in page
    assert access_code(case) in page
    assert f"{settings.SITE_URL}/track/{link_token(case)}" in page
    assert "11月21日（周六）10:00 前告诉您是否受理" in page  # 24 hours
    assert "11月27日（周五）17:30" in page  # 5 working days
    assert "尾号 5678" in page


@pytest.mark.req("INT-24")
def test_the_receipt_can_be_loaded_again_and_registers_nothing(world: World) -> None:
    client = Client()
    response = v.send(client)
    pages = [page_of(client.get(response["Location"])) for _ in range(3)]
    assert all(Case.objects.get().number in page for page in pages)
    assert Case.objects.count() == 1


def test_the_receipt_is_shown_only_in_the_browser_that_sent_the_form(world: World) -> None:
    response = v.send()
    case = Case.objects.get()
    stranger = Client()
    answer = stranger.get(response["Location"], follow=True)
    assert answer.redirect_chain[-1][0] == "/track/"
    assert access_code(case) not in page_of(answer)
    assert link_token(case) not in page_of(answer)


def test_a_receipt_with_a_made_up_signature_does_not_exist(world: World) -> None:
    client = Client()
    location = v.send(client)["Location"]
    number = Case.objects.get().number
    for signed in (number, f"{number}.", f"{number}.{'A' * 43}", "2026-999999" + location[location.index(".") : -1]):
        assert client.get(f"/feedback/receipt/{signed}/").status_code == 404


@pytest.mark.req("INT-24")
def test_the_customer_gets_the_receipt_by_message_too_with_the_same_code(world: World, mailoutbox: list[Any]) -> None:
    case = v.submitted(contact="zhou@example.com")
    sweep_due()
    mail = next(mail for mail in mailoutbox if mail.to == ["zhou@example.com"])
    assert access_code(case) in mail.body
    assert f"/track/{link_token(case)}/" in mail.body


# --- Nothing is lost -----------------------------------------------------------------------------------


def test_a_refused_form_keeps_everything_that_was_typed(world: World) -> None:
    page = page_of(v.send(contact="12", kind="praise", contact_refused=None))
    for typed in (v.TEXT, "65W 快充充电器", "周女士", 'value="12"'):
        assert typed in page
    assert re.search(r'value="praise"[^>]*checked', page)
    assert re.search(r'name="consent"[^>]*checked', page)


def test_a_text_that_is_too_long_stays_in_the_page_with_what_to_do(world: World) -> None:
    text = "漏" * 20_001
    response = v.send(text=text)
    refused(response, "全文 20,001 字，最多 20,000 字。请缩短，或把其余内容作为文件添加。")
    assert text in page_of(response)
    assert "maxlength" not in page_of(response).split("<textarea")[1].split(">")[0]
    assert len(v.submitted(text="漏" * 20_000).text) == 20_000


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\0", "\u200b\u202e", None])
def test_a_form_without_words_is_refused(world: World, text: str | None) -> None:
    refused(v.send(text=text), "请写一下发生了什么。")


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (b"a\x00b", "ab"),
        (b"lone \xed\xa0\x80 surrogate", "lone \ufffd\ufffd\ufffd surrogate"),
        ("漏水\u202e了\u200b".encode(), "漏水了"),
        ("👨‍👩‍👧 𠮷野家 e\u0301".encode(), "👨‍👩‍👧 𠮷野家 é"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"line\r\nline\x0b\x0c", "line\nline"),
        ("＝1+1<script>alert(1)</script>{{7*7}}{% now %}".encode(), "＝1+1<script>alert(1)</script>{{7*7}}{% now %}"),
    ],
)
def test_strange_characters_are_cleaned_and_never_break_anything(world: World, sent: bytes, stored: str) -> None:
    client = Client()
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in {
            **{k: str(d).encode() for k, d in v.filled_in().items()},
            "text": sent,
            "name": sent,
        }.items()
    )
    response = client.post("/feedback/", body + b"--x--\r\n", content_type="multipart/form-data; boundary=x")
    assert response.status_code == 302
    case = Case.objects.get()
    assert case.text == stored
    assert "<script>" not in client.get("/track/case/").content.decode().split("<main")[1]


def test_the_whole_body_may_be_nonsense(world: World) -> None:
    for body, kind in (
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"\xff" * 100, "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"kind=complaint&kind=praise&text=a&text=b", "application/x-www-form-urlencoded"),
        (b"a=1&" * 600, "application/x-www-form-urlencoded"),
    ):
        assert Client().post("/feedback/", body, content_type=kind).status_code in {400, 413, 422}
    assert Case.objects.count() == 0


@pytest.mark.parametrize("key", ["", "x", "1" * 500, None, "00000000-0000-0000-0000-00000000000g"])
def test_a_damaged_key_is_replaced_and_the_text_kept(world: World, key: str | None) -> None:
    response = v.send(submission_key=key)
    refused(response, "表单在传送中损坏")
    fresh = re.search(r'name="submission_key" value="([^"]+)"', page_of(response))
    assert fresh
    assert uuid.UUID(fresh[1])


# --- Once, however often it comes (quality 21) ----------------------------------------------------------


def test_the_same_form_again_gives_the_same_receipt(world: World) -> None:
    data = v.filled_in()
    first, second = (Client().post("/feedback/", data) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Case.objects.count() == 1


def test_a_retry_needs_no_new_proof_no_limit_and_no_files_again(world: World, settings: Any) -> None:
    key, picture = str(uuid.uuid4()), v.picture()
    first = v.send(submission_key=key, files=[picture])
    settings.LIMITS = settings.LIMITS | {"public_submit_address": (0, 60)}
    with time_machine.travel(timezone.now() + timedelta(hours=5)):
        again = v.send(submission_key=key, files=[v.picture()], proof="", started="", consent_version="7")
    assert again["Location"] == first["Location"]
    assert (Case.objects.count(), File.objects.count(), CaseFile.objects.count()) == (1, 1, 1)


def test_the_same_form_with_other_words_is_not_swallowed(world: World) -> None:
    client, key = Client(), str(uuid.uuid4())
    first = v.submitted(client, submission_key=key)
    response = v.send(client, submission_key=key, text="另外一件事：发票开错了。")
    assert response.status_code == 422
    page = page_of(response)
    assert f"编号 {first.number}" in page
    assert "另外一件事：发票开错了。" in page
    fresh = re.search(r'name="submission_key" value="([^"]+)"', page)
    assert fresh
    assert fresh[1] != key
    second = v.submitted(client, submission_key=fresh[1], text="另外一件事：发票开错了。")
    assert Case.objects.count() == 2
    assert second.number != first.number


def _fifty(data: dict[str, Any]) -> list[str]:
    return v.at_once(50, lambda _n: Client().post("/feedback/", data).headers.get("Location", "refused"))


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine fifty tries one after the other take their time; nobody is sent away meanwhile."""
    monkeypatch.setattr(public, "PATIENCE_MS", 90_000)


@pytest.mark.req("INT-23")
@pytest.mark.usefixtures("patient")
@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_posts_with_one_key_are_one_case_and_fifty_equal_receipts(world: World) -> None:
    receipts = _fifty(v.filled_in())
    assert len(set(receipts)) == 1
    assert receipts[0].startswith("/feedback/receipt/")
    assert Case.objects.count() == 1


@pytest.fixture
def unprotected(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    """The form without its key: no lock, no look-up, nothing unique in the database."""
    settings.LIMITS = settings.LIMITS | {"public_submit_address": (10_000, 60), "proof_once": (10_000, 60)}
    monkeypatch.setattr(public, "one_at_a_time", lambda _key: nullcontext())
    monkeypatch.setattr(public, "find_submission", lambda _key, _text: None)
    monkeypatch.setattr("cases.views.public.find_submission", lambda _key, _text: None)
    monkeypatch.setattr(
        public, "open_case", lambda intake, by: intake_actions.open_case(replace(intake, submission_key=None), by=by)
    )
    return


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unprotected")
def test_without_the_key_the_same_fifty_posts_are_many_cases(world: World) -> None:
    assert len(set(_fifty(v.filled_in()))) > 1
    assert Case.objects.count() > 1


@pytest.mark.django_db(transaction=True)
def test_the_database_alone_keeps_a_key_unique(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "one_at_a_time", lambda _key: nullcontext())
    receipts = _fifty(v.filled_in(proof=None) | {"proof": v.proof()})
    assert Case.objects.count() == 1
    assert len({receipt for receipt in receipts if receipt != "refused"}) == 1


def test_a_second_try_does_not_wait_for_ever_for_the_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "PATIENCE_MS", 30)
    key, held, done = uuid.uuid4(), Event(), Event()

    def first_try(_n: int) -> None:
        with public.one_at_a_time(key):
            held.set()
            done.wait(30)

    with ThreadPoolExecutor(1) as other:
        first = other.submit(v.at_once, 1, first_try)
        held.wait(30)
        response = v.send(submission_key=str(key))
        done.set()
        first.result()
    assert response.status_code == 429
    assert response["Retry-After"] == "5"
    assert "您上一次提交还在处理中" in page_of(response)
    assert v.TEXT in page_of(response)
    assert v.send(submission_key=str(key)).status_code == 302


# --- Robots (quality 22) ------------------------------------------------------------------------------------


def test_a_form_with_its_hidden_field_filled_in_is_refused_with_a_way_out(world: World) -> None:
    response = v.send(website="https://spam.example")
    refused(response, "有一个隐藏栏被填写了")
    assert "spam.example" not in page_of(response)


def test_a_form_that_comes_back_at_once_is_refused_and_may_come_again(world: World) -> None:
    started = v.opened_before(0)
    response = v.send(started=started)
    refused(response, "提交得太快了")
    assert f'name="started" value="{started}"' in page_of(response)
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        v.submitted(started=started, proof=v.proof())


def test_the_time_at_which_the_form_was_opened_cannot_be_made_up(world: World) -> None:
    for started in ("", "x", "1", "9999999999:x", "a:b:c", "\0"):
        refused(v.send(started=started), "提交得太快了")


def test_without_javascript_the_hotline_is_shown(world: World) -> None:
    Organisation.objects.update(hotline="400-820-0000")
    before = page_of(Client().get("/feedback/"))
    assert "400-820-0000" in before[before.index("<noscript>") : before.index("</noscript>")]
    refused(v.send(proof=""), "校验需要 JavaScript，请开启后再提交，或打电话给我们。")


def test_a_proof_counts_once_even_when_the_cache_was_lost(world: World) -> None:
    proof = v.proof()
    v.submitted(proof=proof)
    cache.clear()
    response = v.send(proof=proof, text="第二件事")
    assert response.status_code == 422
    assert "已经用过" in page_of(response)
    assert "第二件事" in page_of(response)
    assert Case.objects.count() == 1


def test_a_proof_is_not_used_up_by_a_form_that_was_refused(world: World) -> None:
    proof = v.proof()
    assert v.send(proof=proof, contact="12").status_code == 422
    v.submitted(proof=proof)


@pytest.mark.django_db(transaction=True)
def test_one_proof_in_parallel_forms_is_one_case(world: World) -> None:
    proof = v.proof()
    answers = v.at_once(20, lambda n: v.send(proof=proof, text=f"第 {n} 件事").status_code)
    assert sorted(answers) == [302] + [422] * 19
    assert Case.objects.count() == 1


def test_an_old_proof_is_refused(world: World, settings: Any) -> None:
    proof = v.proof()
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.PROOF_OF_WORK_SECONDS + 2)):
        refused(v.send(proof=proof), "没有通过或已过期")


def _forged(**changes: Any) -> str:
    good = json.loads(base64.b64decode(v.proof()))
    return base64.b64encode(json.dumps({**good, **changes}).encode()).decode()


@pytest.mark.parametrize(
    "payload",
    [
        "x",
        "é",
        "=" * 50,
        "A" * 5_000,
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b"5").decode(),
        base64.b64encode(b"null").decode(),
        base64.b64encode(b"{}").decode(),
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"[" * 1_400).decode(),
        lambda: _forged(number="1"),
        lambda: _forged(number=-1),
        lambda: _forged(number=1e300),
        lambda: _forged(number=True),
        lambda: _forged(number=10**30),
        lambda: _forged(salt=5),
        lambda: _forged(salt=None),
        lambda: _forged(salt="\ud800"),
        lambda: _forged(salt="x?expires=99999999999&"),
        lambda: _forged(algorithm="SHA-1"),
        lambda: _forged(algorithm=["SHA-256"]),
        lambda: _forged(signature="0" * 64),
        lambda: _forged(challenge="0" * 64),
    ],
)
def test_a_forged_proof_is_refused_with_a_sentence(payload: Any) -> None:
    with pytest.raises(InvalidInput) as error:
        challenge.check(payload() if callable(payload) else payload)
    assert "没有通过或已过期" in error.value.message


def test_a_challenge_is_new_each_time_and_limited(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"challenge_address": (3, 3600)}
    answers = [Client().get("/feedback/challenge/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert len({answer.json()["challenge"] for answer in answers[:3]}) == 3
    assert answers[0]["Cache-Control"] == "no-store"
    assert int(answers[3]["Retry-After"]) > 0


# --- Limits ---------------------------------------------------------------------------------------------------


def test_over_the_limit_the_form_comes_back_with_its_text_and_when_to_try_again(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"public_submit_address": (3, 3600)}
    assert [v.send(address="198.51.100.7").status_code for _ in range(3)] == [302] * 3
    response = v.send(address="198.51.100.7", text="第四件事")
    assert response.status_code == 429
    assert int(response["Retry-After"]) == 1200
    assert "请 20 分钟后再提交，或打电话给我们" in page_of(response)
    assert "第四件事" in page_of(response)
    assert v.send(address="198.51.100.8").status_code == 302
    assert Case.objects.count() == 4


def test_all_senders_together_have_a_limit(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"public_submit_all": (3, 3600)}
    answers = [v.send(address=f"198.51.100.{n}").status_code for n in range(6)]
    assert answers == [302] * 3 + [429] * 3


def test_the_preset_limits_bite(world: World, settings: Any) -> None:
    answers = [v.send().status_code for _ in range(settings.LIMITS["public_submit_address"][0] + 2)]
    assert answers.count(302) == settings.LIMITS["public_submit_address"][0]
    assert answers[-2:] == [429, 429]


def test_a_made_up_address_does_not_reset_the_limit(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"public_submit_address": (2, 3600)}
    answers = [
        Client().post("/feedback/", v.filled_in(), headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code
        for n in range(5)
    ]
    assert answers == [302, 302, 429, 429, 429]


def test_a_mistake_costs_nothing_of_the_limit(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"public_submit_address": (1, 3600)}
    for _ in range(5):
        assert v.send(contact="12").status_code == 422
    assert v.send().status_code == 302


# --- Files (INT-24) ------------------------------------------------------------------------------------------


def upload(name: str, content: bytes, kind: str = "application/octet-stream") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=kind)


@pytest.mark.req("INT-23")
def test_files_are_stored_with_their_digest_and_belong_to_the_case(world: World) -> None:
    import hashlib

    content = v.picture().read()
    case = v.submitted(files=[upload("现场.png", content), upload("二.png", content)])
    rows = CaseFile.objects.filter(case=case)
    assert [row.file.claimed_name for row in rows] == ["现场.png", "二.png"]
    assert {row.file.sha256 for row in rows} == {hashlib.sha256(content).hexdigest()}
    assert {(row.from_customer, row.by_id, row.file.uploaded_kind) for row in rows} == {(True, None, "customer")}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("页面.html", b"<script>alert(1)</script>"),
        ("图.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("伪装.pdf", b"MZ\x90\x00"),
        ("空.jpg", b""),
        ("照片.jpg", b"GIF89a"),
        ("宏.docm", b"PK\x03\x04"),
        ("图.png\u200b.php", b"\x89PNG\r\n\x1a\n"),
        ("无扩展名", b"hello"),
    ],
)
def test_a_file_that_is_refused_is_named_with_its_reason_and_the_text_is_kept(
    world: World, name: str, content: bytes
) -> None:
    response = v.send(files=[v.picture(), upload(name, content)])
    page = page_of(response)
    assert response.status_code == 422
    assert name.replace("\u200b", "").split(".")[0] in page.split('id="id_files_error"')[1]
    assert v.TEXT in page
    assert (Case.objects.count(), File.objects.count()) == (0, 0)


def test_a_file_may_be_just_as_large_as_the_limit_and_no_byte_larger(world: World, settings: Any) -> None:
    content = v.picture().read()
    settings.DOCUMENTS_PUBLIC_BYTES = len(content)
    v.submitted(files=[upload("a.png", content)])
    settings.DOCUMENTS_PUBLIC_BYTES = len(content) - 1
    assert v.send(files=[upload("太大.png", content)]).status_code == 422
    assert File.objects.count() == 1


def test_twenty_megabytes_and_one_byte_are_refused_with_a_sentence(world: World) -> None:
    response = v.send(files=[upload("录像.mp4", b"\0" * (20 * 1024 * 1024 + 1), "video/mp4")])
    assert response.status_code == 422
    assert "录像.mp4" in page_of(response)
    assert v.TEXT in page_of(response)


def test_a_sixth_file_is_refused_and_nothing_is_stored(world: World) -> None:
    response = v.send(files=[v.picture(f"{n}.png") for n in range(6)])
    assert response.status_code == 422
    assert v.TEXT in page_of(response)
    assert File.objects.count() == 0
    v.submitted(files=[v.picture(f"{n}.png") for n in range(5)])
    assert File.objects.count() == 5


@pytest.mark.parametrize(
    "name", ["长" * 300 + ".png", "a" * 300 + ".png", "../../etc/passwd.png", 'a"b\r\nX: y.png', "CON.png"]
)
def test_a_strange_name_is_made_safe(world: World, name: str) -> None:
    case = v.submitted(files=[upload(name, v.picture().read(), "image/png")])
    stored = CaseFile.objects.get(case=case).file
    assert len(stored.claimed_name.encode()) <= 200
    assert stored.claimed_name.endswith(".png")
    assert not set(stored.claimed_name) & set('/\\"\r\n')
    assert "passwd" not in stored.original.name


def _multipart(fields: dict[str, Any], part: bytes) -> bytes:
    texts = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), str(value).encode())
        for name, value in fields.items()
    )
    return texts + part + b"--x--\r\n"


@pytest.mark.parametrize("good", [True, False])
def test_a_part_in_base64_is_read_or_refused_but_never_breaks_anything(world: World, good: bool) -> None:
    encoded = base64.b64encode(v.picture().read()) if good else b"!" * 4_000 + b"\r\n" * 2_000
    part = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\nContent-Type: image/png\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded + b"\r\n"
    )
    response = Client().post(
        "/feedback/", _multipart(v.filled_in(), part), content_type="multipart/form-data; boundary=x"
    )
    assert response.status_code == 302 if good else response.status_code in {400, 422}
    assert File.objects.count() == int(good)


def test_more_than_all_files_together_is_stopped_while_it_arrives(world: World, settings: Any) -> None:
    settings.DOCUMENTS_PUBLIC_FILES, settings.DOCUMENTS_PUBLIC_BYTES = 1, 1_000
    response = v.send(files=[upload("a.png", b"\0" * 3_000_000)])
    assert response.status_code == 413
    assert "请减少文件，或换小一些的文件" in page_of(response)
    assert (Case.objects.count(), File.objects.count()) == (0, 0)


def test_a_full_disk_loses_the_file_and_never_the_feedback(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: Any, **_named: Any) -> Any:
        raise StoreFull("full")

    monkeypatch.setattr(public, "store_upload", full)
    client = Client()
    response = v.send(client, files=[v.picture("现场.png")])
    assert "以下文件没有保存：现场.png" in page_of(client.get(response["Location"]))
    assert Case.objects.count() == 1


# --- Language, headers, forgery ---------------------------------------------------------------------------------


def english() -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    return client


def test_the_language_of_the_page_is_kept_with_the_case(world: World) -> None:
    case = v.submitted(english(), contact="zhou@example.com")
    assert case.language == "en"
    assert Message.objects.get(thread=case.thread, kind="case_opened").language == "en"


def test_a_stranger_can_switch_the_language(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page_of(client.get("/feedback/")))
    assert token
    data = {"language": "en", "next": "/feedback/", "csrfmiddlewaretoken": token[1]}
    answer = client.post("/i18n/setlang/", data, follow=True)
    assert answer.redirect_chain == [("/feedback/", 302)]
    assert "What happened" in page_of(answer)


def test_the_english_page_has_no_chinese_but_the_organisations_own_words(world: World) -> None:
    page = page_of(english().get("/feedback/"))
    main = re.sub(r"<datalist.*?</datalist>", "", page[page.index("<main") : page.index("</main>")], flags=re.S)
    assert not re.findall("[\u4e00-\u9fff]+", main)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_sentence_of_the_pages_is_translated(world: World, language: str) -> None:
    client = Client()
    client.cookies["django_language"] = language
    pages = [
        client.get("/feedback/"),
        client.get("/track/"),
        v.send(client, text="", contact="12", consent=None, kind=None),
    ]
    v.send(client)
    pages.append(client.get("/track/case/"))
    for answer in pages:
        page = page_of(answer)
        body = re.sub(
            r"<script.*?</script>|<datalist.*?</datalist>|<[^>]+>", " ", page[page.index("<main") :], flags=re.S
        )
        words = set(re.findall(r"[A-Za-z]{4,}", body)) - {"JavaScript", "Word", "Excel", "English"}
        assert (not words) if language == "zh-hans" else words


def test_the_form_needs_its_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    assert v.send(client).status_code == 403
    page = page_of(client.get("/feedback/"))
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    assert v.send(client, csrfmiddlewaretoken=token[1]).status_code == 302


def test_the_receipt_is_kept_nowhere_and_passed_to_nobody(world: World) -> None:
    client = Client()
    answer = client.get(v.send(client)["Location"])
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_the_form_is_rendered_with_few_queries(world: World, django_assert_max_num_queries: Any) -> None:
    Client().get("/feedback/")
    with django_assert_max_num_queries(12):
        Client().get("/feedback/")


# --- The long proof (T4) -----------------------------------------------------------------------------------------


def _races(rounds: int, tries: int) -> int:
    """So many rounds of parallel tries with one key; returns in how many of them more than one case was made."""
    doubled = 0
    start = Barrier(tries)

    def attempt(submission: public.Submission) -> int:
        start.wait(timeout=60)
        return public.submit_feedback(submission, by=Actor.customer()).case.pk

    def end(_n: int) -> None:
        start.wait(timeout=60)
        connections.close_all()

    with v.connections_for_many(), ThreadPoolExecutor(tries) as pool:
        try:
            for _ in range(rounds):
                submission = _valid_form().submission(sender="198.51.100.7")
                doubled += len(set(pool.map(attempt, [submission] * tries))) > 1
        finally:
            list(pool.map(end, range(tries)))
    return doubled


def _valid_form() -> Any:
    from django.http import QueryDict

    from cases.forms.public import FeedbackForm
    from cases.queries.public import consent_text

    data = QueryDict(mutable=True)
    data.update(v.filled_in())
    form = FeedbackForm(data, consent_text=consent_text(now=timezone.now()), minimum_seconds=0)
    assert form.is_valid(), form.errors
    return form


@pytest.mark.prove
@pytest.mark.timeout(1200)
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(("rounds", "tries"), [(1_000, 5), (20, 50)])
def test_of_a_thousand_races_with_one_key_none_doubles(world: World, settings: Any, rounds: int, tries: int) -> None:
    settings.LIMITS = settings.LIMITS | {"public_submit_address": (100_000, 60), "public_submit_all": (100_000, 60)}
    assert _races(rounds, tries) == 0
    assert Case.objects.count() == rounds
    numbers = sorted(int(number[5:]) for number in Case.objects.values_list("number", flat=True))
    assert numbers == list(range(1, rounds + 1))


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unprotected")
def test_without_the_key_most_of_the_races_double(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"public_submit_all": (100_000, 60)}
    assert _races(20, 10) > 10
