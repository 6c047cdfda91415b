"""What time brings: each part of a tick, and that one broken part keeps none of the others from running."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models.signals import post_init
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.activity import sentence
from scans.login.base import Login, Method
from scans.models import (
    Actor,
    Analysis,
    BlackoutWindow,
    RecurringSchedule,
    ScanSettings,
    StopMode,
    SystemPart,
    TargetLogin,
    UrlScan,
)
from scans.schedule.recurrence import Recurrence, Unit
from scans.statuses import AnalysisStatus as A
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from scans.workers import scheduler
from tests import factories as make

pytestmark = pytest.mark.django_db
AN_HOUR = timedelta(hours=1)


def tick():
    scheduler.tick("a-scheduler")


def statuses(analysis):
    return list(analysis.url_scans.order_by("position").values_list("status", flat=True))


def actions(analysis):
    return list(analysis.activity.order_by("pk").values_list("action", flat=True))


def test_a_scheduled_analysis_starts_when_its_time_has_come_and_not_before(clock):
    analysis = make.scheduled(start_at=timezone.now() + AN_HOUR)
    tick()
    assert make.fresh(analysis).status == A.SCHEDULED
    clock.shift(AN_HOUR)
    tick()
    assert make.fresh(analysis).status == A.QUEUED


def test_free_places_are_filled():
    ScanSettings.objects.update(capacity=1)
    analysis = make.started("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", "http://127.0.0.1:9/c")
    ScanSettings.objects.update(capacity=2)
    tick()
    assert statuses(analysis) == [U.QUEUED, U.QUEUED, U.QUEUED_WITH_WARNING]


def test_lowering_capacity_touches_nothing_that_runs():
    analysis = make.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    ScanSettings.objects.update(capacity=1)
    tick()
    assert set(analysis.url_scans.values_list("status", flat=True)) == {U.IN_PROGRESS}


def test_a_scan_whose_worker_fell_silent_is_taken_up_again(clock):
    scan = make.running().url_scans.get()
    clock.shift(timedelta(seconds=31))
    tick()
    assert make.fresh(scan).status == U.RESUMING and make.fresh(scan).attempts == 1


def test_a_verification_whose_worker_fell_silent_is_handed_over_again(clock):
    scan = make.ended().url_scans.get()
    DBTaskResult.objects.all().delete()
    transitions.take(scan.pk, "worker", among=[U.COMPLETED_VERIFYING_RESULTS])
    clock.shift(timedelta(seconds=31))
    tick()
    assert DBTaskResult.objects.get().task_path == "scans.tasks.verify"
    assert transitions.take(scan.pk, "another", among=[U.COMPLETED_VERIFYING_RESULTS])


def test_an_ended_duration_ends_what_waits_and_leaves_what_runs_to_its_worker(clock):
    ScanSettings.objects.update(capacity=1)
    analysis = make.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    clock.shift(AN_HOUR + timedelta(seconds=1))
    transitions.renew(analysis.url_scans.get(position=0))
    tick()
    assert statuses(analysis) == [U.IN_PROGRESS, U.TIME_EXPIRED_STOPPED]


def running_task(worker):
    """The oldest task as if this worker had claimed it an hour ago."""
    result = DBTaskResult.objects.ready().first()
    result.claim(worker)
    DBTaskResult.objects.filter(pk=result.pk).update(started_at=timezone.now() - AN_HOUR)
    return result


def test_the_task_of_a_dead_worker_is_queued_again_twice_and_then_the_set_up_has_failed():
    analysis = make.submitted()
    for _ in range(scheduler.MAX_TASK_LOSSES):
        running_task("dead")
        tick()
        assert DBTaskResult.objects.ready().count() == 1
    running_task("dead")
    tick()
    assert DBTaskResult.objects.ready().count() == 0
    assert DBTaskResult.objects.failed().count() == scheduler.MAX_TASK_LOSSES + 1
    assert make.fresh(analysis).status == A.NOT_SUBMITTED
    assert "lost 3 times" in analysis.url_scans.get().reason


def test_two_schedulers_queue_a_lost_task_again_once():
    make.submitted()
    lost = running_task("dead")
    twin = DBTaskResult.objects.get(pk=lost.pk)
    scheduler._requeue(lost)
    scheduler._requeue(twin)
    assert DBTaskResult.objects.ready().count() == 1 and DBTaskResult.objects.failed().count() == 1


def test_a_task_that_broke_is_queued_again_after_a_while_and_ever_later(clock):
    make.submitted()
    for times in (1, 2, 3):
        result = DBTaskResult.objects.ready().get()
        result.claim("a-worker")
        result.set_failed(OperationalError("database is locked"))
        for seconds, queued in [(10 * times - 2, 0), (4, 1), (1, 1)]:
            clock.shift(timedelta(seconds=seconds))
            tick()
            assert DBTaskResult.objects.ready().count() == queued


def test_tasks_that_broke_and_were_queued_again_cost_one_query_however_many(clock, django_assert_num_queries):
    for _ in range(3):
        make.submitted()
    for result in list(DBTaskResult.objects.all()):
        result.claim("a-worker")
        result.set_failed(OperationalError("database is locked"))
    clock.shift(timedelta(seconds=30))
    tick()
    assert DBTaskResult.objects.ready().count() == 3
    with django_assert_num_queries(1):
        scheduler.repeat_failed_tasks()
    assert DBTaskResult.objects.count() == 6


def test_the_task_of_a_live_worker_is_left_alone():
    make.submitted()
    SystemPart.report(SystemPart.Kind.CHECKS_WORKER, "alive")
    running_task("alive")
    tick()
    assert DBTaskResult.objects.running().count() == 1


def test_one_broken_part_keeps_none_of_the_others_from_running(monkeypatch, caplog):
    analysis = make.scheduled()

    def broken():
        raise RuntimeError("broken")

    monkeypatch.setattr(scheduler, "recover_abandoned", broken)
    tick()
    assert make.fresh(analysis).status == A.QUEUED and "tried again" in caplog.text


def test_the_scheduler_is_seen_alive():
    tick()
    missing = SystemPart.missing()
    assert SystemPart.Kind.SCHEDULER not in missing and SystemPart.Kind.SCANS_WORKER in missing


def test_an_analysis_that_changes_in_the_same_moment_does_not_stop_the_tick(monkeypatch):
    one, other = make.scheduled(), make.scheduled()
    really_start = transitions.start

    def start(analysis):
        if analysis == one:
            raise transitions.TransitionRefused("changed")
        really_start(analysis)

    monkeypatch.setattr(transitions, "start", start)
    tick()
    assert make.fresh(other).status == A.QUEUED


def test_places_freed_by_an_end_go_to_those_that_wait():
    ScanSettings.objects.update(capacity=1)
    analysis = make.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    transitions.end(analysis.url_scans.order_by("position").first(), EndedBy.ITSELF, by=Actor.ENGINE)
    tick()
    assert analysis.url_scans.get(position=1).status == U.QUEUED


def test_the_command_ticks_once_and_prunes_what_finished_long_ago():
    make.submitted()
    old = DBTaskResult.objects.get()
    old.claim("worker")
    old.set_successful(None)
    DBTaskResult.objects.update(finished_at=timezone.now() - timedelta(days=8))
    analysis = make.scheduled()
    call_command("run_scheduler", "--once")
    assert make.fresh(analysis).status == A.QUEUED and not DBTaskResult.objects.filter(pk=old.pk).exists()


@pytest.mark.django_db(transaction=True)  # as the command works: what fails spoils no transaction round it
def test_a_database_that_fails_while_the_command_prunes_does_not_end_it(caplog):
    def fail_to_delete(execute, sql, params, many, context):
        if sql.startswith("DELETE") and DBTaskResult._meta.db_table in sql:
            raise OperationalError("the server closed the connection")
        return execute(sql, params, many, context)

    make.submitted()
    DBTaskResult.objects.get().claim("worker")
    DBTaskResult.objects.get().set_successful(None)
    DBTaskResult.objects.update(finished_at=timezone.now() - timedelta(days=8))
    with connection.execute_wrapper(fail_to_delete):
        call_command("run_scheduler", "--once")
    assert "the server closed the connection" in caplog.text and "tried again" in caplog.text
    assert not SystemPart.objects.exists()  # it ended in its own time


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its statistics by itself")
def test_the_command_has_sqlite_count_what_there_is():
    make.scheduled()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE scans_urlscan")
        cursor.execute("DELETE FROM sqlite_stat1")
        call_command("run_scheduler", "--once")
        cursor.execute("SELECT DISTINCT tbl FROM sqlite_stat1 WHERE tbl = 'scans_analysis'")
        assert cursor.fetchall() == [("scans_analysis",)]


# --- Blackout windows


def in_berlin(text):
    """A moment in UTC from a wall clock in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


