"""What a login is: how, with what, and how one tells that it worked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from scans.reasons import labelled


@labelled
class Method(TextChoices):
    """The ways to log in."""

    BASIC = "basic", _("HTTP Basic")
    DIGEST = "digest", _("HTTP Digest")
    NTLM = "ntlm", _("NTLM")
    FORM = "form", _("Login form")
    HEADERS = "headers", _("Cookies and headers")
    SCRIPT = "script", _("Login script")


# The ways in which each request answers for itself: a page then asks for a login by its status, not by a form.
HTTP_METHODS = (Method.BASIC, Method.DIGEST, Method.NTLM)
SECRETS = ("password", "headers", "cookies", "login_script", "logout_script")


@dataclass(frozen=True, kw_only=True)
class Login:
    """Everything there is to know to log in to one target.

    `headers` has one “Name: value” to a line, `cookies` is a Cookie header's text, the scripts are the
    text of `.side` files. `logged_in` is a text, or an address, that proves a logged-in page;
    `logged_out` a regular expression that tells a logged-out one. An empty field is to be found out.
    """

    method: Method
    username: str = ""
    password: str = field(default="", repr=False)
    login_url: str = ""
    username_field: str = ""
    password_field: str = ""
    headers: str = field(default="", repr=False)
    cookies: str = field(default="", repr=False)
    login_script: str = field(default="", repr=False)
    logout_script: str = field(default="", repr=False)
    logged_in: str = ""
    logged_out: str = ""

    def secrets_as_json(self) -> str:
        """What must be sealed, as JSON."""
        return json.dumps({name: getattr(self, name) for name in SECRETS})

    @classmethod
    def with_secrets(cls, secrets_as_json: str, **values: str) -> Login:
        """The login of these open values and what `secrets_as_json` made."""
        return cls(**{**values, "method": Method(values["method"])}, **json.loads(secrets_as_json))
