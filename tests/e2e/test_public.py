"""A customer with a small telephone: sends feedback with a picture, follows it, is answered, and answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audit.actor import Actor
from cases.actions import assignment, correction, reply
from cases.actions.intake import Classification
from cases.models import Case, CaseFile, Opinion
from cases.secrets import link_token
from documents.actions import process_due
from organization.models import Organisation
from tests.cases import visitors as v
from tests.world import CLASSIFIED, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _settings(settings: Any, live_server: Any) -> None:
    settings.SITE_URL = live_server.url
    settings.PUBLIC_FORM_SECONDS = 0


def fill_in(page: Any, *, contact: str = "13912345678") -> None:
    page.get_by_label("投诉", exact=True).check()
    page.get_by_label("发生了什么").fill(v.TEXT)
    page.get_by_label("产品或门店").fill("65W 快充充电器")
    page.get_by_label("手机号或邮箱").fill(contact)
    page.get_by_label("怎么称呼您").fill("周女士")
    page.get_by_label("同意仅为处理本次反馈使用以上信息").check()


def narrow(page: Any) -> None:
    """Nothing sticks out to the right."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def case_on(page: Any) -> Case:
    """The case whose receipt is on the page."""
    page.wait_for_url("**/feedback/receipt/**")
    return Case.objects.get(number=page.locator(".receipt strong").first.inner_text())


@pytest.mark.req("INT-23")
@pytest.mark.req("RES-07")
def test_a_customer_sends_a_picture_follows_by_code_is_told_and_answers(
    world: World, live_server: Any, phone: Any, open_page: Callable[..., Any]
) -> None:
    phone.goto(f"{live_server.url}/feedback/")
    narrow(phone)
    fill_in(phone)
    picture = {"name": "充电器.png", "mimeType": "image/png", "buffer": v.picture(size=(640, 480)).read()}
    phone.set_input_files("input[type=file]", [picture])
    assert phone.locator(".files .file-name").inner_text() == "充电器.png"
    phone.get_by_role("button", name="提交").click()
    case = case_on(phone)
    narrow(phone)
    code = phone.locator(".access-code").inner_text()
    phone.reload()
    assert phone.locator(".access-code").inner_text() == code
    assert Case.objects.count() == 1
    process_due(by=Actor.system("files"))

    other = open_page(width=360, height=740, has_touch=True, is_mobile=True)
    other.goto(f"{live_server.url}/track/")
    other.get_by_label("编号").fill(case.number.replace("-", ""))
    other.get_by_label("查询码").fill(code.lower())
    other.get_by_role("button", name="查询", exact=True).click()
    other.wait_for_url("**/track/case/")
    assert other.locator("h1").inner_text() == case.subject
    other.get_by_text("您当时写的内容").click()
    assert (
        other.get_by_role("img", name="充电器.png").evaluate("img => img.decode().then(() => img.naturalWidth)") > 100
    )

    agent = world.actor("agent")
    correction.ask_completion(case, by=agent, missing="请告诉我们购买日期。")
    other.reload()
    assert other.get_by_text("请告诉我们购买日期。").is_visible()
    other.get_by_label("您想补充什么").fill("11 月 2 日购买。")
    other.get_by_role("button", name="提交补充").click()
    other.get_by_text("谢谢，已经补充。").wait_for()
    assert Case.objects.get(pk=case.pk).state == "registered"

    classification = Classification(category=world.category(), **CLASSIFIED)  # type: ignore[arg-type]
    assignment.acknowledge_case(Case.objects.get(pk=case.pk), by=agent, classification=classification)
    case = Case.objects.get(pk=case.pk)
    case = assignment.classify_case(
        case,
        assignment.Reclassification(classification, kind=world.kind("enquiry"), reason="客户只问能否退货"),
        by=agent,
    )
    reply.reply_to_customer(case, reply.Answer("可以退货，请寄回，运费由我们承担。", "link"), by=agent)
    other.reload()
    assert other.get_by_text("可以退货，请寄回，运费由我们承担。").is_visible()
    narrow(other)
    other.get_by_role("button", name="满意").click()
    other.get_by_text("谢谢您，很高兴问题得到解决。").wait_for()
    assert other.get_by_role("button", name="满意").count() == 0
    assert Opinion.objects.get().satisfied is True


def test_a_double_click_on_send_is_one_case(world: World, live_server: Any, phone: Any) -> None:
    phone.goto(f"{live_server.url}/feedback/")
    fill_in(phone)
    phone.get_by_role("button", name="提交").dblclick()
    case_on(phone)
    assert Case.objects.count() == 1


def test_going_back_and_writing_something_else_loses_nothing(world: World, live_server: Any, phone: Any) -> None:
    phone.goto(f"{live_server.url}/feedback/")
    fill_in(phone)
    phone.get_by_role("button", name="提交").click()
    case_on(phone)
    phone.go_back()
    fill_in(phone)
    phone.get_by_label("发生了什么").fill("另一件事：发票开错了。")
    phone.get_by_role("button", name="提交").click()
    phone.locator(".receipt, .form-error").first.wait_for()
    if "/receipt/" not in phone.url:  # the browser brought the old key back with the page
        assert phone.get_by_text("这份表单已经提交过").is_visible()
        phone.get_by_role("button", name="提交").click()
    case_on(phone)
    assert set(Case.objects.values_list("text", flat=True)) == {v.TEXT, "另一件事：发票开错了。"}


