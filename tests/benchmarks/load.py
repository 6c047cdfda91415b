"""People of all roles at once, beside slow clients: python -m tests.benchmarks.load. `make load` calls it.

Twenty clients log in by the form, one after another as each role, and do what people do for a minute against the web
server that the Procfile starts: open pages, poll as they do, submit, log in again. Nine more send a request and never
end it. Prints how long the answers took, and fails where one was an error.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, contextmanager
from html import unescape
from socket import create_connection
from statistics import median, quantiles
from urllib.parse import urlsplit

import httpx

from tests.benchmarks import databases
from tests.benchmarks.databases import ROOT, Database
from tests.benchmarks.pages import LIST, POLL
from tests.benchmarks.soak import SECONDS_TO_ANSWER, web_server

ROLES = ("Viewer", "Submitter", "Reviewer", "Administrator")
PASSWORD = "a-password-of-the-load"  # noqa: S105 - of accounts in a database of made-up analyses
SECONDS_TO_COME = 15  # within which all have begun to log in
SECONDS_TO_READ = (0.2, 1.5)  # between two things that a person does
ANALYSIS = re.compile(r'data-analysis-id="(\d+)"')
UNFINISHED = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
# Makes the accounts; run with the product's own settings. The last line is a JSON list of an analysis' addresses.
PEOPLE = """
from django.contrib.auth.models import Group, User
for number in range({count}):
    role = {roles}[number % {every}]
    user, _ = User.objects.get_or_create(username=f"load-{{number}}", defaults=dict(is_staff=role == "Administrator"))
    user.set_password({password!r})
    user.save()
    user.groups.set([Group.objects.get(name=role)])
