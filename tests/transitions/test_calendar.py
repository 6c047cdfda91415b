"""Blackout windows pause and resume, recurring schedules make runs."""

from datetime import timedelta

import pytest

from scans import transitions
from scans.login.base import Login, Method
from scans.maintenance import removal
from scans.models import (
    Actor,
    BlackoutWindow,
    CrawlScript,
    RecurringSchedule,
    ScanSettings,
    StopMode,
    TargetLogin,
)
from scans.schedule.recurrence import Recurrence, Unit
from scans.statuses import AnalysisStatus as A
from scans.statuses import UrlScanStatus as U
from scans.workers import leading
from tests import factories as make
from tests.rows import actions, statuses

pytestmark = pytest.mark.django_db
AN_HOUR = timedelta(hours=1)


def tick():
    leading.tick("a-scheduler")


@pytest.fixture
def closed_by_day(clock):
    """It is a Monday, 7:59 in the morning, and from eight to six nothing may be scanned."""
    clock.move_to(make.in_berlin("2027-03-01 07:59:00"))
    BlackoutWindow.objects.create(window="Mon-Fri 08:00-18:00", time_zone="Europe/Berlin")
    return clock


def shortly_before_eight(clock, analysis):
    clock.shift(timedelta(seconds=45))
    for scan in analysis.url_scans.exclude(lease_holder=""):
        transitions.renew(scan)
    tick()


def let_engines_save(analysis):
    for scan in analysis.url_scans.filter(status=U.PAUSING):
        transitions.confirm_pause(scan)


def test_a_window_pauses_what_runs_just_before_it_and_what_waits_and_both_go_on_after_it(closed_by_day):
    ScanSettings.objects.update(capacity=1)
    analysis = make.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    tick()
    assert statuses(analysis) == [U.IN_PROGRESS, U.QUEUED_WITH_WARNING]
    shortly_before_eight(closed_by_day, analysis)
    assert statuses(analysis) == [U.PAUSING, U.PAUSED]
    let_engines_save(analysis)
    tick()
    assert make.fresh(analysis).status == A.PAUSED
    closed_by_day.move_to(make.in_berlin("2027-03-01 17:59:55"))
    tick()
    assert make.fresh(analysis).status == A.PAUSED
    closed_by_day.move_to(make.in_berlin("2027-03-01 18:00:01"))
    tick()
    assert statuses(analysis) == [U.RESUMING, U.QUEUED_WITH_WARNING]
    assert "analysis.blackout_began" in actions(analysis) and "analysis.blackout_ended" in actions(analysis)
    assert "18:00" not in str(analysis.activity.get(action="analysis.blackout_ended").reason)


def test_the_time_that_a_window_takes_is_not_counted_as_duration(closed_by_day):
    analysis = make.running()
    expires_at = make.fresh(analysis).expires_at
    shortly_before_eight(closed_by_day, analysis)
    let_engines_save(analysis)
    closed_by_day.shift(timedelta(hours=5))
    tick()
    assert make.fresh(analysis).status == A.PAUSED  # and not Time Expired, though its hour is long over
    closed_by_day.move_to(make.in_berlin("2027-03-01 18:00:01"))
    tick()
    passed = make.fresh(analysis).expires_at - expires_at
    assert timedelta(hours=10) <= passed < timedelta(hours=10, minutes=1)


def test_a_window_does_not_end_while_an_engine_still_saves_its_session(closed_by_day):
    analysis = make.running()
    scan = analysis.url_scans.get()
    shortly_before_eight(closed_by_day, analysis)
    closed_by_day.move_to(make.in_berlin("2027-03-01 18:00:01"))
    transitions.end_blackout(analysis)
    assert make.fresh(scan).status == U.PAUSING
    let_engines_save(analysis)
    tick()
    assert make.fresh(scan).status == U.RESUMING


def test_what_is_due_in_a_window_starts_after_it(closed_by_day):
    analysis = make.scheduled(start_at=make.in_berlin("2027-03-01 12:00:00"))
    closed_by_day.move_to(make.in_berlin("2027-03-01 12:30:00"))
    tick()
    assert make.fresh(analysis).status == A.SCHEDULED
    closed_by_day.move_to(make.in_berlin("2027-03-01 18:00:01"))
    tick()
    assert make.fresh(analysis).status == A.QUEUED


