// Shared by all scripts. Events are delegated, so that swapped-in elements need no listeners of their own.

export const byId = (id) => document.getElementById(id);

// Fills {name} in a sentence of the page, where sentences can be translated.
export const fill = (text, values) => text.replace(/{(\w+)}/g, (_, key) => values[key]);

// Calls `act` with the matching element and the event.
export function on(type, selector, act) {
  document.addEventListener(type, (event) => {
    const element = event.target.closest(selector);
    if (element) act(element, event);
  });
}

// Calls `act` with the event's detail and the event.
export function onHtmx(name, act) {
  document.addEventListener(`htmx:${name}`, (event) => act(event.detail, event));
}

// A request replaced by a newer one, or by the next page, is no error. A failed one is reported once.
htmx.logger = (_, name, detail) => /(afterRequest|sendAbort)$/.test(name) && delete detail.error;
