"""How far a scan came with each address of a site."""

from __future__ import annotations

import pytest

from scans.engines.events import AddressSeen, Outcome, Reach

pytestmark = pytest.mark.engine


def test_coverage_tells_what_was_found_attacked_skipped_and_blocked(wapiti, weak_site, job, start):
    site = weak_site(pages=2, links=("http://elsewhere.example/shop?cart=7", "/logout?all=1"))
    heard = start(wapiti, job(site.url, modules=("xss", "csp"), excluded=(f"{site.url}logout",)))
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    seen = {(event.reach, event.method, event.url.removeprefix(site.url)) for event in heard.of(AddressSeen)}
    assert seen >= {
        (Reach.FOUND, "GET", "page/1"),
        (Reach.FOUND, "POST", "notes"),
        (Reach.ATTACKED, "GET", "search"),
        (Reach.SKIPPED, "GET", "logout"),
        (Reach.BLOCKED, "GET", "http://elsewhere.example/shop"),
    }
    assert not [event for event in heard.of(AddressSeen) if "?" in event.url]
    assert all(event.reason for event in heard.of(AddressSeen) if event.reach in (Reach.SKIPPED, Reach.BLOCKED))
