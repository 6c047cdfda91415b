// The palette: the links of the header and the actions of the page, narrowed by what is typed. Enter opens the first one;
// where none is left, it finds analyses.

import { byId, on } from "./dom.js";

const palette = byId("palette");
const [field, list] = palette.querySelectorAll("input, nav");

export function openPalette() {
  const links = document.querySelectorAll("header a[href], [data-actions] a[href]");
  const found = new Map([...links].map(({ href, textContent }) => [href, textContent.trim()]));
  list.replaceChildren(...[...found].map(([href, text]) => link(href, text)));
  field.value = "";
  palette.showModal();
}

function link(href, text) {
  const made = document.createElement("a");
  made.href = href;
  made.textContent = text;
  return made;
}

on("input", "#palette input", () => {
  const typed = field.value.trim().toLowerCase();
  for (const link of list.children) link.hidden = !link.text.toLowerCase().includes(typed);
});

on("keydown", "#palette", (_, event) => {
  const links = [...list.querySelectorAll("a:not([hidden])")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) (links[links.indexOf(document.activeElement) + step] ?? field).focus();
  else if (event.key === "Enter" && event.target === field && field.value && links[0]) links[0].click();
  else return;
  event.preventDefault();
});
