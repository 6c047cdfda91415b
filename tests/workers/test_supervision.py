"""Supervising an engine: every way a process can end leads to the status that is true of it.

The engine is a real process that plays a script (engines.fake); the site is a real one on loopback.
"""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from scans import transitions
from scans.engines.base import Command
from scans.engines.events import CrawlSeen, Ended, LogLine, ModuleFailed, Outcome, Progress, UrlCrawled
from scans.engines.process import EngineProcess
from scans.models import Actor, Analysis, Finding, StopMode, UrlScan
from scans.reasons import NO_REASON, Notice, Reason
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from scans.targets import monitor
from scans.targets.monitor import Look, Sight
from scans.workers import recording, runner, supervision
from tests import factories as make
from tests.engines.fake.adapter import FakeEngine
from tests.rows import tasks
from tests.workers.playing import (
    ANSWERED,
    FINDING,
    IMPATIENT,
    OFTEN,
    REPORT,
    STARTED,
    note_renewals,
    once,
    once_held,
    pause,
    paused,
    queued,
    replace_worker,
    run,
    run_for,
    stop,
)

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_shutdown_left")]


CRAWLED = UrlCrawled(method="GET", url="http://127.0.0.1/", status=200)
SEVERAL_PAGES = CrawlSeen(pages=3, data=0, only_login=False, only_scripts=False)
ONE_PAGE = replace(SEVERAL_PAGES, pages=1)


def test_completed_takes_answers_a_report_and_a_site_that_still_answers(site):
    scan = run(queued(site), STARTED, FINDING, ANSWERED, REPORT)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS and not scan.lease_holder
    assert (scan.requests, scan.urls_crawled, scan.modules_total, scan.findings_medium) == (9, 3, 2, 1)
    assert scan.responses == {"2xx": 9} and scan.engine == "Fake" and scan.resolved_address == "127.0.0.1"
    assert set(scan.checks.values_list("occasion", flat=True)) == {"start"}


def test_completed_is_not_believed_without_one_usable_answer(site):
    scan = run(queued(site), STARTED, Progress(phase="crawl", requests=3, responses={"5xx": 3}), REPORT)
    assert scan.status == U.SITE_UNREACHABLE_STOPPED and "usable answer" in str(scan.reason)


def test_completed_is_not_believed_of_a_site_that_went_down(site):
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, lambda scan: setattr(site, "status", 503))
    scan = run(scan, STARTED, FINDING, run_for(0.3), ANSWERED, REPORT, engine=None)
    thread.join()
    assert scan.status == U.SITE_UNREACHABLE_VERIFYING_RESULTS


@pytest.mark.parametrize(
    "text",
    ["", '{"vulnerabilities": {', "[]", '{"infos": 5}', None],
    ids=["empty", "truncated", "a list", "wrong shape", "missing"],
)
def test_completed_is_not_believed_with_a_report_that_cannot_be_used(site, text):
    report = [] if text is None else [{"do": "report", "text": text}]
    scan = run(queued(site), STARTED, FINDING, ANSWERED, *report)
    assert scan.status == U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS and "report" in str(scan.reason)
    assert scan.findings.count() == 1


@pytest.mark.parametrize(
    "last",
    [{"do": "exit", "code": 0}, {"do": "exit", "code": 3}, {"do": "kill", "signal": 9}],
    ids=["exits 0 without a word", "exits 3", "killed"],
)
def test_an_engine_that_breaks_off_is_a_scan_error_with_its_findings(site, last):
    scan = run(queued(site), STARTED, FINDING, ANSWERED, last)
    assert scan.status == U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS and scan.findings.count() == 1 and scan.reason


def test_an_engine_that_hangs_is_ended_and_is_a_scan_error(site):
    hangs = [{"do": "ignore_sigterm"}, {"do": "sleep", "seconds": 60}]
    scan = run(queued(site), STARTED, FINDING, ANSWERED, *hangs, timing=replace(IMPATIENT, silence=0.5))
    assert scan.status == U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS and scan.reason == Reason("engine_silent")


