"""Logging in for real, and adding an authenticator app, as a person does in the browser."""

import re
import time

import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client

from scans.encryption import unseal
from scans.forms.two_factor import code_at
from tests import factories

INDEX = "/accounts/two-factor/"
APP, CODES = f"{INDEX}totp/activate/", f"{INDEX}recovery-codes/"
CONFIRM = f"{INDEX}authenticate/"


def logged_in(user: factories.User) -> Client:
    """A browser that gave this user's name and password."""
    client = Client()
    client.post("/accounts/login/", {"username": user.username, "password": "password"})
    return client


def key_on(page: str) -> str:
    """The key that the page shows for typing into an app."""
    return re.search(r'class="secret-key">(\w+)<', page)[1]


def with_app(user: factories.User) -> tuple[Client, list[str]]:
    """The browser of this user, who added an app a minute ago, and the recovery codes."""
    client = logged_in(user)
    with time_machine.travel(time.time() - 60, tick=False):
        key = key_on(client.get(APP).content.decode())
        assert client.post(APP, {"code": code(key)})["Location"] == CODES
    return client, re.findall(r"<code>(\d{8})</code>", client.get(CODES).content.decode())


def key_of(user: factories.User) -> str:
    """The key of this user's app."""
    return unseal(Authenticator.objects.get(user=user, type="totp").data["secret"])


def code(key: str, steps: int = 0) -> str:
    """The code that an app with this key shows now, or some half minutes later."""
    return code_at(key, int(time.time()) // 30 + steps)
