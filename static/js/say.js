// What the scripts say, and how. The sentences come from the page (organization/templatetags/look.py) in the
// reader's language. No listeners and no state here: hashed and plain file names may load this module twice.

const block = document.getElementById("script-words");
export const words = block ? JSON.parse(block.textContent) : {};

/** The sentence of that name, with %(key)s filled in. */
export function word(name, values = {}) {
  return String(words[name] ?? name).replace(/%\((\w+)\)s/g, (_, key) => String(values[key] ?? ""));
}

/** 2.1 MB, as people say it. */
export function size(bytes) {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  const mega = bytes / (1024 * 1024);
  return `${mega >= 10 ? Math.round(mega) : Math.round(mega * 10) / 10} MB`;
}

/** The current CSRF token. The cookie is right even after a new sign-in in another window; the page's own is not. */
export function csrf() {
  const cookie = document.cookie.match(/(?:^|;\s*)(?:__Host-)?csrftoken=([^;]+)/);
  return cookie ? cookie[1] : (document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "");
}

/** A sentence that floats for a while; errors stay until they are closed. `link`: {href, text}, opens a new window. */
export function toast(text, tone = "", { link } = {}) {
  const box = document.getElementById("toasts");
  if (!box) return;
  const note = document.createElement("div");
  note.className = `toast ${tone}`.trim();
  note.setAttribute("role", tone === "red" ? "alert" : "status");
  const sentence = document.createElement("p");
  sentence.textContent = text;
  if (link) {
    const anchor = Object.assign(document.createElement("a"), { href: link.href, textContent: link.text, target: "_blank", rel: "noopener" });
    sentence.append(" ", anchor);
  }
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  close.setAttribute("aria-label", word("close"));
  const end = () => {
    note.remove();
    if (!box.children.length && box.popover && box.matches(":popover-open")) box.hidePopover();
  };
  close.addEventListener("click", end);
  note.append(sentence, close);
  for (const same of box.children) if (same.firstChild.textContent === sentence.textContent) same.remove();
  box.append(note);
  raise(box);
  if (tone !== "red" && !link) setTimeout(end, 6000);
}

/** Above everything: what lies outside an open dialog cannot be clicked, so the toasts move into it while it is open. */
function raise(box) {
  const dialog = [...document.querySelectorAll("dialog[open]")].pop();
  const home = dialog ?? document.body;
  if (box.parentElement !== home) home.append(box); // moving it also hides it
  dialog?.addEventListener("close", () => box.children.length && raise(box), { once: true });
  if (!box.popover || !box.showPopover) return; // older browsers show it as an ordinary fixed box
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover();
}