@pytest.fixture
def closed_by_day(clock):
    """It is a Monday, 7:59 in the morning, and from eight to six nothing may be scanned."""
    clock.move_to(in_berlin("2027-03-01 07:59:00"))
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
    closed_by_day.move_to(in_berlin("2027-03-01 17:59:55"))
    tick()
    assert make.fresh(analysis).status == A.PAUSED
    closed_by_day.move_to(in_berlin("2027-03-01 18:00:01"))
    tick()
    assert statuses(analysis) == [U.RESUMING, U.QUEUED_WITH_WARNING]
    assert "analysis.blackout_began" in actions(analysis) and "analysis.blackout_ended" in actions(analysis)
    assert "18:00" not in analysis.activity.get(action="analysis.blackout_ended").reason


def test_the_time_that_a_window_takes_is_not_counted_as_duration(closed_by_day):
    analysis = make.running()
    expires_at = make.fresh(analysis).expires_at
    shortly_before_eight(closed_by_day, analysis)
    let_engines_save(analysis)
    closed_by_day.shift(timedelta(hours=5))
    tick()
    assert make.fresh(analysis).status == A.PAUSED  # and not Time Expired, though its hour is long over
    closed_by_day.move_to(in_berlin("2027-03-01 18:00:01"))
    tick()
    passed = make.fresh(analysis).expires_at - expires_at
    assert timedelta(hours=10) <= passed < timedelta(hours=10, minutes=1)


