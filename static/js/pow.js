// Proof of work for the public form: <input type="hidden" name="proof" data-pow="/challenge/" data-worker="/…/pow.worker.js">.
// It starts when somebody touches the form (no visitor who only looks costs a challenge), is done in a worker, and a
// submit that comes earlier waits for it. A proof that has grown old is made again.

import { toast, word } from "./say.js";

for (const input of document.querySelectorAll("input[data-pow]")) guard(input);

function guard(input) {
  const form = input.form;
  let proof = null, goodUntil = 0;

  function prove() {
    if (proof && Date.now() < goodUntil) return proof;
    goodUntil = Infinity;
    proof = solve(input).then(({ value, until }) => {
      input.value = value;
      goodUntil = until;
    });
    proof.catch(() => (proof = null)); // the next touch tries again
    return proof;
  }

  form.addEventListener("focusin", () => void prove().catch(() => {}), { once: true });
  form.addEventListener("submit", async (event) => {
    if (input.value && Date.now() < goodUntil) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    input.value = "";
    toast(word("proving"));
    try {
      await prove();
      form.requestSubmit(submitter);
    } catch {
      toast(word("not_proved"), "red");
    }
  }, true);
  addEventListener("pageshow", (event) => {
    if (event.persisted) [input.value, proof] = ["", null]; // a proof counts once
  });
}

async function solve(input) {
  const started = performance.now();
  const answer = await fetch(input.dataset.pow, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const challenge = await answer.json();
  const solution = await new Promise((resolve, reject) => {
    const worker = new Worker(input.dataset.worker);
    worker.onmessage = ({ data }) => {
      worker.terminate();
      if (data) resolve(data);
      else reject(new Error("no solution"));
    };
    worker.onerror = reject;
    worker.postMessage(challenge);
  });
  document.documentElement.dataset.pow = Math.round(performance.now() - started); // milliseconds, for tests
  const expires = /[?&]expires=(\d+)/.exec(challenge.salt);
  return { value: btoa(JSON.stringify(solution)), until: expires ? Number(expires[1]) * 1000 - 60_000 : Date.now() + 600_000 };
}
