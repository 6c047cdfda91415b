"""Errors inside the engine are reported with their address, and the scan runs on."""

import asyncio
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from scans.engines.wapiti import adapter
from tests.engines.wapiti.driver.test_network import DRIVER_FOLDER

PAGE = SimpleNamespace(method="GET", url="http://shop.example/a?q=1")


@pytest.fixture
def failures(imported_flat):
    """The driver's failures, with a channel that keeps what is sent in `said`."""
    module = imported_flat(Path(adapter.DRIVER).parent / "failures.py")
    said = []
    channel = SimpleNamespace(
        send=lambda event, **values: said.append(values), masked=lambda text: text.replace("s3cret", "***")
    )
    failures = module.Failures(channel)
    failures.said_to_channel, failures.limit = said, module.MAX_REPORTS
    return failures


def test_an_address_that_a_module_dropped_is_reported_once_without_its_query(failures):
    for query in ("?q=1", "?q=2"):
        failures.note("xss", SimpleNamespace(method="GET", url=f"http://shop.example/a{query}"), KeyError("s3cret"))
    assert failures.said_to_channel == [
        {"module": "xss", "method": "GET", "url": "http://shop.example/a", "error": "KeyError: '***'"}
    ]


def test_a_module_that_broke_has_no_address_and_a_code_stays_a_code(failures):
    failures.note("sql", None, ValueError("x" * 9000))
    failures.note("crawl", PAGE, "page_too_large")
    broke, dropped = failures.said_to_channel
    assert (broke["method"], broke["url"]) == ("", "") and len(broke["error"]) == 500
    assert dropped["error"] == "page_too_large"


def test_there_is_a_limit(failures):
    for number in range(failures.limit + 5):
        failures.note("xss", SimpleNamespace(method="GET", url=f"http://shop.example/{number}"), "x")
    assert len(failures.said_to_channel) == failures.limit


# The driver's hooks around two modules: one breaks at an address and may leave one out, the other breaks as a whole.
BREAKING = """
import asyncio, sys
sys.path.insert(0, {folder!r})
from pathlib import Path
from types import SimpleNamespace
from hooks import Hooks
from traffic import Refused

def say(module, request, error):
    print(module, request and request.url, type(error).__name__)

async def attack(request, response=None):
    raise Refused("left out") if "out" in request.url else KeyError("owl")

async def run(attacker, module):
    if module.name == "sql":
        raise ValueError("broken")
    for path in ("a", "out"):
        try:
            await module.attack(SimpleNamespace(url=path))
        except Exception:
            pass

async def load(attacker, crawler):
    kept = dict(PRIORITY=5, do_get=True, do_post=False, must_attack=attack, attack=attack)
    return [SimpleNamespace(name=name, **kept) for name in NAMES]

NAMES = ["xss", "sql"]
sys.argv = ["driver.py", "-m", "xss,sql"]
silent = SimpleNamespace(send=lambda *_, **__: None)
scan = SimpleNamespace(
    job={{"url": "http://h/"}}, wish=None, failures=SimpleNamespace(note=say), modules_done=0, modules_broken=0,
    traffic=SimpleNamespace(crawling=True, timing=SimpleNamespace()), channel=silent,
    sights=SimpleNamespace(summary=dict),
)

async def main():
    hooks = Hooks(scan, Path("."))
    for module in await hooks.on_modules(load, None, None):
        await hooks.on_module(run, None, module)
    print(scan.modules_done, scan.modules_broken, scan.modules_total)

asyncio.run(main())
"""


@pytest.mark.engine
def test_a_module_that_breaks_is_told_and_the_next_one_runs(wapiti):
    program = BREAKING.format(folder=str(DRIVER_FOLDER))
    done = subprocess.run(
        [wapiti.python, "-B", "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.splitlines() == ["xss a KeyError", "sql None ValueError", "2 1 2"], done.stderr


@pytest.mark.parametrize(("broken", "outcome"), [(0, "completed"), (1, "completed"), (2, "technical")])
def test_a_scan_whose_modules_all_broke_is_not_complete(imported_flat, tmp_path, broken, outcome):
    scan = imported_flat(Path(adapter.DRIVER).parent / "scan.py").Scan
    seen = SimpleNamespace(
        traffic=SimpleNamespace(silence=SimpleNamespace(in_a_row=0), responses={"2xx": 9}, requests=9),
        **{"urls_crawled": 1, "modules_missing": set(), "modules_done": 2, "modules_total": 2},
        modules_broken=broken,
        report=tmp_path,
    )
    assert asyncio.run(scan.verdict(seen))[0] == outcome
