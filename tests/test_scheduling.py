"""What time brings: each part of a tick, and that one broken part keeps none of the others from running."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import scheduling, transitions
from scans.models import Actor, Analysis, ScanSettings, SystemPart, UrlScan
from scans.statuses import AnalysisStatus as A
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from tests import factories as make

pytestmark = pytest.mark.django_db
AN_HOUR = timedelta(hours=1)


def tick():
    scheduling.tick("a-scheduler")


def move_start(analysis, by):
    """Let the time come: a test cannot wait an hour."""
    Analysis.objects.filter(pk=analysis.pk).update(start_at=timezone.now() + by)


def test_a_scheduled_analysis_starts_when_its_time_has_come_and_not_before():
    analysis = make.scheduled(start_at=timezone.now() + AN_HOUR)
    tick()
    assert make.fresh(analysis).status == A.SCHEDULED
    move_start(analysis, timedelta(0))
    tick()
    assert make.fresh(analysis).status == A.QUEUED


def test_free_places_are_filled():
    ScanSettings.objects.update(capacity=1)
    analysis = make.started("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", "http://127.0.0.1:9/c")
    ScanSettings.objects.update(capacity=2)
    tick()
    statuses = list(analysis.url_scans.order_by("position").values_list("status", flat=True))
    assert statuses == [U.QUEUED, U.QUEUED, U.QUEUED_WITH_WARNING]


def test_lowering_capacity_touches_nothing_that_runs():
    analysis = make.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    ScanSettings.objects.update(capacity=1)
    tick()
    assert set(analysis.url_scans.values_list("status", flat=True)) == {U.IN_PROGRESS}


def test_a_scan_whose_worker_fell_silent_is_taken_up_again():
    scan = make.running().url_scans.get()
    UrlScan.objects.update(lease_until=timezone.now() - AN_HOUR)
    tick()
    assert make.fresh(scan).status == U.RESUMING and make.fresh(scan).attempts == 1


def test_a_verification_whose_worker_fell_silent_is_handed_over_again():
    scan = make.ended().url_scans.get()
    DBTaskResult.objects.all().delete()
    transitions.take(scan.pk, "worker", among=[U.COMPLETED_VERIFYING_RESULTS])
    UrlScan.objects.update(lease_until=timezone.now() - AN_HOUR)
    tick()
    assert DBTaskResult.objects.get().task_path == "scans.tasks.verify"
    assert transitions.take(scan.pk, "another", among=[U.COMPLETED_VERIFYING_RESULTS])


def test_an_ended_duration_ends_what_waits_and_leaves_what_runs_to_its_worker():
    ScanSettings.objects.update(capacity=1)
    analysis = make.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    Analysis.objects.update(started_at=timezone.now() - 2 * AN_HOUR)
    tick()
    statuses = list(analysis.url_scans.order_by("position").values_list("status", flat=True))
    assert statuses == [U.IN_PROGRESS, U.TIME_EXPIRED_STOPPED]


def running_task(worker):
    """The oldest task as if this worker had claimed it an hour ago."""
    result = DBTaskResult.objects.ready().first()
    result.claim(worker)
    DBTaskResult.objects.filter(pk=result.pk).update(started_at=timezone.now() - AN_HOUR)
    return result


def test_the_task_of_a_dead_worker_is_queued_again_twice_and_then_the_set_up_has_failed():
    analysis = make.submitted()
    for _ in range(scheduling.MAX_TASK_LOSSES):
        running_task("dead")
        tick()
        assert DBTaskResult.objects.ready().count() == 1
    running_task("dead")
    tick()
    assert DBTaskResult.objects.ready().count() == 0
    assert DBTaskResult.objects.failed().count() == scheduling.MAX_TASK_LOSSES + 1
    assert make.fresh(analysis).status == A.NOT_SUBMITTED
    assert "lost 3 times" in analysis.url_scans.get().reason


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

    monkeypatch.setattr(scheduling, "recover_abandoned", broken)
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
