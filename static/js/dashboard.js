// The dashboard asks for its figures again once a minute, unless nobody can see it.

const figures = document.querySelector("[data-refresh]");
const MINUTE = 60_000;
let asked = Date.now();
let unfolded = [];

function refresh() {
  // Whoever walks through the figures with the keyboard is not thrown out of them.
  if (document.hidden || Date.now() - asked < MINUTE || figures.contains(document.activeElement)) return;
  asked = Date.now();
  figures.dispatchEvent(new Event("refresh"));
}

if (figures) {
  setInterval(refresh, MINUTE / 6);
  document.addEventListener("visibilitychange", refresh);
  figures.addEventListener("htmx:beforeSwap", () => {
    unfolded = [...figures.querySelectorAll("details[open]")].map((one) => one.id);
  });
  figures.addEventListener("htmx:afterSwap", () => {
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  });
}