def test_a_window_does_not_end_while_an_engine_still_saves_its_session(closed_by_day):
    analysis = make.running()
    scan = analysis.url_scans.get()
    shortly_before_eight(closed_by_day, analysis)
    closed_by_day.move_to(in_berlin("2027-03-01 18:00:01"))
    transitions.end_blackout(analysis)
    assert make.fresh(scan).status == U.PAUSING
    let_engines_save(analysis)
    tick()
    assert make.fresh(scan).status == U.RESUMING


def test_what_is_due_in_a_window_starts_after_it(closed_by_day):
    analysis = make.scheduled(start_at=in_berlin("2027-03-01 12:00:00"))
    closed_by_day.move_to(in_berlin("2027-03-01 12:30:00"))
    tick()
    assert make.fresh(analysis).status == A.SCHEDULED
    closed_by_day.move_to(in_berlin("2027-03-01 18:00:01"))
    tick()
    assert make.fresh(analysis).status == A.QUEUED


def test_a_window_of_one_analysis_leaves_the_others_alone(clock):
    clock.move_to(in_berlin("2027-03-06 12:00:00"))
    closed = make.submitted(blackout="Sat,Sun", time_zone="Europe/Berlin")
    transitions.schedule(closed)
    other = make.scheduled()
    tick()
    assert (make.fresh(closed).status, make.fresh(other).status) == (A.SCHEDULED, A.QUEUED)


def test_a_window_of_one_analysis_pauses_it_and_a_tick_reads_none_of_those_without_one(clock):
    clock.move_to(in_berlin("2027-03-05 23:58:00"))
    closed = make.running(blackout="Sat,Sun", time_zone="Europe/Berlin")
    other = make.running()
    read = []

    def note(instance, **_):
        read.append(instance.pk)

    clock.move_to(in_berlin("2027-03-06 00:00:01"))
    post_init.connect(note, sender=Analysis)
    scheduler.begin_blackouts()
    post_init.disconnect(note, sender=Analysis)
    assert (statuses(closed), statuses(other)) == ([U.PAUSING], [U.IN_PROGRESS])
    assert set(read) == {closed.pk}


def test_a_window_that_is_over_says_nothing_of_an_analysis_that_was_stopped_in_it(closed_by_day):
    analysis = make.running(publication="reviewer")
    make.find(analysis.url_scans.get())
    shortly_before_eight(closed_by_day, analysis)
    let_engines_save(analysis)
    transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.STOPPED_VERIFYING_PARTIAL_RESULTS
    closed_by_day.move_to(in_berlin("2027-03-01 18:00:01"))
    tick()
    assert make.fresh(analysis).blackout_since is None and "analysis.blackout_ended" not in actions(analysis)


