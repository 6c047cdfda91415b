// Actions: each request is sent once. The dialog stays open while its form has errors. It closes before the page
// behind it changes, because screen readers do not announce changes behind a dialog.

import { byId, onHtmx } from "./dom.js";

const DOUBLE_CLICK = 500; // milliseconds
const dialog = byId("dialog");
let answeredAt = -DOUBLE_CLICK;
let opener = null;

// Ignore a second press while the request runs. (The class is htmx's own.)
onHtmx("confirm", ({ elt, verb }, event) => {
  if (verb === "post" && elt.matches(".htmx-request")) event.preventDefault();
});

// The second half of a double click must not press what the answer just put under the pointer.
document.addEventListener(
  "click",
  (event) => {
    if (event.detail < 2 || performance.now() - answeredAt > DOUBLE_CLICK) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

onHtmx("beforeSwap", ({ requestConfig: { elt, verb }, shouldSwap, target }) => {
  if (verb === "post") answeredAt = performance.now();
  if (!shouldSwap || target === dialog || !dialog.contains(elt)) return;
  dialog.close();
  opener = document.activeElement;
});

onHtmx("afterSwap", ({ target }) => {
  if (target !== dialog) return;
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[aria-invalid=true]")?.focus();
});

onHtmx("afterSettle", () => {
  if (opener && document.activeElement === document.body) {
    const row = byId(opener.closest("tr")?.id);
    (row?.querySelector("a") ?? byId("main")).focus();
  }
  opener = null;
});
