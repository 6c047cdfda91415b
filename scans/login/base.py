"""The login of a target: the method, the credentials, and the signs that it worked."""

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


# Methods that authenticate each request: a page then asks for a login with a status, not with a form.
HTTP_METHODS = (Method.BASIC, Method.DIGEST, Method.NTLM)
SECRETS = ("password", "headers", "cookies", "login_script", "logout_script")


@dataclass(frozen=True, kw_only=True)
class Login:
    """Everything that is needed to log in to one target.

    `headers` has one “Name: value” per line, `cookies` is the value of a Cookie header, the scripts are the contents of
    `.side` files. `logged_in` is a text or an address that only somebody who is logged in can see; `logged_out` is a
    regular expression that matches pages without a login. An empty field is found out, if it is needed.
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
        """Return the secret fields as JSON, to be encrypted."""
        return json.dumps({name: getattr(self, name) for name in SECRETS})

    @classmethod
    def with_secrets(cls, secrets_as_json: str, **values: str) -> Login:
        """Return the login with these plain values, and the secrets that `secrets_as_json` returned."""
        return cls(**{**values, "method": Method(values["method"])}, **json.loads(secrets_as_json))
