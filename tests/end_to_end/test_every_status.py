"""Every status of the catalogue by the real event that leads to it, and seen where people look.

A real engine process, a real site, the clock moved where a wait would be long. Each test names the
statuses that it reaches; the last one fails if the catalogue has a status that no test names.
"""

import functools
import os
import signal
import threading
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from scans import activity, transitions
from scans.engines.wapiti.adapter import WapitiEngine
from scans.login.base import Login, Method
from scans.models import Actor, Analysis, CrawlScript, ScanSettings, StopMode, TargetLogin
from scans.results import verification
from scans.statuses import PUBLISHED_AS, AnalysisStatus, UrlScanStatus
from scans.timing import Timing
from scans.transitions import Access
from scans.workers import leading, runner, scheduler, setup, supervision
from tests import factories as make
from tests.engines.wapiti.scanning import QuickWapiti
from tests.eventually import eventually
from tests.sites.guarded import PASSWORD, USER, GuardedSite
from tests.sites.serving import free_port
from tests.sites.weak import WeakSite

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
A, U = AnalysisStatus, UrlScanStatus
ME = Actor.COMMAND
HELD_UP = 0.5  # seconds before each answer of a site whose scan takes longer than any test needs to end it
NAMED: set = set()
ON_PAGES: set = set()


def reaches(*statuses):
    """The test reaches these statuses: the activity log says so, and the pages showed them."""
    NAMED.update(statuses)

    def decorate(test):
        @functools.wraps(test)
        def run(*args, **kwargs):
            test(*args, **kwargs)
            reached = seen_in_the_log()
            assert reached >= set(statuses), f"not reached: {set(statuses) - reached}"
            assert set(statuses) <= ON_PAGES, f"not shown: {set(statuses) - ON_PAGES}"

        return run

    return decorate


def seen_in_the_log() -> set:
    entries = [entry for analysis in Analysis.objects.all() for entry in analysis.activity.exclude(to_status="")]
    return {(U if entry.url_scan_id else A)(entry.to_status) for entry in entries}


@pytest.fixture(autouse=True)
def _seen_on_the_pages(monkeypatch):
    """As soon as a status is entered, look whether people see it, while nobody may enter another one."""
    client = Client()
    client.force_login(make.user("Reviewer"))
    really_record = activity.record
    moving, entered = threading.RLock(), threading.local()
    ON_PAGES.clear()

    def look():
        with moving:  # everything that one transaction entered, before another thread may leave it
            while entered.now:
                thing, status = entered.now.pop()
                if is_shown(client, thing, status):
                    ON_PAGES.add(status)

    def record(action, *, analysis, url_scan=None, to_status="", **fields):
        with moving:
            entry = really_record(action, analysis=analysis, url_scan=url_scan, to_status=to_status, **fields)
        if to_status:
            entered.now = [*getattr(entered, "now", []), (url_scan or analysis, (U if url_scan else A)(to_status))]
            transaction.on_commit(look)
        return entry

    monkeypatch.setattr(activity, "record", record)


def is_shown(client, thing, status) -> bool:
    """Whether its badge says it on every page that has one, and the log on the summary tells of it."""
    if isinstance(thing, Analysis):
        summary = thing.get_absolute_url()
        badges = {"/analyses/": f"[data-analysis-id='{thing.pk}'] [data-status]", summary: "main [data-status]"}
    else:
        summary, badge = thing.analysis.get_absolute_url(), f"[data-url-scan-id='{thing.pk}'] [data-status]"
        badges = {thing.get_absolute_url(): badge, summary: badge}
    pages = {address: BeautifulSoup(client.get(address).content, "lxml") for address in badges}
    shown = {pages[address].select_one(badge)["data-status"] for address, badge in badges.items()}
    told = [
        entry for entry in pages[summary].select("#activity-log [data-action]") if str(status.label) in entry.get_text()
    ]
    return shown == {status} and bool(told)


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.SCANS_SECONDS_BETWEEN_LOGINS = 0
    settings.SCANS_REPLAYS_PER_SECOND = 0
    ScanSettings.objects.update(capacity=4)
    yield
    supervision.shutdown_requested.clear()


