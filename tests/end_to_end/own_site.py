"""The product as a site to be scanned: its own web server, with made-up analyses and an account of each role."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from tests.end_to_end.product import PASSWORD, ROOT
from tests.sites.serving import free_port, serving

ROLES = ("Viewer", "Submitter", "Reviewer", "Administrator")
PEOPLE = f"""
from django.contrib.auth.models import Group, User
for role in {ROLES}:
    user = User.objects.create_user(role.lower(), password={PASSWORD!r}, is_staff=role == "Administrator")
    user.groups.add(Group.objects.get(name=role))
"""


@dataclass(frozen=True)
class OwnSite:
    """Where it answers, and where one logs in."""

    url: str

    @property
    def login_url(self) -> str:
        """The address of the login form."""
        return f"{self.url}accounts/login/"

    def cookies(self, role: str) -> str:
        """The cookies of a browser in which the account of this role logged in, as a header holds them."""
        jar = CookieJar()
        browser = build_opener(HTTPCookieProcessor(jar))
        page = browser.open(self.login_url).read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        sent = {"csrfmiddlewaretoken": token, "username": role.lower(), "password": PASSWORD}
        browser.open(self.login_url, urlencode(sent).encode())
        found = {cookie.name: cookie.value for cookie in jar}
        assert "sessionid" in found, f"{role} was not let in"
        return "; ".join(f"{name}={value}" for name, value in found.items())


@contextmanager
def own_site(folder: Path, analyses: int = 2) -> Iterator[OwnSite]:
    """Serve it on a database and a port of its own. Nothing else of the product runs: no scheduler, no workers."""
    port = free_port()
    environment = {
        **os.environ,
        "SCANS_VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/dashboard.sqlite3",
        "PORT": str(port),
        "SCANS_DEMO_PORT": str(free_port()),
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
    }
    for command in (("first_run",), ("sample_data", f"--analyses={analyses}"), ("shell", "-c", PEOPLE)):
        run = [sys.executable, "manage.py", *command]
        subprocess.run(run, cwd=ROOT, env=environment, check=True, capture_output=True)
    command, url = [sys.executable, "manage.py", "run_web"], f"http://127.0.0.1:{port}/"
    with serving(command, f"{url}healthz", cwd=ROOT, env=environment):
        yield OwnSite(url)
