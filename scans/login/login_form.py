"""The login form of a page: find it, identify its fields, fill it in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx

from scans.login import signs
from scans.login.base import Login, Method
from scans.login.outcome import LoginFailed
from scans.login.page import Page
from scans.login.visit import MOST_FORMS
from scans.reasons import Reason

if TYPE_CHECKING:
    from bs4 import Tag

_CONTROLS = ["input", "select", "textarea", "button"]
_TYPED = ("text", "email", "tel", "search", "password", "number", "url")
# The types that HTML knows. An input of any other type is a text field.
_KINDS = {
    *_TYPED,
    *"button checkbox color date datetime-local file hidden image month radio range reset submit time week".split(),
}
_USERNAME = ("text", "email", "tel", "number")
_REGISTERS = re.compile(r"regist|sign-?_?up|create|join|subscri|newsletter|reset|forgot|recover|search", re.IGNORECASE)
_MULTIPART = "multipart/form-data"
STEP = "login form"
_ANY = Login(method=Method.FORM)


@dataclass(frozen=True)
class LoginForm:
    """A form with a password: where it is sent, and which of its fields are user name and password."""

    method: str
    action: str
    enctype: str
    username_field: str  # empty if the form asks only for a password
    password_field: str
    kept: tuple[tuple[str, str], ...] = field(repr=False)  # all other fields as the page sent them
    tag: Tag = field(repr=False)

    def filled(self, username: str, password: str) -> tuple[bytes, str]:
        """Return body and content type of the form with user name and password filled in."""
        typed = [(self.username_field, username)] if self.username_field else []
        pairs = [*self.kept, *typed, (self.password_field, password)]
        if self.enctype == _MULTIPART and self.method == "POST":
            request = httpx.Request("POST", self.action, files=[(name, (None, value)) for name, value in pairs])
            return request.read(), request.headers["content-type"]
        return urlencode(pairs).encode(), "application/x-www-form-urlencoded"

    def is_on(self, page: Page) -> bool:
        """Return whether a page asks for the same fields again."""
        names = {self.username_field, self.password_field} - {""}
        return any(names <= {_name(control) for control in controls} for _, controls in _forms(page))


def find(page: Page, login: Login) -> LoginForm | None:
    """Return the page's login form, or None. Raises LoginFailed if no form has the fields that the login names."""
    forms = [(form, controls) for form, controls in _forms(page) if _passwords(controls, login)]
    if not forms:
        return None
    candidates = [entry for entry in forms if _is_login(entry[1], login) and not _needs_scripts(*entry, login)]
    wanted = [name for name in (login.username_field, login.password_field) if name]
    fitting = [entry for entry in candidates or forms if set(wanted) <= _identifiers(entry[1])]
    if wanted and not fitting:
        raise _field_missing(page, wanted, forms)
    if not candidates:
        return None
    form, controls = min(fitting, key=lambda entry: _unlikeliness(*entry))
    return _described(page, form, controls, login)


def asks_for_login(page: Page) -> bool:
    """Return whether a page has fields for a login, even if only its scripts can send them."""
    passwords = [tag for tag in page.soup.find_all("input") if _kind(tag) == "password"]
    return _is_login(passwords, _ANY) or any(_is_login(controls, _ANY) for _, controls in _forms(page))


def _forms(page: Page) -> list[tuple[Tag, list[Tag]]]:
    """Return each form with its controls, also with those outside it because of `form=` or broken nesting."""
    forms = page.soup.find_all("form", limit=MOST_FORMS)
    owned: dict[int, list[Tag]] = {id(form): [] for form in forms}
    around = {id(control): form for form in forms for control in form.find_all(_CONTROLS)}
    by_name = {form["id"]: form for form in forms if form.get("id")}
    last = None
    for tag in page.soup.find_all(["form", *_CONTROLS]):
        if tag.name == "form":
            last = tag
            continue
        owner = next(
            (form for form in (by_name.get(tag.get("form")), around.get(id(tag)), last) if form is not None), None
        )
        if owner is not None and id(owner) in owned:
            owned[id(owner)].append(tag)
    return [(form, owned[id(form)]) for form in forms]


def _passwords(controls: list[Tag], login: Login) -> list[Tag]:
    """Return the password fields: by the name that the login gives, or by type."""
    if login.password_field:
        named = [control for control in controls if login.password_field in _identifiers([control])]
        return named or [control for control in controls if _kind(control) == "password"]
    return [control for control in controls if _kind(control) == "password"]


def _is_login(controls: list[Tag], login: Login) -> bool:
    """Return whether controls belong to a login, not to a registration or a change of password.

    Those have two passwords, or one called "new-password". Some login forms use that name, too, so that browsers do not
    fill in the password; their button says that it logs in.
    """
    passwords = _passwords(controls, login)
    if len(passwords) != 1:
        return False
    return passwords[0].get("autocomplete") != "new-password" or any(map(_logs_in, controls))


