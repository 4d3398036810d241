// Combobox after the ARIA pattern: text input, list of options, arrow keys. Two sources:
//   .combo[data-combo="/url/"]   options come from the server as <li role="option" data-value data-text> (or data-href)
//   select[data-combo]           the options that are already in the page, filtered while typing

import { word } from "./say.js";

let serial = 0;

function start(root) {
  for (const box of root.querySelectorAll(".combo[data-combo]:not([data-ready])")) fromServer(box);
  for (const select of root.querySelectorAll("select[data-combo]:not([data-ready])")) fromSelect(select);
}

/** The common part. `find(text)` brings <li>s; `pick(li)` takes one. */
function combobox(box, input, { find, pick, min, pause }) {
  const list = document.createElement("ul"), status = document.createElement("p");
  list.id = `combo-${++serial}`;
  list.className = "combo-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.getAttribute("aria-label") ?? input.labels?.[0]?.textContent.trim() ?? "");
  list.hidden = true;
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  box.append(list, status);
  for (const [name, value] of Object.entries({ role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) input.setAttribute(name, value);

  let active = -1, timer = 0, asked = 0;
  const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled=true])")];

  function mark(index) {
    const all = options();
    active = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }
  function unmark() {
    active = -1;
    for (const option of options()) option.setAttribute("aria-selected", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function close() {
    clearTimeout(timer);
    asked++;
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  async function open() {
    const text = input.value.trim(), mine = ++asked;
    if (text.length < min) return close();
    let found;
    try {
      found = await find(text);
    } catch (error) {
      if (error.name !== "AbortError" && mine === asked) say(word("no_offers"));
      return;
    }
    if (mine !== asked || !found) return;
    found.forEach((option, i) => (option.id = `${list.id}-${i}`));
    if (found.length) list.replaceChildren(...found);
    else if (text) return say(word("no_match", { text }));
    else return close();
    show();
    const chosen = found.findIndex((option) => option.dataset.chosen !== undefined); // Tab and Enter keep what holds
    const first = chosen >= 0 ? chosen : box.dataset.comboGo === undefined && text ? 0 : -1;
    if (first >= 0) mark(first);
    else unmark(); // nothing was typed, or Enter means something else: Tab and Enter take nothing by themselves
    status.textContent = word("matches", { n: found.length });
  }
  function say(sentence) {
    const line = document.createElement("li");
    line.className = "combo-empty";
    line.setAttribute("role", "presentation");
    line.textContent = sentence;
    list.replaceChildren(line);
    show();
    active = -1;
    status.textContent = sentence;
  }
  function show() {
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }
  function take(option) {
    close();
    pick(option);
  }

  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(open, pause); // an input method sends half words
  });
  input.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(open, pause);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open();
      else mark(active + (event.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1));
    } else if (event.key === "Enter" && !list.hidden && active >= 0 && !event.ctrlKey) {
      event.preventDefault();
      take(options()[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Tab" && !list.hidden && active >= 0 && box.dataset.comboGo === undefined) take(options()[active]);
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the input keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
  // The focus may be back before the time is up: what was typed meanwhile keeps its offers.
  input.addEventListener("blur", () => setTimeout(() => document.activeElement !== input && close(), 120));
  return { open, close };
}

function fromServer(box) {
  box.dataset.ready = "";
  const input = box.querySelector("input:not([type=hidden])"), hidden = box.querySelector("input[type=hidden]");
  let running = null;
  combobox(box, input, {
    min: Number(box.dataset.comboMin ?? (box.dataset.comboGo === undefined ? 1 : 2)),
    pause: 200,
    async find(text) {
      running?.abort();
      running = new AbortController();
      const url = new URL(box.dataset.combo, location.href);
      url.searchParams.set("q", text);
      url.searchParams.set("as", "options");
      for (const selector of (box.dataset.comboWith ?? "").split(",").filter(Boolean)) {
        const other = document.querySelector(selector.trim());
        if (other) url.searchParams.set(other.name, other.value);
      }
      const answer = await fetch(url, { signal: running.signal, headers: { Accept: "text/html", "X-Requested-With": "fetch" } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      return page.querySelector("header, main") ? null : [...page.querySelectorAll("[role=option]")]; // a whole page is no answer
    },
    pick(option) {
      if (option.dataset.href) return location.assign(option.dataset.href);
      input.value = option.dataset.text ?? option.textContent.trim();
      if (hidden) {
        hidden.value = option.dataset.value ?? "";
        hidden.dispatchEvent(new Event("change", { bubbles: true }));
      }
      box.dispatchEvent(new CustomEvent("combo:pick", { bubbles: true, detail: { ...option.dataset } }));
    },
  });
  // Typed on after a choice: the choice no longer holds.
  input.addEventListener("input", () => {
    if (!hidden?.value) return;
    hidden.value = "";
    hidden.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

function fromSelect(select) {
  select.dataset.ready = "";
  const hadFocus = document.activeElement === select; // moving it takes the focus away
  const box = document.createElement("div"), input = document.createElement("input");
  box.className = "combo";
  input.type = "text";
  input.className = "input";
  input.id = select.id;
  select.id = `${select.id}_list`;
  if (select.getAttribute("aria-describedby")) input.setAttribute("aria-describedby", select.getAttribute("aria-describedby"));
  select.before(box);
  box.append(input, select);
  if (hadFocus) input.focus();
  select.classList.add("visually-hidden");
  select.tabIndex = -1;
  select.setAttribute("aria-hidden", "true");
  const show = () => (input.value = select.value ? select.selectedOptions[0].textContent.trim() : "");
  input.placeholder = [...select.options].find((option) => !option.value)?.textContent.trim() ?? "";
  show();
  const { open } = combobox(box, input, {
    min: 0,
    pause: 0,
    find(text) {
      const wanted = text.toLowerCase();
      const all = [...select.options].filter((option) => !option.disabled && option.value);
      const chosen = select.value && text === select.selectedOptions[0].textContent.trim();
      const fits = chosen ? all : all.filter((option) => `${option.textContent} ${option.dataset.find ?? ""}`.toLowerCase().includes(wanted));
      return fits.slice(0, 60).map((option) => {
        const line = document.createElement("li");
        line.setAttribute("role", "option");
        line.dataset.value = option.value;
        if (option.value === select.value) line.dataset.chosen = "";
        line.textContent = option.textContent;
        return line;
      });
    },
    pick(line) {
      select.value = line.dataset.value;
      show();
      select.dispatchEvent(new Event("change", { bubbles: true }));
    },
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", open);
  input.addEventListener("blur", () => {
    if (input.value.trim() === "" && select.value && select.querySelector("option[value='']")) {
      select.value = "";
      select.dispatchEvent(new Event("change", { bubbles: true }));
    } else show(); // half a word is no choice: show what holds
  });
  select.addEventListener("change", show);
  select.form?.addEventListener("reset", () => setTimeout(show));
}

start(document);
document.addEventListener("htmx:load", (event) => start(event.detail.elt));
