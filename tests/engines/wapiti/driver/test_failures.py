"""Errors inside the engine are reported with their address, and the scan runs on."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from scans.engines.base import CrawlSeen, ModuleFailed, Outcome
from scans.engines.wapiti import adapter
from tests.sites.controllable import ControllableSite

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


@pytest.mark.engine
def test_a_real_module_that_breaks_at_an_address_is_told_and_the_scan_completes(wapiti, start, job):
    with ControllableSite(headers={"Allow": "GET, PÜT"}) as site:  # no method, which Wapiti's module tries all the same
        heard = start(wapiti, job(site.url, modules=("methods", "csp")))
        assert heard.to_the_end().outcome == Outcome.COMPLETED
    failed = heard.of(ModuleFailed)
    assert {(event.module, event.method, event.url) for event in failed} == {
        ("methods", "GET", site.url),
        ("methods", "GET", f"{site.url}search"),
    }
    assert all("TypeError" in event.error for event in failed)
    [seen] = heard.of(CrawlSeen)
    assert seen.pages > 1 and not seen.only_scripts
