// Ticked rows of a list: all of a page, a range with Shift, and the actions that they allow. Live updates keep the
// ticks (see row_morphing.js). They are read from the page each time, so that no copy can differ.

import { byId, fill, on, onHtmx } from "./dom.js";

let last = null;

const boxes = () => [...document.querySelectorAll("input[name=chosen]")];
const ticked = () => boxes().filter((box) => box.checked);

function tickRange(box) {
  const all = boxes();
  const ends = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  for (const other of all.slice(ends[0], ends[1] + 1)) other.checked = box.checked;
}

function show() {
  const bulk = byId("bulk");
  if (!bulk) return;
  const [all, chosen] = [boxes(), ticked()];
  const everything = bulk.elements.all;
  if (everything) {
    everything.checked &&= chosen.length === all.length;
    everything.parentElement.hidden = chosen.length < all.length;
  }
  const head = document.querySelector("[data-choose-page]");
  head.checked = chosen.length > 0 && chosen.length === all.length;
  head.indeterminate = chosen.length > 0 && !head.checked;
  const count = bulk.querySelector("[data-chosen-many]");
  const { chosenOne, chosenMany } = count.dataset;
  const says = chosen.length === 1 ? chosenOne : fill(chosenMany, { count: chosen.length });
  if (chosen.length && count.textContent !== says) count.textContent = says;
  const allowed = chosen.flatMap((box) => box.dataset.allows.split(" "));
  for (const button of bulk.querySelectorAll("[data-needs]")) {
    button.disabled = !everything?.checked && !button.dataset.needs.split(" ").some((action) => allowed.includes(action));
  }
}

on("click", "input[name=chosen]", (box, { shiftKey }) => {
  if (shiftKey && last?.isConnected) tickRange(box);
  last = box;
  show();
});

on("click", "[data-choose-none]", () => {
  for (const box of ticked()) box.checked = false;
  show();
});

on("change", "#bulk, [data-choose-page], [name=chosen]", show);
onHtmx("afterSettle", show);
show();
