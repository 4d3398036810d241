"""The tracking page: its customer sees the own matter and nothing else, adds to it, and is asked once."""

from __future__ import annotations

import html
import re
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.db.models import Value
from django.db.models.functions import Cast, Concat
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.actor import Actor
from audit.exceptions import InvalidMove
from audit.queries import events_of
from cases.actions import (
    assignment,
    closure,
    contacts,
    correction,
    files,
    internal,
    investigation,
    reply,
    tracking,
)
from cases.models import Case, CaseFile, Contact, Escalation, Opinion, Reply
from cases.queries import tracking as queries
from cases.secrets import access_code, link_token
from documents.actions import process_due, store_upload
from documents.limits import public_limits
from documents.models import File
from notifications.models import Message
from organization.models import User
from tests import world as w
from tests.cases import visitors as v
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _easy_puzzles(settings: Any) -> None:
    settings.PROOF_OF_WORK_MAX_NUMBER = 60


def page_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def follow(case: Case, client: Client | None = None) -> Client:
    """A browser in which the case is open in full."""
    client = client or Client()
    assert client.get(f"/track/{link_token(case)}/").status_code == 302
    return client


def shown(client: Client) -> str:
    response = client.get("/track/case/")
    assert response.status_code == 200
    return page_of(response)


def look_up(number: str, secret: str, client: Client | None = None, address: str = "198.51.100.7") -> Any:
    return (client or Client()).post("/track/", {"number": number, "secret": secret}, REMOTE_ADDR=address)


def key() -> str:
    return str(uuid.uuid4())


# --- Opening -------------------------------------------------------------------------------------------


@pytest.mark.req("INT-23")
def test_the_link_is_exchanged_for_a_clean_address(world: World) -> None:
    case = w.log_call(world)
    client = Client()
    response = client.get(f"/track/{link_token(case)}/")
    assert (response.status_code, response["Location"]) == (302, "/track/case/")
    page = shown(client)
    assert case.number in page
    assert link_token(case) not in page


@pytest.mark.req("INT-23")
def test_number_and_code_open_everything(world: World) -> None:
    case = w.log_call(world)
    client = Client()
    assert look_up(case.number, access_code(case).lower(), client)["Location"] == "/track/case/"
    page = shown(client)
    assert case.text in page
    assert case.subject in page


@pytest.mark.req("INT-23")
def test_number_and_four_digits_open_stage_and_date_only(world: World) -> None:
    case = w.dispatched(world)
    client = Client()
    look_up(case.number, "6634", client)
    page = shown(client)
    assert "办理中" in page
    assert "前答复" in page
    for hidden in (case.text, case.subject, case.reporter_name, "生产部", "补充说明</summary>"):
        assert hidden not in page
    for path in ("supplement", "opinion", "demand"):
        assert client.post(f"/track/case/{case.number}/{path}/", {"text": "x"}).status_code == 403
    assert client.get(f"/feedback/receipt/{case.number}.x/").status_code == 404


def test_four_digits_never_take_back_what_the_code_opened(world: World) -> None:
    case = w.log_call(world)
    client = follow(case)
    look_up(case.number, "6634", client)
    assert case.text in shown(client)


def test_several_cases_can_be_open_in_one_browser(world: World) -> None:
    one, two = w.log_call(world, text="第一件事"), w.log_call(world, text="第二件事")
    client = follow(two, follow(one))
    assert "第二件事" in shown(client)
    assert f"/track/case/{one.number}/" in shown(client)
    assert "第一件事" in page_of(client.get(f"/track/case/{one.number}/"))


def test_another_number_than_those_opened_leads_to_the_look_up(world: World) -> None:
    one, two = w.log_call(world), w.log_call(world, text="别人的事")
    client = follow(one)
    for number in (two.number, "2026-999999", "x", "../..", "2026-000001%00"):
        response = client.get(f"/track/case/{number}/", follow=True)
        assert response.status_code in {200, 404}
        assert "别人的事" not in page_of(response)
    assert Client().get("/track/case/")["Location"] == "/track/"


def test_ending_the_view_closes_it(world: World) -> None:
    client = follow(w.log_call(world))
    assert client.post("/track/leave/")["Location"] == "/track/"
    assert client.get("/track/case/")["Location"] == "/track/"