def test_rubbish_from_the_engine_is_logged_and_ignored(site):
    rubbish = {"do": "write", "text": "not json\n", "times": 3}
    scan = run(queued(site), STARTED, rubbish, ANSWERED, REPORT)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS
    assert "unreadable line" in (scan.directory / "engine.log").read_text()


def test_an_engine_that_never_starts_is_a_technical_issue(site):
    scan = run(queued(site), {"do": "exit", "code": 1})
    assert scan.status == U.TECHNICAL_ISSUE_STOPPED and "did not start" in str(scan.reason)


def test_a_site_that_stops_answering_ends_the_scan_though_the_engine_goes_on(site):
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, lambda scan: setattr(site, "status", 503))
    scan = run(scan, STARTED, FINDING, ANSWERED, run_for(20))
    thread.join()
    assert scan.status == U.SITE_UNREACHABLE_VERIFYING_RESULTS and "stopped answering" in str(scan.reason)


def test_a_name_that_stops_resolving_ends_the_scan_though_the_engine_goes_on(site, monkeypatch):
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, lambda scan: monkeypatch.setattr(monitor, "has_a_name", lambda url: False))
    scan = run(scan, STARTED, FINDING, ANSWERED, run_for(20))
    thread.join()
    assert scan.status == U.SITE_UNREACHABLE_VERIFYING_RESULTS and "no longer resolves" in str(scan.reason)


@pytest.mark.parametrize("mode", StopMode)
def test_a_running_scan_stops_both_ways(site, mode):
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, lambda scan: transitions.stop(scan, mode, by=Actor.COMMAND, reason="enough"))
    scan = run(scan, STARTED, FINDING, ANSWERED, run_for(30))
    thread.join()
    if mode == StopMode.SAVE:
        assert scan.status == U.STOPPED_VERIFYING_PARTIAL_RESULTS and scan.findings.count() == 1
        assert scan.directory.exists() and str(scan.reason) == "enough"
    else:
        assert scan.status == U.STOPPED and Finding.objects.count() == 0
        assert not scan.directory.exists() and scan.requests == 0


def test_an_engine_that_does_not_obey_a_stop_is_killed(site):
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, stop)
    disobeys = [{"do": "ignore_sigterm"}, {"do": "sleep", "seconds": 60}]
    scan = run(scan, STARTED, FINDING, ANSWERED, *disobeys, timing=IMPATIENT)
    thread.join()
    assert scan.status == U.STOPPED_VERIFYING_PARTIAL_RESULTS


def test_a_scan_that_is_stopped_before_its_engine_runs_leaves_nothing(site):
    scan = queued(site)
    thread = once_held(scan, stop)
    scan = run(scan, {"do": "sleep", "seconds": 1}, STARTED, run_for(30))
    thread.join()
    assert scan.status == U.STOPPED and not scan.directory.exists() and scan.started_at is None


def test_the_duration_ends_a_scan_on_time(site):
    scan = queued(site, duration=timedelta(seconds=1))
    scan = run(scan, STARTED, FINDING, ANSWERED, run_for(30))
    assert scan.status == U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS
    assert scan.ended_at - scan.started_at < timedelta(seconds=3)


def test_more_time_that_was_given_since_the_runner_last_looked_counts(site, monkeypatch):
    scan, really = queued(site, duration=timedelta(seconds=1.5)), transitions.renew

    def give_more_time_after_it(scan, **counts):
        status, ends = really(scan, **counts)
        if ends:
            monkeypatch.setattr(transitions, "renew", really)
            transitions.extend(scan.analysis, by=Actor.COMMAND, extra=timedelta(hours=1))
        return status, ends

    monkeypatch.setattr(transitions, "renew", give_more_time_after_it)
    # The first regular look sees the end, and the second one comes after it.
    scan = run(scan, STARTED, run_for(2.5), ANSWERED, REPORT, timing=replace(OFTEN, between_renewals=1))
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS


