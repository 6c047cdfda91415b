"""Every row that must have a task gets one again, ever later, and ends with a reason after too many failures."""

from datetime import timedelta
from unittest import mock
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import tasks, transitions
from scans.maintenance import removal
from scans.models import Actor, AllowedTarget, Analysis, BulkOutcome, Finding, StopMode, SystemPart
from scans.models.owed import OWED_TASKS, owed
from scans.statuses import Action
from scans.statuses import AnalysisStatus as A
from scans.statuses import UrlScanStatus as U
from scans.transitions import bulk
from scans.workers import leading, task_watch
from tests import factories as make
from tests.eventually import at_once

pytestmark = pytest.mark.django_db
AN_HOUR = timedelta(hours=1)


def look_after_tasks():
    """As the scheduler does at its tick."""
    make.carry_out(task_watch.look_after_tasks)


def waiting(name):
    """The waiting tasks of this name."""
    return DBTaskResult.objects.ready().filter(task_path=f"scans.tasks.{name}")


def lose_worker(name):
    """The waiting task of this name as if a worker that is dead now had claimed it an hour ago."""
    result = waiting(name).get()
    result.claim("dead")
    DBTaskResult.objects.filter(pk=result.pk).update(started_at=timezone.now() - AN_HOUR)
    return result


def lose_all_workers(name, clock):
    """Lose each worker that takes the task, until no task is left. Returns how many were lost, and the pauses."""
    lost, pauses = 0, []
    while waiting(name).exists():
        lose_worker(name)
        lost += 1
        pauses.append(pause_until_queued(name, clock))
    return lost, pauses[:-1]


def pause_until_queued(name, clock):
    """Move the clock on until the task waits again. Returns the seconds, rounded up; None after the longest pause."""
    passed = 0
    for seconds in (0, 11, 21, 41, 81, 161, 321, 601):
        clock.shift(timedelta(seconds=seconds - passed))
        passed = seconds
        look_after_tasks()
        if waiting(name):
            return seconds
    return None


# --- What must have a task, and its end


def submitted_analysis():
    return make.submitted()


def draft_with_prescan():
    draft = transitions.save(make.submission(), by=Actor.COMMAND)
    transitions.prescan_only(draft, by=Actor.COMMAND)
    return draft


def deleting():
    scan = make.ended().url_scans.get()
    transitions.stop_analysis(make.fresh(scan.analysis), StopMode.DELETE, by=Actor.COMMAND)
    return scan.analysis


def verifying():
    return make.ended(number_of_findings=2)


def verifying_again():
    analysis = make.published()
    make.find(analysis.url_scans.get())
    transitions.verify_again_analysis(analysis, by=Actor.COMMAND)
    return analysis


def deleted():
    analysis = make.published()
    transitions.delete(analysis, by=Actor.COMMAND)
    return analysis


def bulk_action():
    with mock.patch.object(bulk, "AT_ONCE", 1):
        chosen = [make.scheduled().pk, make.scheduled().pk]
        bulk.ask(Action.STOP_SAVE, chosen, by=make.user("Submitter"), key=uuid4())


OWING = {
    "set_up": submitted_analysis,
    "scan_url": make.started,
    "verify": verifying,
    "verify_again": verifying_again,
    "delete_results": deleting,
    "remove_data": deleted,
    "carry_out_bulk": bulk_action,
}


def test_somebody_looks_after_every_task():
    every = {name for name, task in vars(tasks).items() if hasattr(task, "queue_name")}
    assert every == set(task_watch.DUTIES) == set(OWED_TASKS) == set(OWING)


@pytest.mark.parametrize("name", OWING)
def test_a_row_without_its_task_gets_another_one_even_if_the_queue_is_lost(name):
    OWING[name]()
    assert waiting(name).count() == 1
    DBTaskResult.objects.all().delete()
    leading.tick("a-scheduler")
    look_after_tasks()
    assert waiting(name).count() == 1


@pytest.mark.parametrize("name", OWING)
def test_a_task_that_loses_each_worker_pauses_ever_longer_and_ends(name, clock):
    OWING[name]()
    lost, pauses = lose_all_workers(name, clock)
    assert lost == task_watch.DUTIES[name].max_failures
    assert pauses == sorted(pauses) and pauses[0] >= 10 and pauses[-1] >= 20
    assert not list(owed(name)), "nothing is left to do"


def test_a_set_up_that_loses_its_workers_has_failed_with_the_reason(clock):
    analysis = submitted_analysis()
    lose_all_workers("set_up", clock)
    assert make.fresh(analysis).status == A.NOT_SUBMITTED
    assert "lost 3 times" in str(analysis.url_scans.get().reason)


def test_a_draft_whose_prescan_loses_its_workers_is_a_draft_again_and_its_log_says_why(clock):
    draft = draft_with_prescan()
    lose_all_workers("set_up", clock)
    assert make.fresh(draft).status == A.SAVED_FOR_LATER
    entry = draft.activity.get(action="analysis.prescan_failed")
    assert "lost 3 times" in str(entry.reason)
    transitions.prescan_only(draft, by=Actor.COMMAND)
    look_after_tasks()
    assert waiting("set_up").count() == 1 and make.fresh(draft).prescan_ended_at is None


def test_a_scan_that_loses_its_workers_before_it_begins_ends_with_the_reason(clock):
    scan = make.started().url_scans.get()
    lose_all_workers("scan_url", clock)
    scan = make.fresh(scan)
    assert scan.status == U.TECHNICAL_ISSUE_STOPPED and "lost 3 times" in str(scan.reason)


