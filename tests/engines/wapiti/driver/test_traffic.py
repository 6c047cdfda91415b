"""Every request of the engine: where it may go, how many, how fast, and when a site counts as gone."""

from __future__ import annotations

import pytest

from scans.engines.base import Command, Session
from scans.engines.events import Ended, FindingReported, LogLine, Outcome, Progress, Started, UrlCrawled
from tests.sites.bombs import BombSite
from tests.sites.controllable import ControllableSite, certificate

pytestmark = pytest.mark.engine


def test_a_site_that_goes_away_is_unreachable_and_results_are_kept(wapiti, weak_site, start, job, tmp_path):
    moments = {
        "in the attack": lambda event: isinstance(event, FindingReported),
        "in the crawl": lambda event: isinstance(event, UrlCrawled),
        "at the start": lambda event: isinstance(event, Started),
    }
    runs = []
    for moment, told in moments.items():
        site = weak_site(delay=0.01)
        if moment == "at the start":
            site.stop()
        runs.append((moment, told, site, start(wapiti, job(site.url, directory=tmp_path / moment))))
    for _, told, site, heard in runs:
        heard.until(told)
        site.stop()
    for moment, _, _, heard in runs:
        ended = heard.to_the_end()
        assert (moment, ended.outcome) == (moment, Outcome.UNREACHABLE)
        assert ended.reason in ("site_answers_nothing", "site_network_errors")
        assert heard.of(Progress)[-1].network_errors > 0
    assert wapiti.read_report(tmp_path / "in the attack").findings


def test_a_site_that_cuts_half_of_all_connections_is_not_unreachable(wapiti, weak_site, start, job):
    site = weak_site(delay=0.02)
    heard = start(wapiti, job(site.url, modules=("sql", "xss")))
    heard.until(lambda event: isinstance(event, LogLine) and "module sql" in event.text)
    site.hang_up = 0.5
    assert heard.to_the_end() == Ended(outcome=Outcome.COMPLETED)
    assert heard.of(Progress)[-1].network_errors > 5


def test_no_request_leaves_for_another_host_or_port(wapiti, weak_site, start, job):
    other = weak_site()
    by_name = other.url.replace("127.0.0.1", "localhost")
    site = weak_site(links=(other.url, by_name), redirect_to=other.url)
    heard = start(wapiti, job(site.url, modules=("redirect", "xss")))
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    assert other.asked == []


def test_a_budget_of_requests_is_kept(wapiti, weak_site, start, job):
    site = weak_site()
    heard = start(wapiti, job(site.url, max_requests=50))
    assert heard.to_the_end().outcome == Outcome.BUDGET_USED_UP
    assert len(site.asked) == 50
    wapiti.read_report(job().directory)


def test_a_rate_of_requests_is_kept(wapiti, weak_site, start, job):
    site = weak_site()
    heard = start(wapiti, job(site.url, modules=("csp",), requests_per_second=5))
    heard.to_the_end()
    times = [when for when, _ in site.asked]
    assert (len(times) - 1) / (times[-1] - times[0]) < 5.5


def test_a_site_that_falls_silent_does_not_hang_the_engine(wapiti, weak_site, start, job):
    site = weak_site(pages=40, delay=0.05)
    heard = start(wapiti, job(site.url, modules=("csp", "sql"), read_timeout_seconds=0.2))
    heard.until(lambda event: isinstance(event, UrlCrawled) and "/page/" in event.url)
    site.silent = True
    assert heard.to_the_end().outcome == Outcome.UNREACHABLE


def test_an_endless_page_does_not_hold_the_scan_up(wapiti, weak_site, start, job):
    site = weak_site(links=("/endless",))
    heard = start(wapiti, job(site.url, modules=("csp",)))
    heard.until(lambda event: isinstance(event, UrlCrawled) and event.url.endswith("/notes"))
    heard.run.send(Command.STOP)
    assert heard.to_the_end().outcome == Outcome.STOPPED


def test_a_certificate_that_is_not_trusted_gets_no_request_and_no_header_of_a_login(start, wapiti, job):
    with ControllableSite(tls=True) as site:
        session = Session(headers=(("authorization", "Bearer of-a-member"),))
        heard = start(wapiti, job(site.url, session=session))
        ended = heard.to_the_end()
    assert (ended.outcome, ended.reason) == (Outcome.UNREACHABLE, "certificate_changed")
    assert "self-signed" in ended.facts["error"] and not site.requests


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_is_accepted_where_it_is_trusted_or_need_not_be(start, wapiti, job, monkeypatch, trusted):
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", certificate()[0])
    with ControllableSite(tls=True) as site:
        start(wapiti, job(site.url, tls_verify=trusted)).until(lambda event: isinstance(event, UrlCrawled))
        assert site.requests


def test_bombs_take_bounded_memory_and_do_not_end_the_scan(start, wapiti, job):
    with BombSite() as site:
        heard = start(wapiti, job(site.url, depth=1, modules=("cookieflags",)))
        ended = heard.to_the_end()
    crawled = {event.url.rpartition("/")[2] for event in heard.of(UrlCrawled)}
    assert ended.outcome == Outcome.COMPLETED and crawled >= {"", "fine", "gzip", "nested", "deflate", "chunks"}
    assert max(event.memory_bytes for event in heard.of(Progress)) < 512 * 1024**2
