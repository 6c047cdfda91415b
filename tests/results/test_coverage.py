"""The addresses of a site as rows: each once, with how far the scan came with it."""

from dataclasses import replace

import pytest

from scans import transitions
from scans.configuration.submission import configuration
from scans.engines.events import AddressSeen, Reach, UrlCrawled
from scans.maintenance import removal
from scans.models import Actor, CrawledUrl
from scans.reasons import Reason
from scans.results import coverage
from tests import factories

pytestmark = pytest.mark.django_db


def seen(path: str, reach: Reach = Reach.FOUND, **fields) -> AddressSeen:
    return AddressSeen(reach=reach, method="GET", url=f"http://h/{path}", **fields)


def crawled(path: str, status: int = 200) -> UrlCrawled:
    return UrlCrawled(method="GET", url=f"http://h/{path}", status=status)


def rows(scan) -> set[tuple]:
    found = scan.crawled_urls.values_list("url", "reach", "answer", "reason")
    return {(*cells, str(reason)) for *cells, reason in found}


@pytest.fixture
def scan():
    return factories.running().url_scans.get()


def test_one_address_is_one_row_whatever_its_query(scan):
    coverage.store(scan, [seen("a"), crawled("a?x=1"), crawled("a?x=2#there", 404)])
    coverage.store(scan, [crawled("a", 500)])
    assert rows(scan) == {("http://h/a", "found", 500, "")}


def test_what_was_found_is_attacked_and_stays_so(scan):
    coverage.store(scan, [seen("a")])
    coverage.store(scan, [seen("a", Reach.ATTACKED), crawled("a")])
    coverage.store(scan, [seen("a")])
    assert rows(scan) == {("http://h/a", "attacked", 200, "")}


def test_found_and_attacked_may_come_together(scan):
    coverage.store(scan, [seen("a", Reach.ATTACKED), seen("a")])
    assert rows(scan) == {("http://h/a", "attacked", 0, "")}


def test_an_address_that_an_attack_guessed_is_none_of_the_site(scan):
    coverage.store(scan, [seen("backup.zip", Reach.ATTACKED)])
    assert not rows(scan)


@pytest.mark.parametrize("together", [True, False])
def test_what_is_skipped_says_why(scan, together):
    events = [seen("logout"), seen("logout", Reach.SKIPPED, reason="It ends the login.")]
    for part in [events] if together else [events[:1], events[1:]]:
        coverage.store(scan, part)
    assert rows(scan) == {("http://h/logout", "skipped", 0, "It ends the login.")}


def test_a_site_that_makes_up_addresses_is_recorded_up_to_a_bound(scan, monkeypatch):
    monkeypatch.setattr(coverage, "MAX_ADDRESSES", 3)
    coverage.store(scan, [seen(str(number)) for number in range(2)])
    coverage.store(scan, [seen(str(number)) for number in range(9)])
    coverage.store(scan, [crawled("0")])
    assert scan.crawled_urls.count() == 3
    assert ("http://h/0", "found", 200, "") in rows(scan)


def test_coverage_goes_with_the_results():
    analysis = factories.published()
    coverage.store(analysis.url_scans.get(), [seen("a")])
    transitions.delete(analysis, by=Actor.COMMAND)
    removal.remove(factories.fresh(analysis))
    assert not CrawledUrl.objects.exists()


def test_an_address_that_is_left_out_names_its_pattern_its_level_and_who_gave_it():
    patterns = "http://127.0.0.1:9/ *item*\n/logout\n*delete*\nusual:reset\nhttp://127.0.0.1:8/ *do*"
    scan = factories.running("http://127.0.0.1:9/", left_out=patterns).url_scans.get()
    paths = ["logout?a=1", "item/Delete?id=7", "item/5", "%52eset", "?do=100%25"]
    coverage.store(scan, [seen(path, Reach.SKIPPED, reason="left_out") for path in paths])
    by = {"by": Actor.COMMAND}
    assert {row.url: row.reason for row in scan.crawled_urls.all()} == {
        "http://h/logout?a=1": Reason("left_out_for_all", pattern="/logout", **by),
        "http://h/item/Delete?id=7": Reason("left_out_for_all", pattern="*delete*", **by),  # the first of the two
        "http://h/item/5": Reason("left_out_for_url", pattern="*item*", **by),
        "http://h/%52eset": Reason("left_out_for_all", pattern="*reset*", **by),
        "http://h/?do=100%25": Reason("left_out"),  # the engine says so, and no pattern of this URL does
    }
    told = str(scan.crawled_urls.get(url="http://h/item/5").reason)
    assert told == "Left out of the scan of this URL alone by the pattern *item*, given by: Command line."


def test_who_changed_the_patterns_last_gave_them():
    submitter, another = factories.user(), factories.user()
    analysis = transitions.save(factories.submission(), by=submitter)
    changed = replace(configuration(analysis), left_out="/logout")
    for by, option in ((submitter, {"depth": 3}), (another, {"left_out": "/x"}), (submitter, {"depth": 4})):
        changed = replace(changed, **option)
        transitions.change(analysis, changed, by=by)
    coverage.store(factories.fresh(analysis).url_scans.get(), [seen("x", Reach.SKIPPED, reason="left_out")])
    assert CrawledUrl.objects.get().reason.facts["by"] == another.username
