// Keeps times current: "5 min ago" grows older, and a running duration counts on. The rules are those of
// display.relative and display.time_span; the words come with the page, in its language.

import { fill } from "./dom.js";

const words = document.documentElement.dataset;

const UNITS = { d: 86400, h: 3600, min: 60, s: 1 }; // seconds

function relative(milliseconds) {
  const distance = Math.abs(milliseconds);
  if (distance < 5000) return words.now;
  return fill(milliseconds > 0 ? words.past : words.future, { span: timeSpan(distance, 1) });
}

// In the largest units that fit.
function timeSpan(milliseconds, units = 2) {
  let left = Math.max(0, Math.floor(milliseconds / 1000));
  const parts = [];
  for (const [unit, size] of Object.entries(UNITS)) {
    if (left >= size) parts.push(`${Math.floor(left / size)} ${unit}`);
    left %= size;
  }
  return parts.slice(0, units).join(" ") || "0 s";
}

function keep(selector, says, seconds) {
  setInterval(() => {
    if (document.visibilityState !== "visible") return;
    for (const element of document.querySelectorAll(selector)) {
      const text = says(element);
      if (element.textContent !== text) element.textContent = text;
    }
  }, seconds * 1000);
}

keep("time[data-relative]", ({ dateTime }) => relative(Date.now() - Date.parse(dateTime)), 5);
keep("[data-since]", ({ dataset }) => timeSpan(Date.now() - Date.parse(dataset.since)), 1);
keep("[data-until]", ({ dataset }) => timeSpan(Date.parse(dataset.until) - Date.now()), 1);
