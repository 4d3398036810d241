"""The guide's pictures, taken from a running demonstration: ``python -m tests.pictures http://127.0.0.1:8000 [NAME ...]``.

Every picture is a page as its person sees it, wide (1440) and narrow (360), in ``docs/guide/``. Run it after
``make run`` with a fresh demo, look at each picture, and commit those that changed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.browser import find_chromium

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "guide"
#: The demo's one known password (feedback_system.demo.people), read without starting Django.
PASSWORD = "huiyin-demo"
TALLEST = 2000
SIZES = {"wide": (1440, 900), "narrow": (360, 780)}


@dataclass(frozen=True)
class Picture:
    """One page: its file name, who sees it (empty: a customer), its address, what is done before the shot."""

    name: str
    login: str
    path: str
    prepare: str = ""


#: The demo's longest story.
LEAK = "/search/?q=热水器内胆漏水"
PICTURES = (
    Picture("desk", "linxiao", "/"),
    Picture("log", "linxiao", "/cases/log/", "log"),
    Picture("list", "sunqian", "/cases/"),
    Picture("case", "linxiao", f"first:{LEAK}"),
    Picture("reply", "linxiao", "first:/search/?q=平板屏幕出现竖线", "reply"),
    Picture("slip", "linxiao", f"first:{LEAK}", "slip"),
    Picture("overdue", "chenjianguo", "/cases/overdue/"),
    Picture("customer", "linxiao", "/customers/?q=苏州安居物业", "customer"),
    Picture("visit", "linxiao", "/customers/?q=苏州安居物业", "talk"),
    Picture("file", "fengjuan", "/customers/?q=苏州安居物业", "file"),
    Picture("grants", "yangfan", "/customers/?q=苏州安居物业", "grants"),
    Picture("class", "fengjuan", "/customers/?q=中原铁建", "class"),
    Picture("duplicates", "sunqian", "/customers/duplicates/"),
    Picture("merge", "sunqian", "/customers/duplicates/", "merge"),
    Picture("merged", "linxiao", "/customers/?q=15150001234", "merged"),
    Picture("import", "sunqian", "/customers/imports/", "columns"),
    Picture("import-check", "sunqian", "/customers/imports/", "check"),
    Picture("export", "sunqian", "/customers/export/?visit_class=A"),
    Picture("requests", "yangfan", "/customers/requests/"),
    Picture("rights", "linxiao", "/customers/?q=周慧", "rights"),
    Picture("erasure", "yangfan", "/privacy/", "erasure"),
    Picture("retention", "sunqian", "/privacy/destructions/"),
    Picture("my-data", "", "/feedback/", "my_data"),
    Picture("returns", "zhanggong", "/returns/?turn=all"),
    Picture("return", "zhaomin", "/returns/?turn=quality", "return"),
    Picture("return-locked", "tangwei", "/returns/book/?state=repairing", "locked"),
    Picture("return-new", "linxiao", "/returns/new/"),
    Picture("refunds", "jiangli", "/returns/refunds/", "refused"),
    Picture("return-book", "linxiao", "/returns/book/"),
    Picture("return-form", "", "/feedback/return/"),
    Picture("surveys", "zhaomin", "/surveys/"),
    Picture("survey-form", "zhaomin", "/surveys/questionnaires/five_level/"),
    Picture("callbacks", "luyuan", "/surveys/callbacks/"),
    Picture("callback", "luyuan", "/surveys/callbacks/", "call"),
    Picture("results", "zhaomin", "/surveys/results/"),
    Picture("follow-up", "zhaomin", "/surveys/follow-ups/?scope=open", "return"),
    Picture("dashboard", "zhaomin", "/reports/"),
    Picture("reports", "zhaomin", "/reports/issued/"),
    Picture("report", "zhaomin", "/reports/issued/", "return"),
    Picture("ledger", "linxiao", "/reports/ledgers/register/"),
    Picture("rules", "admin", "/settings/customer-rules/"),
    Picture("settings", "admin", "/settings/"),
    Picture("running", "admin", "/settings/running/"),
    Picture("calendar", "admin", "/settings/calendar/"),
    Picture("public-form", "", "/feedback/", "public"),
    Picture("receipt", "", "/feedback/", "receipt"),
    Picture("tracking", "", "/feedback/", "tracking"),
)


def log_in(page: Page, base: str, login: str) -> None:
    """Through the login page, as a person does."""
    page.goto(f"{base}/accounts/login/")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{base}/")


def type_a_call(page: Page) -> None:
    """A caller whom we know, about something that we have heard before."""
    page.fill("[name=caller]", "13805126634")
    page.wait_for_timeout(900)
    page.fill("[name=text]", "热水器内胆漏水，上月已报修一次，师傅换了密封圈，这两天又漏了，要求换新机。")
    page.wait_for_timeout(1500)


def type_a_feedback(page: Page) -> None:
    """What a customer writes on a telephone."""
    page.locator("label:has([name=kind][value=complaint])").click()
    page.fill("[name=text]", "充电器用了一周就发热严重，外壳有点变形，担心有危险。希望退货。")
    page.fill("[name=contact]", "13912345678")
    page.fill("[name=name]", "周女士")


def send_the_feedback(page: Page) -> None:
    """To the receipt, which does not come at once: the form waits for its proof of work."""
    type_a_feedback(page)
    page.check("[name=consent]")
    page.wait_for_timeout(2500)
    page.locator("form button.primary").last.click()
    page.wait_for_url("**/feedback/receipt/**")


def follow_the_feedback(page: Page) -> None:
    """From the receipt to the page that shows how far it is."""
    send_the_feedback(page)
    page.locator("a.primary[href^='/track/case/']").first.click()
    page.wait_for_url("**/track/case/**")


def open_the_rights(page: Page) -> None:
    """Consents and requests of that customer."""
    open_the_customer(page)
    page.goto(page.url + "rights/")


def open_the_erasure(page: Page) -> None:
    """The erasure that waits for its approval."""
    page.goto(_absolute(page, page.locator("td.c-main a", has_text="删除").first.get_attribute("href")))


def ask_about_my_data(page: Page) -> None:
    """From the tracking page to what a customer may ask of the data."""
    follow_the_feedback(page)
    page.locator("a[href$='/data/']").first.click()
    page.wait_for_url("**/data/")


def open_the_reply(page: Page) -> None:
    """The sheet of an act, over its case."""
    page.locator("main a[hx-get$='/reply/']").first.click()
    page.locator("#sheet[open] form").wait_for()


def open_the_slip(page: Page) -> None:
    """The paper of a case."""
    page.goto(page.url.rstrip("/") + "/slip/")


def open_the_customer(page: Page) -> None:
    """The first of the customers that were found."""
    page.goto(_absolute(page, page.locator("td.c-main a").first.get_attribute("href")))


def open_the_talk(page: Page) -> None:
    """The first visit of that customer."""
    open_the_customer(page)
    page.goto(_absolute(page, page.locator("ol.timeline a", has_text="走访").first.get_attribute("href")))


def read_the_file(page: Page) -> None:
    """The whole file, after saying what for."""
    open_the_customer(page)
    page.goto(page.url + "file/")
    page.fill("[name=purpose]", "年度合同续签准备")
    page.click("main button.primary")


def classify(page: Page) -> None:
    """Its classes."""
    open_the_customer(page)
    page.goto(page.url + "class/")


def let_somebody_read(page: Page) -> None:
    """Who may read that customer's file."""
    open_the_customer(page)
    page.goto(page.url + "grants/")


