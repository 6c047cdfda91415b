// Keyboard shortcuts: / finds, j and k move along the rows, x ticks a row, . leads to its actions, ? shows the list.
// Links of the header name their key, such as n, or h after g. Enter opens a row, since its link has the focus. Off while
// typing, in dialogs, and when switched off in the settings. Ctrl-K opens the palette, even while typing.

import { openPalette } from "./palette.js";

const ROWS = "main tr[id], main [data-row]";

function isTyping(target) {
  return target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

const rows = () => [...document.querySelectorAll(ROWS)].filter((row) => row.querySelector("a") && row.offsetParent);

function move(step) {
  const all = rows();
  const at = all.indexOf(document.activeElement.closest(ROWS));
  const row = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step];
  if (!row) return;
  row.querySelector("a").focus();
  row.scrollIntoView({ block: "nearest" });
}

function tick() {
  document.activeElement.closest(ROWS)?.querySelector("input[type=checkbox]")?.click();
}

function find() {
  const field = document.querySelector("[data-find]");
  field?.focus();
  field?.select();
}

function actions() {
  const row = document.activeElement.closest(ROWS) ?? document;
  const menu = row !== document && row.querySelector("[data-dropdown=menu] > summary");
  (menu || row.querySelector("[data-actions] :is(a, button)"))?.focus();
  if (menu) menu.click();
}

let leads = false; // the next key follows g
const lead = () => {
  leads = true;
  setTimeout(() => (leads = false), 1500);
};

const goTo = (key) => document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.click();

export const KEYS = new Map([
  ["/", find],
  ["?", () => document.getElementById("shortcuts").showModal()],
  ["j", () => move(1)],
  ["k", () => move(-1)],
  ["x", tick],
  [".", actions],
  ["n", () => goTo("n")],
  ["g", lead],
]);

document.addEventListener("keydown", (event) => {
  if (document.body.dataset.shortcuts === "off" || document.querySelector("dialog[open]")) return;
  const isPalette = (event.ctrlKey || event.metaKey) && event.key === "k";
  if (!isPalette && (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))) return;
  const { key } = event;
  const act = isPalette ? openPalette : leads ? () => goTo(`g ${key}`) : KEYS.get(key);
  leads = false;
  if (!act) return;
  event.preventDefault();
  act();
});
