"""Counting what a page must never do: one function for the protection and for the switch that removes it."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.payloads import EVALUATED

#: What is counted; nothing of it may happen on any page.
KINDS = ("dialog", "violation", "foreign", "gadget", "error", "markup", "evaluated")
NOTHING = dict.fromkeys(KINDS, 0)

#: Runs before a page's own scripts: a violation is told even where the console says nothing of it.
_LISTEN = """document.addEventListener("securitypolicyviolation", (event) =>
    console.debug(`canary-violation ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ""}`))"""

#: Markup and addresses that no template of ours writes, and how wide the page is once it has settled.
_LOOK = r"""async (evaluated) => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  await frame();
  await frame();
  for (let n = 0; n < 300 && document.querySelector(".htmx-request"); n++) await frame(); // what comes later
  const alien = [];
  const addresses = /^(data-)?(hx-(get|post|put|patch|delete)|combo|href)$|^(src|href|action|formaction|data|xlink:href|poster|background|ping|srcdoc)$/;
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      const say = () => alien.push(`<${element.localName} ${name}="${value.slice(0, 60)}">`);
      if (/^(on|hx-on|data-hx-on|data-canary)/.test(name) || (name === "style" && value.includes("canary"))) say();
      else if (addresses.test(name)) {
        let url;
        try { url = new URL(value, location.href); } catch { continue; }
        if (/^(javascript|vbscript):/.test(url.protocol) || /^data:(?!image\/)/.test(url.href)) say();
        else if (/^https?:$/.test(url.protocol) && (url.host !== location.host || url.pathname.startsWith("/canary"))) say();
      }
    }
  }
  const boxes = [document.scrollingElement, ...document.querySelectorAll("dialog[open]")];
  const wide = boxes.filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.scrollWidth);
  const html = document.documentElement.outerHTML;
  return { alien, wide, shown: html.match(/canary-\d\d/g) ?? [], evaluated: html.includes(evaluated),
           framed: document.getElementById("sheet-body") !== null };
}"""
#: A part of a page, put where pages put it.
_SHEET = """async (path) => {
  let status = 0;
  const note = ({ detail }) => { if (detail.pathInfo.requestPath === path) status = detail.xhr.status; };
  document.addEventListener("htmx:afterRequest", note);
  await htmx.ajax("GET", path, { target: "#sheet-body", swap: "innerHTML" });
  document.removeEventListener("htmx:afterRequest", note);
  return status;
}"""
_CLOSE = """document.querySelector("dialog[open]")?.close()"""


class Watch:
    """One window of one person, and everything that happened in it; ``found`` names the place of each."""

    def __init__(self, context: Any, base: str, found: list[tuple[str, str, str]]) -> None:
        self.base, self.found = base, found
        self.where = ""
        #: Of the page as it was last seen: what is wider than its place, which payloads stand in it, whether it has
        #: a sheet.
        self.wide: list[str] = []
        self.shown: set[str] = set()
        self.is_framed = False
        context.add_init_script(_LISTEN)
        context.set_default_timeout(30_000)  # a busy machine is no reason to fail
        context.on("request", self._requested)
        self.page = context.new_page()
        self.page.on("dialog", self._asked)
        self.page.on("console", self._told)
        self.page.on("pageerror", lambda error: self._note("error", str(error)))

    def opens(self, path: str, where: str = "") -> Any:
        """An address, and everything that it does until it rests; returns the answer."""
        self.where = where or path
        answer = self.page.goto(self.base + path, wait_until="load")
        assert answer.status < 500, (self.where, answer.status)
        self.looks()
        return answer

    def opens_sheet(self, path: str, where: str = "") -> None:
        """A part of a page, in the sheet of the page that is open."""
        self.where = f"{where or path} in a sheet"
        status = self.page.evaluate(_SHEET, path)
        assert status == 200, (self.where, status)
        self.looks()
        self.page.evaluate(_CLOSE)

    def looks(self) -> None:
        """The page as it stands now."""
        seen = self.page.evaluate(_LOOK, EVALUATED)
        self.shown, self.is_framed = set(seen["shown"]), seen["framed"]
        self.wide = [f"{self.where} is {width} px wide" for width in seen["wide"]]
        for alien in seen["alien"]:
            self._note("markup", alien)
        if seen["evaluated"]:
            self._note("evaluated", EVALUATED)

    def _note(self, kind: str, what: str) -> None:
        self.found.append((kind, self.where, what))

    def _asked(self, dialog: Any) -> None:
        from playwright.sync_api import Error

        if dialog.type != "beforeunload":  # our own question about text that would be lost
            self._note("dialog", dialog.message)
        with contextlib.suppress(Error):  # it may have gone with its frame
            dialog.accept()

    def _told(self, message: Any) -> None:
        if "canary-violation" in message.text or "Content Security Policy" in message.text:
            self._note("violation", message.text[:200])

    def _requested(self, request: Any) -> None:
        url = urlsplit(request.url)
        if url.scheme in {"data", "blob"}:
            return
        if f"{url.scheme}://{url.netloc}" != self.base:
            self._note("foreign", request.url)
        elif url.path.startswith("/canary"):
            self._note("gadget", request.url)


def counted(found: list[tuple[str, str, str]]) -> dict[str, int]:
    """How often each kind of thing happened."""
    return NOTHING | Counter(kind for kind, _where, _what in found)


def report(found: list[tuple[str, str, str]]) -> str:
    """The first of each kind and place, to be read by whoever broke it."""
    first = {(kind, where): what for kind, where, what in reversed(found)}
    return "\n".join(f"{kind} on {where}: {what}" for (kind, where), what in sorted(first.items())[:60])
