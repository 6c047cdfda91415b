// Announces changed statuses to screen readers, and shows the worst status in the tab's title and icon.
// An element with a status has data-name, an id, and a badge inside.

import { byId, fill, onHtmx } from "./dom.js";

const A_DAY = 86_400_000;
const SEVERAL = 3;
const WORST_FIRST = ["danger", "warning", "progress"];
const voice = byId("announcements");
const favicon = document.querySelector("link[rel=icon]");

function things() {
  const found = new Map();
  for (const thing of document.querySelectorAll("[data-live] [data-name][id]")) {
    const badge = thing.querySelector("[data-status]");
    if (badge) found.set(thing.id, { thing, ...badge.dataset, label: badge.textContent.trim() });
  }
  return found;
}

let before = things();

function announce(after) {
  const changed = [...after].filter(([id, { status }]) => before.has(id) && before.get(id).status !== status);
  before = after;
  if (changed.length > SEVERAL) voice.textContent = fill(voice.dataset.many, { count: changed.length });
  else if (changed.length) voice.textContent = changed.map(([, news]) => sentence(news)).join(" ");
}

const sentence = ({ thing, label }) => fill(voice.dataset.one, { name: thing.dataset.name, status: label });

let prefix = "";

// Old failures must not colour the icon of a list for ever.
function isOld({ thing, phase }) {
  const changed = thing.matches("[data-analysis-id]") && [...thing.querySelectorAll("time")].at(-1);
  return phase === "final" && changed && Date.now() - Date.parse(changed.dateTime) > A_DAY;
}

function worst(shown) {
  if (document.querySelector("#banners [role=alert], #updates-failed")) return "danger";
  return WORST_FIRST.find((tone) => shown.some((thing) => thing.tone === tone)) ?? "calm";
}

function show(all) {
  const shown = [...all.values()].filter((thing) => !isOld(thing));
  const running = shown.filter(({ phase, status }) => phase === "active" && status !== "paused").length;
  const state = worst(shown);
  const title = document.title.startsWith(prefix) ? document.title.slice(prefix.length) : document.title;
  prefix = (state === "danger" ? "⚠ " : "") + (running ? `${fill(favicon.dataset.running, { count: running })} ` : "");
  document.title = prefix + title;
  const icon = favicon.getAttribute(`data-icon-${state}`);
  if (favicon.getAttribute("href") !== icon) favicon.href = icon;
}

function look() {
  const all = things();
  announce(all);
  show(all);
}

for (const name of ["afterRequest", "sendError", "timeout"]) onHtmx(name, look);
show(before);
