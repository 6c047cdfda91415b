// What only the pages of one analysis do: lengths of time that grow or shrink while one looks at them.

const SIZES = [
  ["d", 86400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

// The same rule as display.time_span: the two largest units.
function timeSpan(milliseconds) {
  let left = Math.max(0, Math.floor(milliseconds / 1000));
  const parts = [];
  for (const [unit, size] of SIZES) {
    if (left >= size) parts.push(`${Math.floor(left / size)} ${unit}`);
    left %= size;
  }
  return parts.slice(0, 2).join(" ") || "0 s";
}

setInterval(() => {
  if (document.visibilityState !== "visible") return;
  for (const one of document.querySelectorAll("[data-since]")) {
    one.textContent = timeSpan(Date.now() - Date.parse(one.dataset.since));
  }
  for (const one of document.querySelectorAll("[data-until]")) {
    one.textContent = timeSpan(Date.parse(one.dataset.until) - Date.now());
  }
}, 1000);

// --- Findings: copying, ticking, marking in place ---------------------------------------------------

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  getSelection().selectAllChildren(source); // visible, and where there is no clipboard one key away
  await navigator.clipboard?.writeText(source.textContent);
  button.querySelector("span").textContent = button.dataset.copied;
});

document.addEventListener("change", (event) => {
  const { checkAll } = event.target.dataset;
  if (!checkAll) return;
  for (const box of document.querySelectorAll(`input[type=checkbox][form="${checkAll}"]`)) box.checked = event.target.checked;
});

// A finding marked in place: its form closes, and the focus stays on its mark.
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, successful } = event.detail;
  if (!successful || !elt.matches("[data-triage]")) return;
  const triage = elt.closest("details");
  triage.open = false;
  triage.querySelector("summary").focus();
});
