// An answer that brings single rows of a list leaves the list's own element alone: the version that the next poll
// names comes in a header, and stays until an answer brings the whole list, with an address of its own.

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const version = detail.xhr.getResponseHeader("X-List-Version");
  if (version) detail.requestConfig.elt.dataset.version = version;
});

document.addEventListener("htmx:configRequest", ({ detail }) => {
  const { version } = detail.elt.dataset;
  if (version && !("whole" in detail.elt.dataset)) detail.path = detail.path.replace(/([?&]v)=[^&]*/, `$1=${version}`);
});
