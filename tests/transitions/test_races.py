"""Two who act on the same thing in the same moment: the other's transaction ends where each test makes it end."""

import re
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from scans import transitions
from scans.engines.base import Command
from scans.login.base import Login, Method
from scans.login.session_keeper import LoginKeeper
from scans.models import (
    Actor,
    Analysis,
    BulkItem,
    BulkOutcome,
    RecurringSchedule,
    ScanSettings,
    StopMode,
    TargetLogin,
    UrlScan,
)
from scans.schedule.recurrence import Recurrence, Unit
from scans.statuses import EndedBy, UrlScanStatus
from scans.targets.monitor import SiteMonitor
from scans.timing import Timing
from scans.transitions import bulk
from scans.workers import scheduler
from scans.workers.supervision import Supervision
from tests import factories
from tests.engines.fake.adapter import FakeEngine

pytestmark = pytest.mark.django_db
USER = Actor.COMMAND


def paused(scan):
    """Paused, its session saved."""
    transitions.pause(scan, by=USER)
    transitions.confirm_pause(factories.fresh(scan))
    return factories.fresh(scan)


@contextmanager
def just_before_the_lock(row, act):
    """Have `act` happen in the moment before this row is locked, as if another's transaction ended just then.

    It hooks into the connection as Django offers it, and fails if nobody comes to lock the row.
    """
    table = row._meta.db_table
    locks = re.compile(rf'SELECT .* FROM "?{table}"? WHERE ("{table}"\.)?"?id"? = %s', re.DOTALL)  # noqa: S608 - a pattern
    acted = []

    def watch(execute, sql, params, many, context):
        if not acted and locks.match(sql) and params[0] == row.pk:
            acted.append(True)
            act()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield
    assert acted, f"nobody locked {row}"


def test_a_free_place_does_not_undo_the_pause_of_what_was_about_to_get_it():
    ScanSettings.objects.update(capacity=1)
    factories.running()
    waiting = factories.started()
    ScanSettings.objects.update(capacity=2)
    with just_before_the_lock(waiting, lambda: transitions.pause_analysis(factories.fresh(waiting), by=USER)):
        assert transitions.admit_next()  # look again
    assert waiting.url_scans.get().status == UrlScanStatus.PAUSED


def test_nor_of_what_was_about_to_go_on():
    ScanSettings.objects.update(capacity=1)
    scan = paused(factories.running().url_scans.get())
    factories.running()
    transitions.resume(scan, by=USER)
    ScanSettings.objects.update(capacity=2)
    with just_before_the_lock(scan.analysis, lambda: transitions.pause(factories.fresh(scan), by=USER)):
        assert transitions.admit_next()
    scan = factories.fresh(scan)
    assert (scan.status, scan.slot_since) == (UrlScanStatus.PAUSED, None)


def test_of_two_workers_who_come_for_a_scan_one_gets_it():
    scan = factories.started().url_scans.get()
    among, first = [UrlScanStatus.QUEUED], []
    with just_before_the_lock(scan.analysis, lambda: first.append(transitions.take(scan.pk, "first", among=among))):
        assert transitions.take(scan.pk, "second", among=among) is None
    assert first and factories.fresh(scan).lease_holder == "first"
    assert transitions.take(10**9, "second", among=among) is None


def test_a_scan_that_is_stopped_as_a_worker_comes_for_it_is_not_taken():
    scan = factories.started().url_scans.get()
    with just_before_the_lock(scan.analysis, lambda: transitions.stop_analysis(scan.analysis, StopMode.SAVE, by=USER)):
        assert transitions.take(scan.pk, "a worker", among=[UrlScanStatus.QUEUED]) is None
    assert factories.fresh(scan).status == UrlScanStatus.STOPPED


def test_of_the_last_two_runs_deleted_at_once_one_is_the_last():
    url, login = "http://127.0.0.1:9/", TargetLogin.of(Login(method=Method.BASIC, username="u", password="p"))
    weekly = factories.submission(
        url, recurrence=Recurrence(unit=Unit.WEEKLY), access={url: transitions.Access(login=login)}
    )
    first = transitions.submit(weekly, by=USER)
    transitions.stop_analysis(first, StopMode.SAVE, by=USER)
    second = transitions.run_again(factories.fresh(first), by=USER)
    transitions.stop_analysis(second, StopMode.SAVE, by=USER)
    with just_before_the_lock(first.series, lambda: transitions.delete(second, by=USER)):
        transitions.delete(factories.fresh(first), by=USER)
    assert RecurringSchedule.objects.get().switched_off_at and not TargetLogin.objects.exclude(url_scans=None).exists()


