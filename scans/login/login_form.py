"""The login form of a page: find it, identify its fields, fill it in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from scans.browser import field_words
from scans.login import signs
from scans.login.base import Login, Method
from scans.login.form_data import PASSWORD, USERNAME, Entry, entries_of, form_body, kind_of
from scans.login.outcome import LoginFailed
from scans.login.page import Page
from scans.login.visibility import Visibility
from scans.login.visit import MOST_FORMS
from scans.reasons import Reason
from scans.targets.encodings import by_label, for_forms

if TYPE_CHECKING:
    from bs4 import Tag

_CONTROLS = ["input", "select", "textarea", "button"]
_TYPED = ("text", "email", "tel", "search", "password", "number", "url")
_USERNAME = ("text", "email", "tel", "number", "url")
_REGISTERS = re.compile(field_words.REGISTERS, re.IGNORECASE)
_NAMES_USER = re.compile(field_words.NAMES_USER, re.IGNORECASE)
_NAME_ALONE = re.compile(r"user[-_]?name|user[-_]?id|login|identifier", re.IGNORECASE)
_NAMES_ELSE = re.compile(field_words.NAMES_ELSE, re.IGNORECASE)
_GOES_ON = re.compile(field_words.GOES_ON, re.IGNORECASE)
STEP = "login form"
MOST_FIELDS, MOST_WORDS = 50, 300  # of a form, and characters of a text that are read; pages may be hostile
_ANY = Login(method=Method.FORM)


@dataclass(frozen=True)
class LoginForm:
    """A form of a login: where it is sent, and which of its fields are user name and password.

    One of the two is empty if the form asks only for the other: some sites ask for the user name first, and for the
    password on the next page.
    """

    method: str
    action: str
    enctype: str
    encoding: str
    username_field: str
    password_field: str
    entries: tuple[Entry, ...] = field(repr=False)
    tag: Tag = field(repr=False)

    def filled(self, username: str, password: str) -> tuple[bytes, str]:
        """Return body and content type of the form with user name and password filled in."""
        typed = {USERNAME: username, PASSWORD: password}
        return form_body(self.entries, typed, method=self.method, enctype=self.enctype, encoding=self.encoding)

    def is_on(self, page: Page) -> bool:
        """Return whether a page asks for the same fields again."""
        names = {self.username_field, self.password_field} - {""}
        return any(names <= {_name(control) for control in form.controls} for form in _forms(page))


@dataclass(frozen=True)
class _Form:
    """A form of a page with its controls, also with those outside it because of `form=` or broken nesting."""

    tag: Tag
    controls: list[Tag]
    visibility: Visibility

    @cached_property
    def hidden(self) -> frozenset[int]:
        """The id() of the fields that no visitor sees though the form is shown."""
        typed = [control for control in self.controls if kind_of(control) in _TYPED][:MOST_FIELDS]
        return frozenset(id(control) for control in typed if self.visibility.hides(control, self.tag))

    @cached_property
    def labels(self) -> dict[str | int, str]:
        """The texts of the form's labels, by the id that they are for, or by the id() of the first control in them."""
        texts: dict[str | int, str] = {}
        for label in self.tag.find_all("label", limit=MOST_FIELDS):
            inside = label.find(_CONTROLS)
            labelled = label.get("for") or (inside is not None and id(inside))
            if labelled:
                texts.setdefault(labelled, label.get_text(" ", strip=True)[:MOST_WORDS])
        return texts

    def said_of(self, control: Tag) -> str:
        """Return the words that the page has for a field."""
        words = [str(control.get(name, ""))[:MOST_WORDS] for name in ("name", "id", "placeholder", "aria-label")]
        return " ".join([*words, self.labels.get(control.get("id")) or self.labels.get(id(control), "")])

    def fields(self, kinds: tuple[str, ...]) -> list[Tag]:
        """Return the fields of these kinds that a visitor can fill in."""
        usable = [one for one in self.controls if kind_of(one) in kinds and not one.has_attr("disabled")]
        return [one for one in usable if id(one) not in self.hidden]

    def passwords(self, login: Login) -> list[Tag]:
        """Return the password fields that can be seen: by the name that the login gives, or by type.

        If no field of the form can be seen, something hides the form as a whole, and all of them count.
        """
        fields = [one for one in self.controls if kind_of(one) == "password"]
        if login.password_field:
            fields = [one for one in self.controls if login.password_field in _identifiers([one])] or fields
        seen = [one for one in fields if id(one) not in self.hidden]
        return seen if seen or self.fields(_USERNAME) else fields

    def button(self) -> Tag | None:
        """Return the button to press: the first that logs in, else the first that sends the form."""
        buttons = [one for one in self.controls if _submits(one)]
        return next(filter(_logs_in, buttons), buttons[0] if buttons else None)


