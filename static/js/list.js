// The bar of acts on several cases appears when one is ticked; without scripts it is always there.

for (const bar of document.querySelectorAll("[data-bulk-quiet]")) {
  bar.hidden = !document.querySelector(`${bar.dataset.bulk} input[name=ids]:checked`);
}
