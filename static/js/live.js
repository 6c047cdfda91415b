// Keeps the regions marked data-live="seconds" fresh: each asks for itself when its time has come. Never in a hidden
// tab, never while live is switched off, and never again once the server said 0: nothing it shows can change.
// The server answers 204 while nothing has changed. What a morph must leave alone stands in rows.js.

const TICK = 500;
const PATIENCE = 10_000; // milliseconds until a poll counts as unanswered
const RETRY = 3; // seconds
const COMMAND = "make run"; // what starts everything
const asked = new WeakMap();
const banner = document.getElementById("banners");
const control = document.getElementById("live");
let failingSince = null;
let lastAnswer = Date.now();

const regions = () => [...document.querySelectorAll("[data-live]")];
const isOn = () => document.body.dataset.liveSwitch !== "off";
const isPoll = (detail) => detail.requestConfig?.triggeringEvent?.type === "live";
const pause = (region) => Number(region.dataset.live);

function ask(region) {
  asked.set(region, performance.now());
  htmx.trigger(region, "live");
}

function isDue(region) {
  if (!asked.has(region)) asked.set(region, performance.now());
  const seconds = failingSince ? Math.min(pause(region), RETRY) : pause(region);
  return seconds > 0 && performance.now() - asked.get(region) >= seconds * 1000;
}

showState();
setInterval(() => {
  showState();
  if (document.visibilityState === "visible" && isOn()) regions().filter(isDue).forEach(ask);
}, TICK);

// Back in sight: look at once.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && isOn()) regions().filter(pause).forEach(ask);
});

// --- The switch -------------------------------------------------------------------------------------

function showState() {
  if (!control || !regions().length) return;
  const done = !regions().some(pause);
  const state = !isOn() ? "off" : failingSince ? "stale" : done ? "done" : "on";
  control.hidden = false;
  if (control.dataset.state === state) return;
  control.dataset.state = state;
  control.querySelector("[data-live-toggle]").setAttribute("aria-checked", String(isOn()));
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-live-toggle]")) {
    document.body.dataset.liveSwitch = isOn() ? "off" : "on";
    document.querySelector("[data-live-value]").value = String(isOn());
    showState();
  }
  const isRefresh = event.target.closest("[data-live-refresh]");
  if (!isRefresh && !event.target.closest("[data-live-toggle]")) return;
  for (const region of regions()) {
    if (isRefresh) region.dataset.whole = "";
    if (isRefresh || isOn()) ask(region);
  }
});

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.triggeringEvent?.type === "live") event.detail.timeout = PATIENCE;
});

// --- When updates fail ------------------------------------------------------------------------------

// A copy of what a template holds, saying what it says for this case.
function saying(when, { dataset, content }, values) {
  const shown = content.cloneNode(true).firstElementChild;
  shown.querySelector("[data-text]").textContent = dataset[when].replace(/{(\w+)}/g, (_, key) => values[key]);
  return shown;
}

function fail(when, code = "") {
  failingSince ??= lastAnswer;
  const time = new Date(failingSince).toLocaleTimeString();
  const shown = saying(when, document.getElementById("stale"), { time, code, command: COMMAND });
  const before = document.getElementById(shown.id);
  if (before?.textContent === shown.textContent) return; // said once, not at every try
  before?.remove();
  banner.after(shown);
}

function recover() {
  lastAnswer = Date.now();
  failingSince = null;
  document.getElementById("updates-failed")?.remove();
}

// What a person asked for and did not get stays until they have read it.
function refuse(when, code = "") {
  document.getElementById("messages").replaceChildren(saying(when, document.getElementById("refused"), { code }));
}

function unanswered(event) {
  if (isPoll(event.detail)) fail("silence");
  else refuse("silence");
}

document.addEventListener("htmx:sendError", unanswered);
document.addEventListener("htmx:timeout", unanswered);

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  const when = status === 403 ? "forbidden" : status === 404 ? "gone" : "error";
  if (isPoll(event.detail)) fail(when, status);
  else refuse(when, status);
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) recover();
});

// The session ended: show the login page as a page, not inside of a region.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!new URL(event.detail.xhr.responseURL).pathname.startsWith("/accounts/login/")) return;
  event.detail.shouldSwap = false;
  location.reload();
});
