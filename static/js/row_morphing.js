// What a swap must leave alone: what a person has opened, typed, ticked or selected; and, while they are busy with a
// list, the places of its rows. A list's rows are the children of [data-rows]; each has an id.
// Statuses of rows that stay are shown at once; rows that would enter, leave or move wait behind "Show 3 changes".
// An answer that brings single rows (X-List-Change: rows) moves none, and names its version in a header.

import { askForAll, isPoll } from "./polling.js";
import { byId, fill, onHtmx } from "./dom.js";

let polling = false;
let sent = null; // what the answer answers

const { callbacks } = Idiomorph.defaults;

const DEFAULTS = { value: "defaultValue", checked: "defaultChecked", selected: "defaultSelected" };

// What is ticked for a form stays until that form is sent; what else was filled in, through swaps nobody asked for.
function isTheirs(name, element) {
  if (name === "open") return element.matches("details, dialog");
  if (name === "data-silent") return true;
  if (!(name in DEFAULTS) || !("form" in element)) return false;
  const isInUse = (element.closest("select") ?? element) === document.activeElement;
  const isTicked = element.matches("[type=checkbox][form]") && element.form !== sent;
  return isInUse || isTicked || (polling && element[name] !== element[DEFAULTS[name]]);
}

callbacks.beforeAttributeUpdated = (name, element) => !isTheirs(name, element);

// A relative time that grows older is no reason to lose the end of a selection that stands in it.
function isEndOfSelection(node) {
  const { anchorNode, focusNode, isCollapsed } = getSelection();
  return !isCollapsed && (node === anchorNode || node === focusNode) && node.parentElement?.localName === "time";
}

callbacks.beforeNodeMorphed = (node) => {
  if (node instanceof Text) return !isEndOfSelection(node);
  return !node.matches?.(polling ? "[data-grows], [data-keep]:focus-within" : "[data-keep]:focus-within");
};

// --- Rows that wait

const button = byId("pending-rows");
let waiting = 0;

const rowsOf = (root) => root.querySelector("[data-rows]");
const idsOf = (rows) => [...rows.children].map((row) => row.id);
const regionOf = () => rowsOf(document)?.closest("[data-live]");

function isBusy(rows) {
  const list = rows.closest("table") ?? rows;
  const selection = getSelection();
  const isPointedAt = matchMedia("(hover: hover)").matches && (list.matches(":hover") || button.matches(":hover"));
  return (
    isPointedAt ||
    (!selection.isCollapsed && selection.containsNode(list, true)) ||
    document.activeElement.matches("[data-find]") ||
    button.matches(":focus-visible") ||
    list.querySelector("input:checked, details[open], :focus-visible") !== null
  );
}

// How many rows enter, leave or move: all but the longest run of rows that keeps its order.
function countChanges(before, after) {
  const staying = after.filter((id) => before.includes(id));
  const ends = []; // the smallest place at which a run of each length can end
  for (const place of staying.map((id) => before.indexOf(id))) {
    const at = ends.findIndex((end) => end > place);
    ends[at < 0 ? ends.length : at] = place;
  }
  return before.length + after.length - staying.length - ends.length;
}

function hold(count) {
  if (count && !waiting) byId("announcements").textContent = button.dataset.announce;
  waiting = count;
  button.hidden = !count;
  button.textContent = fill(count === 1 ? button.dataset.one : button.dataset.many, { count });
}

function show() {
  const region = regionOf();
  if (region) askForAll(region);
  else hold(0);
}

setInterval(() => {
  const rows = rowsOf(document);
  if (waiting && (!rows || !isBusy(rows))) show();
}, 500);

button.addEventListener("click", () => {
  button.blur();
  show();
});

// "Show" asks for the whole list: its version must match none.
onHtmx("configRequest", (detail) => {
  const { version, whole } = detail.elt.dataset;
  const asked = whole ?? version;
  if (asked !== undefined) detail.path = detail.path.replace(/([?&]v)=[^&]*/, `$1=${asked}`);
});

onHtmx("beforeSwap", (detail) => {
  const { elt, serverResponse, shouldSwap, target, xhr } = detail;
  const version = xhr.getResponseHeader("X-List-Version");
  if (version) elt.dataset.version = version;
  polling = isPoll(detail);
  sent = detail.requestConfig.elt;
  if (!shouldSwap || !target.matches("[data-live]")) return;
  const whole = !polling || "whole" in elt.dataset;
  delete elt.dataset.whole;
  const rows = rowsOf(target);
  if (xhr.getResponseHeader("X-List-Change") === "rows") {
    if (waiting) detail.serverResponse = changed(serverResponse, leaveOut);
  } else if (whole || !rows || !isBusy(rows)) hold(0);
  else detail.serverResponse = changed(serverResponse, (fresh) => inPlace(rows, fresh));
});

onHtmx("afterSwap", () => {
  polling = false;
});

function changed(answer, change) {
  const fresh = new DOMParser().parseFromString(answer, "text/html");
  change(fresh);
  return fresh.head.innerHTML + fresh.body.innerHTML;
}

// Single rows, but for those that wait to enter.
function leaveOut(fresh) {
  for (const one of fresh.querySelectorAll("template")) {
    if (!byId(one.content.firstElementChild.id)) one.remove();
  }
}

// The page's rows in their places: those that stay as the answer has them, the others as they are.
function inPlace(rows, fresh) {
  const freshRows = rowsOf(fresh);
  hold(countChanges(idsOf(rows), freshRows ? idsOf(freshRows) : []));
  if (!freshRows) fresh.getElementById(regionOf().id).outerHTML = regionOf().outerHTML;
  else freshRows.replaceChildren(...[...rows.children].map((row) => fresh.getElementById(row.id) ?? row.cloneNode(true)));
}