def test_results_are_deleted_although_each_worker_that_deletes_them_is_lost(clock):
    scan = deleting().url_scans.get()
    assert make.fresh(scan).status == U.STOPPING_DELETING_RESULTS
    lost, _ = lose_all_workers("delete_results", clock)
    scan = make.fresh(scan)
    assert scan.status == U.STOPPED and not scan.findings.exists()
    assert f"lost {lost} times" in str(scan.reason) and "delete the analysis" in str(scan.reason)
    assert scan.activity.filter(action="url_scan.deletion_interrupted").count() == lost


def test_a_bulk_action_that_loses_its_workers_says_what_it_did_not_do(clock):
    bulk_action()
    lose_all_workers("carry_out_bulk", clock)
    items = bulk.BulkItem.objects.all()
    assert {item.outcome for item in items} == {BulkOutcome.BROKEN}
    assert "lost 5 times" in str(items[0].reason) and "again" in str(items[0].reason)


def test_data_that_cannot_be_removed_is_logged_and_tried_again_on_request(clock):
    analysis = deleted()
    lose_all_workers("remove_data", clock)
    assert "lost 12 times" in str(analysis.activity.get(action="analysis.removal_failed").reason)
    assert Analysis.objects.get().removal_failed_at
    assert removal.retry_failed() == 1
    look_after_tasks()
    assert waiting("remove_data").count() == 1
    tasks.remove_data.func(analysis.pk)
    analysis = make.fresh(analysis)
    assert not (analysis.removal_asked_at or analysis.removal_failed_at or Finding.objects.exists())


# --- Failures


def test_the_error_of_a_database_ends_nothing_and_only_prolongs_the_pause(clock):
    make.submitted()
    for pause in (10, 20, 40, 80, 160):
        result = waiting("set_up").get()
        result.claim("a-worker")
        result.set_failed(OperationalError("database is locked"))
        for seconds, queued in [(pause - 2, 0), (4, 1), (1, 1)]:
            clock.shift(timedelta(seconds=seconds))
            look_after_tasks()
            assert waiting("set_up").count() == queued


def test_a_task_that_fails_each_time_ends_with_its_last_error(clock):
    scan = deleting().url_scans.get()
    while waiting("delete_results"):
        result = waiting("delete_results").get()
        result.claim("a-worker")
        result.set_failed(PermissionError("/var"))
        pause_until_queued("delete_results", clock)
    scan = make.fresh(scan)
    assert scan.status == U.STOPPED and "PermissionError" in str(scan.reason)


def test_failures_before_the_row_asked_do_not_count(clock):
    analysis = submitted_analysis()
    lose_all_workers("set_up", clock)
    transitions.submit_again(analysis, by=Actor.COMMAND)
    assert lose_all_workers("set_up", clock)[0] == 3


def test_the_seconds_that_a_lost_task_had_used_are_kept(clock):
    scan = make.ended().url_scans.get()
    DBTaskResult.objects.all().delete()
    transitions.take(scan.pk, "worker", among=[U.COMPLETED_VERIFYING_RESULTS])
    transitions.make_way(make.fresh(scan), "verify", 12.5, 3.0)
    lose_worker("verify")
    look_after_tasks()
    pause_until_queued("verify", clock)
    assert waiting("verify").get().args_kwargs["args"] == [scan.pk, 12.5, 3.0]


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_queue_a_missing_task_once():
    make.submitted()
    DBTaskResult.objects.all().delete()
    assert at_once(*[look_after_tasks] * 2) == [None, None]
    assert DBTaskResult.objects.ready().count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_note_a_lost_worker_once():
    deleting()
    lose_worker("delete_results")
    assert at_once(*[look_after_tasks] * 2) == [None, None]
    assert DBTaskResult.objects.failed().count() == 1


def test_the_task_of_a_live_worker_is_left_alone():
    make.submitted()
    SystemPart.report(SystemPart.Kind.CHECKS_WORKER, "alive")
    result = lose_worker("set_up")
    DBTaskResult.objects.filter(pk=result.pk).update(worker_ids=["alive"])
    look_after_tasks()
    assert DBTaskResult.objects.running().count() == 1 and not DBTaskResult.objects.ready()


def test_an_error_of_one_row_keeps_no_other_from_its_task(monkeypatch, caplog):
    one, other = make.submitted(), make.submitted()
    DBTaskResult.objects.all().delete()
    enqueue = transitions.enqueue

    def broken(name, pk, **options):
        if pk == one.pk:
            raise RuntimeError("broken")
        enqueue(name, pk, **options)

    monkeypatch.setattr(transitions, "enqueue", broken)
    leading.tick("a-scheduler")
    assert [task.args_kwargs["args"] for task in waiting("set_up")] == [[other.pk]]
    assert "runs again at its next turn" in caplog.text


def test_looking_costs_the_same_however_many_tasks_wait(django_assert_max_num_queries):
    for _ in range(5):
        make.submitted()
    with django_assert_max_num_queries(12):
        look_after_tasks()


def test_a_missing_task_is_queued_in_the_zone_of_its_target():
    AllowedTarget.objects.create(pattern="127.0.0.1", zone="office")
    make.started()
    expected = waiting("scan_url").get().queue_name
    assert "office" in expected
    DBTaskResult.objects.all().delete()
    look_after_tasks()
    assert waiting("scan_url").get().queue_name == expected
