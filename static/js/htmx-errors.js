// htmx requests that go wrong say so in a sentence; what was typed stays. A 409 or 422 brings a fresh panel and is
// swapped by the configuration in templates/frame/htmx.html; a whole page is never put into a panel.

import { csrf, toast, word } from "./say.js";

const login = document.body.dataset.loginUrl;

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrf();
});

/** What the server's page says happened ([data-fault]), in one line; nothing if it is no such page. */
function sentenceOf(xhr) {
  if (!/^\s*<!doctype/i.test(xhr.responseText) || !xhr.responseText.includes("data-fault")) return "";
  const fault = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[data-fault]");
  return fault ? [...fault.querySelectorAll("p, li")].map((part) => part.textContent.trim()).join(" ") : "";
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (login && xhr.responseURL && new URL(xhr.responseURL).pathname === login) {
    event.detail.shouldSwap = false; // a login page inside a panel would help nobody
    toast(word("expired"), "red", { link: { href: login, text: word("sign_in") } });
  } else if ((xhr.status === 409 || xhr.status === 422) && sentenceOf(xhr)) {
    event.detail.shouldSwap = false;
    toast(sentenceOf(xhr), "red");
  }
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401) return toast(word("expired"), "red", { link: { href: login, text: word("sign_in") } });
  const known = { 403: "http_403", 404: "http_404", 413: "http_413", 429: "http_429" }[xhr.status];
  toast((xhr.status < 500 && sentenceOf(xhr)) || word(known ?? "http_5xx"), "red");
});
document.addEventListener("htmx:sendError", () => toast(word("offline"), "red"));
document.addEventListener("htmx:timeout", () => toast(word("offline"), "red"));
