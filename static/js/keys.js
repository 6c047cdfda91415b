// Keyboard shortcuts: / finds, j and k move along the rows, x ticks a row, ? shows the list. Enter opens a row, since
// its link has the focus. Off while typing, in dialogs, and when switched off in the settings.

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

export const KEYS = new Map([
  ["/", find],
  ["?", () => document.getElementById("shortcuts").showModal()],
  ["j", () => move(1)],
  ["k", () => move(-1)],
  ["x", tick],
]);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.body.dataset.shortcuts === "off" || document.querySelector("dialog[open]")) return;
  const act = KEYS.get(event.key);
  if (!act) return;
  event.preventDefault();
  act();
});
