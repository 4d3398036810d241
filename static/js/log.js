// The log form: what was recognised goes into its fields; nothing here is needed to register.
// data-set='{"name": "value"}' on a button fills fields of the form; without scripts the same button asks the server.

const form = document.getElementById("log-form");

function field(name) {
  return form.querySelector(`[name="${CSS.escape(name)}"]`);
}
function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    const input = field(name);
    if (!input) continue;
    if (input.value === value) continue;
    input.value = value;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
  describe();
}

/** The folded line says whom the fields name; for somebody new it opens at the first gap. */
function describe() {
  const line = document.getElementById("reporter-line");
  line.textContent = ["reporter_name", "reporter_phone", "reporter_organisation"].map((name) => field(name).value).join(" ").trim();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-set]");
  if (!button) return;
  event.preventDefault();
  fill(JSON.parse(button.dataset.set));
  if (button.dataset.once !== undefined) button.remove();
  if (field("customer").value === "" && button.value === "unpick") field("caller").focus();
});

form.addEventListener("combo:pick", (event) => {
  const { name, phone, email, organisation, value } = event.detail;
  if (event.target.id === "caller") {
    fill({ reporter_name: name, reporter_phone: phone, reporter_email: email, reporter_organisation: organisation });
    document.getElementById("reporter").open = event.detail.new !== undefined;
    if (event.detail.new !== undefined && !name) setTimeout(() => field("reporter_name").focus());
  }
  const collect = event.target.dataset.collect;
  if (collect) collected(event.target, collect, value, event.detail.text);
});

/** A chosen colleague becomes a chip with a way out; the box is empty again for the next one. */
function collected(box, name, value, text) {
  const list = form.querySelector(`[data-collected="${name}"]`);
  box.querySelector("input").value = "";
  if ([...list.querySelectorAll("input")].some((input) => input.value === value)) return;
  const chip = Object.assign(document.createElement("li"), { className: "chip", textContent: text });
  chip.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }), remover(text));
  list.append(chip);
  form.dispatchEvent(new Event("change", { bubbles: true }));
}
function remover(text) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: "×" });
  button.setAttribute("aria-label", text);
  button.addEventListener("click", () => {
    button.closest("li").remove();
    form.dispatchEvent(new Event("change", { bubbles: true }));
  });
  return button;
}
for (const chip of form.querySelectorAll("[data-collected] > li")) chip.append(remover(chip.textContent.trim()));

// The recognised caller was taken back, or the box was typed on: what came from the file goes too.
let recognised = field("customer").value;
form.addEventListener("change", (event) => {
  if (event.target.name !== "customer") return;
  if (recognised && !event.target.value) fill({ reporter_name: "", reporter_phone: "", reporter_email: "", reporter_organisation: "" });
  recognised = event.target.value;
});

// The Enter key ends no line of this form: a half-finished call is not registered by accident. Ctrl+Enter is.
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.isComposing && event.target.matches("input:not([type=checkbox]):not([type=radio])")) event.preventDefault();
});

// Folded facts that matter stay readable.
for (const mirror of document.querySelectorAll("[data-mirror]")) {
  const source = document.querySelector(mirror.dataset.mirror);
  const show = () => (mirror.textContent = source.selectedOptions[0].textContent + (field("received_at").value ? ` ${field("received_at").value.replace("T", " ")}` : ""));
  form.addEventListener("change", show);
  show();
}
describe();
