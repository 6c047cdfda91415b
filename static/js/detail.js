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
