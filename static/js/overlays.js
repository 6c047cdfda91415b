// Whatever opens over the page: menus, dialogs, hints, messages.

import { byId, on } from "./dom.js";

// Esc closes hints and the open menu, else empties Find, else leaves the row. Dialogs close by themselves.
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

// A hint closed with Esc stays closed until pointer and focus leave it.
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

on("click", "[data-dismiss]", (button) => button.closest("[data-message]").remove());

on("click", "dialog[open] [data-close]", (link, event) => {
  event.preventDefault();
  link.closest("dialog").close();
});

on("click", "[data-opens]", ({ dataset }) => byId(dataset.opens).showModal());

// A menu closes after its button was used, and keeps the focus.
on("click", "[data-dropdown=menu] :is(button, a):not([data-theme-choice])", (button) => {
  const menu = button.closest("details");
  menu.open = false;
  menu.querySelector("summary").focus();
});
