// Forms: Ctrl+Enter, no double submit, a warning before text is lost, errors as sentences, drafts kept on the server.

import { csrf, size, toast, word } from "./say.js";
import "./page.js";

// --- Sending ----------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.closest("form");
  const button = form?.querySelector("button.primary") ?? form?.querySelector("button[type=submit], button:not([type])");
  if (!button) return;
  event.preventDefault();
  form.requestSubmit(button);
});

const sent = new WeakSet();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog" || event.submitter?.formMethod === "dialog") return;
  freshenToken(form);
  if (!form.matches("[data-guard]") || event.defaultPrevented) return;
  if (sent.has(form)) return event.preventDefault(); // the second click of a double click
  sent.add(form);
  clean(form);
  const button = event.submitter ?? form.querySelector("button.primary, button:not([type=button])");
  button?.setAttribute("aria-busy", "true"); // not disabled: a disabled button's name would not be sent
  const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
  if (files.length && !form.matches("[hx-post]")) {
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const line = Object.assign(document.createElement("div"), { className: "progress" });
    line.setAttribute("role", "status");
    line.append(Object.assign(document.createElement("p"), { textContent: word("sending_files", { n: files.length, size: size(total) }) }), document.createElement("progress"));
    (button?.parentElement ?? form).before(line);
  }
});
function again(form) {
  sent.delete(form);
  for (const busy of form.querySelectorAll("[aria-busy=true]")) busy.removeAttribute("aria-busy");
}
addEventListener("pageshow", (event) => event.persisted && document.querySelectorAll("form[data-guard]").forEach(again));
document.addEventListener("htmx:afterRequest", (event) => event.target.closest?.("form") && again(event.target.closest("form")));

/** After a new sign-in in another window the token in this page is old; the cookie has the new one. */
function freshenToken(form) {
  const field = form.querySelector("input[name=csrfmiddlewaretoken]"), token = csrf();
  if (field && token) field.value = token;
}

// --- Text that would be lost ---------------------------------------------------------------------------

