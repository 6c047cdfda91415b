// Findings: one is copied as a command, one is marked in place.

import { byId, on, onHtmx } from "./page.js";

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