def test_a_user_cannot_resume_in_a_window_and_what_a_user_paused_stays_paused_after_it(closed_by_day):
    analysis = make.running(duration=timedelta(days=1))
    scan = analysis.url_scans.get()
    transitions.pause(scan, by=Actor.COMMAND)
    let_engines_save(analysis)
    closed_by_day.move_to(in_berlin("2027-03-01 12:00:00"))
    tick()
    with pytest.raises(transitions.TransitionRefused, match="blackout window"):
        transitions.resume(scan, by=Actor.COMMAND)
    closed_by_day.move_to(in_berlin("2027-03-01 18:00:01"))
    tick()
    assert make.fresh(scan).status == U.PAUSED


# --- Pauses


def test_a_pause_that_lasts_too_long_ends_the_scan_and_keeps_its_results(clock):
    analysis = make.running(duration=timedelta(days=20))
    scan = analysis.url_scans.get()
    make.find(scan)
    transitions.pause(scan, by=Actor.COMMAND)
    let_engines_save(analysis)
    clock.shift(timedelta(days=6, hours=23))
    tick()
    assert make.fresh(scan).status == U.PAUSED
    clock.shift(AN_HOUR)
    tick()
    scan = make.fresh(scan)
    assert scan.status == U.STOPPED_VERIFYING_PARTIAL_RESULTS and "longer than 7 days" in scan.reason


def test_what_is_resumed_waits_for_a_place_like_everybody(clock):
    ScanSettings.objects.update(capacity=1)
    analysis = make.running()
    transitions.pause(analysis.url_scans.get(), by=Actor.COMMAND)
    let_engines_save(analysis)
    other = make.running()
    transitions.resume(analysis.url_scans.get(), by=Actor.COMMAND)
    assert statuses(analysis) == [U.RESUMING] and UrlScan.objects.holding_slot().count() == 1
    assert transitions.take(analysis.url_scans.get().pk, "worker", among=[U.RESUMING]) is None
    transitions.end(other.url_scans.get(), EndedBy.ITSELF)
    tick()
    assert UrlScan.objects.holding_slot().get() == analysis.url_scans.get()
    assert actions(analysis)[-1] == "url_scan.got_a_place"


# --- Recurring schedules

WEEKLY = Recurrence(unit=Unit.WEEKLY, ends_after=3)


def finish(analysis):
    transitions.fail_submission(analysis, reason="said by the test")


def test_a_recurring_analysis_makes_its_next_run_when_its_time_has_come(clock):
    clock.move_to(in_berlin("2027-03-22 09:00:00"))
    first = make.submitted(start_at=in_berlin("2027-03-23 22:00:00"), recurrence=WEEKLY, time_zone="Europe/Berlin")
    schedule = RecurringSchedule.objects.get()
    assert schedule.next_at == in_berlin("2027-03-30 22:00:00")  # after the change to summer time, 22:00 all the same
    finish(first)
    clock.move_to(in_berlin("2027-03-30 21:59:00"))
    tick()
    assert first.series.runs.count() == 1
    clock.shift(timedelta(minutes=2))
    tick()
    second = first.series.runs.get(run=2)
    assert second.status == A.SUBMITTED and second.start_at == in_berlin("2027-03-30 22:00:00")
    assert second.activity.filter(action="analysis.submitted").get().actor == Actor.SCHEDULER
    finish(second)
    clock.move_to(in_berlin("2027-04-06 22:00:01"))
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
    assert schedule.switched_off_at and schedule.switched_off_reason == "The last run of its series was deleted."
    assert "analysis.schedule_switched_off" in actions(second)
    clock.shift(timedelta(days=30))
    tick()
    assert first.series.runs.count() == 2


