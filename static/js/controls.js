// Small manners of the page: keys, dropdowns, the dialog, messages. All delegated, all driven by data-*.

const dialog = document.getElementById("dialog");

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const find = document.querySelector("[data-find]");
  if (event.key === "/" && find && !isTyping(event.target) && !dialog.open) {
    event.preventDefault();
    find.focus();
    find.select();
  } else if (event.key === "Escape") {
    escape(event, find);
  }
});

function escape(event, find) {
  const dropdown = document.querySelector("[data-dropdown][open]");
  if (dropdown) {
    dropdown.open = false;
    dropdown.querySelector("summary").focus();
  } else if (find && event.target === find && find.value) {
    event.preventDefault();
    find.value = "";
    find.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

document.addEventListener("click", (event) => {
  for (const dropdown of document.querySelectorAll("[data-dropdown][open]")) {
    if (!dropdown.contains(event.target)) dropdown.open = false;
  }
  if (event.target.closest("[data-dismiss]")) event.target.closest(".message").remove();
  if (event.target.closest("[data-close]") && dialog.open) {
    event.preventDefault();
    dialog.close();
  }
  // A click on the dialog's backdrop has the dialog itself as its target.
  if (event.target === dialog) dialog.close();
  // A button of a menu did its work: the menu closes.
  if (event.target.closest(".dropdown--menu .dropdown-panel button, .dropdown--menu .dropdown-panel a")) {
    event.target.closest("details").open = false;
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === dialog && !dialog.open) dialog.showModal();
});

// Sending a form twice is harmless (it carries a key), but the second click deserves no second wait.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-submit-once]")) return;
  for (const button of event.target.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
});

// The log's end is what one wants to see, until one scrolls up.
function follow() {
  for (const log of document.querySelectorAll("[data-follow]")) {
    if (log.dataset.follow !== "off") log.scrollTop = log.scrollHeight;
  }
}

document.addEventListener(
  "scroll",
  (event) => {
    const log = event.target;
    if (!log.dataset || !("follow" in log.dataset)) return;
    log.dataset.follow = log.scrollHeight - log.scrollTop - log.clientHeight < 24 ? "" : "off";
  },
  true,
);
document.addEventListener("htmx:afterSettle", follow);
follow();
document.querySelector("[data-focus]")?.focus();