def test_a_window_of_one_analysis_leaves_the_others_alone(clock):
    clock.move_to(make.in_berlin("2027-03-06 12:00:00"))
    closed = make.submitted(blackout="Sat,Sun", time_zone="Europe/Berlin")
    transitions.schedule(closed)
    other = make.scheduled()
    tick()
    assert (make.fresh(closed).status, make.fresh(other).status) == (A.SCHEDULED, A.QUEUED)


def test_a_window_that_is_over_says_nothing_of_an_analysis_that_was_stopped_in_it(closed_by_day):
    analysis = make.running(publication="reviewer")
    make.find(analysis.url_scans.get())
    shortly_before_eight(closed_by_day, analysis)
    let_engines_save(analysis)
    transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.STOPPED_VERIFYING_PARTIAL_RESULTS
    closed_by_day.move_to(make.in_berlin("2027-03-01 18:00:01"))
    tick()
    assert make.fresh(analysis).blackout_since is None and "analysis.blackout_ended" not in actions(analysis)


def test_a_user_cannot_resume_in_a_window_and_what_a_user_paused_stays_paused_after_it(closed_by_day):
    analysis = make.running(duration=timedelta(days=1))
    scan = analysis.url_scans.get()
    transitions.pause(scan, by=Actor.COMMAND)
    let_engines_save(analysis)
    closed_by_day.move_to(make.in_berlin("2027-03-01 12:00:00"))
    tick()
    with pytest.raises(transitions.TransitionRefused, match="blackout window"):
        transitions.resume(scan, by=Actor.COMMAND)
    closed_by_day.move_to(make.in_berlin("2027-03-01 18:00:01"))
    tick()
    assert make.fresh(scan).status == U.PAUSED


WEEKLY = Recurrence(unit=Unit.WEEKLY, ends_after=3)


def finish(analysis):
    transitions.fail_submission(analysis, reason="said by the test")


def test_a_recurring_analysis_makes_its_next_run_when_its_time_has_come(clock):
    clock.move_to(make.in_berlin("2027-03-22 09:00:00"))
    first = make.submitted(start_at=make.in_berlin("2027-03-23 22:00:00"), recurrence=WEEKLY, time_zone="Europe/Berlin")
    schedule = RecurringSchedule.objects.get()
    assert schedule.next_at == make.in_berlin(
        "2027-03-30 22:00:00"
    )  # after the change to summer time, 22:00 all the same
    finish(first)
    clock.move_to(make.in_berlin("2027-03-30 21:59:00"))
    tick()
    assert first.series.runs.count() == 1
    clock.shift(timedelta(minutes=2))
    tick()
    second = first.series.runs.get(run=2)
    assert second.status == A.SUBMITTED and second.start_at == make.in_berlin("2027-03-30 22:00:00")
    assert second.activity.filter(action="analysis.submitted").get().actor == Actor.SCHEDULER
    finish(second)
    clock.move_to(make.in_berlin("2027-04-06 22:00:01"))
    tick()
    clock.shift(timedelta(days=30))
    tick()
    assert first.series.runs.count() == 3 and RecurringSchedule.objects.get().next_at is None


def test_a_run_is_skipped_and_logged_while_the_one_before_is_under_way(clock):
    first = make.running(recurrence=WEEKLY, duration=timedelta(days=20))
    clock.shift(timedelta(days=7, minutes=1))
    transitions.recover(first.url_scans.get())
    tick()
    assert first.series.runs.count() == 1 and "analysis.run_skipped" in actions(first)
    assert RecurringSchedule.objects.get().runs_made == 1


