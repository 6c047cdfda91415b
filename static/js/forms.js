// Small helps in forms. They work on every page, without a request of their own.

import { on } from "./dom.js";

// The theme changes at once; the form saves it.
on("click", "[data-theme-choice]", (choice) => {
  document.documentElement.dataset.theme = choice.value;
  for (const other of choice.parentElement.children) other.setAttribute("aria-pressed", String(other === choice));
});

// One box ticks all of a form.
on("change", "[data-check-all]", ({ checked, dataset }) => {
  for (const box of document.querySelectorAll(`input[type=checkbox][form="${dataset.checkAll}"]`)) box.checked = checked;
});

// Sending twice is harmless, since the form carries a key; this spares the second wait.
on("submit", "[data-submit-once]", (form) => {
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
});

document.querySelector("[data-focus]")?.focus();
