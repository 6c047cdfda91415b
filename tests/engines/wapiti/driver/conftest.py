"""The driver's traffic without Wapiti and without a network: a function answers all requests."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from scans.engines.wapiti import adapter

# Each after those that it imports.
MODULES = "bounds cookies rules network login lanes pace alike bursts timing refusals silence traffic".split()
SITE = "http://shop.example/"


def answer(status=200, body="<title>Shop</title>", **headers):
    """A response of the site."""
    values = {"content-type": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return httpx.Response(status, headers=values, stream=httpx.ByteStream(body.encode()))


class Said:
    """The driver's channel: what it would send to the product."""

    def __init__(self):
        self.events, self.lines, self.secrets = [], [], set()

    def send(self, event, **values):
        self.events.append({"event": event, **values})

    def log(self, level, text):
        self.lines.append(text)


class Alone:
    """Sends requests through the driver's traffic. `modules` are its files by name, `said` is its channel."""

    def __init__(self, modules, site):
        self.modules, self.said, self.asked, self.ends = modules, Said(), [], []
        job = {
            **{"url": SITE, "headers": [], "left_out": [], "excluded": [], "http_login": None, "session": None},
            **{"max_requests": 1000, "requests_per_second": 0, "requests_at_once": 6, "read_timeout_seconds": 10},
            "tls_verify": True,
        }
        login = modules["login"].Login(job, self.said)
        self.traffic = modules["traffic"].Traffic(job, self.end, login, lambda *_: None)

        async def send(transport, request):
            self.asked.append(str(request.url).removeprefix(SITE[:-1]))
            return site(self.asked[-1])

        modules["traffic"].send_by_httpx = send

    def end(self, outcome, reason="", **facts):
        self.ends.append((outcome, reason, facts))
        self.traffic.stop()

    async def get(self, path):
        """Return the status that Wapiti gets to see; None if the request is refused or fails."""
        try:
            response = await self.traffic.handle(None, httpx.Request("GET", httpx.URL(SITE).join(path)))
        except httpx.TransportError:
            return None
        return response.status_code

    def run(self, work):
        """Run a coroutine, within ten seconds."""
        return asyncio.run(asyncio.wait_for(work, 10))


@pytest.fixture
def alone(imported_flat):
    """A function that makes an `Alone` whose requests are answered by a function of the path."""
    folder = Path(adapter.DRIVER).parent

    def make(site):
        modules = {name: imported_flat(folder / f"{name}.py") for name in MODULES}
        refusals, silence = modules["refusals"], modules["silence"]
        refusals.SHORTEST_WAIT, refusals.LONGEST_PAUSE, refusals.SECONDS_UNTIL_FOR_GOOD = 0.01, 0.05, 0.3
        modules["bursts"].WAITS_IF_SAID, modules["bursts"].WAITS = (0.05, 0.1, 0.1), (0.05, 0.1)
        silence.SECONDS_BETWEEN_PROBES, silence.SECONDS_FOR_DELAYS = 0.01, 5
        modules["pace"].GROWTH, modules["pace"].SLOWEST = 20, 20
        return Alone(modules, site)

    return make
