"""The data that a site keeps in a browser besides cookies, taken from one browser and given to the next.

Standard library only, since it runs in the browser's child process.
"""

import json
from urllib.parse import urlsplit

from wall import place

LONGEST = 1024**2
# A new window has nothing of its own; one that moves to the next page has, unless the site removed it.
GIVE_TO_WINDOW = """([host, entries]) => {
  if (location.host !== host || sessionStorage.length) return;
  for (const [name, value] of entries) sessionStorage.setItem(name, value);
}"""


def kept_by(session: dict) -> dict:
    """Return the data that a site kept in the browser of this session, as `keep` made it."""
    return json.loads(session["storage"] or '{"origins": [], "window": []}')


def give_to_windows(context, session: dict, target: str) -> None:
    """Give each new window on `target` what the window of this session had for itself."""
    if for_window := kept_by(session)["window"]:
        values = json.dumps([urlsplit(target).netloc, for_window])
        context.add_init_script(f"({GIVE_TO_WINDOW})({values})")


def keep(page, target: str) -> str:
    """Return the data that `target` keeps in this page's browser and window, as JSON; empty if it is too much."""
    origins = page.context.storage_state(indexed_db=True)["origins"]
    window = page.evaluate("Object.entries(sessionStorage)") if place(page.url) == place(target) else []
    of_target = [one for one in origins if place(one["origin"]) == place(target)]
    kept = json.dumps({"origins": of_target, "window": window})
    return kept if len(kept) <= LONGEST else ""
