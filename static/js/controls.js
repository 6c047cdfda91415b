// Small manners of the page: menus, dialogs, messages, the theme. All delegated, all driven by data-*.

const dialog = document.getElementById("dialog");

// Esc closes what is open over the page, then empties Find, then leaves the row. Dialogs close by themselves.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  const dropdown = document.querySelector("[data-dropdown][open]");
  const { target } = event;
  if (dropdown) {
    dropdown.open = false;
    dropdown.querySelector("summary").focus();
  } else if (target.matches("[data-find]") && target.value) {
    event.preventDefault();
    target.value = "";
    target.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (target.closest("main :is(tr, [data-row], [data-find])")) {
    target.blur();
  }
});

document.addEventListener("click", (event) => {
  for (const dropdown of document.querySelectorAll("[data-dropdown][open]")) {
    if (!dropdown.contains(event.target)) dropdown.open = false;
  }
  if (event.target.closest("[data-dismiss]")) event.target.closest(".message").remove();
  if (event.target.closest("[data-close]") && dialog.open) {
    event.preventDefault();
    dialog.close();
  }
  // A click on a dialog's backdrop has the dialog itself as its target.
  if (event.target.matches("dialog")) event.target.close();
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  const choice = event.target.closest("[data-theme-choice]");
  if (choice) setTheme(choice);
  // A button of a menu did its work: the menu closes.
  if (event.target.closest(".dropdown--menu .dropdown-panel :is(button, a):not([data-theme-choice])")) {
    event.target.closest("details").open = false;
  }
});

// Openers of dialogs work with this script only, and are hidden without.
for (const opener of document.querySelectorAll("[data-opens]")) opener.hidden = false;

// Shown at once; the form that the button stands in has it kept.
function setTheme(choice) {
  document.documentElement.dataset.theme = choice.value;
  for (const other of choice.parentElement.children) other.setAttribute("aria-pressed", String(other === choice));
}

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
