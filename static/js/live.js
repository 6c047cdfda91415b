// Keeps the regions marked data-live="seconds" fresh: each asks for itself when its time has come, never in a
// hidden tab. The server answers 204 while nothing has changed. Screen readers hear transitions, not polls.

const TICK = 500;
const asked = new WeakMap();
let failures = 0;

// What a person has opened, typed or ticked is theirs: a morph must not undo it.
Idiomorph.defaults.ignoreActiveValue = true;
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
  !(name === "open" && element.matches("details, dialog"));

Idiomorph.defaults.callbacks.beforeNodeMorphed = (node) =>
  !(node instanceof Element && node.matches("[data-keep]") && node.contains(document.activeElement));

function isDue(region) {
  const last = asked.get(region) ?? performance.now();
  if (!asked.has(region)) asked.set(region, last);
  return performance.now() - last >= Number(region.dataset.live) * 1000;
}

setInterval(() => {
  if (document.visibilityState !== "visible") return;
  for (const region of document.querySelectorAll("[data-live]")) {
    if (!isDue(region)) continue;
    asked.set(region, performance.now());
    htmx.trigger(region, "live");
  }
}, TICK);

// Back in sight after a while: look at once.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  for (const region of document.querySelectorAll("[data-live]")) htmx.trigger(region, "live");
});

// --- What changed, said aloud --------------------------------------------------------------------

function statuses(region) {
  const found = new Map();
  for (const thing of region.querySelectorAll("[data-name]")) {
    found.set(thing.id, thing.querySelector("[data-status]")?.textContent.trim());
  }
  return found;
}

let before = new Map();

document.addEventListener("htmx:beforeSwap", (event) => {
  // The session ended: show the login page as a page, not inside of a region.
  if (new URL(event.detail.xhr.responseURL).pathname.startsWith("/accounts/login/")) {
    event.detail.shouldSwap = false;
    location.reload();
    return;
  }
  if (event.detail.target.matches("[data-live]")) before = statuses(event.detail.target);
});

document.addEventListener("htmx:afterSettle", () => {
  const region = document.querySelector("[data-live]");
  if (!region || !before.size) return;
  const news = [];
  for (const [id, status] of statuses(region)) {
    if (before.has(id) && before.get(id) !== status) {
      news.push(`${document.getElementById(id).dataset.name} is now ${status}.`);
    }
  }
  before = new Map();
  if (news.length) document.getElementById("announcements").textContent = news.slice(0, 5).join(" ");
});

// --- When updates fail ------------------------------------------------------------------------------

function showFailure(text) {
  let banner = document.getElementById("updates-failed");
  if (!banner) {
    banner = document.createElement("p");
    banner.id = "updates-failed";
    banner.className = "banner";
    banner.setAttribute("role", "alert");
    document.getElementById("banners").after(banner);
  }
  banner.textContent = text;
}

document.addEventListener("htmx:sendError", () => {
  failures += 1;
  if (failures > 1) showFailure("The dashboard does not answer: what you see may be out of date. Trying again.");
});

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 403) showFailure("You may not do this, or no longer. Reload the page to see why.");
  else if (status === 404) showFailure("What this page shows is gone. Reload the page.");
  else showFailure(`The dashboard answered with an error (${status}): what you see may be out of date.`);
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) return;
  failures = 0;
  document.getElementById("updates-failed")?.remove();
});
