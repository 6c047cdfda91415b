"""Our own eyes on a site: when it counts as lost, and when not."""

import threading
from time import monotonic, sleep

import pytest

from scans.targets import monitor
from scans.targets.monitor import SiteMonitor, answers
from scans.timing import Timing
from tests.eventually import eventually
from tests.sites.controllable import ControllableSite

LOOPBACK = ("127.0.0.1",)


@pytest.fixture
def site():
    with ControllableSite() as site:
        yield site


@pytest.fixture
def watch(site):
    """A watch that looks often."""
    watch = SiteMonitor(site.url, LOOPBACK, Timing(between_looks=0.05, between_looks_after_failure=0.05))
    yield watch
    watch.finish()
    if watch.ident:
        watch.join(5)


@pytest.mark.parametrize("status", [200, 301, 401, 403, 404, 429, 499])
def test_whatever_is_no_server_error_is_an_answer(site, status):
    site.status = status
    assert answers(site.url, LOOPBACK)


@pytest.mark.parametrize("switch", [{"status": 503}, {"status": 500}, {"close": True}])
def test_server_errors_and_closed_connections_are_none(site, switch):
    vars(site).update(switch)
    assert not answers(site.url, LOOPBACK)


def test_a_silent_site_is_given_up_in_time(site, settings):
    settings.SCANS_CONNECT_TIMEOUT_SECONDS, site.hang = 0.3, True
    started = monotonic()
    assert not answers(site.url, LOOPBACK)
    assert monotonic() - started < 5


def test_a_site_that_is_gone_does_not_answer(site):
    site.stop()
    assert not answers(site.url, LOOPBACK)


def test_the_second_address_counts(site):
    assert answers(f"http://owls.example:{site.port}/", ("127.0.0.3", "127.0.0.1"))


def test_a_site_that_answers_is_not_lost(site, watch):
    watch.start()
    assert eventually(lambda: len(site.requests) >= 4) and not watch.lost.is_set()


def test_a_site_is_lost_after_three_failures_in_a_row_and_not_before(site, watch):
    site.status = 503
    watch.start()
    assert watch.lost.wait(5) and len(site.requests) >= 3


def test_single_failures_are_forgiven(site, watch):
    calm = threading.Event()

    def flicker():
        for _ in range(4):
            before = len(site.requests)
            site.status = 503
            eventually(lambda seen=before: len(site.requests) > seen)
            site.status = 0
            before = len(site.requests)
            eventually(lambda seen=before: len(site.requests) > seen)
        calm.set()

    threading.Thread(target=flicker, daemon=True).start()
    watch.start()
    assert calm.wait(10) and not watch.lost.is_set()


def test_an_answer_to_the_engine_takes_it_back(site, watch):
    site.status = 503
    watch.start()
    assert watch.lost.wait(5)
    site.status = 0
    watch.engine_got_answers()
    assert not watch.lost.is_set()


def test_a_name_that_does_not_resolve_any_more_is_noticed_though_the_site_answers(site, watch, monkeypatch):
    def gone(host):
        raise OSError("no such name")

    watch.start()
    assert eventually(lambda: len(site.requests) >= 2) and not watch.dns_failed.is_set()
    monkeypatch.setattr(monitor, "resolve", gone)
    assert watch.dns_failed.wait(5) and not watch.lost.is_set()


def test_single_failures_of_the_name_are_forgiven(site, watch, monkeypatch):
    looks = []

    def often_away(host):
        looks.append(host)
        if len(looks) % SiteMonitor.FAILURES_OF_THE_NAME:
            raise OSError("no such name")
        return LOOPBACK

    monkeypatch.setattr(monitor, "resolve", often_away)
    watch.start()
    assert eventually(lambda: len(looks) > 3 * SiteMonitor.FAILURES_OF_THE_NAME) and not watch.dns_failed.is_set()


def test_it_stops_looking_when_told(site, watch):
    watch.start()
    assert eventually(lambda: site.requests)
    watch.finish()
    watch.join(5)
    seen = len(site.requests)
    sleep(0.15)
    assert not watch.is_alive() and len(site.requests) == seen