def compare(page: Page) -> None:
    """The first pair, side by side."""
    page.goto(_absolute(page, page.locator("main a[href*='/merge/']").first.get_attribute("href")))


def look_at_the_merge(page: Page) -> None:
    """A merge of that customer, to be undone."""
    open_the_customer(page)
    page.goto(_absolute(page, page.locator("main a[href*='/merges/']").first.get_attribute("href")))


def open_the_return(page: Page) -> None:
    """The first row of a list: a return, a follow-up."""
    page.goto(_absolute(page, page.locator("td.c-main a").first.get_attribute("href")))


def take_the_call(page: Page) -> None:
    """The first of the queue, with its number and questions; of the second size it is taken already."""
    open_the_return(page)
    take = page.locator("form[action$='/take/'] button")
    if take.count():
        take.click()
    page.locator("form[data-calling]").wait_for()


def open_the_lock(page: Page) -> None:
    """Why the goods may not leave yet."""
    open_the_return(page)
    page.locator("summary.blocked").click()


def try_to_pay(page: Page) -> None:
    """A slip that nobody has confirmed, by its number."""
    page.fill("[name=number]", f"TH{date.today().year}-000014")  # noqa: DTZ011 - the demo's own year
    page.locator("form button", has_text="核对并付款").click()
    page.locator(".notice.red").wait_for()