@pytest.fixture
def weak_site():
    sites = []

    def start(**options):
        sites.append(WeakSite(**options))
        return sites[-1]

    yield start
    for site in sites:
        site.stop()


@functools.cache  # one that was seen to start is not asked again
def wapiti() -> WapitiEngine:
    return QuickWapiti(settings.SCANS_ENGINE_PYTHON)


def set_up(*urls, **fields):
    analysis = make.submitted(*urls, **fields)
    setup.set_up(analysis, wapiti())
    return make.fresh(analysis)


class Workers:
    """A worker for each URL scan that is queued or resuming, each in a thread."""

    def __init__(self, analysis):
        self.threads = [
            threading.Thread(target=self.work, args=[scan.pk]) for scan in analysis.url_scans.all() if scan.slot_since
        ]
        for thread in self.threads:
            thread.start()

    def work(self, pk):
        timing = Timing(between_renewals=0.3, between_looks=0.3, between_looks_after_failure=0.1)
        runner.run(pk, holder=f"worker-{pk}", engine=wapiti(), timing=timing)
        connection.close()

    def finish(self):
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()


def all_are(analysis, status):
    return lambda: set(analysis.url_scans.values_list("status", flat=True)) == {status}


def has_found(analysis):
    return lambda: all(scan.findings.exists() for scan in analysis.url_scans.filter(status=U.IN_PROGRESS))


def begun(analysis, *, found=True):
    """Workers at work, engines running, and something found."""
    workers = Workers(analysis)
    eventually(lambda: not analysis.url_scans.filter(status__in=[U.QUEUED, U.RESUMING]).exists())
    if found:
        eventually(has_found(analysis))
    return workers


def verify(analysis):
    for scan in analysis.url_scans.filter(status__in=list(PUBLISHED_AS)):
        verification.verify(scan.pk, holder="verifier")
    return make.fresh(analysis).status


@reaches(A.SUBMITTED, A.PRESCANNING, A.SCHEDULED, A.QUEUED, A.IN_PROGRESS, A.COMPLETED_VERIFYING_RESULTS)
@reaches(A.COMPLETED_RESULTS_AVAILABLE, U.SUBMITTED, U.SCHEDULED, U.QUEUED, U.IN_PROGRESS)
@reaches(U.COMPLETED_VERIFYING_RESULTS, U.COMPLETED_RESULTS_AVAILABLE)
def test_a_scheduled_scan_runs_to_its_end(weak_site, clock):
    analysis = set_up(weak_site(pages=2).url, start_at=timezone.now() + timedelta(hours=1))
    assert analysis.status == A.SCHEDULED
    clock.shift(timedelta(hours=1, seconds=1))
    leading.tick("scheduler")
    Workers(analysis).finish()
    assert verify(analysis) == A.COMPLETED_RESULTS_AVAILABLE
    assert analysis.url_scans.get().crawled_urls.filter(reach="attacked", answer=200).exists()


@reaches(A.SAVED_FOR_LATER, U.STOPPED, A.STOPPED)
def test_what_was_saved_is_submitted_and_stopped_before_it_ever_ran(weak_site):
    analysis = transitions.save(make.submission(weak_site().url), by=ME)
    transitions.submit_again(analysis, by=ME)
    transitions.stop_analysis(analysis, StopMode.SAVE, by=ME)
    assert make.fresh(analysis).status == A.STOPPED


@reaches(U.SUBMIT_FAILED, A.NOT_SUBMITTED)
def test_an_engine_that_is_missing_keeps_the_analysis_from_being_submitted(weak_site, tmp_path):
    analysis = make.submitted(weak_site().url)
    setup.set_up(analysis, WapitiEngine(tmp_path / "python"))


@reaches(U.QUEUED_WITH_WARNING, A.PAUSED, U.PAUSING, U.PAUSED, U.RESUMING)
def test_pause_and_resume_and_waiting_for_a_place(weak_site):
    ScanSettings.objects.update(capacity=1)
    site = weak_site(pages=1, delay=HELD_UP)
    analysis = set_up(site.url, weak_site().url)
    workers = begun(analysis)
    transitions.pause_analysis(analysis, by=ME)
    workers.finish()
    site.delay = 0
    assert make.fresh(analysis).status == A.PAUSED
    transitions.resume_analysis(analysis, by=ME)
    assert list(analysis.url_scans.values_list("status", flat=True)) == [U.RESUMING, U.QUEUED_WITH_WARNING]
    Workers(analysis).finish()
    assert analysis.url_scans.get(position=0).status == U.COMPLETED_VERIFYING_RESULTS


