// Small manners of the page: menus, dialogs, messages, the theme. All driven by data-*.

import { byId, on } from "./dom.js";

// Esc sends hints away and closes what is open over the page, then empties Find, then leaves the row. Dialogs close by
// themselves.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  const hints = document.querySelectorAll("[data-hint]:is(:hover, :focus-within):not([data-silent])");
  for (const hint of hints) hint.dataset.silent = "";
  const dropdown = document.querySelector("[data-dropdown][open]");
  const { target } = event;
  if (dropdown) {
    dropdown.open = false;
    dropdown.querySelector("summary").focus();
  } else if (target.matches("[data-find]") && target.value) {
    event.preventDefault();
    target.value = "";
    target.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (!hints.length && target.closest("main :is(tr, [data-row], [data-find])")) {
    target.blur();
  }
});

// A hint that was sent away stays away until one has left it.
for (const leaving of ["pointerout", "focusout"]) {
  on(leaving, "[data-silent]", (hint, { relatedTarget }) => {
    if (!hint.contains(relatedTarget)) delete hint.dataset.silent;
  });
}

on("click", "*", (target) => {
  for (const dropdown of document.querySelectorAll("[data-dropdown][open]")) {
    if (!dropdown.contains(target)) dropdown.open = false;
  }
  // A click on a dialog's backdrop has the dialog itself as its target.
  if (target.matches("dialog")) target.close();
});

on("click", "[data-dismiss]", (button) => button.closest(".message").remove());

on("click", "dialog[open] [data-close]", (link, event) => {
  event.preventDefault();
  link.closest("dialog").close();
});

on("click", "[data-opens]", ({ dataset }) => byId(dataset.opens).showModal());

// A button of a menu did its work: the menu closes, and keeps the focus.
on("click", ".dropdown--menu .dropdown-panel :is(button, a):not([data-theme-choice])", (button) => {
  const menu = button.closest("details");
  menu.open = false;
  menu.querySelector("summary").focus();
});

// Shown at once; its form has it kept.
on("click", "[data-theme-choice]", (choice) => {
  document.documentElement.dataset.theme = choice.value;
  for (const other of choice.parentElement.children) other.setAttribute("aria-pressed", String(other === choice));
});

// One box ticks all of a form.
on("change", "[data-check-all]", ({ checked, dataset }) => {
  for (const box of document.querySelectorAll(`input[type=checkbox][form="${dataset.checkAll}"]`)) box.checked = checked;
});

// Sending it twice is harmless (it carries a key), but the second click deserves no second wait.
on("submit", "[data-submit-once]", (form) => {
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
});

document.querySelector("[data-focus]")?.focus();
