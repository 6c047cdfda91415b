"""The part of a submission that says how each URL is logged in to and crawled."""

import codecs
import re
from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from scans.browser import ScriptError, parse
from scans.configuration.fields import invalid
from scans.configuration.submission import Access
from scans.encryption import KeyLost
from scans.login.base import SECRETS, Login, Method
from scans.models import CrawlScript, TargetLogin
from scans.targets.request_rules import parse_header

MAX_SCRIPT_BYTES = 5 * 1024**2


class ScriptField(forms.FileField):
    """A recorded script; cleans to its text. The checks find what is wrong inside it."""

    def clean(self, data, initial=None) -> str:
        """The text. Raises ValidationError for a file that is too large or is not text."""
        file = super().clean(data, initial)
        if not file:
            return ""
        if file.size > MAX_SCRIPT_BYTES:
            size = file.size / 1024**2
            raise invalid(_("“{name}” has {size:.1f} MB; at most 5 MB are taken."), name=file.name, size=size)
        content = file.read()
        marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # as editors of Windows save a file
        try:
            text = content.decode("utf-16" if content.startswith(marks) else "utf-8-sig")
        except UnicodeDecodeError:
            text = ""
        if not text:
            raise invalid(_("“{name}” is not a text file such as recorders write."), name=file.name)
        return text


