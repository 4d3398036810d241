// htmx requests that go wrong say so in a sentence; what was typed stays. 409 and 422 bring a fresh panel and are
// swapped by the configuration in templates/frame/htmx.html.

import { csrf, toast, word } from "./say.js";

const login = document.body.dataset.loginUrl;

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrf();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (login && xhr.responseURL && new URL(xhr.responseURL).pathname === login) {
    event.detail.shouldSwap = false; // a login page inside a panel would help nobody
    toast(word("expired"), "red", { link: { href: login, text: word("sign_in") } });
  }
});

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 401) return toast(word("expired"), "red", { link: { href: login, text: word("sign_in") } });
  const known = { 403: "http_403", 404: "http_404", 413: "http_413", 429: "http_429" }[status];
  toast(word(known ?? "http_5xx"), "red");
});
document.addEventListener("htmx:sendError", () => toast(word("offline"), "red"));
document.addEventListener("htmx:timeout", () => toast(word("offline"), "red"));
