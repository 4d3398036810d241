// The staff frame: keys, counters, colours, the phone's menu.

import { toast, word } from "./say.js";
import "./page.js";

// --- Keys -----------------------------------------------------------------------------------------
// data-key="n" on a link, button or input; single letters count only when nobody is typing.

function pressed(event) {
  const key = event.altKey && /^Digit\d$/.test(event.code) ? event.code.slice(5) : event.key;
  const name = key.length === 1 && (event.ctrlKey || event.altKey) ? key.toUpperCase() : key;
  return (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "") + name;
}
const typing = (element) => element.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]");

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return; // an input method is at work
  const combination = pressed(event);
  const plain = !combination.includes("+") || combination === "+";
  if (event.key === "Escape" && typing(event.target) && !document.querySelector("dialog[open]")) return event.target.blur();
  if (plain && (typing(event.target) || event.key === "Enter" || event.key === " ")) return;
  const dialog = [...document.querySelectorAll("dialog[open]")].pop();
  const target = [...(dialog ?? document).querySelectorAll("[data-key]")].find(
    (element) => (element.dataset.key === combination || element.dataset.keyAlso === combination) && element.getClientRects().length,
  );
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, textarea, select")) {
    target.focus();
    target.select?.();
  } else target.click();
});

const keysList = document.querySelector("[data-keys-list]");
document.getElementById("keys-help")?.addEventListener("toggle", fillKeys);
document.addEventListener("click", (event) => event.target.closest("[data-dialog=keys-help]") && fillKeys(), true);
function fillKeys() {
  for (const old of keysList.querySelectorAll("[data-found]")) old.remove();
  for (const element of document.querySelectorAll("[data-key][data-key-help]")) {
    const row = document.createElement("div"), name = document.createElement("dt"), what = document.createElement("dd");
    row.dataset.found = "";
    for (const key of [element.dataset.key, element.dataset.keyAlso].filter(Boolean)) name.append(Object.assign(document.createElement("kbd"), { textContent: key }), " ");
    what.textContent = element.dataset.keyHelp;
    row.append(name, what);
    keysList.prepend(row);
  }
}

// --- Counters: one request after the page, never in it -----------------------------------------------

const countersUrl = document.body.dataset.counters;
let counted = 0;
async function count() {
  if (!countersUrl || document.hidden || Date.now() - counted < 60_000) return;
  counted = Date.now();
  try {
    const answer = await fetch(countersUrl, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    const numbers = await answer.json();
    for (const badge of document.querySelectorAll("[data-count]")) {
      const number = numbers[badge.dataset.count];
      badge.textContent = number && (number !== "0" || "zero" in badge.dataset) ? number : "";
      badge.classList.toggle("none", number === "0");
    }
  } catch {
    // No figures is better than a wrong one; the next visit to this window asks again.
  }
}
if (document.querySelector("[data-count]")) (window.requestIdleCallback ?? setTimeout)(count);
document.addEventListener("visibilitychange", count);
document.body.addEventListener("counters", () => {
  counted = 0;
  count();
});

// --- Colours: kept in a cookie, so that the server already writes the right page ------------------------

function showTheme() {
  const chosen = document.documentElement.dataset.theme ?? "";
  for (const button of document.querySelectorAll("[data-theme-set]")) button.setAttribute("aria-pressed", String(button.dataset.themeSet === chosen));
}
for (const choice of document.querySelectorAll("[data-theme-choice]")) choice.hidden = false;
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-set]");
  if (!button) return;
  const theme = button.dataset.themeSet;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31_536_000 : 0}; samesite=lax`;
  showTheme();
});
showTheme();

// --- The phone's menu: a link to #menu without scripts, a sheet with focus and Esc with them -------------

const menu = document.getElementById("menu");
function closeMenu() {
  menu.classList.remove("open");
  document.querySelector("[data-menu-open]")?.focus();
}
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-menu-open]")) {
    event.preventDefault();
    menu.classList.add("open");
    menu.querySelector("[data-menu-close]").focus();
  } else if (event.target.closest("[data-menu-close]")) {
    event.preventDefault();
    if (location.hash === "#menu") history.replaceState(null, "", location.pathname + location.search);
    closeMenu();
  }
});
document.addEventListener("keydown", (event) => event.key === "Escape" && menu?.classList.contains("open") && closeMenu());

export { toast, word };
