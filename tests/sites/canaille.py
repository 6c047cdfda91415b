"""Canaille, a real OpenID Connect provider from PyPI, and somebody who logs in there.

It runs in an environment of its own (`make .provider/.installed`): its requirements are not the product's.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin

import httpx
from bs4 import BeautifulSoup
from django.conf import settings

from tests.sites.serving import free_port, serving

PYTHON = settings.BASE_DIR / ".provider/bin/python"
SERVER = Path(__file__).with_name("canaille_server.py")
CLIENT_ID, CLIENT_SECRET = "dashboard", "a-secret-of-the-dashboard"
PASSWORD = "owls-fly-by-night"
MOST_PAGES = 12


def is_missing() -> bool:
    """Say whether tests have to be skipped: where there is no provider, and no build that needs it."""
    return not PYTHON.exists() and not os.environ.get("CI")


@dataclass
class Canaille:
    """The running provider: its issuer, and the file of its people."""

    issuer: str
    people: Path

    def has(self, **groups: list[str]) -> None:
        """Put each person into exactly these groups."""
        people = [
            {"name": name, "password": PASSWORD, "email": f"{name}@example.org", "groups": joined}
            for name, joined in groups.items()
        ]
        self.people.write_text(json.dumps(people))

    def log_in(self, address: str, name: str, back_to: str) -> str:
        """Log in as this person in a browser that was sent to `address`; returns where the browser is sent back."""
        with httpx.Client(trust_env=False, timeout=30) as browser:
            response = browser.get(address)
            for _ in range(MOST_PAGES):
                if response.is_redirect:
                    following = urljoin(str(response.url), response.headers["location"])
                    if following.startswith(back_to):
                        return following
                    response = browser.get(following)
                else:
                    response = self._fill_in(browser, response, name)
        raise AssertionError(f"{response.url} does not lead back: {response.text[:2000]}")

    def _fill_in(self, browser: httpx.Client, response: httpx.Response, name: str) -> httpx.Response:
        form = BeautifulSoup(response.text, "lxml").find("form")
        assert form, f"{response.url} answers {response.status_code}: {response.text[:2000]}"
        fields = {field["name"]: field.get("value", "") for field in form.find_all("input") if field.get("name")}
        known = {"login": name, "password": PASSWORD}
        fields |= {field: value for field, value in known.items() if field in fields}
        return browser.post(urljoin(str(response.url), form.get("action") or ""), data=fields)


@contextmanager
def canaille(back_to: str, *names: str) -> Iterator[Canaille]:
    """Yield the provider with these people, who are in no group; it knows one client, which it sends to `back_to`."""
    with TemporaryDirectory() as folder:
        port = free_port()
        provider = Canaille(f"http://127.0.0.1:{port}", Path(folder) / "people.json")
        provider.has(**{name: [] for name in names})
        command = [str(PYTHON), "-P", str(SERVER), str(provider.people), str(port), back_to, CLIENT_ID, CLIENT_SECRET]
        with serving(command, f"{provider.issuer}/.well-known/openid-configuration", cwd=Path(folder)):
            yield provider
