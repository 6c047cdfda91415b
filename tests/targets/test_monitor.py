"""Our own eyes on a site: when it counts as lost, and when not."""

import threading
from time import monotonic, sleep

import pytest

from scans.prescan.connection import check_connection
from scans.reasons import Reason
from scans.targets import monitor
from scans.targets.monitor import Look, Outlook, Sight, SiteMonitor, look_at, why_lost
from scans.targets.policy import TargetPolicy
from scans.targets.refusal import Seen
from scans.timing import Timing
from tests.eventually import eventually
from tests.sites.controllable import ControllableSite

LOOPBACK = ("127.0.0.1",)


@pytest.fixture
def site():
    with ControllableSite() as site:
        yield site


def usual_of(site):
    """What the site's page answers now."""
    return check_connection(site.url, TargetPolicy(["127.0.0.0/8"]), has_login=True).usual


@pytest.fixture
def watch(site):
    """A watch that looks often."""
    watch = SiteMonitor(site.url, LOOPBACK, Timing(between_looks=0.05, between_looks_after_failure=0.05))
    yield watch
    watch.finish()
    if watch.ident:
        watch.join(5)


def sight(site, usual=None):
    return look_at(site.url, LOOPBACK, usual=usual).sight


@pytest.mark.parametrize("status", [200, 301, 401, 403, 404, 499])
def test_whatever_is_no_server_error_is_an_answer(site, status):
    site.status = status
    assert sight(site) == Sight.ANSWERS


@pytest.mark.parametrize("switch", [{"status": 503}, {"status": 500}, {"close": True}])
def test_server_errors_and_closed_connections_are_none(site, switch):
    vars(site).update(switch)
    assert sight(site) == Sight.FAILS


def test_a_certificate_that_is_not_trusted_is_told_as_such(settings):
    with ControllableSite(tls=True) as site:
        settings.SCANS_TLS_VERIFY = True
        look = look_at(site.url, LOOPBACK)
        assert (look.sight, look.lost.code) == (Sight.FAILS, "certificate_changed")
        timing = Timing(between_last_looks=0.01)
        assert "self-signed" in str(why_lost(site.url, LOOPBACK, timing).facts["error"]) and not site.requests
        settings.SCANS_TLS_VERIFY = False
        assert sight(site) == Sight.ANSWERS


@pytest.mark.parametrize("status", [429, 503])
def test_a_site_that_wants_to_be_left_alone_for_a_while_refuses_us(site, status):
    site.status, site.headers = status, {"Retry-After": "8"}
    look = look_at(site.url, LOOPBACK)
    assert (look.sight, look.wait, look.why.facts) == (Sight.REFUSES, 8, {"status": status})


@pytest.mark.parametrize(
    "switch", [{"status": 403}, {"status": 406}, {"status": 404}, {"body": "<h1>Access denied</h1>"}]
)
def test_a_block_page_refuses_us_where_another_page_was(site, switch):
    usual = usual_of(site)
    assert sight(site, usual) == Sight.ANSWERS
    vars(site).update(switch)
    assert sight(site, usual) == Sight.REFUSES


def test_a_block_page_that_says_nothing_is_told_by_being_given_everywhere(site):
    usual = usual_of(site)
    site.body = "<p>Reference 18.2f3</p>"
    assert sight(site, usual) == Sight.ANSWERS, "only the start page has changed"
    site.status = 200
    assert sight(site, usual) == Sight.REFUSES


def test_a_page_that_always_was_forbidden_or_wants_a_login_answers(site):
    for status in (401, 403):
        site.status = status
        assert sight(site, usual_of(site)) == Sight.ANSWERS


def test_a_silent_site_is_given_up_in_time(site, settings):
    settings.SCANS_CONNECT_TIMEOUT_SECONDS, site.hang = 0.3, True
    started = monotonic()
    assert sight(site) == Sight.SILENT
    assert monotonic() - started < 5


def test_a_page_that_always_was_slow_gets_its_time(site, settings):
    settings.SCANS_CONNECT_TIMEOUT_SECONDS, site.drip_head = 0.1, 0.005
    assert sight(site, Seen(200, seconds=5)) == Sight.ANSWERS


def test_a_site_that_is_gone_does_not_answer(site):
    site.stop()
    assert sight(site) == Sight.FAILS


def test_the_second_address_counts(site):
    look = look_at(f"http://owls.example:{site.port}/", ("127.0.0.3", "127.0.0.1"))
    assert look.sight == Sight.ANSWERS


def test_a_site_that_answers_is_not_lost(site, watch):
    watch.start()
    assert eventually(lambda: len(site.requests) >= 4) and not watch.lost


def test_a_site_is_lost_after_three_failures_in_a_row_and_not_before(site, watch):
    site.status = 503
    watch.start()
    assert eventually(lambda: watch.lost, 5) and len(site.requests) >= 3


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
    assert calm.wait(10) and not watch.lost


def test_an_answer_to_the_engine_takes_it_back(site, watch):
    site.status = 503
    watch.start()
    assert eventually(lambda: watch.lost, 5)
    site.status = 0
    watch.engine_got_answers()
    assert not watch.lost


def test_a_name_that_does_not_resolve_any_more_is_noticed_though_the_site_answers(site, watch, monkeypatch):
    def gone(host):
        raise OSError("no such name")

    watch.start()
    assert eventually(lambda: len(site.requests) >= 2) and not watch.dns_failed.is_set()
    monkeypatch.setattr(monitor, "resolve", gone)
    assert watch.dns_failed.wait(5) and not watch.lost


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


# --- What several looks add up to ---------------------------------------------------------------------

