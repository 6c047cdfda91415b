// Keeps the regions marked data-live="seconds" fresh: each asks for itself that often. Not in a hidden tab, not while
// Live is off, and not after the server said 0, because then nothing in it can change.
// The server answers 204 while nothing has changed.

import { byId, fill, on, onHtmx } from "./dom.js";

const TICK = 500;
const PATIENCE = 10_000; // milliseconds until a poll counts as unanswered
const RETRY = 3; // seconds
const asked = new WeakMap();
const banner = byId("banners");
const control = byId("live");
let failingSince = null;
let lastAnswer = Date.now();

const regions = () => [...document.querySelectorAll("[data-live]")];
const isOn = () => document.body.dataset.liveSwitch !== "off";
export const isPoll = (detail) => (detail.requestConfig ?? detail).triggeringEvent?.type === "live";
const pause = (region) => Number(region.dataset.live);

function ask(region) {
  asked.set(region, performance.now());
  htmx.trigger(region, "live");
}

// Ask for the whole region, changed or not.
export function askForAll(region) {
  region.dataset.whole = "";
  ask(region);
}

function isDue(region) {
  if (!asked.has(region)) asked.set(region, performance.now());
  const seconds = failingSince ? Math.min(pause(region), RETRY) : pause(region);
  return seconds > 0 && performance.now() - asked.get(region) >= seconds * 1000;
}

function look(which) {
  if (document.visibilityState === "visible" && isOn()) regions().filter(which).forEach(ask);
}

showState();
setInterval(() => {
  showState();
  look(isDue);
}, TICK);

// The tab is visible again: ask at once.
document.addEventListener("visibilitychange", () => look(pause));

// --- The switch

function showState() {
  if (!control || !regions().length) return;
  const done = !regions().some(pause);
  const state = !isOn() ? "off" : failingSince ? "stale" : done ? "done" : "on";
  control.hidden = false;
  if (control.dataset.state === state) return;
  control.dataset.state = state;
  control.querySelector("[data-live-toggle]").setAttribute("aria-checked", String(isOn()));
}

on("click", "[data-live-toggle]", () => {
  document.body.dataset.liveSwitch = isOn() ? "off" : "on";
  document.querySelector("[data-live-value]").value = String(isOn());
  showState();
  if (isOn()) regions().forEach(ask);
});

on("click", "[data-live-refresh]", () => regions().forEach(askForAll));

onHtmx("configRequest", (detail) => {
  if (!isPoll(detail)) return;
  detail.timeout = PATIENCE;
  detail.headers["X-Poll"] = "true"; // keeps no session alive
});

// --- When updates fail

// A copy of the template's content, with its sentence for this case.
function saying(when, { dataset, content }, values) {
  const shown = content.cloneNode(true).firstElementChild;
  shown.querySelector("[data-text]").textContent = fill(dataset[when], values);
  return shown;
}

function fail(when, code) {
  failingSince ??= lastAnswer;
  const time = new Date(failingSince).toLocaleTimeString();
  const shown = saying(when, byId("stale"), { time, code, command: "make run" });
  const before = byId(shown.id);
  if (before?.textContent === shown.textContent) return; // announced once, not at every try
  before?.remove();
  banner.after(shown);
}

// A failed action stays on the page until it is dismissed.
function refuse(when, code) {
  document.querySelector("dialog[open]")?.close();
  byId("messages").replaceChildren(saying(when, byId("refused"), { code }));
}

const say = (detail, ...what) => (isPoll(detail) ? fail : refuse)(...what);

onHtmx("sendError", (detail) => say(detail, "silence"));
onHtmx("timeout", (detail) => say(detail, "silence"));
onHtmx("responseError", (detail) => {
  const { status } = detail.xhr;
  say(detail, { 403: "forbidden", 404: "gone" }[status] ?? "error", status);
});

onHtmx("afterRequest", ({ successful }) => {
  if (!successful) return;
  lastAnswer = Date.now();
  failingSince = null;
  byId("updates-failed")?.remove();
});

// The session ended: show the login page as a page, not inside of a region.
onHtmx("beforeSwap", (detail) => {
  if (!new URL(detail.xhr.responseURL).pathname.startsWith("/accounts/login/")) return;
  detail.shouldSwap = false;
  location.reload();
});
