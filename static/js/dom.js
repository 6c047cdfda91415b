// What every script needs. Events are delegated: what a swap brings in needs no listener of its own.

export const byId = (id) => document.getElementById(id);

// Sentences stand in the page, where they can be translated; what they leave open is filled in.
export const fill = (text, values) => text.replace(/{(\w+)}/g, (_, key) => values[key]);

// `act` is given the element that the event happened in, and the event.
export function on(type, selector, act) {
  document.addEventListener(type, (event) => {
    const element = event.target.closest(selector);
    if (element) act(element, event);
  });
}

// `act` is given what htmx tells of a request, and the event.
export function onHtmx(name, act) {
  document.addEventListener(`htmx:${name}`, (event) => act(event.detail, event));
}

// A request that gave way to a newer one, or to the next page, is no error; and one that failed is said once.
htmx.logger = (_, name, detail) => /(afterRequest|sendAbort)$/.test(name) && delete detail.error;
