"""Filling in a login form in the browser, as a person does: in whatever frame, one step or two, by its button.

Runs in the child process; standard library only.
"""

import re
from contextlib import suppress
from pathlib import Path

from field_words import FOR_PAGES, GOES_ON, IN
from listening import shown
from locators import reason
from playwright.sync_api import Error
from script import Halt
from wall import place

FIND = (Path(__file__).parent / "login_fields.js").read_text(encoding="utf-8")
# A box that the form requires is ticked, and a list that it requires is chosen from: it could not be sent otherwise.
TICK = """(field) => {
  for (const e of field.form?.elements ?? []) {
    if (!e.required || e.disabled) continue;
    if (e.type === "checkbox" && !e.checked) e.click();
    if (e.type === "radio" && ![...e.form.elements].some((o) => o.name === e.name && o.checked)) e.click();
    if (e.localName === "select" && !e.value) {
      const option = [...e.options].find((o) => o.value && !o.disabled);
      if (option) { e.value = option.value; e.dispatchEvent(new Event("change", {bubbles: true})); }
    }
  }
}"""
OPENS = re.compile(rf"^\W*({IN})\W*$", re.IGNORECASE)  # nothing more: others' accounts are not asked for
SENDS = re.compile(f"{IN}|{GOES_ON}|submit|enter", re.IGNORECASE)
SECONDS_FOR_A_FORM = 15
SECONDS_FOR_A_FORM_UNASKED = 2
SECONDS_TO_BE_LET_IN = 5
SECONDS_FOR_A_BUTTON = 1.5
MILLISECONDS_TO_KEEP_A_TOKEN = 300
TOKEN = re.compile(r"token|jwt|auth|session|bearer", re.IGNORECASE)
NO_NAMES = {"username_field": "", "password_field": ""}


def fill(player, form: dict) -> None:
    """Find the login form in the page as it is shown, fill it in and send it; some ask for the name alone first.

    Raises Halt if there is none, with nothing sent.
    """
    player.shown.listen()
    if not form_comes(player, lambda: fields_of(player, form)):
        raise no_form(player, form)
    found = fields_of(player, form)
    if form["username_field"] and not found["name"]:
        facts = {"url": shown(player.page.url), "name": form["username_field"]}
        raise Halt("field_missing", reason("page_lacks_field", **facts))
    if found["name"]:
        found["name"].fill(form["username"], timeout=player.left(5))
    if not found["password"]:
        found = password_step(player, form, found)
    player.secrets.add(form["password"])
    found["password"].fill(form["password"], timeout=player.left(5))
    with suppress(Error):
        found["password"].evaluate(TICK)
    player.shown.begin()
    send(player, found["password"], found["button"])
    if not goes(player, found["password"]):
        player.asks_again = True  # whether that was a login is for others to judge
    else:
        have_token_sent(player)


def goes(player, field) -> bool:
    """Return whether a field goes in time; keeps what the page says meanwhile."""
    for _ in range(SECONDS_TO_BE_LET_IN):
        player.shown.look()
        if player.wait(lambda: is_gone(field), 1):
            return True
    return False


def have_token_sent(player) -> None:
    """Load the target once more if the site keeps a token in the browser that no script has sent yet: one will then."""
    player.page.wait_for_timeout(MILLISECONDS_TO_KEEP_A_TOKEN)
    with suppress(Error):
        kept = any(
            TOKEN.search(name) for name in player.page.evaluate("Object.keys({...localStorage, ...sessionStorage})")
        )
        if kept and not player.listener.tokens:
            player.let_in = True  # even if this page, too, does not use the token and shows the form again
            player.go(player.task["url"])


def password_step(player, form: dict, first: dict) -> dict:
    """Send the name in the fields of the `first` step, and return those that then ask for the password.

    Raises Halt if none comes.
    """
    given, found = {**form, "username_field": ""}, {}

    def look():
        found.update(fields_of(player, given, second_step=True) or {})
        return found.get("password")

    send(player, first["name"], first["button"], has_come=look)
    if not player.wait(look, SECONDS_FOR_A_FORM):
        raise Halt("no_login_form", reason("page_asks_no_password", url=shown(player.page.url)))
    return found


