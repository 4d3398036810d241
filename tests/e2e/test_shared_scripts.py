"""The shared scripts in a real browser, without a server: files come from the checkout."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import django_htmx
import pytest
from django.utils.translation import override

from organization.templatetags.look import script_words
from tests.organization.time_table import AGO, READING, REMAINING

STATIC = Path(__file__).resolve().parents[2] / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
HEAD = '<!DOCTYPE html><meta charset="utf-8"><body>'


@pytest.fixture
def show(page: Any) -> Any:
    """Open a page whose body is given; static files and posted drafts are answered from here."""
    posted: list[str] = []

    def start(body: str, *scripts: str, answers: dict[str, tuple[int, str]] | None = None) -> Any:
        with override("zh-hans"):
            words = script_words()
        tags = "".join(f'<script type="module" src="/static/js/{name}.js"></script>' for name in scripts)

        def answer(route: Any) -> None:
            path = re.sub(r"^https?://[^/]+|\?.*$", "", route.request.url)
            if path.startswith("/static/"):
                file = STATIC / path.removeprefix("/static/")
                route.fulfill(body=file.read_text(), content_type=TYPES[file.suffix])
            elif answers and path in answers:
                posted.append(route.request.post_data or route.request.url)
                status, text = answers[path]
                kind = "application/json" if text.startswith("{") else "text/html"
                route.fulfill(status=status, body=text, content_type=f"{kind}; charset=utf-8")
            elif path == "/":
                route.fulfill(body=f"{HEAD}{body}{words}{tags}", content_type="text/html; charset=utf-8")
            else:
                route.fulfill(status=204)

        page.route("**/*", answer)
        page.goto("http://localhost/")
        return page

    start.posted = posted  # type: ignore[attr-defined]
    return start


def test_the_browser_says_times_as_the_server_does(show: Any) -> None:
    opened = show("", "say")
    said = opened.evaluate(
        """async ([reading, due, happened]) => {
            const { word, words } = await import("/static/js/say.js");
            const times = await import("/static/js/time-words.js");
            const { weekdays, countdown, with_minutes, soon } = words;
            const say = Object.assign((...given) => word(...given), { weekdays, countdown, with_minutes, soon });
            const now = Date.parse(reading);
            return [
                due.map((iso) => [times.remainingWords(say, now, iso), times.remainingTone(say, now, iso)]),
                happened.map((iso) => times.agoWords(say, now, iso)),
            ];
        }""",
        [READING, [due for due, _, _ in REMAINING], [at for at, _ in AGO]],
    )
    assert said == [[[words, tone] for _, words, tone in REMAINING], [words for _, words in AGO]]


def test_the_proof_of_work_is_what_the_server_will_check(show: Any) -> None:
    salt, number = "a1b2c3?expires=4102444800&", 4321
    challenge = {
        "algorithm": "SHA-256",
        "salt": salt,
        "challenge": hashlib.sha256(f"{salt}{number}".encode()).hexdigest(),
        "maxNumber": 5000,
        "signature": "s",
    }
    form = """<form action="/sent/" method="get"><input name="text"><input type="hidden" name="proof"
        data-pow="/challenge/" data-worker="/static/js/pow.worker.js"><button>go</button></form>"""
    opened = show(form, "pow", answers={"/challenge/": (200, json.dumps(challenge)), "/sent/": (200, "ok")})
    opened.fill("[name=text]", "x")
    opened.wait_for_function("document.querySelector('[name=proof]').value")
    solved = json.loads(opened.evaluate("atob(document.querySelector('[name=proof]').value)"))
    assert solved == {
        "algorithm": "SHA-256", "challenge": challenge["challenge"], "number": number, "salt": salt, "signature": "s",
    }  # fmt: skip


def test_a_draft_is_kept_while_typing_and_the_page_says_so(show: Any) -> None:
    form = """<form method="post" data-guard data-draft-url="/draft/"><input name="text">
        <input type="hidden" name="draft"><span data-draft-state></span><button class="primary">go</button></form>"""
    opened = show(form, "forms", answers={"/draft/": (200, '{"draft": "7"}')})
    opened.fill("[name=text]", "热水器漏水")
    opened.wait_for_function("document.querySelector('[data-draft-state]').textContent.startsWith('已自动保存')")
    assert opened.input_value("[name=draft]") == "7"
    assert "热水器漏水" in show.posted[0]


def test_an_expired_session_says_what_to_do_and_keeps_the_text(show: Any) -> None:
    form = """<form method="post" data-draft-url="/draft/"><input name="text"><span data-draft-state></span></form>"""
    opened = show(form, "forms", answers={"/draft/": (403, "no")})
    opened.fill("[name=text]", "还在")
    opened.wait_for_function("document.querySelector('[data-draft-state]').textContent.includes('登录已过期')")
    assert opened.input_value("[name=text]") == "还在"


def test_a_double_click_sends_once(show: Any) -> None:
    form = """<form method="get" action="/sent/" data-guard><input name="text" value="x"><button>go</button></form>
        <script type="application/json"></script>"""
    opened = show(form, "forms", answers={})
    sent = opened.evaluate(
        """() => {
            let sent = 0;
            document.addEventListener("submit", (event) => {
                if (!event.defaultPrevented) sent++;
                event.preventDefault();
            });
            const button = document.querySelector("button");
            button.click();
            button.click();
            return sent;
        }"""
    )
    assert sent == 1


def test_a_required_field_complains_in_the_pages_language(show: Any) -> None:
    form = """<form method="post" data-guard><div class="field"><label for="a">手机号 <span>*</span></label>
        <input id="a" name="a" required></div><button>go</button></form>"""
    opened = show(form, "forms")
    opened.click("button")
    assert opened.inner_text(".error") == "请填写“手机号”。"
    assert opened.evaluate("document.activeElement.id") == "a"
    opened.fill("#a", "1")
    assert opened.locator(".error").count() == 0


def test_keys_do_nothing_while_somebody_types(show: Any) -> None:
    body = """<a href="#logged" data-key="n">log</a><input name="q" data-key="/" data-key-also="Ctrl+K">
        <input id="other">"""
    opened = show(body, "frame")
    opened.focus("#other")
    opened.keyboard.type("n/")
    assert opened.input_value("#other") == "n/"
    assert "#logged" not in opened.url
    opened.keyboard.press("Control+k")
    assert opened.evaluate("document.activeElement.name") == "q"
    opened.keyboard.press("Escape")
    opened.keyboard.press("n")
    assert opened.url.endswith("#logged")


def test_a_combobox_works_by_keyboard_alone(show: Any) -> None:
    body = """<div class="combo" data-combo="/offers/"><input id="t"><input type="hidden" name="p"></div>"""
    offers = "".join(f'<li role="option" data-value="{n}" data-text="产品{n}">产品{n}</li>' for n in (1, 2))
    opened = show(body, "combobox", answers={"/offers/": (200, offers)})
    opened.fill("#t", "产")
    opened.wait_for_selector("[role=option]")
    assert opened.get_attribute("#t", "aria-expanded") == "true"
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Enter")
    assert (opened.input_value("#t"), opened.input_value("[name=p]")) == ("产品2", "2")
    opened.keyboard.type("x")
    assert opened.input_value("[name=p]") == ""  # typed on: the choice no longer holds


def test_looking_at_the_offers_does_not_change_what_was_chosen(show: Any) -> None:
    body = """<form><label for="d">部门</label><select id="d" name="d" data-combo><option value="">—</option>
        <option value="1">财务部</option><option value="2">技术部</option><option value="3" selected>生产部</option>
        </select></form><button>next</button>"""
    opened = show(body, "combobox")
    opened.click("#d")
    opened.wait_for_selector("[role=option][aria-selected=true]")
    assert opened.inner_text("[role=option][aria-selected=true]") == "生产部"
    opened.keyboard.press("Tab")
    assert (opened.input_value("#d"), opened.input_value("[name=d]")) == ("生产部", "3")
    opened.fill("#d", "生产部")  # typed once more, and Enter
    opened.wait_for_selector("[role=option][aria-selected=true]")
    opened.keyboard.press("Enter")
    opened.wait_for_selector("[role=option]", state="hidden")
    assert opened.input_value("[name=d]") == "3"
    opened.fill("#d", "财")
    opened.locator("[role=option][aria-selected=true]", has_text="财务部").wait_for()
    opened.keyboard.press("Enter")
    assert (opened.input_value("#d"), opened.input_value("[name=d]")) == ("财务部", "1")


def test_files_over_the_limit_are_named_and_left_out(show: Any, tmp_path: Path) -> None:
    good, large = tmp_path / "a.pdf", tmp_path / "b.pdf"
    good.write_bytes(b"%PDF")
    large.write_bytes(b"x" * 1_100_000)
    body = """<form><div data-upload data-max-files="5" data-max-mb="1">
        <input type="file" multiple accept=".pdf"></div></form>"""
    opened = show(body, "upload")
    opened.set_input_files("input", [str(good), str(large)])
    assert opened.evaluate("document.querySelector('input').files.length") == 1
    assert "“b.pdf”有 1 MB，超过单个文件 1 MB 的限制" in opened.inner_text(".files")


SHEET = """<form method="post" hx-post="/close/" hx-target="#sheet-body"><h2>结案</h2><div class="dialog-body">
    <textarea name="summary"></textarea></div><button id="cancel" formmethod="dialog" formnovalidate>取消</button>
    <button id="go" class="primary">结案</button></form>"""
HTMX = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"


@pytest.fixture
def sheet(show: Any) -> Any:
    """A page whose link opens a form in the shared sheet; posting it is answered as given."""

    def start(status: int, text: str) -> Any:
        config = re.search(r"<meta name=\"htmx-config\".*?>", (STATIC.parent / "templates/frame/htmx.html").read_text())
        assert config
        body = f"""{config[0]}<a id="open" href="/form/" hx-get="/form/" hx-target="#sheet-body">结案</a>
            <dialog id="sheet"><div id="sheet-body"></div></dialog><div id="toasts" popover="manual"></div>
            <script>{HTMX.read_text()}</script>"""
        opened = show(body, "forms", "htmx-errors", answers={"/form/": (200, SHEET), "/close/": (status, text)})
        opened.click("#open")
        opened.wait_for_selector("#sheet[open] textarea")
        opened.fill("textarea", "已处理")
        return opened

    return start


def test_the_sheet_shows_the_form_again_when_it_is_refused(sheet: Any) -> None:
    opened = sheet(422, "<p class='error'>请填写总结。</p>")
    opened.click("#go")
    opened.wait_for_selector("#sheet[open] .error")


def test_a_refusal_is_said_in_the_servers_words_and_nothing_typed_is_lost(sheet: Any) -> None:
    opened = sheet(403, "<!DOCTYPE html><div data-fault><p>您不是主办部门，不能结案。</p></div>")
    opened.click("#go")
    opened.wait_for_selector(".toast")
    assert opened.inner_text(".toast p") == "您不是主办部门，不能结案。"
    assert opened.input_value("textarea") == "已处理"
    # It outlives the dialog; asked at once, because it goes by itself after a while.
    assert opened.evaluate("document.querySelector('#cancel').click(), document.querySelector('.toast') !== null")


def test_a_broken_server_is_said_in_a_sentence(sheet: Any) -> None:
    opened = sheet(500, "Traceback")
    opened.click("#go")
    opened.wait_for_selector(".toast")
    assert opened.inner_text(".toast p").startswith("服务器出错了")
    opened.click(".toast button")  # although a dialog is open
    assert opened.locator(".toast").count() == 0


def test_cancelling_a_sheet_sends_nothing(sheet: Any, show: Any) -> None:
    opened = sheet(200, "")
    asked = len(show.posted)
    opened.click("#cancel")
    opened.wait_for_selector("#sheet:not([open])", state="attached")
    assert len(show.posted) == asked
    assert opened.evaluate("document.activeElement.id") == "open"
