// The dashboard asks for its figures again once a minute, unless nobody can see it. What is unfolded and where the
// keyboard stands stay as they are.

const figures = document.querySelector("[data-refresh]");
const MINUTE = 60_000;
let asked = Date.now();
let unfolded = [];
let focused = null;

const nameOf = (element) => element.getAttribute("href") ?? element.parentElement.id;

function refresh() {
  if (document.hidden || Date.now() - asked < MINUTE) return;
  asked = Date.now();
  figures.dispatchEvent(new Event("refresh"));
}

if (figures) {
  setInterval(refresh, MINUTE / 6);
  document.addEventListener("visibilitychange", refresh);
  figures.addEventListener("htmx:beforeSwap", () => {
    unfolded = [...figures.querySelectorAll("details[open]")].map((one) => one.id);
    focused = figures.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  });
  figures.addEventListener("htmx:afterSwap", () => {
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    if (focused === null) return;
    const again = [...figures.querySelectorAll("a[href], summary")].find((element) => nameOf(element) === focused);
    again?.focus({ preventScroll: true });
  });
}