def test_a_run_is_not_deleted_while_another_goes_on_from_its_sessions():
    expired = factories.running()
    scan = expired.url_scans.get()
    factories.find(scan)
    transitions.end(scan, EndedBy.DURATION)
    transitions.conclude_verification(factories.fresh(scan), {"confirmed": 1, "not_reproduced": 0, "not_replayable": 0})
    again = transitions.continue_expired(factories.fresh(expired), by=USER)
    with pytest.raises(transitions.TransitionRefused, match=f"run {again.run} uses its saved sessions"):
        transitions.delete(factories.fresh(expired), by=USER)
    transitions.stop_analysis(again, StopMode.DELETE, by=USER)
    transitions.delete(factories.fresh(expired), by=USER)


class HeardTooLate:
    """An engine's run whose finding arrives after another part of the product deleted the scan's results."""

    def __init__(self, url_scan):
        self.url_scan, self.told = url_scan, []

    def events(self, timeout):
        if not self.told:  # the lease has not been renewed yet
            return []
        transitions.stop_analysis(self.url_scan.analysis, StopMode.DELETE, by=USER)
        UrlScan.objects.filter(pk=self.url_scan.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        factories.carry_out(scheduler.recover_abandoned)
        transitions.conclude_deletion(factories.fresh(self.url_scan))
        return [factories.reported(7)]

    def send(self, command):
        self.told.append(command)


def test_a_worker_that_wakes_up_too_late_stores_no_finding():
    held = factories.running().url_scans.get()
    factories.find(held, 2)
    late, loopback = HeardTooLate(held), ("127.0.0.1",)
    keeper = LoginKeeper(lambda: None, succeeded=0, failed=0, in_a_row=0)
    monitor = SiteMonitor(held.url, loopback)
    supervised = Supervision(held, FakeEngine([]), late, monitor, loopback, keeper, Timing(between_renewals=60))
    with pytest.raises(transitions.LeaseLost):
        supervised.run()
    assert late.told == [Command.STAY]
    scan = factories.fresh(held)
    assert scan.status == UrlScanStatus.STOPPED and not scan.findings.exists()


def test_what_the_database_broke_off_of_a_bulk_action_is_left_to_a_worker():
    analyses = [factories.running(), factories.running()]

    def break_off():
        raise OperationalError("database is locked")

    with just_before_the_lock(analyses[1], break_off):
        action = bulk.ask("pause", [analysis.pk for analysis in analyses], by=factories.user(), key=uuid4())
    assert BulkItem.objects.filter(outcome=BulkOutcome.WAITING).count() == 1
    bulk.carry_out(action)  # as the task does that was handed over
    assert not BulkItem.objects.filter(outcome=BulkOutcome.WAITING).exists()


def test_the_end_of_a_window_is_no_news_to_what_was_stopped_in_it():
    analysis = factories.running()
    transitions.begin_blackout(analysis, until=timezone.now() + timedelta(hours=1))
    transitions.confirm_pause(analysis.url_scans.get())
    transitions.stop_analysis(factories.fresh(analysis), StopMode.DELETE, by=USER)
    transitions.conclude_deletion(analysis.url_scans.get())
    before = factories.fresh(analysis)
    assert before.info.final and not Analysis.objects.in_blackout().exists()
    transitions.end_blackout(before)
    after = factories.fresh(analysis)
    assert (after.changed_at, after.version) == (before.changed_at, before.version)


def test_what_was_deleted_in_the_same_moment_is_neither_submitted_nor_run_again():
    saved, ended = transitions.save(factories.submission(), by=USER), factories.published()
    for analysis, verb in ((saved, transitions.submit_again), (ended, transitions.run_again)):
        transitions.delete(factories.fresh(analysis), by=USER)
        with pytest.raises(transitions.TransitionRefused, match="already deleted"):
            verb(analysis, by=USER)  # which was looked at before it was deleted
    assert not Analysis.objects.present().exists()


def test_more_time_that_was_given_before_the_scheduler_had_the_lock_counts(clock):
    analysis = factories.running()
    paused(analysis.url_scans.get())
    clock.shift(analysis.duration + timedelta(seconds=1))
    later = timezone.now() + timedelta(hours=1)
    with just_before_the_lock(analysis, lambda: Analysis.objects.filter(pk=analysis.pk).update(expires_at=later)):
        factories.carry_out(scheduler.end_durations)
    assert factories.fresh(analysis.url_scans.get()).status == UrlScanStatus.PAUSED
