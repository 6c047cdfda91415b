"""A site that turns us away: the engine is held, let go when that ends, and ended when it lasts.

The engine plays a script (engines.fake); the site is a real one on loopback.
"""

import time
from dataclasses import replace
from threading import Timer

import pytest

from scans.engines.base import Command
from scans.engines.events import Doubted, Progress
from scans.engines.process import EngineProcess
from scans.models import ActivityLogEntry, UrlScan
from scans.reasons import Notice, Reason
from scans.statuses import UrlScanStatus as U
from tests import factories as make
from tests.eventually import meanwhile
from tests.workers.playing import ANSWERED, FINDING, OFTEN, REPORT, STARTED, once, paused, queued, run, run_for

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_shutdown_left")]
BLOCK = "<title>Forbidden</title><p>Your address was banned.</p>"
SOON = replace(OFTEN, for_refusals=1, for_delays=2, between_last_looks=0.1)
DOUBTED = Doubted(status=403, count=20)


@pytest.fixture
def told(monkeypatch):
    """The commands that engines get, but for those to stay."""
    commands, really_send = [], EngineProcess.send

    def send(engine_run, command):
        if command != Command.STAY:
            commands.append(command)
        really_send(engine_run, command)

    monkeypatch.setattr(EngineProcess, "send", send)
    return commands


def actions(scan):
    return set(ActivityLogEntry.objects.filter(url_scan=scan).values_list("action", flat=True))


def change(site, **switches):
    """Change the site as soon as a scan is in progress."""
    return lambda scan: vars(site).update(switches)


@pytest.mark.parametrize("switches", [{"status": 403}, {"status": 406}, {"body": BLOCK}, {"status": 429}])
def test_a_site_that_turns_us_away_for_good_is_unreachable_with_that_reason_and_what_was_found(site, told, switches):
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, change(site, **switches))
    scan = run(scan, STARTED, FINDING, ANSWERED, run_for(60), timing=SOON)
    thread.join()
    assert scan.status == U.SITE_UNREACHABLE_VERIFYING_RESULTS and scan.findings.count() == 1
    assert scan.reason.code == "site_refuses" and scan.reason.facts["why"].code.startswith("refused_")
    assert told == [Command.PAUSE, Command.REFUSED, Command.STOP] and not scan.pace
    assert "url_scan.held" in actions(scan)


def test_a_ban_that_ends_holds_the_engine_that_long_and_the_scan_completes(site, told):
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, change(site, status=403))
    let_in = meanwhile(lambda: Command.PAUSE in told, lambda: (time.sleep(0.5), vars(site).update(status=0)))
    ends = [run_for(1), replace(ANSWERED, refused=7, requests=20), REPORT]
    scan = run(scan, STARTED, FINDING, ANSWERED, *ends, timing=replace(SOON, for_refusals=30))
    thread.join(), let_in.join()
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS, scan.reason
    assert told == [Command.PAUSE, Command.REFUSED, Command.RESUME]
    assert {"url_scan.held", "url_scan.let_go", "url_scan.noticed"} <= actions(scan)
    assert scan.notices == [Notice("requests_refused", refused=7, requests=20)] and scan.requests_refused == 7


def test_a_page_shows_why_the_scan_waits(site, client):
    scan, shown = queued(site), []
    thread = once(scan, U.IN_PROGRESS, change(site, status=403))

    def look():
        client.force_login(make.user("Administrator"))
        pages = [scan.get_absolute_url(), scan.analysis.get_absolute_url()]
        shown.extend(client.get(page).content.decode() for page in pages)

    looking = meanwhile(lambda: make.fresh(scan).pace, look)
    run(scan, STARTED, FINDING, ANSWERED, run_for(60), timing=replace(SOON, for_refusals=4))
    thread.join(), looking.join()
    assert len(shown) == 2 and all("Waiting for the site to stop refusing us" in page for page in shown)


def test_a_doubt_is_settled_by_one_look_if_the_site_answers_as_usual(site, told):
    script = [STARTED, DOUBTED, run_for(0.6), ANSWERED, REPORT]
    scan = run(queued(site), *script, timing=replace(SOON, between_looks=60))
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS and told == [Command.RESUME]
    assert "url_scan.held" not in actions(scan)


