"""Many dashboards open at once while much changes: python -m tests.benchmarks.soak. `make soak` calls it.

200 lists poll as the page does, from the web server that the Procfile starts, while real verbs make 20 transitions
a second. In the end each must show what the database holds: what a list has heard of row by row is compared with the
page as it is then. Prints the latencies of the polls beside those of a bare view, asked in turns under the same load.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from statistics import median, quantiles

import httpx

from tests.benchmarks import databases
from tests.benchmarks.databases import ROOT, Database
from tests.benchmarks.pages import EMPTY, LIST, POLL
from tests.benchmarks.sides import opened
from tests.sites.serving import free_port

ROW = re.compile(r'data-analysis-id="(\d+)".*?data-status="(\w+)"', re.DOTALL)
VERSION = re.compile(r"(?<=[?&]v=)[\d.]+")
SECONDS_BETWEEN_POLLS = 2
SECONDS_TO_ANSWER = 60


class Dashboard:
    """One open list: what it shows, and how long its polls took."""

    def __init__(self, client: httpx.AsyncClient):
        self._client = client
        self.rows: dict[str, str] = {}
        self.polls: list[float] = []
        self.bare: list[float] = []
        self.answers: Counter[str] = Counter()

    async def open(self) -> None:
        """Load the whole page."""
        response = await self._client.get(LIST)
        response.raise_for_status()
        self._take_whole(response.text)

    async def watch(self, until: float) -> None:
        """Poll every two seconds, as the page does."""
        await asyncio.sleep(random.random() * SECONDS_BETWEEN_POLLS)
        while time.monotonic() < until:
            self.polls.append(await self.poll())
            began = time.monotonic()
            (await self._client.get(EMPTY, headers={"HX-Request": "true"})).raise_for_status()
            self.bare.append(time.monotonic() - began)
            await asyncio.sleep(SECONDS_BETWEEN_POLLS)

    async def poll(self) -> float:
        """Ask once, and show what comes: seconds it took."""
        began = time.monotonic()
        response = await self._client.get(self._poll, headers={"HX-Request": "true"})
        seconds = time.monotonic() - began
        response.raise_for_status()
        self._take(response)
        return seconds

    def _take(self, response: httpx.Response) -> None:
        change = "nothing" if response.status_code == 204 else response.headers["X-List-Change"].partition(";")[0]
        self.answers[change] += 1
        if change == "whole":
            self._take_whole(response.text)
        elif change == "rows":
            self.rows.update(ROW.findall(response.text))
            self._poll = VERSION.sub(response.headers["X-List-Version"], self._poll)

    def _take_whole(self, text: str) -> None:
        self.rows = dict(ROW.findall(text))
        polled = unescape(POLL.search(text)[1])
        self._poll = LIST + polled if polled.startswith("?") else polled


@contextmanager
def web_server(database: Database) -> Iterator[str]:
    """The Procfile's own, on this database: its address."""
    line = next(line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith("web:"))
    command = re.search(r'RUN="([^"]+)"', line)[1]
    port = str(free_port())
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    variables = {**database.environment, "PATH": path, "SCANS_BIND": "127.0.0.1", "DASHBOARD_PORT": port, "PORT": port}
    server = subprocess.Popen(["sh", "-c", f"exec {command}"], cwd=ROOT, env=variables)
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(url: str) -> None:
    for _ in range(150):
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            time.sleep(0.2)
    raise TimeoutError("The web server did not start.")


async def _watched(
    base_url: str, session: str, count: int, seconds: float, begin: Callable[[], None]
) -> tuple[list[Dashboard], int]:
    """So many dashboards, after so many seconds; and how many of them show something else than the list then holds.

    Calls `begin` once all are open.
    """
    # The server closes connections that are idle for two seconds, and a browser then opens another.
    limits = httpx.Limits(max_connections=None, keepalive_expiry=1)
    async with httpx.AsyncClient(
        base_url=base_url, cookies={"sessionid": session}, limits=limits, timeout=SECONDS_TO_ANSWER
    ) as client:
        dashboards = [Dashboard(client) for _ in range(count)]
        for dashboard in dashboards:
            await dashboard.open()
        begin()
        until = time.monotonic() + seconds
        await asyncio.gather(*(dashboard.watch(until) for dashboard in dashboards))
        await asyncio.gather(*(dashboard.poll() for dashboard in dashboards))
        truth = Dashboard(client)
        await truth.open()
        return dashboards, sum(dashboard.rows != truth.rows for dashboard in dashboards)


def soak(kind: str, arguments: argparse.Namespace) -> bool:
    """Run it on one kind of database and print what it was like; whether all was well."""
    database = databases.with_load(kind, arguments.tier)
    database.manage("collectstatic", "--no-input", "--verbosity=0")
    with opened(database) as (side,), web_server(database) as base_url:
        session = side("session")["key"]

        def drive() -> None:
            # A little less long than the dashboards are open: then all that happens can be seen.
            side.ask("make", what="drive", seconds=max(1, arguments.seconds - 5), a_second=arguments.transitions)

        dashboards, wrong = asyncio.run(_watched(base_url, session, arguments.dashboards, arguments.seconds, drive))
        driven = side.answer()
        side("make", what="put_away", ids=driven["ids"])
    print(f"\n{kind}, {arguments.tier:,} analyses: {_told(dashboards, driven)}", flush=True)
    print(f"Lists that show something else than the database holds in the end: {wrong}.", flush=True)
    return not wrong


def _told(dashboards: list[Dashboard], driven: dict) -> str:
    polls, bare = ([one for each in dashboards for one in getattr(each, name)] for name in ("polls", "bare"))
    answers = sum((each.answers for each in dashboards), Counter())
    said = ", ".join(f"{count:,} {name}" for name, count in sorted(answers.items()))
    return (
        f"{len(dashboards)} dashboards, {driven['done']:,} transitions ({driven['a_second']:.1f} a second), no error.\n"
        f"{len(polls):,} polls ({said}): {_spread(polls)}; the bare view under the same load: {_spread(bare)}; "
        f"medians {median(polls) / median(bare):.1f} × each other."
    )


def _spread(seconds: list[float]) -> str:
    return f"median {median(seconds) * 1000:.0f} ms, 95 % within {quantiles(seconds, n=20)[-1] * 1000:.0f} ms"


def main() -> None:
    """On every kind of database there is; exit code 1 where a list missed a change."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--tier", type=int, default=1_000, help="analyses in the database")
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--dashboards", type=int, default=200)
    parser.add_argument("--transitions", type=float, default=20, help="a second")
    arguments = parser.parse_args()
    well = [soak(kind, arguments) for kind in databases.kinds()]
    sys.exit(not all(well))


if __name__ == "__main__":
    main()