def test_a_pause_keeps_the_session_and_frees_the_worker_and_another_one_goes_on(site):
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, pause)
    scan = run(scan, STARTED, FINDING, ANSWERED, run_for(30))
    thread.join()
    assert scan.status == U.PAUSED and not scan.lease_holder and scan.directory.exists()
    transitions.resume(scan, by=Actor.COMMAND)
    scan = run(scan, STARTED, FINDING, ANSWERED, REPORT)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS and scan.findings.count() == 1


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (Progress(phase="report"), U.COMPLETED_VERIFYING_RESULTS),
        (Progress(phase="report", requests=3, responses={"5xx": 3}), U.SITE_UNREACHABLE_VERIFYING_RESULTS),
    ],
)
def test_a_run_that_goes_on_from_another_s_may_have_nothing_left_to_ask(site, said, status):
    analysis = make.started(site.url, duration=timedelta(seconds=1))
    run(analysis.url_scans.get(), STARTED, FINDING, ANSWERED, run_for(30))
    make.verify(analysis.url_scans.get())
    again = transitions.continue_expired(analysis, by=Actor.COMMAND)
    transitions.schedule(again)
    transitions.start(again)
    scan = run(again.url_scans.get(), STARTED, FINDING, said, REPORT)
    assert scan.status == status, scan.reason


def test_an_engine_that_does_not_obey_a_pause_is_killed_and_its_counts_go_on(site):
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, pause)
    disobeys = [{"do": "ignore_sigterm"}, {"do": "sleep", "seconds": 60}]
    scan = run(scan, STARTED, ANSWERED, *disobeys, timing=IMPATIENT)
    thread.join()
    assert scan.status == U.PAUSED and scan.requests == 9
    transitions.resume(scan, by=Actor.COMMAND)
    scan = run(scan, STARTED, ANSWERED, REPORT)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS
    assert (scan.requests, scan.urls_crawled, scan.responses) == (18, 6, {"2xx": 18})


def test_a_hiccup_of_the_site_at_the_end_is_not_its_end(site, monkeypatch):
    looks = iter([Look(Sight.FAILS), Look(Sight.ANSWERS)])
    monkeypatch.setattr(monitor, "look_at", lambda *args: next(looks))
    scan = run(queued(site), STARTED, ANSWERED, REPORT, timing=replace(OFTEN, between_looks=60))
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS and not list(looks)


class SlowToAnswer(FakeEngine):
    """Takes its time to say that it can run."""

    def preflight(self):
        time.sleep(0.5)
        return super().preflight()


@pytest.mark.parametrize(
    ("engine", "status"),
    [
        (FakeEngine([STARTED, ANSWERED, REPORT]), U.COMPLETED_VERIFYING_RESULTS),
        (SlowToAnswer([{"do": "exit", "code": 1}]), U.TECHNICAL_ISSUE_STOPPED),
    ],
)
def test_the_lease_is_kept_while_we_find_out_how_the_scan_ended(site, monkeypatch, engine, status):
    monkeypatch.setattr(supervision, "why_lost", lambda *args, **how: time.sleep(0.5) or NO_REASON)
    renewals, renewals_at_the_end = [], []
    really_conclude = supervision.Supervision._conclude
    note_renewals(monkeypatch, renewals)

    def conclude(supervision, ended):
        before = len(renewals)
        really_conclude(supervision, ended)
        renewals_at_the_end.append(len(renewals) - before)

    monkeypatch.setattr(supervision.Supervision, "_conclude", conclude)
    assert run(queued(site), engine=engine).status == status
    assert renewals_at_the_end[0] >= 3


