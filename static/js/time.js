// Says times relatively and keeps them current: "5 minutes ago" grows older, and a running duration counts on. The
// page has day and time, which stay where a moment is months ago, and return for the printer. Words for a moment are
// the browser's own; a duration is written as by moments.time_span.

import { onHtmx } from "./dom.js";

const UNITS = { d: 86400, h: 3600, min: 60, s: 1 }; // seconds
const RULES = "time:is([data-relative], [data-since], [data-until])";
const LONG_AGO = 60 * UNITS.d;
const MOMENTS = { day: UNITS.d, hour: UNITS.h, minute: UNITS.min, second: UNITS.s };
const { lang } = document.documentElement;
const now = new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(0, "second");
const words = new Intl.RelativeTimeFormat(lang);

function relative(seconds) {
  const distance = Math.abs(seconds);
  if (distance < 5) return now;
  const [unit, size] = Object.entries(MOMENTS).find(([, size]) => distance >= size);
  return words.format(Math.trunc(seconds / size), unit);
}

// In the two largest units.
function timeSpan(seconds) {
  let left = Math.max(0, Math.floor(seconds));
  const parts = [];
  for (const [unit, size] of Object.entries(UNITS)) {
    if (left >= size) parts.push(`${Math.floor(left / size)} ${unit}`);
    left %= size;
  }
  return parts.slice(0, 2).join(" ") || "0 s";
}

function says({ dateTime, dataset }) {
  const seconds = (Date.parse(dateTime) - Date.now()) / 1000; // from now on
  if ("since" in dataset) return timeSpan(-seconds);
  if ("until" in dataset) return timeSpan(seconds);
  return seconds > -LONG_AGO ? relative(seconds) : dataset.written;
}

function say() {
  for (const element of document.querySelectorAll(RULES)) {
    element.dataset.written ??= element.textContent;
    const text = says(element);
    if (element.textContent !== text) element.textContent = text;
  }
  for (const late of document.querySelectorAll("[data-overdue]")) {
    late.hidden = Date.now() - Date.parse(late.lastElementChild.dateTime) < late.dataset.overdue * 1000;
  }
}

say();
setInterval(() => document.visibilityState === "visible" && say(), 1000);
for (const name of ["afterSwap", "oobAfterSwap"]) onHtmx(name, say);
addEventListener("beforeprint", () => {
  for (const element of document.querySelectorAll(`${RULES}[data-written]`)) element.textContent = element.dataset.written;
});
addEventListener("afterprint", say);