"""


class Person:
    """A browser of somebody with a role: what was done in it, how long each answer took, and which were errors."""

    def __init__(self, base_url: str, number: int):
        # The server closes connections that are idle for two seconds, and a browser then opens another.
        limits = httpx.Limits(keepalive_expiry=1)
        self._client = httpx.AsyncClient(
            base_url=base_url, limits=limits, timeout=SECONDS_TO_ANSWER, follow_redirects=True
        )
        self.name, self._role = f"load-{number}", ROLES[number % len(ROLES)]
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()
        self._poll, self._analyses = LIST, ["1"]

    def actions(self) -> list[Callable[[], Awaitable[None]]]:
        """What this person does, each as often as it stands here."""
        may_submit = [self.submit] if self._role != "Viewer" else []
        return [*[self.list_page] * 5, *[self.poll] * 8, *[self.summary] * 4, self.home, self.log_in, *may_submit]

    async def work(self, until: float) -> None:
        """Log in, and do one thing after the other until this moment."""
        async with self._client:
            await asyncio.sleep(random.uniform(0, SECONDS_TO_COME))  # noqa: S311 - no secret
            await self.log_in()
            await self.list_page()
            while time.monotonic() < until:
                await asyncio.sleep(random.uniform(*SECONDS_TO_READ))  # noqa: S311
                await random.choice(self.actions())()  # noqa: S311

    async def log_in(self) -> None:
        """Give name and password to the login form, in a browser without a session."""
        self._client.cookies.clear()
        await self._ask("login page", "GET", "/accounts/login/")
        answer = await self._send("log in", "/accounts/login/", {"username": self.name, "password": PASSWORD})
        if answer is not None and "sessionid" not in self._client.cookies:
            self.errors["log in: refused"] += 1

    async def list_page(self) -> None:
        """Open the list; with a search every second time."""
        query = random.choice([{}, {"q": "portal"}])  # noqa: S311
        answer = await self._ask("list", "GET", LIST, params=query)
        if answer is not None and (found := POLL.search(answer.text)):
            polled = unescape(found[1])
            self._poll = LIST + polled if polled.startswith("?") else polled
            self._analyses = ANALYSIS.findall(answer.text) or self._analyses

    async def poll(self) -> None:
        """Ask for news, as the open list does."""
        await self._ask("poll", "GET", self._poll, headers={"HX-Request": "true", "X-Poll": "true"})

    async def summary(self) -> None:
        """Open one of the analyses of the list."""
        await self._ask("summary", "GET", f"{LIST}{random.choice(self._analyses)}/")  # noqa: S311

    async def home(self) -> None:
        """Open the first page."""
        await self._ask("home", "GET", "/")

    async def submit(self) -> None:
        """Save an analysis with the form."""
        fields = {"name": f"Load {time.time_ns()}", "urls": "http://127.0.0.1:9/", "authorised": "on", "mode": "save"}
        fields |= {"duration": "60", "publication": "automatic", "time_zone": "UTC", "depth": "1"}
        await self._ask("form", "GET", f"{LIST}new/")
        await self._send("submit", f"{LIST}new/", fields)

    async def _send(self, what: str, address: str, fields: dict[str, str]) -> httpx.Response | None:
        """Post a form with the token of the page before."""
        token = {"csrfmiddlewaretoken": self._client.cookies.get("csrftoken", "")}
        return await self._ask(what, "POST", address, data=token | fields)

    async def _ask(self, what: str, method: str, address: str, **options) -> httpx.Response | None:
        began = time.monotonic()
        try:
            answer = await self._client.request(method, address, **options)
        except httpx.HTTPError as error:
            self.errors[f"{what}: {type(error).__name__}"] += 1
            return None
        self.seconds[what].append(time.monotonic() - began)
        if answer.status_code >= 400:
            self.errors[f"{what}: {answer.status_code}"] += 1
        return answer


@contextmanager
def slow_clients(base_url: str, count: int):
    """So many connections, each with a request that is never sent to its end."""
    place = urlsplit(base_url)
    with ExitStack() as connections:
        for _ in range(count):
            connections.enter_context(create_connection((place.hostname, place.port))).sendall(UNFINISHED)
        yield


async def _together(base_url: str, count: int, seconds: float) -> list[Person]:
    people = [Person(base_url, number) for number in range(count)]
    until = time.monotonic() + seconds
    await asyncio.gather(*(person.work(until) for person in people))
    return people


def load(database: Database, clients: int, seconds: float, slow: int) -> bool:
    """Let people work on this database, print what it was like, and return whether no answer was an error."""
    database.manage("collectstatic", "--no-input", "--verbosity=0")
    _make_accounts(database, clients)
    with web_server(database) as base_url, slow_clients(base_url, slow):
        people = asyncio.run(_together(base_url, clients, seconds))
    print(
        f"\n{database.kind}, {database.analyses:,} analyses: {clients} people for {seconds:.0f} s, {slow} slow clients"
    )
    told(people)
    return not any(person.errors for person in people)


def told(people: list[Person]) -> None:
    """Print a line for each thing that people did, one for all together, and the errors."""
    times = defaultdict(list)
    for person in people:
        for what, seconds in person.seconds.items():
            times[what] += seconds
    everything = [one for seconds in times.values() for one in seconds]
    for what, seconds in [*sorted(times.items()), ("all together", everything)]:
        print(f"{what:13} {len(seconds):6,} answers   {_spread(seconds)}")
    errors = sum((person.errors for person in people), Counter())
    print("errors:", json.dumps(errors) if errors else "none", flush=True)


def _spread(seconds: list[float]) -> str:
    cuts = quantiles(seconds, n=20) if len(seconds) > 1 else seconds * 19
    return (
        f"p50 {median(seconds) * 1000:6.0f} ms   p95 {cuts[-1] * 1000:6.0f} ms   longest {max(seconds) * 1000:6.0f} ms"
    )


def _make_accounts(database: Database, count: int) -> None:
    code = PEOPLE.format(count=count, roles=ROLES, every=len(ROLES), password=PASSWORD)
    command = [sys.executable, "manage.py", "shell", "-c", code]
    subprocess.run(command, cwd=ROOT, env=database.environment, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """On every kind of database there is; exit code 1 where an answer was an error."""
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    parser.add_argument("--tier", type=int, default=1_000, help="analyses in the database")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=20, help="people, of all roles in turn")
    parser.add_argument("--slow", type=int, default=9, help="clients that never end their request")
    given = parser.parse_args()
    well = [
        load(databases.with_load(kind, given.tier), given.clients, given.seconds, given.slow)
        for kind in databases.kinds()
    ]
    sys.exit(not all(well))


if __name__ == "__main__":
    main()