@reaches(U.STOPPING_SAVING_RESULTS, U.STOPPED_VERIFYING_PARTIAL_RESULTS, U.STOPPED_PARTIAL_RESULTS_AVAILABLE)
@reaches(A.STOPPED_SAVING_RESULTS, A.STOPPED_VERIFYING_PARTIAL_RESULTS, A.STOPPED_PARTIAL_RESULTS_AVAILABLE)
def test_a_user_stops_and_keeps_the_results(weak_site):
    analysis = set_up(weak_site(delay=HELD_UP).url)
    workers = begun(analysis)
    transitions.stop_analysis(analysis, StopMode.SAVE, by=ME)
    workers.finish()
    assert verify(analysis) == A.STOPPED_PARTIAL_RESULTS_AVAILABLE


@reaches(U.STOPPING_DELETING_RESULTS, U.STOPPED, A.STOPPED_DELETING_RESULTS, A.STOPPED)
def test_a_user_stops_and_deletes_the_results(weak_site):
    analysis = set_up(weak_site(delay=HELD_UP).url)
    workers = begun(analysis)
    transitions.stop_analysis(analysis, StopMode.DELETE, by=ME)
    workers.finish()
    assert make.fresh(analysis).status == A.STOPPED and not analysis.url_scans.get().findings.exists()


@reaches(A.STOPPED_VERIFYING_RESULTS)
def test_a_user_stops_what_had_already_completed(weak_site):
    analysis = set_up(weak_site(pages=1).url, publication="reviewer")
    Workers(analysis).finish()
    transitions.stop_analysis(analysis, StopMode.SAVE, by=ME)
    assert make.fresh(analysis).status == A.STOPPED_VERIFYING_RESULTS


@reaches(U.VERIFICATION_FAILED, U.CONNECTION_ERROR, U.AUTHENTICATION_ERROR, U.CRAWL_SCRIPT_ERROR)
@reaches(A.ALL_VERIFICATIONS_FAILED)
def test_each_kind_of_failed_check():
    away = GuardedSite(location="http://127.0.0.1:9/")
    with GuardedSite() as guarded, GuardedSite(open=True) as scripted, away as elsewhere:
        login = TargetLogin.of(Login(method=Method.FORM, username=USER, password=f"not {PASSWORD}"))
        access = {
            guarded.url: Access(login=login),
            scripted.url: Access(crawl_script=CrawlScript.of("walk.side", "no recording")),
        }
        gone = f"http://127.0.0.1:{free_port()}/"
        analysis = set_up(elsewhere.url, gone, guarded.url, scripted.url, access=access)
    assert analysis.status == A.ALL_VERIFICATIONS_FAILED


@reaches(A.IN_PROGRESS_WITH_WARNING, A.COMPLETED_VERIFYING_PARTIAL_RESULTS, A.COMPLETED_PARTIAL_RESULTS_AVAILABLE)
def test_an_analysis_goes_on_with_the_urls_that_passed(weak_site):
    analysis = set_up(weak_site(pages=1).url, f"http://127.0.0.1:{free_port()}/")
    Workers(analysis).finish()
    assert verify(analysis) == A.COMPLETED_PARTIAL_RESULTS_AVAILABLE


@reaches(U.SITE_UNREACHABLE_VERIFYING_RESULTS, U.SITE_UNREACHABLE_RESULTS_AVAILABLE)
def test_a_site_that_dies_after_something_was_found(weak_site):
    site = weak_site(delay=HELD_UP)
    analysis = set_up(site.url)
    workers = begun(analysis)
    site.stop()
    workers.finish()
    assert verify(analysis) == A.COMPLETED_PARTIAL_RESULTS_AVAILABLE
    assert set(analysis.url_scans.get().findings.values_list("replay", flat=True)) == {"not_replayable"}


