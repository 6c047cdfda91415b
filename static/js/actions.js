// What a person asks for is done once, and shown where they are. The dialog that asks first stays while its form is
// wrong. It closes before the page behind it changes: what a covered page says is not heard.

import { byId, onHtmx } from "./dom.js";

const DOUBLE_CLICK = 500; // milliseconds
const dialog = byId("dialog");
let answeredAt = -DOUBLE_CLICK;
let opener = null;

// While it is under way, a second time is no time.
onHtmx("confirm", ({ elt, verb }, event) => {
  if (verb === "post" && elt.matches(".htmx-request")) event.preventDefault();
});

// The second half of a double click is not meant for what the answer has brought under the pointer.
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