def find(page: Page, login: Login) -> LoginForm | None:
    """Return the page's login form, or None. Raises LoginFailed if no form has the fields that the login names."""
    forms = [form for form in _forms(page) if form.passwords(login)]
    if not forms:
        return None
    candidates = [form for form in forms if _is_login(form, login) and not _needs_scripts(form, login)]
    wanted = [name for name in (login.username_field, login.password_field) if name]
    fitting = [form for form in candidates or forms if set(wanted) <= _identifiers(form.controls)]
    if wanted and not fitting:
        raise _field_missing(page, wanted, forms)
    if not candidates:
        return None
    form = min(fitting, key=_unlikeliness)
    password = form.passwords(login)[0]
    return _described(page, form, {USERNAME: _username(form, password, login), PASSWORD: password})


def find_name_form(page: Page, login: Login) -> LoginForm | None:
    """Return the form of a page that asks for the user name alone, as the first of two steps; or None."""
    for form in _forms(page):
        username = _username(form, None, login)
        if username is None or form.passwords(login) or not form.tag.get("method") or _is_handled(form):
            continue
        if login.username_field or _is_first_step(page, form, username):
            return _described(page, form, {USERNAME: username})
    return None


def find_password_form(page: Page, login: Login) -> LoginForm | None:
    """Return the form of a page that asks for the password of a user whose name was sent before; or None.

    The name may stand in a field once more, which is then left as it is.
    """
    named = replace(login, username_field="")
    forms = [form for form in _forms(page) if _is_login(form, named) and not _needs_scripts(form, named)]
    if not forms:
        return None
    form = min(forms, key=_unlikeliness)
    password = form.passwords(named)[0]
    username = _username(form, password, named)
    if username is not None and username.get("value"):
        username = None
    return _described(page, form, {USERNAME: username, PASSWORD: password})


def asks_for_login(page: Page) -> bool:
    """Return whether a page has fields for a login, even if only its scripts can send them."""
    passwords = [tag for tag in page.soup.find_all("input") if kind_of(tag) == "password"]
    if len(passwords) == 1 and _is_current(passwords[0], ()):
        return True
    return any(_is_login(form, _ANY) for form in _forms(page)) or find_name_form(page, _ANY) is not None


def _forms(page: Page) -> list[_Form]:
    """Return each form with its controls."""
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
    visibility = Visibility(page)
    return [_Form(form, owned[id(form)], visibility) for form in forms]


def _is_login(form: _Form, login: Login) -> bool:
    """Return whether controls belong to a login, not to a registration or a change of password.

    Those have two passwords, or one called "new-password". Some login forms use that name, too, so that browsers do not
    fill in the password; their button says that it logs in.
    """
    passwords = form.passwords(login)
    return len(passwords) == 1 and _is_current(passwords[0], form.controls)


def _is_current(password: Tag, controls: Iterable[Tag]) -> bool:
    return password.get("autocomplete") != "new-password" or any(map(_logs_in, controls))


def _is_first_step(page: Page, form: _Form, username: Tag) -> bool:
    """Return whether a form with a user name and no password begins a login; others search, register, subscribe."""
    words = " ".join(str(form.tag.get(name, "")) for name in ("action", "id", "name", "class"))
    button = form.button()
    said = str(button)[:MOST_WORDS] if button is not None else ""
    if _REGISTERS.search(words) or _REGISTERS.search(said):
        return False
    keeps_a_password = any(kind_of(control) == "password" for control in form.controls)
    if keeps_a_password or (button is not None and signs.leads_in(button)):
        return True
    is_marked = "username" in _autocomplete(username) or _NAME_ALONE.fullmatch(_name(username))
    if not (is_marked or _names_user(form, username)):
        return False
    return (is_marked and bool(_GOES_ON.search(said))) or signs.speaks_of_login(f"{page.path} {words} {_heading(page)}")


def _heading(page: Page) -> str:
    return " ".join(tag.get_text(" ")[:MOST_WORDS] for tag in page.soup.find_all(["title", "h1", "h2"], limit=3))


def _logs_in(control: Tag) -> bool:
    return _submits(control) and signs.leads_in(control) and not _REGISTERS.search(str(control))


def _needs_scripts(form: _Form, login: Login) -> bool:
    """Return whether only scripts can send the form: it has no method, or no name for the password."""
    return _is_handled(form) or not form.tag.get("method") or not _name(form.passwords(login)[0])


