// The pages of a URL scan: copy a finding as a command, mark it in place, follow the engine's log.

import { byId, on, onHtmx } from "./dom.js";

const MAX_CHARACTERS = 500_000; // characters of the log kept while it is followed
const NEAR = 24; // pixels

on("click", "[data-copy]", async (button) => {
  const source = byId(button.dataset.copy);
  getSelection().selectAllChildren(source); // visible; without a clipboard, one key copies it
  await navigator.clipboard?.writeText(source.textContent);
  button.querySelector("span").textContent = button.dataset.copied;
});

// The form closes, and the focus stays on the mark.
onHtmx("afterRequest", ({ elt, successful }) => {
  if (!successful || !elt.matches("[data-triage]")) return;
  const triage = elt.closest("details");
  triage.open = false;
  triage.querySelector("summary").focus();
});

// The log grows at its end. Keep the end in sight until the reader scrolls up.

const jump = () => document.querySelector("[data-jump]");

function follow() {
  const log = byId("log-text");
  if (!jump()?.hidden) return;
  while (log.textContent.length > MAX_CHARACTERS) log.firstChild.remove();
  log.scrollTop = log.scrollHeight;
}

document.addEventListener(
  "scroll",
  ({ target: log }) => {
    if (log.id === "log-text") jump().hidden = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  },
  true,
);

on("click", "[data-jump]", (button) => {
  button.hidden = true;
  follow();
  byId("log-text").focus();
});

onHtmx("afterSettle", follow);
follow();