def test_a_run_is_skipped_though_a_later_one_was_only_saved_or_has_ended(clock):
    ScanSettings.objects.update(capacity=10)
    under_way = make.running(recurrence=WEEKLY, duration=timedelta(days=20))
    finish(make.submitted(name=under_way.name))
    transitions.save(make.submission(name=under_way.name), by=Actor.COMMAND)
    clock.shift(timedelta(days=7, minutes=1))
    tick()
    assert under_way.series.runs.count() == 3 and "analysis.run_skipped" in actions(under_way)


def test_five_failed_runs_in_a_row_switch_the_schedule_off(clock):
    forever = Recurrence(unit=Unit.WEEKLY)
    analysis = make.submitted(recurrence=forever)
    for _ in range(4):
        finish(analysis)
        assert RecurringSchedule.objects.switched_on().exists()
        clock.shift(timedelta(days=7, seconds=1))
        tick()
        analysis = analysis.series.runs.order_by("-run").first()
    finish(analysis)
    assert analysis.run == 5 and not RecurringSchedule.objects.switched_on().exists()
    assert "analysis.schedule_switched_off" in actions(analysis)
    clock.shift(timedelta(days=30))
    tick()
    assert analysis.series.runs.count() == 5
    transitions.switch_schedule_on(analysis, by=Actor.COMMAND)
    clock.shift(timedelta(days=7))
    tick()
    assert analysis.series.runs.count() == 6
    finish(analysis.series.runs.latest("run"))
    assert RecurringSchedule.objects.switched_on().exists()


def test_what_was_only_saved_does_not_break_the_row_of_failed_runs(clock):
    analysis = make.submitted(recurrence=Recurrence(unit=Unit.WEEKLY))
    for _ in range(4):
        finish(analysis)
        transitions.save(make.submission(name=analysis.name), by=Actor.COMMAND)
        clock.shift(timedelta(days=7, seconds=1))
        tick()
        analysis = analysis.series.runs.order_by("-run").first()
    finish(analysis)
    assert analysis.run == 9 and not RecurringSchedule.objects.switched_on().exists()


def test_a_schedule_goes_on_without_its_deleted_template_and_ends_with_the_last_run(clock):
    first = make.submitted(recurrence=Recurrence(unit=Unit.WEEKLY))
    finish(first)
    clock.shift(timedelta(days=7, seconds=1))
    tick()
    second = first.series.runs.get(run=2)
    finish(second)
    transitions.delete(make.fresh(first), by=Actor.COMMAND)
    assert RecurringSchedule.objects.switched_on().with_last_run().get().last_run == second.pk
    transitions.delete(make.fresh(second), by=Actor.COMMAND)
    schedule = RecurringSchedule.objects.get()
    assert schedule.switched_off_at and str(schedule.switched_off_reason) == "The last run of its series was deleted."
    assert "analysis.schedule_switched_off" in actions(second)
    clock.shift(timedelta(days=30))
    tick()
    assert first.series.runs.count() == 2


def test_the_secrets_of_a_deleted_template_go_with_the_schedule_that_needed_them(clock):
    login = TargetLogin.of(Login(method=Method.HEADERS, headers="X-Token: owl"))
    access = {"http://127.0.0.1:9/": transitions.Access(login=login, crawl_script=CrawlScript.of("walk.side", "[]"))}
    first = make.submitted(recurrence=Recurrence(unit=Unit.WEEKLY), access=access)
    finish(first)
    clock.shift(timedelta(days=7, seconds=1))
    tick()
    second = first.series.runs.get(run=2)
    finish(second)
    transitions.delete(make.fresh(first), by=Actor.COMMAND)
    assert TargetLogin.objects.filter(url_scans__analysis=first).exists()
    transitions.delete(make.fresh(second), by=Actor.COMMAND)
    removal.remove_unreferred()
    assert not TargetLogin.objects.exists() and not CrawlScript.objects.exists()


def test_in_a_window_no_time_passes_and_more_can_be_given(closed_by_day):
    analysis = make.running()
    shortly_before_eight(closed_by_day, analysis)
    let_engines_save(analysis)
    closed_by_day.shift(2 * AN_HOUR)
    transitions.extend(analysis, by=Actor.COMMAND, extra=AN_HOUR)
    assert make.fresh(analysis).duration == 2 * AN_HOUR