def fields_of(player, form: dict, *, second_step: bool = False) -> dict | None:
    """Return the fields of the login form that is shown, in the page or a frame of an allowed site; None if none is.

    A form with a password is preferred to one that asks for the name alone.
    """
    shown_forms = []
    for frame in player.page.frames:
        with suppress(Error):  # it is just being loaded
            asked = {"form": {name: form[name] for name in NO_NAMES}, "words": FOR_PAGES, "secondStep": second_step}
            handle = frame.evaluate_handle(FIND, asked)
            found = {name: one.as_element() for name, one in handle.get_properties().items()}
            if found["password"] or found["name"]:
                shown_forms.append(found)
    return next((found for found in shown_forms if found["password"]), shown_forms[0] if shown_forms else None)


def asks_for_login(player) -> bool:
    """Return whether a login form with a password is shown."""
    found = fields_of(player, NO_NAMES)
    return found is not None and found["password"] is not None


def send(player, field, button, has_come=lambda: None) -> None:
    """Send what was typed by the form's button; where there is none, or it does nothing, by the Enter key.

    If `has_come()` is true, the page asks for the next thing, and so the button did something.
    """
    sent = player.listener.sent
    if button:
        with suppress(Error):  # something may lie over it
            button.click(timeout=player.left(3))
        if has_effect(player, field, sent, has_come):
            return
    with suppress(Error):  # the field has just gone
        field.press("Enter", timeout=player.left(5))
    if has_effect(player, field, sent, has_come):
        return
    buttons = player.page.get_by_role("button", name=SENDS).locator("visible=true")
    with suppress(Error):
        if buttons.count():
            buttons.first.click(timeout=player.left(5))


def has_effect(player, field, sent: int, has_come) -> bool:
    """Return whether something was sent, the field is gone, or the next thing has come, within a moment."""
    return player.wait(lambda: player.listener.sent > sent or is_gone(field) or has_come(), SECONDS_FOR_A_BUTTON)


def is_gone(field) -> bool:
    """Return whether a field is shown no more, or its page has been left."""
    try:
        return not field.is_visible()
    except Error:
        return True


def form_comes(player, look) -> bool:
    """Return whether `look()` finds a login form in time; some pages show it only after a click on “Log in”."""
    page = player.page
    if not any(has_scripts(frame) for frame in page.frames):
        return bool(look())
    if player.wait(look, SECONDS_FOR_A_FORM_UNASKED):
        return True
    openers = page.get_by_role("button", name=OPENS).or_(page.get_by_role("link", name=OPENS)).locator("visible=true")
    if openers.count():
        with suppress(Error):  # something may lie over it
            openers.first.click(timeout=player.left(5))
    return player.wait(look, SECONDS_FOR_A_FORM)


def has_scripts(frame) -> bool:
    """Return whether something in a frame may still change it; True if that cannot be told."""
    try:
        return frame.evaluate("!!document.querySelector('script') || !!document.querySelector('iframe, frame')")
    except Error:
        return True


def no_form(player, form: dict) -> Halt:
    """Return the error for a page without a login form, which names a frame of another site that may have it."""
    facts = {"url": shown(player.page.url)}
    if elsewhere := foreign_frames(player):
        return Halt("form_in_frame", reason("form_may_be_in_frame", address=shown(elsewhere[0]), **facts))
    if name := form["password_field"]:
        return Halt("no_login_form", reason("page_without_form_field", name=name, **facts))
    return Halt("no_login_form", reason("page_without_password", **facts))


def foreign_frames(player) -> list[str]:
    """Return the addresses of the frames that can be seen and that are of sites which may not be visited."""
    seen = """() => [...document.querySelectorAll('iframe, frame')].filter((e) => {
      const box = e.getBoundingClientRect();
      return box.width > 50 && box.height > 50 && getComputedStyle(e).visibility === 'visible';
    }).map((e) => e.src)"""
    addresses = []
    for frame in player.page.frames:
        with suppress(Error):
            addresses += frame.evaluate(seen)
    return [one for one in addresses if one.startswith(("http:", "https:")) and place(one) not in player.wall.places]
