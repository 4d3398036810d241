// Files before they are sent: a list with sizes and a way out, limits as sentences, progress while sending.
// <div data-upload data-max-files="5" data-max-mb="20" data-max-total-mb="60"><label class="drop"><input type="file" multiple accept=".jpg,.pdf"></label></div>

import { size, word } from "./say.js";

const MEGA = 1024 * 1024;

function start(root) {
  for (const box of root.querySelectorAll("[data-upload]:not([data-ready])")) watch(box);
}

function watch(box) {
  box.dataset.ready = "";
  const input = box.querySelector("input[type=file]");
  const list = Object.assign(document.createElement("ul"), { className: "files" });
  list.setAttribute("aria-live", "polite");
  box.append(list);
  const limit = { files: Number(box.dataset.maxFiles || Infinity), one: Number(box.dataset.maxMb || Infinity) * MEGA, all: Number(box.dataset.maxTotalMb || Infinity) * MEGA };
  const accepted = (input.accept || "").split(",").map((part) => part.trim().toLowerCase()).filter(Boolean);
  let kept = [];

  function fault(file) {
    const values = { name: file.name, size: size(file.size), n: limit.files, type: file.name.split(".").pop() };
    if (!file.size) return word("empty_file", values);
    if (accepted.length && !accepted.some((part) => fits(part, file))) return word("wrong_type", values);
    if (file.size > limit.one) return word("file_too_large", { ...values, limit: size(limit.one) });
    if (kept.length >= limit.files) return word("too_many_files", values);
    if (kept.reduce((sum, other) => sum + other.size, file.size) > limit.all) return word("files_too_large", { ...values, limit: size(limit.all) });
    return "";
  }
  const same = (a, b) => a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;

  function take(files) {
    const refused = [];
    for (const file of files) {
      if (kept.some((other) => same(other, file))) continue;
      const sentence = fault(file);
      if (sentence) refused.push(sentence);
      else kept.push(file);
    }
    write(refused);
  }
  function write(refused = []) {
    const basket = new DataTransfer();
    for (const file of kept) basket.items.add(file);
    input.files = basket.files;
    list.replaceChildren(...kept.map(line), ...refused.map((sentence) => {
      const item = Object.assign(document.createElement("li"), { className: "wrong" });
      item.append(Object.assign(document.createElement("p"), { textContent: sentence }));
      return item;
    }));
  }
  function line(file) {
    const item = document.createElement("li");
    const name = Object.assign(document.createElement("span"), { className: "file-name", textContent: file.name });
    const amount = Object.assign(document.createElement("span"), { className: "muted", textContent: size(file.size) });
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", word("remove", { name: file.name }));
    remove.addEventListener("click", () => {
      kept = kept.filter((other) => other !== file);
      write();
      input.focus();
    });
    item.append(name, amount, remove);
    if (file.type.startsWith("image/")) thumbnail(file, item);
    return item;
  }

  input.addEventListener("change", () => take([...input.files]));
  const drop = box.querySelector(".drop") ?? box;
  for (const name of ["dragover", "dragleave", "drop"]) drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name === "drop") take([...event.dataTransfer.files]);
  });
  input.form?.addEventListener("paste", (event) => event.clipboardData.files.length && take([...event.clipboardData.files]));
  input.form?.addEventListener("htmx:xhr:progress", (event) => {
    let bar = list.querySelector("progress");
    if (!bar) list.append((bar = document.createElement("progress")));
    if (event.detail.lengthComputable) Object.assign(bar, { value: event.detail.loaded, max: event.detail.total });
  });
}

function fits(part, file) {
  if (part.startsWith(".")) return file.name.toLowerCase().endsWith(part);
  if (part.endsWith("/*")) return file.type.startsWith(part.slice(0, -1)) || !file.type;
  return file.type === part || !file.type; // the server looks at the content
}

/** A small picture as data: (the page's policy forbids blob:). HEIC and broken files simply have none. */
async function thumbnail(file, item) {
  try {
    const picture = await createImageBitmap(file, { resizeWidth: 80, resizeQuality: "medium" });
    const canvas = Object.assign(document.createElement("canvas"), { width: 80, height: Math.max(1, Math.round((80 * picture.height) / picture.width)) });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    item.prepend(Object.assign(document.createElement("img"), { src: canvas.toDataURL("image/jpeg", 0.7), alt: "" }));
  } catch {
    // shown by its name alone
  }
}

start(document);
document.addEventListener("htmx:load", (event) => start(event.detail.elt));