class AccessForm(forms.Form):
    """How the targets are logged in to, and the walk that a crawl begins with. Secrets are written, never shown.

    `kept` is what is saved already, by URL. If all of it is one login, the form shows it; what is left empty of its
    secrets stays.
    """

    login_method = forms.ChoiceField(
        label=_("Log in"), required=False, choices=[("", _("No login (public pages only)")), *Method.choices]
    )
    login_username = forms.CharField(label=_("User name"), required=False, max_length=200)
    login_password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted, and never shown again."),
    )
    login_url = forms.CharField(
        label=_("Login page"), required=False, max_length=2000, help_text=_("Empty: it is found by itself.")
    )
    username_field = forms.CharField(
        label=_("Name of the user name field"), required=False, max_length=200, help_text=_("Empty: it is found.")
    )
    password_field = forms.CharField(
        label=_("Name of the password field"), required=False, max_length=200, help_text=_("Empty: it is found.")
    )
    login_headers = forms.CharField(
        label=_("Headers"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "placeholder": "Authorization: Bearer …"}),
        help_text=_("For “Cookies and headers”: one “Name: value” to a line. Kept encrypted."),
    )
    login_cookies = forms.CharField(
        label=_("Cookies"),
        required=False,
        max_length=20_000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "session=…; other=…"}),
        help_text=_("For “Cookies and headers”. Kept encrypted."),
    )
    login_script = ScriptField(
        label=_("Login script"), required=False, help_text=_("A recording of Selenium IDE (.side), up to 5 MB.")
    )
    logout_script = ScriptField(label=_("Logout script"), required=False, help_text=_("The same, to log out."))
    logged_in = forms.CharField(
        label=_("Proof of being logged in"),
        required=False,
        max_length=500,
        help_text=_("A text that only a logged-in page shows, or the address of such a page."),
    )
    logged_out = forms.CharField(
        label=_("Pattern of logged-out pages"), required=False, max_length=500, help_text=_("A regular expression.")
    )
    crawl_script = ScriptField(
        label=_("Crawl script"),
        required=False,
        help_text=_("A recorded walk (.side): what it visits is scanned too. Up to 5 MB."),
    )

    def __init__(self, *args, kept: Mapping[str, Access] | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.kept = kept or {}
        logins = {access.login for access in self.kept.values() if access.login}
        self.kept_login = logins.pop() if len(logins) == 1 else None
        self._opened: Login | None = None
        if self.kept_login:
            shown = {_FIELDS[name]: getattr(self.kept_login, name) for name in TargetLogin.OPEN_FIELDS}
            self.initial = {**shown, **self.initial}
            self.fields["login_password"].help_text = _("Saved. Leave it empty to keep it.")

    @property
    def has_kept(self) -> bool:
        """Whether a login or a crawl script is saved."""
        return any(access != Access() for access in self.kept.values())

    @property
    def access_is_open(self) -> bool:
        """Whether its fields have to be seen: something is chosen, saved or wrong."""
        wrong = self.errors.keys() & AccessForm.base_fields.keys()
        return bool(self["login_method"].value() or self.has_kept or wrong)

    def clean_logged_out(self) -> str:
        """A regular expression of Python's: the engine looks for it too, and knows no other."""
        pattern = self.cleaned_data["logged_out"]
        try:
            re.compile(pattern)
        except (re.error, OverflowError) as error:  # the latter of `a{99999999999}`
            text = _("“{pattern}” is not a regular expression: {error}.")
            raise invalid(text, pattern=pattern, error=error) from error
        return pattern

    def clean_login_headers(self) -> str:
        """Headers that may be given; what is wrong with a line is said without the line, which may be a secret."""
        names: list[str] = []
        for number, line in enumerate(self.cleaned_data["login_headers"].splitlines(), start=1):
            if line.strip():
                try:
                    names.append(parse_header(line, before=names)[0])
                except ValueError as error:
                    raise invalid(_("Line {number} {problem}."), number=number, problem=error) from None
        return self.cleaned_data["login_headers"]

    def clean(self) -> dict:
        """Check that nothing is missing for the chosen way of logging in."""
        cleaned = super().clean()
        self._opened = self._open_kept(cleaned)
        for field, message in _NEEDED.get(cleaned.get("login_method", ""), {}).items():
            if field in cleaned and not (cleaned[field] or field in _SECRET_FIELDS and self._opened):
                self.add_error(field, message)
        if cleaned.get("login_method") == Method.HEADERS and not (
            cleaned.get("login_headers") or cleaned.get("login_cookies") or self._opened
        ):
            self.add_error("login_headers", _("Give headers or cookies."))
        if cleaned.get("login_method", Method.HEADERS) != Method.HEADERS:
            for field, message in _ONLY_FOR_HEADERS.items():
                if cleaned.get(field):
                    self.add_error(field, message)
        return cleaned

    def _open_kept(self, cleaned: dict) -> Login | None:
        """The saved login whose secrets stay where none are typed; None if another one is chosen.

        A login page at another address would be sent the saved password: there it has to be typed again.
        """
        kept = self.kept_login
        if not kept or kept.method != cleaned.get("login_method") or kept.login_url != cleaned.get("login_url"):
            return None
        try:
            return kept.opened()
        except KeyLost:
            return None

    def keeps_secrets(self, cleaned: dict) -> bool:
        """Whether a secret of the saved login stays because none was typed in its place."""
        kept = self._opened
        return kept is not None and any(getattr(kept, name) and not cleaned[_field_of(name)] for name in SECRETS)

    def unplayable(self) -> list[str]:
        """Return what is wrong with the given scripts, as far as it shows without a browser. The form must be valid."""
        problems = []
        for name in _SCRIPTS:
            try:
                if script := self.cleaned_data[name]:
                    parse(script)
            except ScriptError as error:
                sentence = _("{script}: {problem} The checks will end with this.")
                problems.append(sentence.format(script=self.fields[name].label, problem=error))
        return problems

    def access(self) -> Access | None:
        """Return the login and crawl script with secrets encrypted; None if there are none. The form must be valid.

        With a login, a saved crawl script stays unless there is a new one.
        """
        login, script = self.login(), self.script()
        if login and not script:
            script = next((access.crawl_script for access in self.kept.values()), None)
        return Access(login=login, crawl_script=script) if login or script else None

    def login(self) -> TargetLogin | None:
        """Return the chosen login: the saved row where nothing was changed, else one to be saved; None for none."""
        cleaned, kept = self.cleaned_data, self._opened
        if cleaned["login_method"] in ("", REMOVE):
            return None
        values = {name: cleaned[_field_of(name)] for name in _VALUES}
        if kept:
            values |= {name: values[name] or getattr(kept, name) for name in SECRETS}
        login = Login(method=Method(cleaned["login_method"]), **values)
        return self.kept_login if login == kept else TargetLogin.of(login)

    def script(self) -> CrawlScript | None:
        """Return the crawl script that was given, if any."""
        text = self.cleaned_data["crawl_script"]
        return CrawlScript.of(self.files["crawl_script"].name, text) if text else None


REMOVE = "none"  # typed as the method where a saved login is to be removed
_SCRIPTS = ("login_script", "logout_script", "crawl_script")
# The form's field of each value of a login, where it is not named login_….
_FIELDS = {name: name for name in "login_url username_field password_field logged_in logged_out".split()}
_FIELDS |= {"login_script": "login_script", "logout_script": "logout_script"}
_FIELDS |= {"method": "login_method", "username": "login_username"}
_VALUES = ["username", "login_url", "username_field", "password_field", "logged_in", "logged_out", *SECRETS]
_SECRET_FIELDS = {"login_password", "login_script"}
_BY_PASSWORD = {"login_username": _("Give the user name."), "login_password": _("Give the password.")}
_ONLY_FOR_HEADERS = {
    "login_headers": _("Only “Cookies and headers” uses this; beside it, give “Headers of every request”."),
    "login_cookies": _("Only “Cookies and headers” uses this."),
}
_NEEDED = {
    **dict.fromkeys([Method.BASIC, Method.DIGEST, Method.NTLM], _BY_PASSWORD),
    Method.FORM: {
        **_BY_PASSWORD,
        "login_username": _("Give the user name; anything, where the form asks for a password alone."),
    },
    Method.SCRIPT: {"login_script": _("Give the recorded script.")},
}


def _field_of(value: str) -> str:
    """The form's field of a value of a login."""
    return _FIELDS.get(value, f"login_{value}")
