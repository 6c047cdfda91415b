"""The part of a submission that says how each URL is logged in to and crawled."""

import codecs
import re

from django import forms
from django.utils.translation import gettext_lazy as _

from scans.browser import ScriptError, parse
from scans.configuration.fields import invalid
from scans.configuration.submission import Access
from scans.login.base import Login, Method
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
    """How the targets are logged in to, and the walk that a crawl begins with. Secrets are written, never shown."""

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
        for field, message in _NEEDED.get(cleaned.get("login_method", ""), {}).items():
            if field in cleaned and not cleaned[field]:
                self.add_error(field, message)
        if cleaned.get("login_method") == Method.HEADERS and not (
            cleaned.get("login_headers") or cleaned.get("login_cookies")
        ):
            self.add_error("login_headers", _("Give headers or cookies."))
        if cleaned.get("login_method", Method.HEADERS) != Method.HEADERS:
            for field, message in _ONLY_FOR_HEADERS.items():
                if cleaned.get(field):
                    self.add_error(field, message)
        return cleaned

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
        """Return the login and crawl script with secrets encrypted; None if there are none. The form must be valid."""
        cleaned, login = self.cleaned_data, None
        if cleaned["login_method"]:
            values = {name: cleaned[f"login_{name}"] for name in ("username", "password", "headers", "cookies")}
            values |= {name: cleaned[name] for name in _SAME_NAMES}
            login = TargetLogin.of(Login(method=Method(cleaned["login_method"]), **values))
        text = cleaned["crawl_script"]
        if not login and not text:
            return None
        script = CrawlScript.of(self.files["crawl_script"].name, text) if text else None
        return Access(login=login, crawl_script=script)


_SCRIPTS = ("login_script", "logout_script", "crawl_script")
_SAME_NAMES = "login_url username_field password_field login_script logout_script logged_in logged_out".split()
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
