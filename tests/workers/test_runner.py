"""Scanning one URL: the lease, the checks before the engine runs, and handing over to the next worker."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.engines.wapiti.adapter import WapitiEngine
from scans.models import Actor, BlackoutWindow, StopMode, UrlScan
from scans.prescan import connection
from scans.statuses import UrlScanStatus as U
from scans.workers import runner, supervision
from tests import factories as make
from tests.eventually import meanwhile
from tests.workers.playing import (
    ANSWERED,
    OFTEN,
    REPORT,
    STARTED,
    note_renewals,
    paused,
    queued,
    replace_worker,
    run,
    run_for,
)

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_shutdown_left")]


@pytest.fixture(autouse=True)
def _tries_at_once(monkeypatch):
    monkeypatch.setattr(connection, "_SECONDS_BETWEEN_TRIES", 0.01)


def test_a_site_that_is_down_at_the_start_fails_its_check(site):
    scan = queued(site)
    site.status = 503
    scan = run(scan, STARTED)
    assert scan.status == U.CONNECTION_ERROR and "503" in str(scan.reason)


def test_a_site_that_is_back_a_moment_later_is_scanned_on(site):
    scan = paused(queued(site))
    site.status, asked = 503, len(site.requests)
    checked_again = meanwhile(
        lambda: len(site.requests) > asked + connection._TRIES, lambda: setattr(site, "status", 200)
    )
    scan = run(scan, STARTED, ANSWERED, REPORT, timing=replace(OFTEN, between_checks=0.1, until_site_is_back=60))
    checked_again.join()
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS and scan.findings.count() == 1


def test_a_worker_that_is_shut_down_while_it_waits_for_a_site_hands_the_scan_over(site):
    scan = paused(queued(site))
    site.status = 503
    supervision.shutdown_requested.set()
    try:
        assert run(scan, STARTED).status == U.RESUMING
    finally:
        supervision.shutdown_requested.clear()


def test_a_site_that_is_gone_when_a_scan_is_to_go_on_is_said_to_be_gone(site):
    scan = paused(queued(site))
    site.status = 503
    scan = run(scan, STARTED, timing=replace(OFTEN, until_site_is_back=0))
    assert scan.status == U.SITE_UNREACHABLE_VERIFYING_RESULTS and "answered 503" in str(scan.reason)


def test_a_scan_that_may_not_go_on_says_why_and_not_that_its_site_is_gone(site, settings):
    scan = paused(queued(site))
    settings.SCANS_ALLOWED_TARGETS = []
    scan = run(scan, STARTED)
    assert scan.status == U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS and scan.findings.count() == 1
    assert "could not continue" in str(scan.reason) and "target policy check failed" in str(scan.reason)


def test_the_lease_is_kept_while_a_slow_site_is_checked(site, monkeypatch):
    renewals = []
    really_check = runner.check
    monkeypatch.setattr(runner, "check", lambda *args, **how: time.sleep(0.5) or really_check(*args, **how))
    note_renewals(monkeypatch, renewals)
    scan = queued(site)
    site.status = 503
    assert run(scan, STARTED).status == U.CONNECTION_ERROR and len(renewals) >= 3


def test_a_scan_whose_engine_went_missing_while_it_waited_says_so_and_what_to_do(site, tmp_path):
    scan = run(queued(site), engine=WapitiEngine(tmp_path / "python"))
    assert scan.status == U.TECHNICAL_ISSUE_STOPPED
    assert "not installed" in str(scan.reason) and "Run “make setup”" in str(scan.reason)


def test_a_scan_whose_engine_cannot_have_its_folder_says_so(site):
    scan = queued(site)
    scan.directory.parent.mkdir(parents=True, exist_ok=True)
    scan.directory.write_text("in the way")
    assert str(run(scan).reason).startswith("The engine did not start: ")
    scan.directory.unlink()


def test_a_task_that_comes_late_does_nothing(site):
    scan = queued(site)
    transitions.stop(scan, StopMode.SAVE, by=Actor.COMMAND)
    assert run(scan, STARTED).status == U.STOPPED


@pytest.mark.parametrize("resumed", [False, True], ids=["queued", "resuming"])
def test_a_worker_that_is_shut_down_before_its_engine_runs_hands_the_scan_over_at_once(site, resumed):
    scan = queued(site)
    if resumed:
        transitions.pause(make.begin(scan), by=Actor.COMMAND)
        transitions.confirm_pause(make.fresh(scan))
        transitions.resume(make.fresh(scan), by=Actor.COMMAND)
    supervision.shutdown_requested.set()
    scan = run(scan, run_for(30))
    assert scan.status == (U.RESUMING if resumed else U.QUEUED)
    assert not scan.lease_holder and scan.attempts == 0


def test_a_worker_that_wakes_up_too_late_takes_nothing_away_from_the_one_that_replaced_it(site, monkeypatch):
    scan = queued(site)

    def asleep_for_long(*args):
        UrlScan.objects.filter(pk=scan.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        transitions.recover(make.fresh(scan))
        transitions.take(scan.pk, "another worker", among=[U.QUEUED])
        raise OSError("the machine was asleep")

    monkeypatch.setattr(runner, "prepared", asleep_for_long)
    scan = run(scan, STARTED)
    assert scan.status == U.QUEUED and scan.lease_holder == "another worker"


def test_a_worker_that_was_frozen_while_it_checked_the_site_writes_nothing_of_it(site, monkeypatch):
    scan = queued(site)
    really_check = runner.check
    monkeypatch.setattr(runner, "check", lambda *args, **how: (really_check(*args, **how), replace_worker(scan))[0])
    scan = run(scan, STARTED)
    assert scan.status == U.QUEUED and scan.lease_holder == "another worker" and not scan.checks.exists()


def test_nothing_is_scanned_in_a_blackout_window_even_without_a_scheduler(site):
    scan = queued(site)
    BlackoutWindow.objects.create(window="daily", time_zone="UTC")
    scan = run(scan, STARTED, REPORT)
    assert scan.status == U.PAUSED and scan.paused_by == "window" and scan.started_at is None