def _logs_in(control: Tag) -> bool:
    return _submits(control) and signs.leads_in(control) and not _REGISTERS.search(str(control))


def _needs_scripts(form: Tag, controls: list[Tag], login: Login) -> bool:
    """Return whether only scripts can send the form: it has no method, or no name for the password."""
    handled = str(form.get("action", "")).strip().lower().startswith("javascript:")
    return handled or not form.get("method") or not _name(_passwords(controls, login)[0])


def _unlikeliness(form: Tag, controls: list[Tag]) -> tuple[bool, bool, int]:
    """Return a sort key; the login form has the smallest: no words of a registration, a known password, few fields."""
    words = " ".join(str(form.get(name, "")) for name in ("action", "id", "name", "class"))
    current = any(control.get("autocomplete") == "current-password" for control in controls)
    return bool(_REGISTERS.search(words)), not current, sum(_kind(control) in _TYPED for control in controls)


def _described(page: Page, form: Tag, controls: list[Tag], login: Login) -> LoginForm:
    password = _passwords(controls, login)[0]
    username = _username(controls, password, login)
    typed = {id(control) for control in (username, password) if control is not None}
    button = next((control for control in controls if _submits(control)), None)
    kept = [pair for control in controls if id(control) not in typed for pair in _sent(control, button)]
    return LoginForm(
        method="GET" if str(form.get("method", "get")).strip().upper() != "POST" else "POST",
        action=page.absolute(str((button.get("formaction") if button else "") or form.get("action") or page.url)),
        enctype=str(form.get("enctype", "")).strip().lower(),
        username_field=_name(username) if username is not None else "",
        password_field=_name(password),
        kept=tuple(kept),
        tag=form,
    )


def _username(controls: list[Tag], password: Tag, login: Login) -> Tag | None:
    """Return the field for the user name: as named, as marked, or the last text field before the password."""
    if login.username_field:
        return next(control for control in controls if login.username_field in _identifiers([control]))
    typed = [control for control in controls if _kind(control) in _USERNAME and _name(control)]
    marked = [control for control in typed if "username" in str(control.get("autocomplete", "")).split()]
    position = [id(control) for control in controls].index(id(password))
    before = [control for control in typed if id(control) in {id(other) for other in controls[:position]}]
    return (marked or before[-1:] or typed[:1] or [None])[0]


def _sent(control: Tag, button: Tag | None) -> list[tuple[str, str]]:
    """Return the data that a browser sends for an unchanged control (HTML, “constructing the entry list”)."""
    name, kind = _name(control), _kind(control)
    if not name or control.has_attr("disabled"):
        return []
    if control.name == "select":
        options = control.find_all("option")
        chosen = [option for option in options if option.has_attr("selected")] or options[:1]
        # Only the first string: an option without an end tag contains the next options.
        return [(name, str(option.get("value", next(option.stripped_strings, "")))) for option in chosen]
    if control.name == "textarea":
        return [(name, control.get_text())]
    if kind in ("checkbox", "radio"):
        return [(name, str(control.get("value", "on")))] if control.has_attr("checked") else []
    if kind in ("submit", "image", "button", "reset"):
        return [(name, str(control.get("value", "")))] if control is button and kind == "submit" else []
    return [] if kind == "file" else [(name, str(control.get("value", "")))]


def _submits(control: Tag) -> bool:
    return _kind(control) in ("submit", "image") and not control.has_attr("disabled")


def _kind(control: Tag) -> str:
    """Return the type of a control, in lower case. By default a button submits and an input takes text."""
    usual = {"button": "submit", "input": "text"}.get(control.name, control.name)
    kind = str(control.get("type") or usual).strip().lower() if control.name in ("input", "button") else usual
    return usual if control.name == "input" and kind not in _KINDS else kind


def _name(control: Tag) -> str:
    return str(control.get("name", ""))


def _identifiers(controls: list[Tag]) -> set[str]:
    """Return the names and ids of these controls: a user may give either."""
    return {str(control.get(key)) for control in controls for key in ("name", "id") if control.get(key)}


def _field_missing(page: Page, wanted: list[str], forms: list[tuple[Tag, list[Tag]]]) -> LoginFailed:
    found = [_name(control) for _, controls in forms for control in controls if _kind(control) in _TYPED]
    listed = ", ".join(f"“{name}”" for name in dict.fromkeys(found) if name)
    facts = {"url": page.shown_url, "name": ", ".join(f"“{name}”" for name in wanted)}
    detail = Reason("form_lacks_field", names=listed, **facts) if listed else Reason("form_has_no_fields", **facts)
    return LoginFailed("field_missing", detail, STEP)