def test_the_secrets_of_a_deleted_template_go_with_the_schedule_that_needed_them(clock):
    login = TargetLogin.of(Login(method=Method.HEADERS, headers="X-Token: owl"))
    access = {"http://127.0.0.1:9/": transitions.Access(login=login, crawl_script="[]", crawl_script_name="walk.side")}
    first = make.submitted(recurrence=Recurrence(unit=Unit.WEEKLY), access=access)
    finish(first)
    clock.shift(timedelta(days=7, seconds=1))
    tick()
    second = first.series.runs.get(run=2)
    finish(second)
    transitions.delete(make.fresh(first), by=Actor.COMMAND)
    assert TargetLogin.objects.filter(url_scan__analysis=first).exists()
    transitions.delete(make.fresh(second), by=Actor.COMMAND)
    assert not TargetLogin.objects.exists() and not UrlScan.objects.exclude(crawl_script="").exists()


# --- Duration


def test_an_extended_duration_ends_later(clock):
    analysis = make.running("http://127.0.0.1:9/a")
    transitions.pause_analysis(analysis, by=Actor.COMMAND)
    let_engines_save(analysis)
    transitions.extend(analysis, by=Actor.COMMAND, extra=AN_HOUR, reason="more to see")
    clock.shift(AN_HOUR + timedelta(minutes=1))
    tick()
    assert statuses(analysis) == [U.PAUSED]
    clock.shift(AN_HOUR)
    tick()
    assert statuses(analysis) == [U.TIME_EXPIRED_STOPPED]
    entry = analysis.activity.get(action="analysis.extended")
    assert entry.data == {"before": "1:00:00", "after": "2:00:00"} and entry.reason == "more to see"


def test_no_more_time_is_given_once_the_duration_has_ended(clock):
    analysis = make.running()
    clock.shift(AN_HOUR)
    with pytest.raises(transitions.TransitionRefused, match="duration ended"):
        transitions.extend(analysis, by=Actor.COMMAND, extra=AN_HOUR)


def test_in_a_window_no_time_passes_and_more_can_be_given(closed_by_day):
    analysis = make.running()
    shortly_before_eight(closed_by_day, analysis)
    let_engines_save(analysis)
    closed_by_day.shift(2 * AN_HOUR)
    transitions.extend(analysis, by=Actor.COMMAND, extra=AN_HOUR)
    assert make.fresh(analysis).duration == 2 * AN_HOUR


@pytest.mark.parametrize("extra", [timedelta(0), timedelta(days=25)])
def test_a_duration_is_extended_only_within_its_limits(extra):
    with pytest.raises(transitions.TransitionRefused, match="not possible"):
        transitions.extend(make.running(), by=Actor.COMMAND, extra=extra)


def test_a_time_expired_analysis_is_continued_as_the_next_run_by_those_urls_alone():
    analysis = make.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    first, second = analysis.url_scans.order_by("position")
    transitions.end(first, EndedBy.ITSELF)
    make.find(second)
    transitions.end(second, EndedBy.DURATION)
    again = transitions.continue_expired(analysis, by=Actor.COMMAND)
    scan = again.url_scans.get()
    assert (scan.url, scan.continues, again.run) == (second.url, second, 2)
    assert make.fresh(again).continues == analysis


def test_what_has_no_expired_url_cannot_be_continued():
    analysis = make.published(ended_by=EndedBy.ENGINE)
    with pytest.raises(transitions.TransitionRefused, match="no URL scan whose duration ended"):
        transitions.continue_expired(analysis, by=Actor.COMMAND)


# --- Saved for later


