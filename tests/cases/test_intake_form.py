"""Logging feedback through its page: three fields suffice, everything else is offered."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from cases.models import Case, CaseClock, CaseFile, Draft
from customers.models import Customer
from documents.models import File
from notifications.models import Message
from tests import world as w
from tests.forms import submit
from tests.world import World, client_of

CALL = {"caller": "李四 139 1111 2222", "text": "热水器质量太差，用了一周就坏了。", "kind": "complaint"}


def log(world: World, by: str = "agent", **values: Any) -> Any:
    """Open the form, fill it in, send it."""
    return submit(client_of(world, by), "/cases/log/", **(CALL | values))


def newest() -> Case:
    return Case.objects.order_by("-pk")[0]


def picture(name: str = "photo.jpg") -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (40, 30), "red").save(content, "JPEG")
    return SimpleUploadedFile(name, content.getvalue(), "image/jpeg")


@pytest.mark.req("INT-02", "INT-03", "INT-10")
def test_who_what_and_kind_are_enough(world: World) -> None:
    answer = log(world)
    case = newest()
    assert answer.status_code == 302
    assert answer["Location"] == f"/cases/log/done/{case.number}/"
    assert (case.reporter_name, case.reporter_phone) == ("李四", "139 1111 2222")
    assert case.channel.code == "phone"
    assert case.product is None
    assert case.site is None


@pytest.mark.req("INT-04", "INT-24")
def test_the_receipt_has_the_number_to_read_out_the_code_and_the_due_time(world: World) -> None:
    log(world)
    page = client_of(world, "agent").get(f"/cases/log/done/{newest().number}/").content.decode()
    clock = newest().clocks.get(kind="resolution")
    assert f"<strong>{newest().number}</strong>" in page
    assert "访问码" in page
    assert timezone.localtime(clock.due_at).strftime("%H:%M") in page
    assert 'data-key="n"' in page


@pytest.mark.req("SEC-08")
def test_the_access_code_is_read_out_by_the_hub_only(world: World) -> None:
    case = w.received(world)
    url = f"/cases/log/done/{case.number}/"
    assert "访问码" in client_of(world, "agent2").get(url).content.decode()
    assert "访问码" not in client_of(world, "production_head").get(url).content.decode()
    assert "访问码" not in client_of(world, "auditor").get(url).content.decode()


@pytest.mark.req("CLS-06", "SLA-01")
def test_a_hub_agent_acknowledges_in_the_same_step(world: World) -> None:
    log(world, acknowledge="on")
    case = newest()
    assert case.state == "acknowledged"
    assert case.category == world.category("product.quality")
    assert case.priority is not None
    assert case.clocks.get(kind="acknowledgement").met_at is not None


def test_unticked_it_stays_registered(world: World) -> None:
    log(world, acknowledge=None)
    assert newest().state == "registered"


@pytest.mark.req("CLS-06")
def test_words_that_name_no_category_are_registered_and_not_acknowledged(world: World) -> None:
    answer = log(world, text="今天又是这样。", acknowledge="on")
    case = newest()
    assert case.state == "registered"
    page = client_of(world, "agent").get(answer["Location"])
    assert page.status_code == 200
    follow = submit(client_of(world, "agent"), "/cases/log/", **(CALL | {"text": "今天又是这样。"}))
    assert follow.status_code == 302


@pytest.mark.req("CLS-06")
def test_why_it_was_not_acknowledged_stands_on_the_receipt(world: World) -> None:
    client = client_of(world, "agent")
    answer = submit(client, "/cases/log/", **(CALL | {"text": "今天又是这样。"}))
    assert "尚未受理" in client.get(answer["Location"]).content.decode()


@pytest.mark.req("INT-02")
@pytest.mark.parametrize("name", ["production_handler", "finance_handler", "manager", "administrator"])
def test_everybody_who_is_asked_can_log_and_only_the_hub_acknowledges(world: World, name: str) -> None:
    page = client_of(world, name).get("/cases/log/").content.decode()
    assert 'name="acknowledge"' not in page
    log(world, by=name)
    assert newest().state == "registered"
    assert newest().first_asked == world.users[name]


@pytest.mark.req("SEC-01")
def test_an_auditor_logs_nothing(world: World) -> None:
    client = client_of(world, "auditor")
    assert client.get("/cases/log/").status_code == 403
    assert client.post("/cases/log/", CALL).status_code == 403
    assert client.post("/cases/log/draft/", CALL).status_code == 403
    assert not Case.objects.exists()


@pytest.mark.req("RTE-04", "INT-06")
def test_whoever_logs_is_the_first_asked_person_and_the_owner(world: World) -> None:
    log(world, by="sales_handler")
    case = newest()
    assert case.first_asked == world.sales_handler
    assert case.receiving_department == world.sales
    assert case.owner == world.sales_handler
    assert client_of(world, "sales_handler").get(f"/cases/log/done/{case.number}/").status_code == 200


@pytest.mark.req("INT-03")
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"caller": ""}, "请填写是谁"),
        ({"caller": "李四"}, "请填写电话或邮箱"),
        ({"text": " \u200b "}, "id_text_error"),
        ({"kind": None}, "请选择"),
    ],
)
def test_what_is_missing_is_said_at_the_field_and_nothing_is_lost(
    world: World, values: dict[str, Any], sentence: str
) -> None:
    answer = log(world, demand="换一台新的", **values)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert "换一台新的" in page
    assert not Case.objects.exists()
    assert Draft.objects.get().data["demand"] == "换一台新的"


@pytest.mark.req("INT-03")
def test_somebody_who_leaves_nothing_is_registered(world: World) -> None:
    log(world, caller="", contact_refused="on")
    assert newest().contact_refused
    assert newest().reporter_name == ""


@pytest.mark.req("INT-07")
def test_what_came_in_long_ago_needs_a_reason(world: World) -> None:
    long_ago = timezone.localtime() - timedelta(days=3)
    received = {"channel": "letter", "received_at": f"{long_ago:%Y-%m-%dT%H:%M}"}
    refused = log(world, **received)
    assert refused.status_code == 422
    assert "迟登" in refused.content.decode()
    log(world, **received, late_reason="信件在门卫处滞留")
    case = newest()
    assert timezone.localtime(case.received_at).strftime("%Y-%m-%dT%H:%M") == received["received_at"]
    assert case.registered_at - case.received_at > timedelta(days=2)
    assert case.late_reason == "信件在门卫处滞留"


@pytest.mark.req("INT-07")
def test_nothing_is_received_in_the_future(world: World) -> None:
    tomorrow = timezone.localtime() + timedelta(days=1)
    refused = log(world, received_at=f"{tomorrow:%Y-%m-%dT%H:%M}")
    assert refused.status_code == 422
    assert not Case.objects.exists()


@pytest.mark.req("INT-01", "INT-05")
def test_letters_calls_and_visits_share_one_series_of_numbers(world: World) -> None:
    numbers = []
    for channel in ("phone", "letter", "visit", "counter", "fax", "email"):
        log(world, channel=channel)
        assert newest().channel.code == channel
        numbers.append(int(newest().number.partition("-")[2]))
    assert numbers == list(range(numbers[0], numbers[0] + 6))


@pytest.mark.req("INT-01")
def test_only_an_import_comes_by_import(world: World) -> None:
    assert log(world, channel="import").status_code == 422


@pytest.mark.req("INT-08", "CLS-16", "INT-09", "INT-10")
def test_everything_that_is_offered_is_kept(world: World) -> None:
    given = {
        "reporter_organisation": "苏州安居物业",
        "product": "DSZF-60",
        "product_text": "电热水器 DSZF-60",
        "site": "sz",
        "site_text": "苏州园区店",
        "suggested_department": "production",
        "stage": "after",
        "demand": "换新机",
        "customer_deadline": "2031-01-06",
        "order_number": "SO-1",
        "batch": "2609-B",
        "serial": "DSZF60-2609-0183",
        "quantity": "2 台",
        "purchased_on": "2026-03-01",
        "shipped_on": "2026-03-02",
        "accused_department": "repair",
        "salesperson_text": "冯娟",
        "severity": "P2",
        "priority": "1",
    }
    assert log(world, **given).status_code == 302
    case = newest()
    assert case.product is not None
    assert case.product.code == "DSZF-60"
    assert case.site is not None
    assert case.site.code == "sz"
    assert case.suggested_department == world.production
    assert case.accused_department == world.repair
    assert case.salesperson == world.sales_handler
    for name in ("reporter_organisation", "demand", "order_number", "batch", "serial", "quantity", "severity", "stage"):
        assert getattr(case, name) == given[name], name
    assert str(case.customer_deadline) == given["customer_deadline"]
    assert str(case.purchased_on) == given["purchased_on"]


def test_a_product_that_is_not_in_the_list_is_kept_as_typed(world: World) -> None:
    log(world, product_text="老款铸铁炉")
    assert newest().product is None
    assert newest().product_text == "老款铸铁炉"


def test_a_product_typed_exactly_is_the_product(world: World) -> None:
    log(world, product_text="dszf-60")
    product = newest().product
    assert product is not None
    assert product.code == "DSZF-60"


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("site_text", "站点列表里没有"),
        ("accused_text", "没有叫"),
        ("salesperson_text", "没有叫"),
    ],
)
def test_names_that_nobody_has_are_asked_about(world: World, field: str, sentence: str) -> None:
    refused = log(world, **{field: "不存在的名字"})
    assert refused.status_code == 422
    assert sentence in refused.content.decode()


@pytest.mark.req("INT-09", "RTE-18")
def test_the_people_complained_about_see_nothing_of_it(world: World) -> None:
    log(world, accused_text="何强、苏晴", site="sz", site_text="苏州园区店")
    case = newest()
    assert set(case.accused.all()) == {world.production_head, world.agent2}
    for name in ("production_head", "agent2"):
        assert client_of(world, name).get(f"/cases/log/done/{case.number}/").status_code == 404


@pytest.mark.req("RTE-18", "RTE-19")
def test_somebody_who_logs_a_complaint_about_himself_lets_it_go(world: World) -> None:
    client = client_of(world, "agent")
    answer = submit(client, "/cases/log/", **(CALL | {"accused_text": "林晓"}))
    case = newest()
    assert answer["Location"] == "/"
    assert case.state == "registered"
    assert case.number in client.get("/").content.decode()
    assert client.get(f"/cases/log/done/{case.number}/").status_code == 404


@pytest.mark.req("CLS-04", "CLS-05")
def test_a_ticked_fact_makes_it_urgent(world: World) -> None:
    log(world, criteria=["safety"])
    assert newest().urgency == "urgent"


@pytest.mark.req("SLA-05")
def test_the_customers_date_replaces_the_limit(world: World) -> None:
    log(world, customer_deadline="2031-01-06")
    due = newest().clocks.get(kind="resolution").due_at
    assert timezone.localtime(due).strftime("%Y-%m-%d") == "2031-01-06"


# Twice


@pytest.mark.req("INT-04")
def test_a_double_click_registers_once_and_shows_the_same_receipt(world: World) -> None:
    client = client_of(world, "agent")
    values = CALL | {"channel": "phone", "draft": str(uuid.uuid4()), "submission_key": str(uuid.uuid4())}
    first, second = (client.post("/cases/log/", values) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Case.objects.count() == 1


def test_the_key_of_somebody_elses_submission_opens_nothing(world: World) -> None:
    key = uuid.uuid4()
    theirs = w.log_call(world, by="finance_handler", submission_key=key)
    values = CALL | {"channel": "phone", "draft": str(uuid.uuid4()), "submission_key": str(key), "acknowledge": "on"}
    client = client_of(world, "sales_handler")
    answer = client.post("/cases/log/", values)
    assert answer.status_code == 422
    assert theirs.number not in answer.content.decode()
    theirs.refresh_from_db()
    assert theirs.state == "registered"


# Files


@pytest.mark.req("INT-11")
def test_evidence_comes_with_the_call_and_is_marked(world: World) -> None:
    log(world, files=[picture(), picture("two.jpg")], original="on", kept_at="档案柜 3")
    files = CaseFile.objects.filter(case=newest())
    assert {file.file.claimed_name for file in files} == {"photo.jpg", "two.jpg"}
    assert {(file.is_original, file.original_kept_at) for file in files} == {(True, "档案柜 3")}


@pytest.mark.req("INT-11")
def test_a_file_that_lies_is_refused_and_the_good_one_waits_in_the_draft(world: World) -> None:
    lying = SimpleUploadedFile("report.pdf", b"MZ\x90\x00 this is a program", "application/pdf")
    refused = log(world, files=[lying])
    assert refused.status_code == 422
    assert "report.pdf" in refused.content.decode()
    assert not Case.objects.exists()
    assert not File.objects.exists()


@pytest.mark.req("INT-11")
def test_files_of_a_refused_form_need_not_be_chosen_again(world: World) -> None:
    client = client_of(world, "agent")
    refused = submit(client, "/cases/log/", **(CALL | {"kind": None, "files": [picture()]}))
    assert refused.status_code == 422
    assert "photo.jpg" in refused.content.decode()
    draft = Draft.objects.get()
    submit(client, f"/cases/log/?draft={draft.pk}", kind="complaint")
    assert [file.file.claimed_name for file in newest().files.all()] == ["photo.jpg"]
    assert not Draft.objects.exists()


@pytest.mark.req("INT-03")
def test_a_text_that_is_too_long_becomes_a_file_and_nothing_is_lost(world: World) -> None:
    client = client_of(world, "agent")
    whole = "内胆漏水，" * 5_000
    refused = submit(client, "/cases/log/", **(CALL | {"text": whole}))
    assert refused.status_code == 422
    assert "25,000" in refused.content.decode()
    draft = Draft.objects.get()
    assert draft.data["text"] == whole
    page = submit(client, f"/cases/log/?draft={draft.pk}", act="pdf")
    assert page.status_code == 200
    draft.refresh_from_db()
    assert len(draft.data["text"]) < 20_000
    assert "附件" in draft.data["text"]
    submit(client, f"/cases/log/?draft={draft.pk}", holds="caller")
    assert newest().files.get().file.kind == "pdf"


# One step for what needs no department


@pytest.mark.req("INT-20")
@pytest.mark.parametrize("kind", ["enquiry", "praise"])
def test_an_enquiry_is_answered_and_closed_in_one_step(world: World, kind: str) -> None:
    log(world, kind=kind, text="请问热水器功能怎么用", answer="按住开关三秒即可。", category="product.function")
    case = newest()
    assert (case.state, case.outcome) == ("closed", "settled")
    assert case.replies.get().text == "按住开关三秒即可。"


@pytest.mark.req("INT-20")
def test_a_complaint_is_never_closed_in_one_step(world: World) -> None:
    log(world, kind="complaint", answer="已解释")
    assert newest().state == "acknowledged"
    assert not newest().replies.exists()


@pytest.mark.req("INT-20")
def test_closing_at_once_needs_what_acknowledging_needs(world: World) -> None:
    refused = log(world, kind="enquiry", text="请问几点开门", answer="八点")
    assert refused.status_code == 422
    assert "类别" in refused.content.decode()
    assert not Case.objects.exists()


@pytest.mark.req("INT-21")
@pytest.mark.parametrize("kind", ["praise", "suggestion"])
def test_praise_and_suggestions_take_the_same_form_and_the_same_duty(world: World, kind: str) -> None:
    log(world, kind=kind)
    case = newest()
    assert case.kind.code == kind
    assert CaseClock.objects.filter(case=case, kind="resolution").exists()


def test_the_customer_is_told_the_number(world: World) -> None:
    log(world)
    assert Message.objects.filter(thread=newest().thread, kind="case_opened", user=None).exists()


def test_a_new_caller_gets_a_file_and_is_known_the_next_time(world: World) -> None:
    log(world)
    customer = Customer.objects.get()
    assert customer.name == "李四"
    log(world, caller="李四 13911112222")
    assert Customer.objects.count() == 1
    assert newest().customer == customer


# Nonsense

NONSENSE = ["\0", "a\0b", "\ud800", "10" * 20, "-1", "' OR 1=1", "﷐", "x" * 5000, "../../etc", "{{7*7}}"]


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_in_any_field_is_no_fault(world: World, value: str) -> None:
    client = client_of(world, "agent")
    from cases.forms.intake import LogForm

    sent = value.encode("utf-8", "surrogatepass").decode("latin-1")
    body = dict.fromkeys(LogForm.base_fields, sent)
    assert client.post("/cases/log/", body).status_code in {404, 422}
    for act in ("pick:", "same:", "repeat:", "unfile:", "add:", "pdf:", "", "nothing:"):
        answer = client.post("/cases/log/", body | {"act": f"{act}{sent}"})
        assert answer.status_code in {200, 404, 409, 422}, act
    assert client.post("/cases/log/draft/", body).status_code in {204, 404, 422}


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_in_the_address_is_no_fault(world: World, value: str) -> None:
    client = client_of(world, "agent")
    sent = value.encode("utf-8", "surrogatepass").decode("latin-1")
    for url, names in {
        "/cases/log/": ("draft", "customer", "kind", "channel"),
        "/cases/log/caller/": ("q",),
        "/cases/log/card/": ("customer", "caller", "site", "category", "repeat_of"),
        "/cases/log/due/": ("kind", "channel", "received_at", "urgency", "criteria", "customer_deadline", "site"),
        "/cases/options/products/": ("q",),
        "/cases/options/sites/": ("q",),
        "/cases/options/departments/": ("q",),
        "/cases/options/people/": ("q",),
    }.items():
        for name in names:
            assert client.get(url, {name: sent}).status_code in {200, 404}, (url, name)
    assert client.post("/cases/log/suggest/", {"text": sent, "site": sent}).status_code == 200