def test_a_session_that_was_planted_does_not_see_what_is_opened_later(world: World) -> None:
    client = Client()
    client.get("/track/case/")  # a message is kept in the session
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    before = client.cookies["sessionid"].value
    follow(w.log_call(world), client)
    assert client.cookies["sessionid"].value != before


# --- Nobody else gets in (quality 6-9) ------------------------------------------------------------------


def _without_what_was_typed(response: Any) -> str:
    page = page_of(response)
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)
    page = re.sub(r'"server_time": "[^"]+"|name="next" value="[^"]*"', "", page)
    return re.sub(r'(name="(?:number|secret)" value=)"[^"]*"', r"\1", page)


def test_a_wrong_a_foreign_and_an_absent_number_are_answered_alike(
    world: World, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, other = w.log_call(world), w.log_call(world)
    hashed: list[str] = []
    digest = tracking.digest
    monkeypatch.setattr(tracking, "digest", lambda secret: hashed.append(secret) or digest(secret))
    tries = {
        "wrong": (case.number, "ABCDEFGH"),
        "foreign": (other.number, access_code(case)),
        "absent": ("2026-999999", access_code(case)),
        "wrong digits": (case.number, "0000"),
        "absent digits": ("2026-999999", "6634"),
    }
    look_up("2026-999998", "ABCDEFGH")  # what is loaded once a process is loaded now
    hashed.clear()
    answers, work = {}, {}
    for name, (number, secret) in tries.items():
        with CaptureQueriesContext(connection) as queries_made:
            answers[name] = look_up(number, secret)
        work[name] = (len(queries_made), len(hashed))
        hashed.clear()
    assert len(set(work.values())) == 1, work
    assert {answer.status_code for answer in answers.values()} == {422}
    assert len({_without_what_was_typed(answer) for answer in answers.values()}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers.values()}) <= 2  # length of what was typed
    assert not any(answer.cookies.get("sessionid") for answer in answers.values())


