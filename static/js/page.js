// Every page, staff and public: relative times, floating menus, dialogs, and the small data-… hooks.

import { toast, word, words } from "./say.js";
import { agoWords, remainingTone, remainingWords } from "./time-words.js";

// --- Times stay true while a page is open ------------------------------------------------------

const say = Object.assign(word, { weekdays: words.weekdays, countdown: words.countdown, with_minutes: words.with_minutes, soon: words.soon });
const drift = words.server_time ? Date.parse(words.server_time) - Date.now() : 0; // a company PC's clock may be wrong

function refreshTimes() {
  const now = Date.now() + drift;
  for (const time of document.querySelectorAll("time[data-remaining]")) {
    time.textContent = remainingWords(say, now, time.dateTime);
    time.className = `when ${remainingTone(say, now, time.dateTime)}`.trim();
  }
  for (const time of document.querySelectorAll("time[data-ago]")) time.textContent = agoWords(say, now, time.dateTime);
}
if (words.weekdays) {
  setInterval(refreshTimes, 30_000);
  document.addEventListener("visibilitychange", () => document.hidden || refreshTimes());
}

// --- Floating menus: native <details class="pop"> ------------------------------------------------

const openPops = () => document.querySelectorAll("details.pop[open]");
document.addEventListener("click", (event) => {
  for (const pop of openPops()) if (!pop.contains(event.target)) pop.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  for (const pop of openPops()) {
    pop.open = false;
    pop.querySelector("summary").focus();
    event.preventDefault();
  }
});

// --- Dialogs -------------------------------------------------------------------------------------

function showDialog(dialog) {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  dialog.querySelector("[autofocus], .dialog-body input:not([type=hidden]), .dialog-body textarea, .dialog-body select")?.focus();
}
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault(); // without scripts the link leads to a page with the same form
    showDialog(dialog);
  }
  const closer = event.target.closest("[data-close], button[formmethod=dialog]")?.closest("dialog");
  if (closer) {
    event.preventDefault(); // htmx would send the form that is being cancelled
    closer.close();
  }
});

// The shared sheet: htmx puts a form into it, then it opens.
const sheet = document.getElementById("sheet");
if (sheet) {
  let opener = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id === "sheet-body" && !sheet.contains(event.detail.elt)) opener = event.detail.elt;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "sheet-body") return;
    sheet.classList.toggle("drawer", opener?.dataset.sheet === "drawer");
    sheet.classList.toggle("wide", opener?.dataset.sheet === "wide");
    const title = sheet.querySelector("h2");
    if (title) sheet.setAttribute("aria-label", title.textContent);
    showDialog(sheet);
  });
  sheet.addEventListener("close", () => {
    document.getElementById("sheet-body").replaceChildren();
    opener?.focus?.();
  });
}

// --- Small hooks -----------------------------------------------------------------------------------

document.addEventListener("click", async (event) => {
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier.dataset.copy);
  if (event.target.closest("[data-print]")) window.print();
  const toggler = event.target.closest("[data-toggle]");
  if (toggler) {
    const target = document.querySelector(toggler.dataset.toggle);
    target.hidden = !target.hidden;
    toggler.setAttribute("aria-expanded", String(!target.hidden));
  }
});

async function copy(text) {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else copyByHand(text); // plain http in a LAN has no clipboard object
    toast(word("copied", { text }), "green");
  } catch {
    toast(word("not_copied"), "amber");
  }
}
function copyByHand(text) {
  const area = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("refused");
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
  refreshShown(event.target.form ?? document);
  if (event.target.closest("table, ul") && event.target.matches("input[type=checkbox]")) refreshBulk(event.target);
});

// data-shows="#block": a box, a radio or an <option> shows a block while it is chosen; fields in a hidden one are not sent.
function refreshShown(root) {
  const wanted = new Map();
  for (const control of root.querySelectorAll("[data-shows]")) {
    const on = control.matches("option") ? control.selected : control.checked;
    wanted.set(control.dataset.shows, (wanted.get(control.dataset.shows) ?? false) || on);
  }
  for (const [selector, on] of wanted) {
    const target = document.querySelector(selector);
    if (!target) continue;
    target.hidden = !on;
    for (const input of target.querySelectorAll("input, select, textarea")) input.disabled = !on;
  }
}

// data-bulk="#list": the bar of bulk acts appears when boxes named ids are ticked; th input[data-all] ticks all of the page.
function refreshBulk(box) {
  for (const bar of document.querySelectorAll("[data-bulk]")) {
    const list = document.querySelector(bar.dataset.bulk);
    if (!list?.contains(box)) continue;
    const boxes = [...list.querySelectorAll("input[name=ids]")];
    if (box.matches("[data-all]")) for (const other of boxes) other.checked = box.checked;
    const chosen = boxes.filter((other) => other.checked);
    bar.hidden = chosen.length === 0;
    for (const other of boxes) other.closest("tr, li")?.classList.toggle("on", other.checked);
    const count = bar.querySelector("[data-bulk-count]");
    if (count) count.textContent = word("of_selected", { n: chosen.length });
    // The boxes stand in the table, the form beside it: the chosen ones are sent from here.
    for (const old of bar.querySelectorAll("input[data-bulk-id]")) old.remove();
    for (const other of chosen) {
      if (other.form === bar) continue;
      const copy = Object.assign(document.createElement("input"), { type: "hidden", name: "ids", value: other.value });
      copy.dataset.bulkId = "";
      bar.append(copy);
    }
  }
}

document.body.addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value, event.detail.tone));
document.addEventListener("htmx:load", () => {
  refreshTimes();
  refreshShown(document);
});
refreshShown(document);
document.querySelector("[data-focus]")?.focus();