def test_an_engine_that_is_stopped_before_it_has_started_is_not_asked_why(site):
    asked = []

    class Asked(FakeEngine):
        def preflight(self):
            asked.append(self)
            return super().preflight()

    scan = paused(queued(site))
    thread = once_held(scan, stop)
    scan = run(scan, engine=Asked([run_for(30)]))
    thread.join()
    assert scan.status == U.STOPPED_VERIFYING_PARTIAL_RESULTS and not asked


def test_a_worker_that_is_shut_down_hands_its_scan_over(site):
    scan = queued(site)
    thread = once(scan, U.IN_PROGRESS, lambda scan: supervision.shutdown_requested.set())
    scan = run(scan, STARTED, ANSWERED, run_for(30))
    thread.join()
    assert scan.status == U.RESUMING and not scan.lease_holder


def test_a_lost_lease_ends_the_engine_and_touches_nothing(site):
    scan = queued(site)

    def take_away(scan):
        with transaction.atomic():  # or the worker renews its lease in between
            Analysis.objects.select_for_update().get(pk=scan.analysis_id)
            UrlScan.objects.filter(pk=scan.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
            transitions.recover(scan)

    thread = once(scan, U.IN_PROGRESS, take_away)
    scan = run(scan, STARTED, ANSWERED, run_for(30))
    thread.join()
    assert scan.status == U.RESUMING and scan.attempts == 1


def test_a_lease_that_is_lost_as_the_engine_begins_is_lost(site, monkeypatch):
    really = transitions.begin

    def begin_and_freeze(scan, **values):
        really(scan, **values)
        UrlScan.objects.filter(pk=scan.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        transitions.recover(scan)

    monkeypatch.setattr(transitions, "begin", begin_and_freeze)
    scan = run(queued(site), STARTED, ANSWERED, run_for(5))
    assert scan.status == U.RESUMING and scan.attempts == 1


def test_what_breaks_on_our_side_is_a_technical_issue_with_its_reason(site, monkeypatch):
    monkeypatch.setattr(recording, "_append", lambda scan, lines: OSError(28, "No space left on device"))
    line = LogLine(level="info", text="owl")
    scan = run(queued(site), STARTED, FINDING, line, run_for(5))
    assert scan.status == U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS and "No space left" in str(scan.reason)
    assert scan.findings_medium == scan.findings.count() == 1


def test_a_full_disk_is_a_technical_issue_with_what_was_found(site, monkeypatch):
    really_prepared = runner.prepared

    def prepared(scan, timing):
        why = really_prepared(scan, timing)
        (scan.directory / "engine.log").symlink_to("/dev/full")  # every write there fails as on a full disk
        return why

    monkeypatch.setattr(runner, "prepared", prepared)
    scan = run(queued(site), STARTED, FINDING, ANSWERED, LogLine(level="info", text="one line too many"), run_for(2))
    assert scan.status == U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS and "No space left" in str(scan.reason)
    assert scan.findings.count() == 1


def test_a_disk_that_is_filling_up_makes_the_scan_wait_with_its_session_saved(site, settings):
    settings.SCANS_KEEP_FREE_MB = 1_000_000_000  # no disk has so much
    scan = run(queued(site), STARTED, FINDING, ANSWERED, run_for(20))
    assert scan.status == U.RESUMING and not scan.lease_holder and scan.findings.count() == 1
    assert "disk of its worker is full" in str(scan.reason)
    assert scan.activity.filter(action="url_scan.handed_over").count() == 1


@pytest.mark.parametrize("begun", [[], [STARTED, FINDING, ANSWERED]])
def test_an_engine_that_dies_on_a_full_disk_is_started_again_once_there_is_room(site, settings, begun):
    room = settings.SCANS_KEEP_FREE_MB
    settings.SCANS_KEEP_FREE_MB = 1_000_000_000  # no disk has so much
    scan = run(queued(site), *begun, {"do": "exit", "code": 1})
    assert scan.status == (U.RESUMING if begun else U.QUEUED) and not scan.lease_holder and scan.slot_since
    assert tasks("scan_url")[-1] == scan.pk and scan.findings.count() == len(begun) // 3
    settings.SCANS_KEEP_FREE_MB = room
    scan = run(scan, {"do": "exit", "code": 1})  # it dies with room too
    assert scan.info.ended_by == (EndedBy.ENGINE if begun else EndedBy.TECHNICAL) and not scan.lease_holder


def test_a_worker_that_was_frozen_writes_nothing_of_what_it_then_hears(site, monkeypatch):
    scan = queued(site)
    really_hear = EngineProcess.events

    def events(engine_run, timeout):
        heard = really_hear(engine_run, timeout)
        if any(isinstance(event, LogLine) for event in heard):
            replace_worker(scan)
            time.sleep(0.2)  # longer than between two renewals
        return heard

    monkeypatch.setattr(EngineProcess, "events", events)
    scan = run(scan, STARTED, FINDING, run_for(0.5), LogLine(level="info", text="owl"), run_for(30))
    assert scan.status == U.RESUMING and scan.lease_holder == "another worker"
    assert "owl" not in (scan.directory / "engine.log").read_text()


def test_an_engine_is_told_to_stay_as_often_as_the_lease_is_renewed(site, monkeypatch):
    renewals, told = [], []
    really_send, really_store = EngineProcess.send, recording.Recording.store

    def store(recorded):  # which renews the lease once, with all that was heard
        renewals.append(recorded)
        return really_store(recorded)

    monkeypatch.setattr(recording.Recording, "store", store)

    def send(engine_run, command):
        told.append((command, len(renewals)))
        really_send(engine_run, command)

    monkeypatch.setattr(EngineProcess, "send", send)
    run(queued(site), STARTED, FINDING, run_for(1), ANSWERED, REPORT)
    stays = [renewed for command, renewed in told if command == Command.STAY]
    assert len(stays) >= 4 and stays == list(range(stays[0], stays[-1] + 1))


def test_a_scan_whose_engine_was_not_told_to_stay_goes_on_once_the_lease_has_run_out(site):
    scan = run(queued(site), STARTED, FINDING, ANSWERED, Ended(outcome=Outcome.ORPHANED))
    assert scan.status == U.IN_PROGRESS and scan.lease_holder == "worker"
    UrlScan.objects.filter(pk=scan.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    transitions.recover(scan)
    assert make.fresh(scan).status == U.RESUMING


def test_a_crawl_that_saw_little_is_a_notice_of_a_complete_scan(site):
    scan = run(queued(site), STARTED, CRAWLED, ONE_PAGE, FINDING, ANSWERED, REPORT)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS and scan.notices == [Notice("one_page", url=scan.url)]


def test_a_page_that_the_target_leads_to_and_that_the_crawl_did_not_reach_is_a_notice(site):
    site.body = "<meta http-equiv=refresh content='0; url=search'>"
    scan = run(queued(site), STARTED, CRAWLED, SEVERAL_PAGES, ANSWERED, REPORT)
    assert scan.notices == [Notice("lead_not_followed", url=scan.url, address=f"{scan.url}search")]
    there = UrlCrawled(method="GET", url=f"{site.url}search", status=200)
    assert run(queued(site), STARTED, there, SEVERAL_PAGES, ANSWERED, REPORT).notices == []


def test_errors_inside_the_engine_are_kept_with_their_address_and_are_a_notice(site):
    failed = ModuleFailed(module="xss", method="GET", url="http://127.0.0.1/a", error="TypeError: owl")
    scan = run(queued(site), STARTED, failed, FINDING, ANSWERED, failed, REPORT)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS
    assert [str(error) for error in scan.module_errors.all()] == ["xss: GET http://127.0.0.1/a TypeError: owl"]
    assert scan.notices == [Notice("modules_broke", names="xss", count="1")]
