// The callback desk without a mouse. Nothing here is needed: Tab, the arrows and Ctrl+Enter do the same without scripts.
// Queue: j and k walk the rows, Enter calls. Questionnaire: a digit chooses and goes on to the next question.

const plain = (event) => !event.isComposing && !event.ctrlKey && !event.metaKey && !event.altKey && !document.querySelector("dialog[open]");
const writes = (element) => element.matches("textarea, select, [contenteditable=true], input:not([type=checkbox]):not([type=radio])");

const calls = [...document.querySelectorAll("[data-call]")];
if (calls.length) {
  calls[0].focus();
  document.addEventListener("keydown", (event) => {
    if (!plain(event) || writes(event.target) || !["j", "k"].includes(event.key)) return;
    const at = calls.indexOf(document.activeElement), step = event.key === "j" ? 1 : -1;
    calls[at < 0 ? 0 : Math.min(calls.length - 1, Math.max(0, at + step))].focus();
    event.preventDefault();
  });
}

const form = document.querySelector("form[data-calling]");
if (form) answerByKeys(form);

function answerByKeys(form) {
  // A question is its answer; the line beside it is reached by Tab.
  const questions = [...form.querySelectorAll(".questions .field")].filter((field) => field.querySelector("[name^=item_]"));
  const stop = (field) => field.querySelector("input:checked") ?? field.querySelector("input, textarea, select");
  const given = (field) => field.querySelector("input:checked") || [...field.querySelectorAll("textarea, input:not([type=radio])")].some((input) => input.value);

  /** The question that an element belongs to: its own, or the one it stands beside. */
  function current(element) {
    const before = questions.filter((question) => question.contains(element) || question.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING);
    return form.contains(element) ? before.pop() : undefined;
  }
  function goOn(question) {
    const next = questions[questions.indexOf(question) + 1];
    (next ? stop(next) : form.querySelector("button.primary")).focus();
  }

  document.addEventListener("keydown", (event) => {
    if (!plain(event) || writes(event.target) || !/^[1-9]$/.test(event.key)) return;
    const question = current(document.activeElement) ?? questions.find((one) => !given(one));
    const choice = question?.querySelectorAll("input[type=radio]")[event.key - 1];
    if (!choice) return;
    event.preventDefault();
    choice.checked = true;
    for (const name of ["input", "change"]) choice.dispatchEvent(new Event(name, { bubbles: true }));
    goOn(question);
  });

  // Enter ends no call by accident: from a line it goes on to the next question.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !plain(event) || event.defaultPrevented || !event.target.matches("input:not([type=checkbox])")) return;
    event.preventDefault();
    if (event.target.closest(".questions")) goOn(current(event.target));
  });

  const fields = [...form.querySelectorAll(".field")].filter((field) => field.querySelector("[required]"));
  const first = form.querySelector(".field.wrong") ?? fields.find((field) => !given(field));
  if (first) stop(first).focus();
}