def test_what_the_server_refuses_stays_in_the_form(world: World, live_server: Any, phone: Any) -> None:
    phone.goto(f"{live_server.url}/feedback/")
    fill_in(phone, contact="12")
    phone.set_input_files("input[type=file]", [{"name": "说明.pdf", "mimeType": "application/pdf", "buffer": b"MZ"}])
    phone.get_by_role("button", name="提交").click()
    phone.locator("#id_files_error").wait_for()
    assert "说明.pdf" in phone.locator("#id_files_error").inner_text()
    assert phone.get_by_label("发生了什么").input_value() == v.TEXT
    assert phone.get_by_label("手机号或邮箱").input_value() == "12"
    narrow(phone)
    phone.get_by_label("手机号或邮箱").fill("13912345678")
    phone.get_by_role("button", name="提交").click()
    assert case_on(phone).text == v.TEXT
    assert CaseFile.objects.count() == 0


def test_the_browser_itself_says_in_chinese_what_is_missing(world: World, live_server: Any, phone: Any) -> None:
    phone.goto(f"{live_server.url}/feedback/")
    phone.get_by_role("button", name="提交").click()
    for sentence in (
        "请选择反映的类型。",
        "请写一下发生了什么。",
        "未经您同意，我们不能保存您填写的信息。请勾选同意。",
    ):
        assert phone.get_by_text(sentence).is_visible()


def test_the_proof_of_work_is_done_on_plain_http_in_a_company_network(
    world: World, live_server: Any, browser: Any, chromium: str, settings: Any
) -> None:
    """Web Crypto is missing there: 127.0.0.1 counts as secure, a name of the network does not."""
    name = "feedback.company.example"
    settings.ALLOWED_HOSTS = [name]
    rules = f"--host-resolver-rules=MAP {name} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    other = browser.browser_type.launch(executable_path=chromium, headless=True, args=[rules])
    try:
        page = other.new_page(viewport={"width": 360, "height": 740}, locale="zh-CN")
        page.goto(f"http://{name}:{live_server.thread.port}/feedback/")
        assert page.evaluate("window.isSecureContext") is False
        assert page.evaluate("typeof crypto.subtle") == "undefined"
        fill_in(page)
        page.get_by_role("button", name="提交").click()
        case = case_on(page)
        assert int(page.evaluate("document.documentElement.dataset.pow || 0")) >= 0
        page.get_by_role("link", name="查看办理进度").click()
        assert page.locator("h1").inner_text() == case.subject
    finally:
        other.close()


def test_without_javascript_the_hotline_is_shown(world: World, live_server: Any, open_page: Callable[..., Any]) -> None:
    Organisation.objects.update(hotline="400-820-0000")
    page = open_page(width=360, height=740, java_script_enabled=False)
    page.goto(f"{live_server.url}/feedback/")
    notice = page.locator("noscript .notice")  # by selector: Playwright finds no text inside <noscript>
    assert notice.is_visible()
    assert "400-820-0000" in notice.inner_text()
    fill_in(page)
    page.get_by_role("button", name="提交").click()
    assert page.get_by_text("没有完成防机器人校验").is_visible()
    assert page.get_by_label("发生了什么").input_value() == v.TEXT


def test_the_secret_of_the_link_is_in_no_later_request(world: World, live_server: Any, phone: Any) -> None:
    case = v.submitted(Client())
    secret = link_token(case)
    seen: list[str] = []
    phone.on("request", lambda request: seen.append(f"{request.url} {request.headers} {request.post_data}"))
    phone.goto(f"{live_server.url}/track/{secret}/")
    phone.get_by_text("补充说明").click()
    phone.get_by_label("您想补充什么").fill("补充一句")
    phone.get_by_role("button", name="提交补充").click()
    phone.get_by_text("谢谢，已经补充。").wait_for()
    assert phone.evaluate("document.referrer") in {"", f"{live_server.url}/track/case/"}
    assert sum(secret in request for request in seen) == 1


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize("width", [360, 1440])
def test_no_page_is_wider_than_the_screen(
    world: World, live_server: Any, open_page: Callable[..., Any], locale: str, width: int
) -> None:
    case = v.submitted(Client(), text="长" * 300 + "x" * 300)
    page = open_page(width=width, height=740, locale=locale)
    for path in ("/feedback/", "/feedback/privacy/", "/track/", "/track/wrong/", f"/track/{link_token(case)}/"):
        page.goto(live_server.url + path)
        narrow(page)
    assert page.locator("html").get_attribute("lang") == {"zh-CN": "zh-hans", "en-US": "en"}[locale]


def test_the_language_can_be_switched_on_the_page(world: World, live_server: Any, phone: Any) -> None:
    phone.goto(f"{live_server.url}/feedback/")
    phone.get_by_role("button", name="English").click()
    assert phone.get_by_label("What happened").is_visible()
    assert phone.url.endswith("/feedback/")
    phone.get_by_role("button", name="中文").click()
    assert phone.get_by_label("发生了什么").is_visible()
