"""Each part of a tick of the scheduler; one broken part stops none of the others."""

from datetime import timedelta

import pytest
from django.db.models.signals import post_init
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.models import (
    Actor,
    Analysis,
    RecurringSchedule,
    ScanSettings,
    StatusCount,
    SystemPart,
    WebhookEvent,
)
from scans.statuses import AnalysisStatus as A
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from scans.workers import leading, scheduler
from tests import factories as make
from tests.rows import statuses

pytestmark = pytest.mark.django_db
AN_HOUR = timedelta(hours=1)


def tick():
    leading.tick("a-scheduler")


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


def test_a_scan_whose_worker_fell_silent_is_taken_up_again():
    scan = make.running().url_scans.get()
    make.lose(scan)
    tick()
    assert make.fresh(scan).status == U.RESUMING and make.fresh(scan).attempts == 1


def test_a_scheduler_whose_clock_is_ahead_takes_no_scan_from_its_worker(clock):
    scan = make.running().url_scans.get()
    clock.shift(timedelta(minutes=10))
    tick()
    assert make.fresh(scan).status == U.IN_PROGRESS


@pytest.mark.parametrize("wrong_by", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_lease_lasts_as_long_whatever_the_clock_of_its_worker_says(clock, wrong_by):
    clock.shift(wrong_by)
    scan = make.running().url_scans.get()
    for write in (lambda: transitions.renew(scan), lambda: transitions.renew(scan, requests=1)):
        write()
        clock.shift(-wrong_by)  # as the machine of the scheduler, and the test, have it
        lasts = make.fresh(scan).lease_until - timezone.now()
        assert abs(lasts) < timedelta(minutes=10)
        clock.shift(wrong_by)


def test_a_verification_whose_worker_fell_silent_is_handed_over_again():
    scan = make.ended().url_scans.get()
    DBTaskResult.objects.all().delete()
    transitions.take(scan.pk, "worker", among=[U.COMPLETED_VERIFYING_RESULTS])
    make.lose(scan)
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


def test_one_broken_part_keeps_none_of_the_others_from_running(monkeypatch, caplog):
    analysis = make.scheduled()

    def broken():
        raise RuntimeError("broken")

    monkeypatch.setattr(scheduler, "recover_abandoned", broken)
    tick()
    assert make.fresh(analysis).status == A.QUEUED and "runs again" in caplog.text


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


def test_a_window_of_one_analysis_pauses_it_and_a_tick_reads_none_of_those_without_one(clock):
    clock.move_to(make.in_berlin("2027-03-05 23:58:00"))
    closed = make.running(blackout="Sat,Sun", time_zone="Europe/Berlin")
    other = make.running()
    read = []

    def note(instance, **_):
        read.append(instance.pk)

    clock.move_to(make.in_berlin("2027-03-06 00:00:01"))
    post_init.connect(note, sender=Analysis)
    make.carry_out(scheduler.begin_blackouts)
    post_init.disconnect(note, sender=Analysis)
    assert (statuses(closed), statuses(other)) == ([U.PAUSING], [U.IN_PROGRESS])
    assert set(read) == {closed.pk}


def test_the_look_of_a_tick_misses_no_job_that_finds_something(clock):
    """The world in which every job finds something; one that the look missed would never run."""
    ScanSettings.objects.update(capacity=1, keep_runs_days=1)
    repeated, _ = make.published(), make.published()
    make.lose(make.running().url_scans.get())
    clock.shift(timedelta(days=2))
    StatusCount.objects.bulk_create(StatusCount(status="draft", count=0) for _ in range(300))
    paused = make.running()
    Analysis.objects.filter(pk=paused.pk).update(blackout_since=timezone.now())
    closed = make.running()
    Analysis.objects.filter(pk=closed.pk).update(blackout="Mon-Fri\nSat,Sun")
    make.started()  # waits for capacity
    ScanSettings.objects.update(capacity=20)
    make.submitted()
    DBTaskResult.objects.all().delete()
    over = make.started()
    Analysis.objects.filter(pk=over.pk).update(expires_at=timezone.now() - AN_HOUR)
    make.scheduled()
    SystemPart.report(SystemPart.Kind.SCANS_WORKER, "here")
    make.started().url_scans.update(unserved_since=timezone.now())  # this worker serves its zone
    RecurringSchedule.objects.create(
        series=repeated.series, template=repeated, first_at=timezone.now(), next_at=timezone.now()
    )
    WebhookEvent.objects.create(entry=1)
    asked = scheduler.questions()
    working = {job.__name__ for job in asked if next(iter(job()), None)}
    assert working == {job.__name__ for job in asked}
    assert scheduler.look(frozenset(asked)).found() == set(asked)


def test_the_look_finds_nothing_where_everything_is_done():
    make.running()
    tick()
    asked = scheduler.questions()
    assert scheduler.look(frozenset(asked)).found() <= {scheduler.begin_blackouts}


def test_open_findings_are_counted_again_after_a_change_and_after_a_quarter_of_an_hour(clock):
    def found():
        return scheduler.look(frozenset({scheduler.count_open_findings})).found()

    assert found()  # never counted
    tick()
    assert not found()
    clock.shift(timedelta(seconds=30))
    assert not found()
    make.submitted()
    assert found()
    tick()
    assert not found()
    clock.shift(timedelta(minutes=16))
    assert found()