FAILS, SILENT, ANSWERS = Look(Sight.FAILS), Look(Sight.SILENT), Look(Sight.ANSWERS)
BLOCKED = Look(Sight.REFUSES, Reason("refused_block_page", status=403, usual=200))
LIMITED = Look(Sight.REFUSES, Reason("refused_too_many", status=429), wait=30)


@pytest.fixture
def passing(monkeypatch):
    """A clock that the test moves: `passing(seconds)`."""
    moment = [1000.0]
    monkeypatch.setattr(monitor, "monotonic", lambda: moment[0])

    def wait(seconds):
        moment[0] += seconds

    return wait


def outlook(passing, *looks, every=2.0, delaying=False, seen=None):
    """What is said of a site after each look, until it is lost or there are no more looks."""
    seen = seen or Outlook()
    for look in looks:
        if lost := seen.add(look, delaying=delaying):
            return lost.code
        passing(every)
    return ""


@pytest.mark.parametrize("look", [FAILS, SILENT])
def test_three_failures_in_a_row_are_enough(passing, look):
    assert outlook(passing, look, look) == "" and outlook(passing, look, look, look) == "site_silent"
    assert outlook(passing, look, look, ANSWERS, look, look) == ""


def test_silence_that_an_attack_may_have_caused_is_waited_for_and_not_for_ever(passing):
    assert outlook(passing, *[SILENT] * 34, every=7, delaying=True) == ""
    assert outlook(passing, *[SILENT] * 37, every=7, delaying=True) == "site_silent"
    assert outlook(passing, *[FAILS] * 3, delaying=True) == "site_silent", "nobody listens: it is gone"


def test_a_ban_of_a_minute_is_survived_and_one_that_lasts_is_not(passing):
    assert outlook(passing, *[BLOCKED] * 30, ANSWERS) == ""
    assert outlook(passing, *[BLOCKED] * 62) == "site_refuses"
    assert outlook(passing, *[LIMITED] * 6, every=30) == "site_refuses"


def test_a_site_that_asks_for_an_hour_is_lost_at_once(passing):
    asked = Look(Sight.REFUSES, LIMITED.why, wait=3600)
    assert outlook(passing, asked, asked) == "" and outlook(passing, asked, asked, asked) == "site_refuses"


def test_it_is_left_alone_for_as_long_as_it_asks(passing):
    seen = Outlook()
    seen.add(LIMITED)
    assert seen.wait == 30 and not seen.refuses
    seen.add(LIMITED)
    assert seen.refuses == LIMITED.why


@pytest.mark.parametrize(
    ("look", "pages", "counts"), [(FAILS, False, False), (BLOCKED, False, True), (BLOCKED, True, False)]
)
def test_what_the_engine_gets_takes_failures_back_and_only_pages_take_a_block_back(passing, look, pages, counts):
    seen = Outlook()
    for _ in range(2):
        seen.add(look)
        passing(2)
    assert seen.engine_got(pages=pages) is not counts and seen.answers is not counts


def test_a_block_page_with_status_200_is_taken_back_by_no_page(passing):
    seen = Outlook()
    seen.add(Look(Sight.REFUSES, Reason("refused_block_page", status=200, usual=200)))
    passing(5)
    assert not seen.engine_got(pages=True)


def test_at_the_end_a_site_that_refuses_us_for_a_moment_is_waited_for(site):
    usual, timing = usual_of(site), Timing(between_last_looks=0.01, between_looks_after_failure=0.05, for_refusals=0.2)
    site.status = 403
    assert why_lost(site.url, LOOPBACK, timing, usual=usual).code == "site_refuses"
    threading.Timer(0.1, lambda: setattr(site, "status", 0)).start()
    assert not why_lost(site.url, LOOPBACK, timing, usual=usual)


def test_waiting_at_the_end_can_be_cut_short(site):
    ended, site.status = threading.Event(), 503
    ended.set()
    assert why_lost(site.url, LOOPBACK, ended=ended).code == "site_silent"


def test_a_site_that_asked_the_engine_to_wait_is_left_alone_by_us_too(site, watch):
    watch.rest(0.3)
    watch.start()
    sleep(0.2)
    assert not site.requests
    assert eventually(lambda: site.requests)


def test_an_engine_that_waits_again_and_again_does_not_stop_the_looks(site, watch):
    watch.start()
    for _ in range(20):
        watch.rest(0.2)  # much longer than until the next call
        sleep(0.05)
    assert 3 <= watch.looks < 10


@pytest.mark.parametrize("switch", [{"status": 503}, {"close": True}])
def test_an_engine_that_waits_for_a_failing_site_does_not_delay_the_looks(site, watch, switch):
    vars(site).update(switch)
    watch.start()
    assert eventually(lambda: watch.doubtful)
    watch.rest(60)
    assert eventually(lambda: watch.lost)


def test_a_look_can_be_asked_for(site):
    watch = SiteMonitor(site.url, LOOPBACK, Timing(between_looks=60))
    watch.start()
    wanted = watch.look_now()
    assert eventually(lambda: watch.looks >= wanted) and not watch.doubtful
    watch.finish()
    watch.join(5)
    assert not watch.is_alive()


@pytest.mark.parametrize(
    ("sight", "seconds"), [(Sight.ANSWERS, 10), (Sight.FAILS, 2), (Sight.SILENT, 0), (Sight.REFUSES, 2)]
)
def test_the_next_look_comes_sooner_after_a_failure_and_at_once_after_silence(sight, seconds):
    seen = Outlook()
    seen.add(Look(sight))
    assert seen.wait == seconds
