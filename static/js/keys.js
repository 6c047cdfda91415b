// The keyboard: / finds, j and k walk the rows, x ticks one, ? shows the sheet. Enter opens a row because walking
// focuses its link. Off while typing, in dialogs, and for who switched shortcuts off.

const ROWS = "main tr[id], main [data-row]";

function isTyping(target) {
  return target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

const rows = () => [...document.querySelectorAll(ROWS)].filter((row) => row.querySelector("a") && row.offsetParent);

function walk(step) {
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

const KEYS = new Map([
  ["/", find],
  ["?", () => document.getElementById("shortcuts").showModal()],
  ["j", () => walk(1)],
  ["k", () => walk(-1)],
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