def test_what_is_saved_for_later_can_be_changed_checked_and_submitted():
    analysis = transitions.save(make.submission("http://127.0.0.1:9/a"), by=Actor.COMMAND)
    assert analysis.status == A.SAVED_FOR_LATER and not DBTaskResult.objects.exists()
    changed = make.submission("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", depth=3)
    transitions.change(analysis, changed, by=Actor.COMMAND)
    assert statuses(analysis) == [U.SUBMITTED, U.SUBMITTED] and make.fresh(analysis).depth == 3
    transitions.submit_again(analysis, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.SUBMITTED and DBTaskResult.objects.count() == 1
    assert actions(analysis)[:2] == ["analysis.saved", "analysis.changed"]
    with pytest.raises(transitions.TransitionRefused, match="not possible"):
        transitions.change(analysis, changed, by=Actor.COMMAND)


def test_what_was_saved_for_later_is_not_submitted_once_its_start_is_past(clock):
    at = timezone.now() + AN_HOUR
    analysis = transitions.save(make.submission(start_at=at, recurrence=WEEKLY), by=Actor.COMMAND)
    clock.shift(timedelta(days=30))
    with pytest.raises(transitions.TransitionRefused, match="is past.*edit"):
        transitions.submit_again(analysis, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.SAVED_FOR_LATER and not RecurringSchedule.objects.exists()
    transitions.change(analysis, make.submission(start_at=timezone.now()), by=Actor.COMMAND)
    transitions.submit_again(analysis, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.SUBMITTED


def test_a_changed_configuration_is_logged_with_the_values_before_and_after_and_without_secrets():
    login = TargetLogin.of(Login(method=Method.HEADERS, headers="X-Token: owl"))
    at = in_berlin("2027-03-23 22:00:00")
    hours = {"duration": timedelta(hours=24), "start_at": at, "time_zone": "Europe/Berlin"}
    saved = make.submission("http://127.0.0.1:9/a", blackout="Sat,Sun", **hours)
    analysis = transitions.save(saved, by=Actor.COMMAND)
    changed = make.submission(
        "http://127.0.0.1:9/b",
        prescan=False,
        recurrence=WEEKLY,
        **{**hours, "duration": timedelta(minutes=90)},
        access={"http://127.0.0.1:9/b": transitions.Access(login=login)},
    )
    transitions.change(analysis, changed, by=Actor.COMMAND)
    said = sentence(analysis.activity.get(action="analysis.changed"))
    assert said == (
        "changed the configuration: urls (http://127.0.0.1:9/a → http://127.0.0.1:9/b), duration (24 h → 90 min), "
        "prescan (yes → no), recurrence (nothing → every week on Tuesday at 22:00 (Europe/Berlin), 3 times), "
        "blackout (Sat,Sun → nothing), access"
    )


def only_checked(**fields):
    """Saved for later and checked, of two URLs the first of which could not be set up."""
    analysis = transitions.save(
        make.submission("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", **fields), by=Actor.COMMAND
    )
    transitions.begin_prescan(analysis)
    transitions.fail_set_up(analysis.url_scans.get(position=0), reason="key lost")
    return make.fresh(analysis)


def test_one_url_does_not_submit_all_of_what_is_only_saved():
    analysis = only_checked()
    with pytest.raises(transitions.TransitionRefused, match="is “Prescanning”"):
        transitions.submit_again(analysis, by=Actor.COMMAND)
    transitions.end_prescan(analysis, checked=2, passed=1)
    with pytest.raises(transitions.TransitionRefused, match="was not submitted yet"):
        transitions.submit_scan_again(analysis.url_scans.get(position=0), by=Actor.COMMAND)
    assert make.fresh(analysis).submitted_at is None


def test_what_was_only_checked_and_failed_begins_to_repeat_once_it_is_submitted():
    analysis = only_checked(start_at=timezone.now() + AN_HOUR, recurrence=WEEKLY)
    transitions.fail_set_up(analysis.url_scans.get(position=1), reason="key lost")
    assert make.fresh(analysis).status == A.NOT_SUBMITTED
    transitions.submit_again(analysis, by=Actor.COMMAND)
    schedule, first = RecurringSchedule.objects.get(), make.fresh(analysis).start_at
    assert schedule.template == analysis and schedule.next_at > first
    transitions.fail_submission(analysis, reason="no engine")
    transitions.submit_again(
        analysis, by=Actor.COMMAND
    )  # once it was submitted, the schedule is there, and goes on as it is
    assert RecurringSchedule.objects.get().next_at == schedule.next_at


def test_a_url_that_was_taken_out_of_what_is_saved_is_not_scanned_although_somebody_was_refused_something_of_it():
    analysis = transitions.save(make.submission("http://127.0.0.1:9/a", "http://127.0.0.1:9/b"), by=Actor.COMMAND)
    with pytest.raises(transitions.TransitionRefused):
        transitions.pause(analysis.url_scans.get(position=0), by=make.user("Viewer"))
    transitions.change(analysis, make.submission("http://127.0.0.1:9/b"), by=Actor.COMMAND)
    assert [scan.url for scan in analysis.url_scans.all()] == ["http://127.0.0.1:9/b"]
    assert "analysis.refused" in actions(analysis)