def test_a_wrong_link_is_answered_alike_whatever_it_is(world: World) -> None:
    case = w.log_call(world)
    good = link_token(case)
    wrong = (good[:-1], good[::-1], "A" * 43, access_code(case), "x", "%00", "é", "a" * 5_000)
    answers = [Client().get(f"/track/{token}/", REMOTE_ADDR=f"198.51.100.{n}") for n, token in enumerate(wrong)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({_without_what_was_typed(answer) for answer in answers}) == 1
    assert "这个链接打不开任何内容" in page_of(answers[0])


def test_a_link_works_without_its_last_slash(world: World) -> None:
    case = w.log_call(world)
    assert Client().get(f"/track/{link_token(case)}")["Location"] == "/track/case/"


def test_guessing_one_case_ends_after_five_tries_and_its_link_still_works(world: World, settings: Any) -> None:
    case = w.log_call(world)
    tries = [look_up(case.number, f"{n:04d}", address=f"203.0.113.{n}") for n in range(7)]
    assert [answer.status_code for answer in tries] == [422] * 5 + [429] * 2
    assert int(tries[-1]["Retry-After"]) == 180
    assert "请 3 分钟后再试，或打开我们发给您的链接" in page_of(tries[-1])
    # Not even the right code now, or the limit would tell which one is right.
    assert look_up(case.number, access_code(case), address="203.0.113.99").status_code == 429
    assert Client().get(f"/track/{link_token(case)}/").status_code == 302


def test_an_absent_number_is_limited_like_one_that_exists(world: World) -> None:
    answers = [look_up("2026-999999", "ABCDEFGH", address=f"203.0.113.{n}").status_code for n in range(7)]
    assert answers == [422] * 5 + [429] * 2


def test_one_sender_may_fail_twenty_times(world: World) -> None:
    answers = [look_up(f"2026-{n:06d}", "ABCDEFGH").status_code for n in range(22)]
    assert answers == [422] * 20 + [429] * 2


def test_all_failed_look_ups_together_have_a_limit(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"track_failed_all": (10, 900)}
    by_number = [look_up(f"2026-{n:06d}", "ABCDEFGH", address=f"203.0.113.{n}").status_code for n in range(6)]
    by_link = [Client().get(f"/track/{n}/", REMOTE_ADDR=f"198.51.100.{n}").status_code for n in range(6)]
    assert (by_number, by_link) == ([422] * 6, [404] * 4 + [429] * 2)


@pytest.mark.parametrize("tries", [100, pytest.param(1_000, marks=pytest.mark.prove)])
def test_wrong_links_open_nothing_and_meet_the_limit(world: World, tries: int) -> None:
    w.log_call(world)
    client = Client()
    answers = [client.get(f"/track/{uuid.uuid4().hex}/").status_code for _ in range(tries)]
    assert answers.count(404) == 20
    assert answers.count(429) == tries - 20


def test_who_proves_to_know_the_case_is_not_counted(world: World) -> None:
    case = w.log_call(world)
    assert {look_up(case.number, access_code(case)).status_code for _ in range(30)} == {302}


@pytest.mark.django_db(transaction=True)
def test_a_parallel_burst_of_guesses_has_no_more_tries_than_the_limit(world: World) -> None:
    case = w.log_call(world)
    answers = v.at_once(40, lambda n: look_up(case.number, f"{n:04d}", address=f"203.0.113.{n}").status_code)
    assert (answers.count(422), answers.count(429)) == (5, 35)


def test_nonsense_in_the_look_up_is_refused_with_a_sentence(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"track_address": (1_000, 900), "track_case": (1_000, 900)}
    for name in ("number", "secret"):
        for value in ("", "\0", "\ud83d", "x" * 5_000, "' OR 1=1 --", "{{7*7}}", "<script>"):
            data = {"number": "2026-000001", "secret": "ABCDEFGH"} | {name: value}
            body = "&".join(f"{field}={quote(text.encode('utf-8', 'surrogatepass'))}" for field, text in data.items())
            response = Client().post("/track/", body, content_type="application/x-www-form-urlencoded")
            assert response.status_code == 422, value
            assert "<script>" not in response.content.decode().split("<main")[1].split("</main>")[0]


def test_no_answer_below_track_is_kept_passed_on_or_indexed(world: World) -> None:
    for path in (
        "/track/",
        "/track/case/",
        "/track/leave/",
        "/track/x/",
        "/track/x",
        "/track/case/x/",
    ):
        for method in ("get", "post", "put", "delete", "head", "options"):
            response = getattr(Client(), method)(path)
            assert response.status_code < 500
            assert response["Cache-Control"] == "no-store"
            assert response["Referrer-Policy"] == "no-referrer"
            assert response["X-Robots-Tag"] == "noindex, nofollow"
            assert response["X-Frame-Options"] == "DENY"
            assert "default-src 'none'" in response["Content-Security-Policy"]


def test_the_headers_stand_on_refusals_and_on_the_open_case_too(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"track_address": (1, 900)}
    case = w.log_call(world)
    client = follow(case)
    forged = Client(enforce_csrf_checks=True).post("/track/", {"number": "1", "secret": "2"})
    answers = [
        client.get("/track/case/"),
        client.get(f"/track/{link_token(case)}"),
        forged,
        look_up("2026-000009", "ABCDEFGH"),
        look_up("2026-000009", "ABCDEFGH"),
        client.post(f"/track/case/{case.number}/supplement/", {}),
        client.get(f"/track/case/{case.number}/files/5/"),
        client.get(f"/track/case/{case.number}/nothing/here/"),
    ]
    assert [answer.status_code for answer in answers] == [200, 302, 403, 422, 429, 422, 404, 404]
    for answer in answers:
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"
        assert "noindex" in answer["X-Robots-Tag"]


# --- What is shown --------------------------------------------------------------------------------------


def _stages(client: Client) -> list[tuple[str, str]]:
    page = shown(client)
    ladder = page[page.index('class="stepper tall"') : page.index("</ol>")]
    return [(css.strip(), label) for css, label in re.findall(r'<li(?: class="(\w+)")?[^>]*><b>([^<]+)</b>', ladder)]


@pytest.mark.parametrize(
    ("reached", "place"),
    [
        (w.log_call, 0),
        (w.acknowledged, 1),
        (w.dispatched, 2),
        (w.received, 2),
        (w.handled, 2),
        (w.replied, 3),
        (w.satisfied, 3),
    ],
)
def test_the_customer_sees_five_stages_in_own_words(world: World, reached: Any, place: int) -> None:
    names = ["已收到", "已受理", "办理中", "已答复", "已结案"]
    css = ["done"] * place + ["now"] + [""] * (4 - place)
    assert _stages(follow(reached(world))) == list(zip(css, names, strict=True))


def test_a_closed_case_shows_the_steps_it_went_through(world: World) -> None:
    assert _stages(follow(w.closed(world)))[-1] == ("done", "已结案")
    case = w.log_call(world)
    assignment.decline_case(case, by=world.actor("agent"), reason="内部原因", reply="这不属于我们，请联系物业。")
    client = follow(case)
    assert [label for _css, label in _stages(client)] == ["已收到", "已答复", "已结案"]
    assert "请联系物业" in shown(client)
    assert "内部原因" not in shown(client)


@pytest.mark.req("RES-03")
def test_the_expected_date_is_the_limit_until_a_later_word_replaces_it(world: World) -> None:
    with time_machine.travel("2026-11-20 10:00+08:00", tick=False):
        case = w.dispatched(world)
        client = follow(case)
        assert "预计 11月27日（周五）前答复" in shown(client)
        reply.send_progress(
            case,
            reply.Answer("等待检测报告。", "link"),
            by=world.actor("agent"),
            expected_at=timezone.now() + timedelta(days=12),
        )
        page = shown(client)
        assert "预计 12月2日（周三）前答复" in page
        assert "等待检测报告。" in page
    with time_machine.travel("2026-12-05 10:00+08:00", tick=False):
        assert "很抱歉超过了时间" in shown(follow(case))


def test_the_department_is_named_while_it_works_on_it(world: World) -> None:
    assert "生产部正在办理" in shown(follow(w.dispatched(world)))
    assert "生产部" not in shown(follow(w.acknowledged(world)))
    assert "生产部" not in shown(follow(w.replied(world)))


@pytest.mark.req("RES-01")
def test_answers_and_progress_are_shown(world: World) -> None:
    case = w.handled(world)
    by = world.actor("agent")
    reply.send_progress(case, reply.Answer("新机在路上。", "phone"), by=by, expected_at=None)
    reply.reply_to_customer(Case.objects.get(pk=case.pk), reply.Answer("换新机一台。", "phone"), by=by)
    page = shown(follow(case))
    assert "新机在路上。" in page
    assert "换新机一台。" in page


def test_a_reopened_case_starts_again_and_keeps_its_answers(world: World) -> None:
    case = w.closed(world)
    closure.reopen_case(case, by=world.actor("agent"), reason="内部理由")
    client = follow(case)
    assert ("now", "已受理") in _stages(client)
    assert "为您换新机一台" in shown(client)
    assert "内部理由" not in shown(client)


# --- Nothing internal leaves the house (quality 9, SEC-07) -----------------------------------------------

CANARY = "金丝雀"
#: What its customer may read; everything else that is text in these rooms is planted with a canary.
MAY_BE_READ = {
    "cases.case.number",
    "cases.case.subject",
    "cases.case.text",
    "cases.case.product_text",
    "cases.case.reporter_phone",
    "cases.reply.text",
    "organization.department.name",
    "organization.department.name_en",
    "documents.file.claimed_name",
    "cases.kind.name",
    "cases.kind.name_en",
    "organization.organisation.short_name",
    "organization.organisation.hotline",
    "organization.organisation.hotline_hours",
}
#: Not free text: hashes, codes and states that constraints or the program read.
NOT_WORDS = {
    "cases.access.link_hash",
    "cases.access.code_hash",
    "cases.case.resume_state",
    "cases.case.next_due_kind",
    "cases.case.import_key",
    "cases.case.language",
    "cases.contact.by_label",
    "cases.alert.level",
    "cases.assignment.ended_reason",
}


CODES = {"code", "kind", "level", "key", "series"}


def _plant(model: type[models.Model]) -> int:
    """Put a canary into every text column of a model that its customer may not read; returns how many."""
    planted = 0
    for field in model._meta.concrete_fields:
        name = f"{model._meta.label_lower}.{field.name}"
        if not isinstance(field, (models.CharField, models.TextField)) or isinstance(field, models.FileField):
            continue
        if (
            (field.max_length or 500) < 20
            or field.choices
            or field.unique
            or field.primary_key
            or name in MAY_BE_READ | NOT_WORDS
            or field.name in CODES
        ):
            continue
        # The number of the row behind it, because some columns are unique together with others.
        bird = Value(f"{CANARY}{name}"[: (field.max_length or 500) - 10])
        model._default_manager.update(**{field.name: Concat(bird, Cast("pk", models.CharField()))})
        planted += 1
    return planted


@pytest.fixture
def rich_case(world: World) -> Case:
    """A case with something in every internal table."""
    case = w.handled(world)
    by, head = world.actor("agent"), world.actor("production_head")
    internal.add_note(case, internal.NewNote("内部"), by=by)
    investigation.plan_visit(
        case, investigation.VisitPlan(necessity="看现场", visitor=world.production_handler), by=head
    )
    contacts.record_contact(
        case, contacts.NewContact("in", world.channel("phone"), "客户来电：态度很差", person="周慧"), by=by
    )
    contacts.record_contact(case, contacts.NewContact("out", world.channel("phone"), "我方致电：无人接"), by=by)
    reply.reply_to_customer(case, reply.Answer("为您换新机一台。", "phone"), by=by)
    reply.ask_opinion(Case.objects.get(pk=case.pk), by=by, way="phone", result="占线")
    tracking.give_opinion(
        Case.objects.get(pk=case.pk), by=Actor.customer(), satisfied=False, remark="", key=uuid.uuid4()
    )
    demand = tracking.demand_higher_level(Case.objects.get(pk=case.pk), by=Actor.customer(), demand="请上级处理")
    closure.answer_escalation(demand, by=world.actor("manager"), answer="内部答复")
    w.log_call(world, text="别人的事", reporter=w.Reporter(name="王五", phone="13700000000"))
    return Case.objects.get(pk=case.pk)


@pytest.mark.req("SEC-07")
def test_no_internal_word_no_name_and_nobody_elses_data_are_on_the_page(world: World, rich_case: Case) -> None:
    kept = {row.pk: row.demand for row in Escalation.objects.all()}
    planted = sum(
        _plant(model)
        for room in ("cases", "organization", "customers")
        for model in apps.get_app_config(room).get_models()
    )
    assert planted > 60
    for pk, demand in kept.items():
        Escalation.objects.filter(pk=pk).update(demand=demand)
    Reply.objects.create(
        case=rich_case, round=1, way="not_possible", text=CANARY, happened_at=timezone.now(), recorded_at=timezone.now()
    )
    client = follow(Case.objects.get(pk=rich_case.pk))
    pages = [shown(client), page_of(client.get("/track/")), page_of(look_up("2026-999999", "ABCDEFGH", client))]
    digits = Client()
    look_up(rich_case.number, "6634", digits)
    pages.append(shown(digits))
    assert "为您换新机一台。" in pages[0]
    for page in pages:
        body = page[page.index("<body") :]
        assert CANARY not in body, re.findall(f".{{30}}{CANARY}.{{60}}", body)
        assert "别人的事" not in body
        assert "王五" not in body
        assert not any(user.username in body for user in User.objects.all())


@pytest.mark.req("SEC-07")
def test_the_canary_test_would_notice_a_leak(world: World, rich_case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: one query that reads staff's contacts too, and the canary sings."""
    real = queries._supplements

    def leaky(case: Case, files: Any) -> list[queries.Entry]:
        rows = Contact.objects.filter(case=case)
        return [*real(case, files), *(queries.Entry("supplement", row.happened_at, row.text) for row in rows)]

    monkeypatch.setattr(queries, "_supplements", leaky)
    with pytest.raises(AssertionError):
        test_no_internal_word_no_name_and_nobody_elses_data_are_on_the_page(world, rich_case)


def test_only_pictures_that_the_customer_sent_are_served_and_never_the_original(world: World) -> None:
    case = v.submitted(files=[v.picture("现场.png")])
    other = v.submitted(files=[v.picture("别人.png")])
    own, foreign = CaseFile.objects.get(case=case), CaseFile.objects.get(case=other)
    stored = store_upload(v.picture("内部证据.png"), by=world.actor("agent"), limits=public_limits())
    files.attach_files(case, (stored,), by=world.actor("agent"))
    internal_file = CaseFile.objects.get(file=stored)
    process_due(by=Actor.system("files"))
    client = follow(case)
    page = shown(client)
    assert f"/files/{own.pk}/" in page
    assert "内部证据" not in page
    for suffix in ("", "?thumb"):
        answer = client.get(f"/track/case/{case.number}/files/{own.pk}/{suffix}")
        assert answer.status_code == 200
        assert answer["Content-Type"] in {"image/jpeg", "image/webp", "image/png"}
        assert answer["Cache-Control"] == "no-store"
        assert b"".join(answer.streaming_content) != v.picture("现场.png").read()
    for pk in (foreign.pk, internal_file.pk, 10**15, 0):
        assert client.get(f"/track/case/{case.number}/files/{pk}/").status_code == 404
    assert client.get(f"/track/case/{other.number}/files/{foreign.pk}/").status_code == 404
    assert Client().get(f"/track/case/{case.number}/files/{own.pk}/").status_code == 404


def test_the_page_takes_the_same_queries_however_much_was_said(
    world: World, django_assert_max_num_queries: Any
) -> None:
    case = w.replied(world)
    client = follow(case)
    shown(client)
    for n in range(8):
        tracking.add_supplement(
            case, tracking.Supplement(f"补充 {n}", uuid.uuid4()), by=Actor.customer(), sender=f"198.51.100.{n}"
        )
    with django_assert_max_num_queries(20):
        shown(client)


# --- Adding ------------------------------------------------------------------------------------------------


def add(client: Client, case: Case, text: str = "购买于 11 月 2 日。", **values: Any) -> Any:
    given = {"text": text, "submission_key": key()} | values
    return client.post(f"/track/case/{case.number}/supplement/", given)


def test_a_supplement_is_a_contact_of_the_customer_and_the_owner_is_told(world: World) -> None:
    case = w.dispatched(world)
    client = follow(case)
    assert add(client, case).status_code == 302
    contact = Contact.objects.get(case=case)
    assert (contact.direction, contact.channel.code, contact.by, contact.by_label) == (
        "in",
        "web_form",
        None,
        "customer",
    )
    assert events_of(case.thread).order_by("-seq")[0].actor_kind == "customer"
    assert Message.objects.filter(thread=case.thread, kind="customer_wrote").exists()
    assert "购买于 11 月 2 日。" in shown(client)


@pytest.mark.req("INT-18")
def test_a_supplement_completes_an_incomplete_case_by_itself(world: World) -> None:
    case = w.acknowledged(world)
    correction.ask_completion(case, by=world.actor("agent"), missing="请补充购买日期。")
    client = follow(case)
    page = shown(client)
    assert "需要您补充" in page
    assert "请补充购买日期。" in page
    assert '<details class="fold" id="supplement" open>' in page
    add(client, case)
    case.refresh_from_db()
    assert (case.state, case.resume_state) == ("acknowledged", "")
    assert "需要您补充" not in shown(client)
    assert "请补充购买日期。" not in shown(client)


def test_a_supplement_with_the_same_key_is_added_once_with_its_files(world: World) -> None:
    case = w.log_call(world)
    client, same = follow(case), key()
    answers = [add(client, case, submission_key=same, files=[v.picture()]) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {302}
    assert (Contact.objects.count(), File.objects.count()) == (1, 1)
    case.refresh_from_db()
    assert case.contact_count == 2


@pytest.mark.django_db(transaction=True)
def test_parallel_supplements_with_one_key_are_one(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"public_submit_address": (100, 60)}
    case = w.log_call(world)
    same = tracking.Supplement("补充", uuid.uuid4())
    added = v.at_once(20, lambda _n: tracking.add_supplement(case, same, by=Actor.customer(), sender="x").contact.pk)
    assert len(set(added)) == 1
    assert Contact.objects.count() == 1


def test_a_key_of_another_case_reaches_nothing_there(world: World) -> None:
    one, two = w.log_call(world), w.log_call(world)
    same = key()
    add(follow(one), one, submission_key=same)
    add(follow(two), two, text="另一件", submission_key=same)
    assert sorted(Contact.objects.values_list("text", flat=True)) == ["另一件", "购买于 11 月 2 日。"]


def test_files_alone_are_a_supplement_too(world: World) -> None:
    case = w.log_call(world)
    client = follow(case)
    assert add(client, case, text="", files=[v.picture("铭牌.png"), v.picture("发票.png")]).status_code == 302
    assert Contact.objects.get().text == "（补充了 2 个文件）"
    assert CaseFile.objects.filter(case=case, from_customer=True).count() == 2
    assert add(client, case, text="").status_code == 422


def test_a_refused_supplement_keeps_its_text_and_says_why(world: World) -> None:
    case = w.log_call(world)
    client = follow(case)
    response = add(client, case, files=[SimpleUploadedFile("病毒.exe", b"MZ")])
    assert response.status_code == 422
    assert "病毒" in page_of(response)
    assert "购买于 11 月 2 日。" in page_of(response)
    long = "长" * 20_001
    response = add(client, case, text=long)
    assert response.status_code == 422
    assert long in page_of(response)
    assert Contact.objects.count() == 0


def test_supplements_are_limited_and_the_text_is_kept(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"public_submit_address": (2, 3600)}
    case = w.log_call(world)
    client = follow(case)
    answers = [add(client, case, text=f"补充 {n}") for n in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert "补充 2" in page_of(answers[2])


def test_a_text_that_comes_after_the_view_was_ended_is_shown_again(world: World) -> None:
    case = w.log_call(world)
    client = follow(case)
    client.post("/track/leave/")
    response = add(client, case, text="写了很久的一段话")
    assert response.status_code == 403
    assert "写了很久的一段话" in page_of(response)
    assert Contact.objects.count() == 0


def test_a_closed_case_still_takes_a_supplement(world: World) -> None:
    case = w.closed(world)
    assert add(follow(case), case).status_code == 302
    assert Contact.objects.filter(case=case, by_label="customer").count() == 1


# --- Satisfied? (RES-07) -------------------------------------------------------------------------------------


def judge(client: Client, case: Case, opinion: str = "yes", **values: Any) -> Any:
    given = {"opinion": opinion, "remark": "", "submission_key": key()} | values
    return client.post(f"/track/case/{case.number}/opinion/", given)


@pytest.mark.req("RES-07")
@pytest.mark.parametrize(("opinion", "satisfied"), [("yes", True), ("no", False)])
def test_the_customer_says_whether_it_is_settled(world: World, opinion: str, satisfied: bool) -> None:
    case = w.replied(world)
    client = follow(case)
    assert "处理结果您满意吗？" in shown(client)
    assert judge(client, case, opinion, remark="谢谢").status_code == 302
    row = Opinion.objects.get()
    assert (row.satisfied, row.way, row.remark, row.by) == (satisfied, "link", "谢谢", None)
    case.refresh_from_db()
    assert case.state == "awaiting_opinion"
    assert events_of(case.thread).get(verb="record_opinion").actor_kind == "customer"
    assert Message.objects.filter(thread=case.thread, kind="opinion_given").exists()


@pytest.mark.req("RES-07")
def test_the_customer_is_never_asked_twice_about_one_answer(world: World) -> None:
    case = w.replied(world)
    client = follow(case)
    judge(client, case, "yes")
    assert "处理结果您满意吗？" not in shown(client)
    again = judge(client, case, "no")
    assert again.status_code == 409
    assert "您已经对这次答复表示过意见，谢谢。" in page_of(again)
    assert list(Opinion.objects.values_list("satisfied", flat=True)) == [True]


@pytest.mark.req("RES-07")
def test_what_was_said_on_the_telephone_is_not_asked_again(world: World) -> None:
    assert "处理结果您满意吗？" not in shown(follow(w.satisfied(world)))


@pytest.mark.req("RES-08")
def test_after_another_answer_the_customer_is_asked_about_that_one(world: World) -> None:
    case = w.replied(world)
    client = follow(case)
    judge(client, case, "no")
    reply.reply_to_customer(
        Case.objects.get(pk=case.pk), reply.Answer("再换一台，并赔偿。", "phone"), by=world.actor("agent")
    )
    assert "处理结果您满意吗？" in shown(client)
    assert judge(client, case, "yes").status_code == 302
    assert Opinion.objects.count() == 2


def test_the_same_opinion_sent_twice_is_one(world: World) -> None:
    case = w.replied(world)
    client, same = follow(case), key()
    answers = [judge(client, case, "no", submission_key=same) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {302}
    assert Opinion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_opinions_are_one(world: World) -> None:
    case = w.replied(world)

    def give(n: int) -> str:
        try:
            tracking.give_opinion(case, by=Actor.customer(), satisfied=n % 2 == 0, remark="", key=uuid.uuid4())
        except InvalidMove:
            return "refused"
        return "kept"

    assert sorted(v.at_once(20, give)) == ["kept"] + ["refused"] * 19
    assert Opinion.objects.count() == 1


@pytest.mark.parametrize("reached", [w.log_call, w.dispatched, w.closed])
def test_without_an_answer_to_judge_nothing_is_asked_or_taken(world: World, reached: Any) -> None:
    case = reached(world)
    before = Opinion.objects.count()
    client = follow(case)
    assert "处理结果您满意吗？" not in shown(client)
    assert judge(client, case).status_code == 409
    assert Opinion.objects.count() == before


@pytest.mark.parametrize("opinion", ["", "maybe", None])
def test_an_opinion_is_one_of_two(world: World, opinion: str | None) -> None:
    case = w.replied(world)
    data = {"remark": "很长的说明", "submission_key": key()} | ({"opinion": opinion} if opinion is not None else {})
    response = follow(case).post(f"/track/case/{case.number}/opinion/", data)
    assert response.status_code == 422
    assert "很长的说明" in page_of(response)
    assert Opinion.objects.count() == 0


# --- A higher level (RTE-23) -----------------------------------------------------------------------------------


def demand(client: Client, case: Case, text: str = "请总经理答复") -> Any:
    return client.post(f"/track/case/{case.number}/demand/", {"demand": text})


@pytest.mark.req("RTE-23")
def test_who_is_not_satisfied_may_demand_a_higher_level(world: World) -> None:
    case = w.replied(world)
    client = follow(case)
    assert "要求上级处理" not in shown(client)
    judge(client, case, "no")
    assert "要求上级处理" in shown(client)
    assert demand(client, case).status_code == 302
    row = Escalation.objects.get()
    assert (row.demand, row.asked_by) == ("请总经理答复", None)
    assert "提出的上级处理要求已转给管理层" in shown(client)
    assert Message.objects.filter(thread=case.thread, kind="escalated", user=world.manager).exists()


@pytest.mark.req("RTE-23")
def test_a_demand_comes_after_not_solved_and_once_at_a_time(world: World) -> None:
    case = w.replied(world)
    client = follow(case)
    early = demand(client, case)
    assert early.status_code == 409
    assert "请先在答复下方选择“还没解决”。" in page_of(early)
    judge(client, case, "no")
    assert [demand(client, case).status_code for _ in range(2)] == [302, 302]
    assert demand(client, case, "另一个要求").status_code == 409
    assert demand(client, case, " ").status_code == 422
    assert Escalation.objects.count() == 1


def test_who_is_satisfied_has_nothing_to_demand(world: World) -> None:
    case = w.satisfied(world)
    assert demand(follow(case), case).status_code == 409
    assert Escalation.objects.count() == 0


# --- Forgery ------------------------------------------------------------------------------------------------------


def test_nobody_who_is_signed_in_answers_for_the_customer(world: World) -> None:
    case = w.replied(world)
    client = Client()
    client.force_login(world.agent)
    follow(case, client)
    version = Case.objects.get(pk=case.pk).version
    for answer in (judge(client, case), add(client, case), demand(client, case)):
        assert answer.status_code == 403
        assert "只能由客户本人操作" in page_of(answer)
    assert Opinion.objects.count() == 0
    assert Case.objects.get(pk=case.pk).version == version
    assert client.get("/track/case/").status_code == 200


@pytest.mark.parametrize("path", ["supplement", "opinion", "demand"])
def test_a_stranger_writes_nothing_to_a_case(world: World, path: str) -> None:
    case = w.replied(world)
    version = Case.objects.get(pk=case.pk).version
    data = {"text": "x", "opinion": "yes", "demand": "x", "submission_key": key()}
    for number in (case.number, "2026-999999"):
        assert Client().post(f"/track/case/{number}/{path}/", data).status_code == 403
    assert Client().get(f"/track/case/{case.number}/{path}/").status_code == 405
    assert Case.objects.get(pk=case.pk).version == version


@pytest.mark.parametrize("path", ["", "supplement/", "opinion/", "demand/"])
def test_every_form_of_the_page_needs_its_token(world: World, path: str) -> None:
    case = w.replied(world)
    client = Client(enforce_csrf_checks=True)
    follow(case, client)
    where = f"/track/case/{case.number}/{path}" if path else "/track/leave/"
    assert client.post(where, {"text": "x"}).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown(client))
    assert token
    data = {"text": "x", "opinion": "no", "demand": "x", "submission_key": key(), "csrfmiddlewaretoken": token[1]}
    assert client.post(where, data).status_code in {302, 409}


def test_the_english_page_speaks_english(world: World) -> None:
    client = Client()
    client.cookies["django_language"] = "en"
    case = w.replied(world)
    page = shown(follow(case, client))
    for words in ("Our answer", "Are you satisfied with the result?", "Add something", "Answered"):
        assert words in page