#: What another system gave us: two good rows, one to correct.
TABLE = """客户编号,客户名称,类型,所属单位,联系电话,业务员,产品,购买日期,颜色
K-1001,江南水务有限公司,单位,,025-86880011 转 802,冯娟,热水锅炉,2025-03-01,
K-1002,单于明,个人,江南水务有限公司,13805126634；13900002222 ✕,,,,蓝
K-1003,李雷,个人,,1.38051E+10,无此人,电热水器,2026-02-30,红
"""


def upload_a_table(page: Page) -> None:
    """To the page that asks what its columns mean."""
    table = {"name": "客户名单.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    page.set_input_files("[name=file]", table)  # type: ignore[arg-type]
    page.locator("main form button.primary").first.click()
    page.locator("[name=column_0]").wait_for()


def check_a_table(page: Page) -> None:
    """To what the check found."""
    upload_a_table(page)
    page.locator("main form button.primary").last.click()
    page.locator(".figures").wait_for(timeout=60_000)


def _absolute(page: Page, path: str | None) -> str:
    return str(page.evaluate("(path) => new URL(path, location.href).href", path))


PREPARE = {
    "columns": upload_a_table,
    "check": check_a_table,
    "customer": open_the_customer,
    "talk": open_the_talk,
    "file": read_the_file,
    "grants": let_somebody_read,
    "rights": open_the_rights,
    "erasure": open_the_erasure,
    "my_data": ask_about_my_data,
    "class": classify,
    "merge": compare,
    "merged": look_at_the_merge,
    "log": type_a_call,
    "public": type_a_feedback,
    "receipt": send_the_feedback,
    "tracking": follow_the_feedback,
    "reply": open_the_reply,
    "slip": open_the_slip,
    "return": open_the_return,
    "call": take_the_call,
    "locked": open_the_lock,
    "refused": try_to_pay,
}


def shoot(browser: Any, base: str, picture: Picture, size: str) -> None:
    """One picture in one size."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai", device_scale_factor=1
    )
    page = context.new_page()
    if picture.login:
        log_in(page, base, picture.login)
    first = picture.path.startswith("first:")
    page.goto(base + picture.path.removeprefix("first:"))
    if first:
        page.goto(base + str(page.locator("main a[href^='/cases/2']").first.get_attribute("href")))
    if picture.prepare:
        PREPARE[picture.prepare](page)
    page.wait_for_load_state("networkidle")  # counters come after the page
    page.wait_for_timeout(500)
    # As tall as the page, so that the bars stand where they belong; a sheet stays over what it covers.
    if not page.locator("dialog[open]").count():
        tall = page.evaluate("document.scrollingElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(tall, TALLEST)})
        page.wait_for_timeout(200)
    page.screenshot(path=GUIDE / f"{picture.name}-{size}.png")
    context.close()


def main(base: str, only: frozenset[str] = frozenset()) -> None:
    """All pictures, or those that are named."""
    GUIDE.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        for picture in (each for each in PICTURES if not only or each.name in only):
            for size in SIZES:
                shoot(browser, base, picture, size)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000", frozenset(sys.argv[2:]))