def test_a_doubt_that_is_right_holds_the_engine_at_once(site, told):
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, change(site, status=403))
    script = [STARTED, FINDING, run_for(0.5), DOUBTED, run_for(60)]
    scan = run(scan, *script, timing=replace(SOON, between_looks=3))
    thread.join()
    assert told == [Command.REFUSED, Command.STOP] and scan.reason.code == "site_refuses"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_site_that_answers_the_engine_with_many_errors_completes(site, told, status):
    many = Progress(phase="attack", requests=400, responses={"2xx": 3, "4xx": 397}, urls_crawled=3)
    scan = run(queued(site), STARTED, FINDING, run_for(0.5), many, REPORT, timing=SOON)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS and not told and not scan.requests_refused


def test_a_firewall_that_lets_the_engine_in_and_not_our_look_ends_nothing(site):
    pages = [replace(ANSWERED, responses={"2xx": count}) for count in range(9, 60)]
    script = [step for page in pages for step in (page, {"do": "sleep", "seconds": 0.1})]
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, change(site, status=403))
    back = Timer(4, lambda: setattr(site, "status", 0))
    back.start()
    scan = run(scan, STARTED, *script, REPORT, timing=SOON)
    thread.join(), back.join()
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS, scan.reason


def test_silence_while_an_attack_told_the_site_to_wait_is_waited_for(site, told, settings):
    settings.SCANS_CONNECT_TIMEOUT_SECONDS = 0.3
    busy = replace(ANSWERED, delaying=True)
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, change(site, hang=True))

    def answer_again():
        time.sleep(1)
        site.hang = False

    back = meanwhile(lambda: Command.PAUSE in told, answer_again)
    script = [STARTED, busy, {"do": "sleep", "seconds": 2.5}, ANSWERED, REPORT]
    scan = run(scan, *script, timing=replace(SOON, for_delays=60, silence=60))
    thread.join(), back.join()
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS, scan.reason
    assert told == [Command.PAUSE, Command.RESUME]
    held = ActivityLogEntry.objects.get(url_scan=scan, action="url_scan.held")
    assert held.reason == Reason("pace_busy")


def test_a_site_that_falls_silent_for_good_during_such_an_attack_is_lost_in_time(site, told, settings):
    settings.SCANS_CONNECT_TIMEOUT_SECONDS = 0.3
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, change(site, hang=True))
    busy = replace(ANSWERED, delaying=True)
    began = time.monotonic()
    timing = replace(SOON, silence=60, to_obey=0.5, to_die=0.3)
    scan = run(scan, STARTED, FINDING, busy, {"do": "sleep", "seconds": 60}, timing=timing)
    thread.join()
    assert scan.status == U.SITE_UNREACHABLE_VERIFYING_RESULTS and scan.reason == Reason("site_silent")
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("progress", "pace"),
    [
        (replace(ANSWERED, seconds_to_wait=8), Reason("pace_waits", count=8)),
        (replace(ANSWERED, requests_per_minute=40), Reason("pace_slow", count=40)),
    ],
)
def test_the_engines_own_waiting_is_shown_and_logged(site, progress, pace):
    scan, shown = queued(site), []
    looking = meanwhile(lambda: make.fresh(scan).pace, lambda: shown.append(make.fresh(scan).pace))
    scan = run(scan, STARTED, progress, {"do": "sleep", "seconds": 1.5}, ANSWERED, REPORT)
    looking.join()
    assert shown == [pace] and not scan.pace
    assert ActivityLogEntry.objects.get(url_scan=scan, action="url_scan.slowed").reason == pace


def test_a_scan_whose_every_request_was_refused_says_so(site):
    refused = Progress(phase="crawl", requests=3, responses={"4xx": 3}, refused=3)
    scan = run(queued(site), STARTED, refused, REPORT)
    assert scan.status == U.SITE_UNREACHABLE_STOPPED and scan.reason == Reason("site_refused_everything", count=3)


def test_refusals_before_a_pause_count_too_and_a_site_that_refuses_on_resuming_is_unreachable(site):
    scan = paused(queued(site))
    UrlScan.objects.filter(pk=scan.pk).update(requests_refused=5)
    site.status = 403
    scan = run(scan, STARTED, timing=SOON)
    assert scan.status == U.SITE_UNREACHABLE_VERIFYING_RESULTS and "turns us away" in str(scan.reason)
    scan = paused(queued_again(site))
    UrlScan.objects.filter(pk=scan.pk).update(requests_refused=5)
    scan = run(scan, STARTED, FINDING, replace(ANSWERED, refused=2), REPORT)
    assert scan.requests_refused == 7


def queued_again(site):
    site.status = 0
    return queued(site, name="Another")
