// What only the pages of a URL scan do: a finding is copied as a command, or marked in place; the engine's log is followed.

import { byId, on, onHtmx } from "./dom.js";

const MOST = 500_000; // characters of a log that are kept while nobody reads what came before
const NEAR = 24; // pixels

on("click", "[data-copy]", async (button) => {
  const source = byId(button.dataset.copy);
  getSelection().selectAllChildren(source); // visible, and where there is no clipboard one key away
  await navigator.clipboard?.writeText(source.textContent);
  button.querySelector("span").textContent = button.dataset.copied;
});

// Its form closes, and the focus stays on its mark.
onHtmx("afterRequest", ({ elt, successful }) => {
  if (!successful || !elt.matches("[data-triage]")) return;
  const triage = elt.closest("details");
  triage.open = false;
  triage.querySelector("summary").focus();
});

// A log grows by pieces put to its end. That is what one wants to see, until one scrolls up.

const jump = () => document.querySelector("[data-jump]");

function follow() {
  const log = byId("log-text");
  if (!jump()?.hidden) return;
  while (log.textContent.length > MOST) log.firstChild.remove();
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