@reaches(U.SITE_UNREACHABLE_STOPPED, A.STOPPED_TECHNICAL_ISSUE)
def test_a_site_that_dies_before_anything_was_found(weak_site):
    site = weak_site(pages=50, delay=0.3)
    analysis = set_up(site.url)
    workers = begun(analysis, found=False)
    site.stop()
    workers.finish()
    assert analysis.url_scans.get().status == U.SITE_UNREACHABLE_STOPPED


@reaches(U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS, U.TIME_EXPIRED_PARTIAL_RESULTS_AVAILABLE)
@reaches(A.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS)
def test_a_duration_that_ends_with_results(weak_site, clock):
    analysis = set_up(weak_site(delay=HELD_UP).url)
    workers = begun(analysis)
    clock.shift(timedelta(hours=1))
    workers.finish()
    assert make.fresh(analysis).status == A.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS
    assert verify(analysis) == A.COMPLETED_PARTIAL_RESULTS_AVAILABLE


@reaches(U.TIME_EXPIRED_STOPPED, A.STOPPED_SCAN_DURATION_ENDED_WITH_PARTIAL_RESULTS, A.STOPPED_SCAN_DURATION_ENDED)
def test_a_duration_that_ends_before_some_or_all_had_anything(weak_site, clock):
    ScanSettings.objects.update(capacity=1)
    some = set_up(weak_site(delay=HELD_UP).url, weak_site().url)
    workers = begun(some)
    clock.shift(timedelta(hours=1))
    workers.finish()
    make.carry_out(scheduler.end_durations)
    assert make.fresh(some).status == A.STOPPED_SCAN_DURATION_ENDED_WITH_PARTIAL_RESULTS
    none = set_up(weak_site(pages=50, delay=0.5).url)
    workers = begun(none, found=False)
    clock.shift(timedelta(hours=1))
    workers.finish()
    assert make.fresh(none).status == A.STOPPED_SCAN_DURATION_ENDED


@reaches(U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS, U.SCAN_ERROR_PARTIAL_RESULTS_AVAILABLE)
def test_an_engine_that_is_killed(weak_site, monkeypatch):
    started = []
    really_start = WapitiEngine.start
    monkeypatch.setattr(WapitiEngine, "start", lambda self, job: started.append(really_start(self, job)) or started[-1])
    analysis = set_up(weak_site(delay=HELD_UP).url)
    workers = begun(analysis)
    os.kill(started[0].pid, signal.SIGKILL)
    workers.finish()
    assert verify(analysis) == A.COMPLETED_PARTIAL_RESULTS_AVAILABLE


@reaches(U.TECHNICAL_ISSUE_STOPPED)
def test_an_engine_that_does_not_run_any_more(weak_site, tmp_path):
    analysis = set_up(weak_site().url)
    no_engine = tmp_path / "python"
    no_engine.write_text("#!/bin/false\n")
    no_engine.chmod(0o755)
    runner.run(analysis.url_scans.get().pk, holder="worker", engine=WapitiEngine(no_engine))
    assert make.fresh(analysis).status == A.STOPPED_TECHNICAL_ISSUE


@reaches(U.KILLED_VERIFYING_PARTIAL_RESULTS, U.KILLED_PARTIAL_RESULTS_AVAILABLE)
def test_an_account_that_stops_working_in_the_middle():
    members = "<p>Hello <b>Alice</b> <a href='/nest?egg=1'>nest</a> <a href='/logout'>Log out</a></p>"
    with GuardedSite(members_page=members) as site:
        login = TargetLogin.of(Login(method=Method.FORM, username=USER, password=PASSWORD))
        analysis = set_up(site.url, access={site.url: Access(login=login)})
        site.delay = HELD_UP
        workers = begun(analysis)
        site.refused, site.keeps_login = (200, "<p>Wrong password</p>"), False
        site.sessions.clear()
        site.delay = 0
        workers.finish()
        scan = analysis.url_scans.get()
        assert scan.status == U.KILLED_VERIFYING_PARTIAL_RESULTS and scan.logins_failed == 51, scan.reason
        verify(analysis)


def test_no_status_is_left_out():
    assert {*A, *U} == NAMED