const dirty = new Set();
const clean = (form) => dirty.delete(form);
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-guard]")) dirty.add(form);
});
addEventListener("beforeunload", (event) => {
  for (const form of dirty) if (!form.isConnected) dirty.delete(form);
  if (dirty.size) event.preventDefault();
});
document.addEventListener("submit", (event) => {
  const text = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (text && !confirm(text)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

// --- The browser's own checks, as sentences at the field and in the page's language ------------------------

document.addEventListener("invalid", (event) => {
  const input = event.target, place = input.closest(".field");
  if (!place) return;
  event.preventDefault();
  const label = (place.querySelector("label:not(.choice), legend")?.firstChild?.textContent ?? "").trim() || input.name;
  const name = input.validity.valueMissing ? "field_missing" : input.validity.tooLong ? "field_long" : "field_wrong";
  const own = input.validity.valueMissing && input.dataset.missing; // a sentence of the field's own
  showError(place, input, own || word(name, { label, n: input.maxLength }));
  if (place === input.form.querySelector(".field.wrong")) (place.querySelector("[role=combobox]") ?? input).focus();
}, true);
function showError(place, input, sentence) {
  place.classList.add("wrong");
  let line = place.querySelector(".error");
  if (!line) {
    line = Object.assign(document.createElement("p"), { className: "error", id: `${input.id || input.name}_error` });
    line.dataset.own = "";
    place.append(line);
  }
  line.textContent = sentence;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", line.id);
}
document.addEventListener("input", (event) => {
  const place = event.target.closest(".field.wrong");
  const own = place?.querySelector(".error[data-own]");
  if (!own) return;
  own.remove();
  place.classList.remove("wrong");
  event.target.removeAttribute("aria-invalid");
});

// --- Suggestions: data-fill="#id_category" data-value="12" --------------------------------------------------

document.addEventListener("click", (event) => {
  const offer = event.target.closest("[data-fill]");
  if (!offer) return;
  const target = document.querySelector(offer.dataset.fill);
  if (!target) return;
  const radio = target.matches("fieldset, .choices") && target.querySelector(`input[value="${CSS.escape(offer.dataset.value)}"]`);
  const input = radio || target;
  if (radio) radio.checked = true;
  else if (target.type === "checkbox") target.checked = offer.dataset.value !== "";
  else target.value = offer.dataset.value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
  offer.remove();
});

// --- Drafts on the server ------------------------------------------------------------------------------------
// form[data-draft-url]: 1.5 s after the last change all fields but files are posted. The answer is 204, or JSON
// {"draft": "7", "url": "/…/7/"}: the number goes into input[name=draft], the address into the address bar.

for (const form of document.querySelectorAll("form[data-draft-url]")) keepDraft(form);

function keepDraft(form) {
  const state = form.querySelector("[data-draft-state]") ?? document.querySelector("[data-draft-state]");
  let timer = 0, running = null, waiting = false, over = false, lost = false, checking = false, sure = false;

  const tell = (text, tone = "", link = null) => {
    if (!state) return;
    state.className = `draft-state ${tone}`.trim();
    state.replaceChildren(text);
    if (link) state.append(" ", Object.assign(document.createElement("a"), { href: link, target: "_blank", rel: "noopener", textContent: word("sign_in") }));
  };

  async function save() {
    clearTimeout(timer);
    if (over) return;
    if (running) return void (waiting = true);
    waiting = false;
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    data.set("csrfmiddlewaretoken", csrf());
    // A request that outlives its page may carry 64 KB; a longer text is sent like any other.
    const keepalive = [...data.values()].reduce((sum, value) => sum + value.length, 0) < 15_000;
    running = fetch(form.dataset.draftUrl, { method: "POST", body: data, headers: { "X-CSRFToken": csrf(), Accept: "application/json" }, keepalive });
    try {
      lost = false;
      await heard(await running);
    } catch (error) {
      lost = !error.answered; // a server that answers, even wrongly, may still take the form itself
      tell(word("not_saved"), "amber");
      timer = setTimeout(save, 15_000);
    } finally {
      running = null;
      if (waiting) timer = setTimeout(save, 300);
    }
  }

  async function heard(answer) {
    const login = document.body.dataset.loginUrl;
    if (answer.status === 401 || answer.status === 403 || (answer.redirected && login && new URL(answer.url).pathname === login)) {
      lost = true;
      return tell(word("draft_expired"), "red", login); // the next change, or coming back to this window, tries again
    }
    if (answer.status >= 500) throw Object.assign(new Error(answer.status), { answered: true });
    if (!answer.ok) return tell(word("draft_refused"), "red");
    if (answer.status !== 204 && (answer.headers.get("content-type") ?? "").includes("json")) {
      const { draft, url } = await answer.json();
      const field = form.querySelector("input[name=draft]");
      if (field && draft) field.value = draft;
      if (url) history.replaceState(null, "", url);
    }
    clean(form);
    tell(word("saved", { time: new Date().toTimeString().slice(0, 8) }));
  }

  const later = () => {
    if (over) return;
    clearTimeout(timer);
    tell(word("saving"));
    timer = setTimeout(save, 1500);
  };
  form.addEventListener("input", (event) => event.isComposing || later());
  form.addEventListener("compositionend", later);
  form.addEventListener("change", later);
  // Before it is sent it is kept once more: with an expired sign-in, or no network, it stays in the page instead of
  // being lost behind a login form.
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (sure) {
      over = true;
      setTimeout(() => (over = form.isConnected ? false : over), 5000); // still here: the form was refused
      return;
    }
    event.preventDefault();
    if (checking) return;
    checking = true;
    while (running) await new Promise((resolve) => setTimeout(resolve, 30));
    await save();
    checking = false;
    if (lost) return;
    sure = true;
    form.requestSubmit(event.submitter);
    sure = false;
  });
  document.addEventListener("visibilitychange", () => {
    if (dirty.has(form)) save(); // leaving: keep it; coming back after a new sign-in: try again
  });
}

export { toast };