def _is_handled(form: _Form) -> bool:
    """Return whether a form is sent to a script, or only closes a dialog."""
    action = str(form.tag.get("action", "")).strip().lower()
    return action.startswith("javascript:") or str(form.tag.get("method", "")).strip().lower() == "dialog"


def _unlikeliness(form: _Form) -> tuple[bool, bool, int]:
    """Return a sort key; the login form has the smallest: no words of a registration, a known password, few fields."""
    words = " ".join(str(form.tag.get(name, "")) for name in ("action", "id", "name", "class"))
    current = any(control.get("autocomplete") == "current-password" for control in form.controls)
    return bool(_REGISTERS.search(words)), not current, sum(kind_of(control) in _TYPED for control in form.controls)


def _described(page: Page, form: _Form, fields: dict[str, Tag | None]) -> LoginForm:
    """Return a form of a page as it will be sent, with these fields for user name and password."""
    button = form.button()
    names = {role: _name(control) for role, control in fields.items() if control is not None}
    roles = {id(control): role for role, control in fields.items() if control is not None}
    encodings = map(by_label, str(form.tag.get("accept-charset", "")).replace(",", " ").split())
    return LoginForm(
        method="POST" if _said_by(button, form.tag, "method").upper() == "POST" else "GET",
        action=page.absolute(_said_by(button, form.tag, "action") or page.url),
        enctype=_said_by(button, form.tag, "enctype").lower(),
        encoding=for_forms(next(filter(None, encodings), page.encoding)),
        username_field=names.get(USERNAME, ""),
        password_field=names.get(PASSWORD, ""),
        entries=entries_of(form.controls, button, roles),
        tag=form.tag,
    )


def _said_by(button: Tag | None, form: Tag, name: str) -> str:
    """Return what the pressed button says of how the form is sent, else what the form says."""
    return str((button.get(f"form{name}") if button else "") or form.get(name) or "").strip()


def _username(form: _Form, password: Tag | None, login: Login) -> Tag | None:
    """Return the field for the user name: as named, as marked, as its words say, or the last before the password.

    Never one that is there for something else, such as the company, unless there is no other.
    """
    if login.username_field:
        return next((one for one in form.controls if login.username_field in _identifiers([one])), None)
    typed = [one for one in form.fields(_USERNAME) or _hidden_with_all(form) if _name(one) and one is not password]
    typed = [one for one in typed if not one.has_attr("readonly")]
    marked = [one for one in typed if _autocomplete(one) & {"username", "email"}]
    others = [one for one in typed if not _NAMES_ELSE.search(form.said_of(one))]
    named = [one for one in others if _names_user(form, one)]
    before = _before(form, password, others)
    return next(iter(marked or _before(form, password, named)[-1:] or named or before[-1:] or others or typed), None)


def _names_user(form: _Form, control: Tag) -> bool:
    """Return whether a field asks for a user name or an e-mail address, by its type or its words."""
    return kind_of(control) == "email" or bool(_NAMES_USER.search(form.said_of(control)))


def _before(form: _Form, password: Tag | None, fields: list[Tag]) -> list[Tag]:
    """Return the fields that stand before the password."""
    place = {id(control): number for number, control in enumerate(form.controls)}
    return [one for one in fields if password is not None and place[id(one)] < place[id(password)]]


def _hidden_with_all(form: _Form) -> list[Tag]:
    """Return the text fields of a form of which no field can be seen."""
    return [] if form.fields(_TYPED) else [one for one in form.controls if kind_of(one) in _USERNAME]


def _autocomplete(control: Tag) -> set[str]:
    return set(str(control.get("autocomplete", "")).lower().split())


def _submits(control: Tag) -> bool:
    return kind_of(control) in ("submit", "image") and not control.has_attr("disabled")


def _name(control: Tag) -> str:
    return str(control.get("name", ""))


def _identifiers(controls: list[Tag]) -> set[str]:
    """Return the names and ids of these controls: a user may give either."""
    return {str(control.get(key)) for control in controls for key in ("name", "id") if control.get(key)}


def _field_missing(page: Page, wanted: list[str], forms: list[_Form]) -> LoginFailed:
    found = [_name(control) for form in forms for control in form.controls if kind_of(control) in _TYPED]
    listed = ", ".join(f"“{name}”" for name in dict.fromkeys(found) if name)
    facts = {"url": page.shown_url, "name": ", ".join(f"“{name}”" for name in wanted)}
    detail = Reason("form_lacks_field", names=listed, **facts) if listed else Reason("form_has_no_fields", **facts)
    return LoginFailed("field_missing", detail, STEP)
