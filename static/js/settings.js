// The settings page offers the browser's time zone where it differs.

const button = document.querySelector("[data-browser-zone]");
const field = document.querySelector("input[name=time_zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (button && zone && zone !== field.value) {
  button.hidden = false;
  button.querySelector("[data-zone]").textContent = zone;
  button.addEventListener("click", () => {
    field.value = zone;
    button.hidden = true;
    field.focus();
  });
}
