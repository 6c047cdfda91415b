"""Fixtures of the engine tests: the real engine, small sites, jobs, and runs that are ended whatever happens."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scans.engines.base import Command, Job
from scans.engines.events import Doubted, Ended, Event
from scans.engines.wapiti.adapter import WapitiEngine
from tests.sites.weak import WeakSite

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wapiti() -> WapitiEngine:
    """The real engine; a failure, not a skip, where it is not installed."""
    engine = WapitiEngine(Path(os.environ.get("SCANS_ENGINE_PYTHON") or ROOT / ".engine" / "bin" / "python"))
    preflight = engine.preflight()
    if not preflight.ok:
        pytest.fail(f"Wapiti: {preflight.problem} {preflight.facts}; run: make setup", pytrace=False)
    return engine


@pytest.fixture
def weak_site():
    """Makes weak sites, each on its own port, gone at the end of the test."""
    sites: list[WeakSite] = []

    def make(**options) -> WeakSite:
        sites.append(WeakSite(**options))
        return sites[-1]

    yield make
    for site in sites:
        site.silent = False
        site.stop()


@pytest.fixture
def job(tmp_path) -> Callable[..., Job]:
    """Makes jobs in the test's own directory."""

    def make(url: str = "http://127.0.0.1:9/", **values) -> Job:
        values.setdefault("directory", tmp_path / "scan")
        return Job(url=url, resolve={"127.0.0.1": ("127.0.0.1",)}, **values)

    return make


class Heard:
    """A started run and all that it has said so far."""

    def __init__(self, run):
        self.run = run
        self.events: list[Event] = []

    def of(self, kind: type) -> list:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def until(self, found: Callable[[Event], bool], seconds: float = 30) -> Event:
        """Listen until an event is found; fails the test when it does not come or the run ends before."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            new = self.run.events(0.1)
            self.events += new
            if any(isinstance(event, Doubted) for event in new):
                self.run.send(Command.RESUME)  # as the product, which finds that the site answers as usual
            for event in new:
                if found(event):
                    return event
            assert not self.of(Ended), f"ended too early: {self.events[-1]}"
        raise AssertionError(f"not heard in {seconds} s; last: {self.events[-3:]}")

    def to_the_end(self, seconds: float = 40) -> Ended:
        """Listen until the run has ended."""
        ended = self.of(Ended)
        return ended[0] if ended else self.until(lambda event: isinstance(event, Ended), seconds)


@pytest.fixture
def start():
    """Starts a job on an engine; what still runs at the end of the test is ended."""
    runs = []

    def begin(engine, job) -> Heard:
        runs.append(engine.start(job))
        return Heard(runs[-1])

    yield begin
    for run in runs:
        run.end(0)
