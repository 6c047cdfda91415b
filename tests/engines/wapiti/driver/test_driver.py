"""The engine's process: its memory limit, and its end when its worker is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from scans.engines.events import Outcome, Started
from tests.engines.wapiti.scanning import in_attack

pytestmark = pytest.mark.engine


def test_the_engine_ends_at_once_when_its_worker_is_gone(wapiti, weak_site, start, job):
    site = weak_site(delay=0.02)
    heard = start(wapiti, job(site.url))
    heard.until(in_attack)
    heard.run._process.stdin.close()  # what the end of our process does
    assert heard.to_the_end().outcome == Outcome.ORPHANED


def test_the_engine_has_a_memory_limit(wapiti, weak_site, start, job):
    heard = start(wapiti, job(weak_site(delay=0.05).url))
    heard.until(lambda event: isinstance(event, Started))
    limits = Path(f"/proc/{heard.run.pid}/limits").read_text()
    assert f"Max address space         {2 * 1024**3} " in limits


def test_too_little_memory_is_a_technical_end(wapiti, weak_site, start, job):
    heard = start(wapiti, job(weak_site(delay=0.1).url, memory_limit_bytes=150 * 1024**2))
    assert heard.to_the_end().outcome in (Outcome.TECHNICAL, Outcome.CRASHED)
