"""The verbs: what each one does, what it refuses, and that a refusal leaves nothing behind."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.maintenance import removal
from scans.models import ActivityLogEntry, Actor, Analysis, Finding, ScanSettings, Series, StopMode, UrlScan
from scans.models.activity_log_entry import AppendOnly
from scans.statuses import AnalysisStatus as A
from scans.statuses import EndedBy, Results
from scans.statuses import UrlScanStatus as U
from scans.transitions import LeaseLost, NotPermitted, TransitionRefused
from tests import factories as make

pytestmark = pytest.mark.django_db


def only_scan(analysis):
    return analysis.url_scans.get()


def statuses(analysis):
    return list(analysis.url_scans.order_by("position").values_list("status", flat=True))


def actions(analysis):
    return list(analysis.activity.order_by("pk").values_list("action", flat=True))


def tasks(name):
    ready = DBTaskResult.objects.ready().filter(task_path=f"scans.tasks.{name}")
    return [result.args_kwargs["args"][0] for result in ready.order_by("enqueued_at")]


def test_submit_stores_logs_and_hands_over():
    analysis = make.submitted("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    assert analysis.status == A.SUBMITTED and statuses(analysis) == [U.SUBMITTED, U.SUBMITTED]
    assert actions(analysis) == ["analysis.submitted", "url_scan.submitted", "url_scan.submitted"]
    assert tasks("set_up") == [analysis.pk]


def test_a_transition_costs_six_statements(django_assert_num_queries):
    url_scan = only_scan(make.running())
    with transaction.atomic(), django_assert_num_queries(6 + 2):  # and a savepoint, since a test has a transaction
        transitions.pause(url_scan, by=Actor.COMMAND)


def test_a_roll_up_writes_kept_columns_where_they_differ_and_only_there():
    url_scan = only_scan(make.running())
    with CaptureQueriesContext(connection) as ran:
        transitions.pause(url_scan, by=Actor.COMMAND)
    updates = [query["sql"] for query in ran if query["sql"].startswith("UPDATE")]
    assert len(updates) == 2 and not any("findings_all" in sql for sql in updates)
    Analysis.objects.update(urls=7, findings_all=7)
    transitions.stop(url_scan, StopMode.SAVE, by=Actor.COMMAND)
    assert Analysis.objects.values_list("urls", "findings_all").get() == (1, 0)


def test_sending_one_form_twice_submits_once():
    submission = make.submission(key=uuid4())
    first, second = (transitions.submit(submission, by=Actor.COMMAND) for _ in range(2))
    assert first == second and Analysis.objects.count() == 1 and len(tasks("set_up")) == 1


def test_the_same_name_is_the_next_run_of_the_series():
    first, second = make.submitted(name="Shop"), make.submitted(name="Shop")
    assert first.series == second.series and (first.run, second.run) == (1, 2)


@pytest.mark.parametrize(
    ("verb", "role"),
    [
        (lambda user: transitions.submit(make.submission(), by=user), "Viewer"),
        (lambda user: transitions.stop_analysis(make.running(), StopMode.SAVE, by=user), "Viewer"),
        (lambda user: transitions.stop(only_scan(make.running()), StopMode.SAVE, by=user), "Viewer"),
        (lambda user: transitions.pause_analysis(make.running(), by=user), "Viewer"),
        (lambda user: transitions.pause(only_scan(make.running()), by=user), "Viewer"),
        (lambda user: transitions.run_again(make.published(), by=user), "Viewer"),
        (lambda user: transitions.delete(make.published(), by=user), "Viewer"),
        (lambda user: transitions.publish(make.ended(), by=user), "Submitter"),
    ],
)
def test_a_role_that_may_not_is_told_which_one_may(verb, role):
    person = make.user(role)
    with pytest.raises(NotPermitted, match="takes the role"):
        verb(person)
    entries = ActivityLogEntry.objects.filter(user=person)
    assert all(entry.action.endswith(".refused") and "takes the role" in entry.reason for entry in entries)


@pytest.mark.parametrize("role", ["Submitter", "Reviewer", "Administrator"])
def test_a_role_that_may_submit_can(role):
    person = make.user(role)
    analysis = make.submitted(by=person)
    assert analysis.owner == person and analysis.activity.first().user == person


def test_a_technical_issue_leaves_it_not_submitted_and_it_can_be_submitted_again():
    analysis = make.submitted()
    transitions.fail_submission(analysis, reason="The engine is missing.")
    assert make.fresh(analysis).status == A.NOT_SUBMITTED and statuses(analysis) == [U.SUBMIT_FAILED]
    assert only_scan(analysis).reason == "The engine is missing."
    transitions.submit_again(analysis, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.SUBMITTED and tasks("set_up") == [analysis.pk] * 2


def test_prescanning_shows_while_the_checks_run():
    analysis = make.submitted("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    transitions.begin_prescan(analysis)
    assert make.fresh(analysis).status == A.PRESCANNING
    failed = analysis.url_scans.first()
    transitions.fail_checks(failed, U.CONNECTION_ERROR, step="connection", reason="refused")
    transitions.end_prescan(analysis, checked=2, passed=1)
    transitions.schedule(analysis)
    assert make.fresh(analysis).status == A.SCHEDULED and statuses(analysis) == [U.CONNECTION_ERROR, U.SCHEDULED]
    transitions.start(analysis)
    make.begin(analysis.url_scans.last())
    assert make.fresh(analysis).status == A.IN_PROGRESS_WITH_WARNING


def test_what_is_beyond_capacity_is_queued_with_a_warning_and_admitted_when_a_place_is_free():
    analysis = make.started(*[f"http://127.0.0.1:9/{n}" for n in range(3)])
    assert statuses(analysis) == [U.QUEUED, U.QUEUED, U.QUEUED_WITH_WARNING]
    assert not transitions.admit_next()
    transitions.end(make.begin(analysis.url_scans.first()), EndedBy.ITSELF)
    assert transitions.admit_next() and not transitions.admit_next()
    assert statuses(analysis)[2] == U.QUEUED and len(tasks("scan_url")) == 3


def test_places_go_to_the_analysis_that_holds_fewest():
    ScanSettings.objects.update(capacity=1)
    big = make.started(*[f"http://127.0.0.1:9/{n}" for n in range(4)])
    small = make.started("http://127.0.0.1:9/small")
    ScanSettings.objects.update(capacity=2)
    transitions.admit_next()
    assert statuses(small) == [U.QUEUED] and statuses(big).count(U.QUEUED) == 1


def test_newcomers_do_not_overtake_those_that_wait():
    ScanSettings.objects.update(capacity=1)
    make.started("http://127.0.0.1:9/1", "http://127.0.0.1:9/2")
    ScanSettings.objects.update(capacity=9)
    assert statuses(make.started()) == [U.QUEUED_WITH_WARNING]


def test_a_scan_is_held_by_one_worker_at_a_time():
    scan = only_scan(make.started())
    assert transitions.take(scan.pk, "one", among=[U.QUEUED])
    assert transitions.take(scan.pk, "two", among=[U.QUEUED]) is None


@pytest.mark.parametrize(
    "verb",
    [
        lambda scan: transitions.end(scan, EndedBy.ITSELF),
        lambda scan: transitions.confirm_pause(scan),
        lambda scan: transitions.leave(scan),
        lambda scan: transitions.begin(scan, engine="Fake", version="1"),
    ],
    ids=["end", "confirm_pause", "leave", "begin"],
)
def test_what_only_the_holder_may_say_is_refused_to_one_who_lost_the_lease(verb):
    scan = make.running().url_scans.get()
    transitions.leave(scan)
    make.begin(scan, "another-worker")
    with pytest.raises(transitions.LeaseLost):
        verb(scan)
    assert make.fresh(scan).status == U.IN_PROGRESS


def test_two_schedulers_start_an_analysis_once():
    analysis = make.started()
    with pytest.raises(transitions.TransitionRefused):
        transitions.start(analysis)
    assert analysis.activity.filter(action="analysis.started").count() == 1


def test_renewing_stores_progress_and_tells_the_status():
    scan = only_scan(make.running())
    version = make.fresh(scan.analysis).version
    assert transitions.renew(scan, requests=17)[0] == U.IN_PROGRESS
    assert make.fresh(scan).requests == 17 and make.fresh(scan.analysis).version > version
    scan.lease_holder = "somebody-else"
    with pytest.raises(LeaseLost):
        transitions.renew(scan)


@pytest.mark.parametrize(
    ("ended_by", "found", "expected"),
    [
        (EndedBy.ITSELF, 0, U.COMPLETED_VERIFYING_RESULTS),
        (EndedBy.ITSELF, 2, U.COMPLETED_VERIFYING_RESULTS),
        (EndedBy.SITE, 0, U.SITE_UNREACHABLE_STOPPED),
        (EndedBy.SITE, 1, U.SITE_UNREACHABLE_VERIFYING_RESULTS),
        (EndedBy.DURATION, 0, U.TIME_EXPIRED_STOPPED),
        (EndedBy.DURATION, 1, U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS),
        (EndedBy.ENGINE, 0, U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS),
        (EndedBy.ENGINE, 1, U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS),
        (EndedBy.LOGINS, 1, U.KILLED_VERIFYING_PARTIAL_RESULTS),
        (EndedBy.TECHNICAL, 0, U.TECHNICAL_ISSUE_STOPPED),
        (EndedBy.TECHNICAL, 1, U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS),
    ],
)
def test_each_ending_leads_to_its_status_and_releases_the_worker(ended_by, found, expected):
    scan = only_scan(make.ended(ended_by=ended_by, number_of_findings=found))
    assert scan.status == expected and scan.ended_at and not scan.lease_holder
    assert tasks("verify") == ([scan.pk] if expected.info.results == Results.VERIFYING else [])


@pytest.mark.parametrize("before", [make.submitted, make.scheduled, make.started])
@pytest.mark.parametrize("mode", StopMode)
def test_stopping_what_never_ran_is_done_at_once(before, mode):
    analysis = before()
    transitions.stop_analysis(analysis, mode, by=Actor.COMMAND, reason="wrong site")
    assert statuses(analysis) == [U.STOPPED] and make.fresh(analysis).status == A.STOPPED
    assert only_scan(analysis).reason == "wrong site"


def test_stop_saving_waits_for_the_engine_and_keeps_what_was_found():
    analysis = make.running()
    make.find(only_scan(analysis))
    transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND, reason="enough")
    assert statuses(analysis) == [U.STOPPING_SAVING_RESULTS]
    assert make.fresh(analysis).status == A.STOPPED_SAVING_RESULTS
    transitions.end(only_scan(analysis), EndedBy.ITSELF)
    assert statuses(analysis) == [U.STOPPED_VERIFYING_PARTIAL_RESULTS]
    make.verify(only_scan(analysis))
    assert make.fresh(analysis).status == A.STOPPED_PARTIAL_RESULTS_AVAILABLE
    assert Finding.objects.count() == 1 and only_scan(analysis).findings_high == 1


def test_stop_deleting_leaves_nothing_but_the_log():
    analysis = make.running()
    make.find(only_scan(analysis), 3)
    transitions.stop_analysis(analysis, StopMode.DELETE, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.STOPPED_DELETING_RESULTS and tasks("delete_results") == []
    transitions.end(only_scan(analysis), EndedBy.ITSELF)
    scan = only_scan(analysis)
    assert make.fresh(analysis).status == A.STOPPED and Finding.objects.count() == 0 and scan.findings_total == 0
    assert "url_scan.results_deleted" in actions(analysis)


def test_stop_deleting_takes_results_that_are_published_already_while_others_run():
    analysis = make.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    done, runs = analysis.url_scans.order_by("position")
    make.find(done)
    transitions.end(done, EndedBy.ITSELF)
    make.verify(done)
    assert statuses(analysis) == [U.COMPLETED_RESULTS_AVAILABLE, U.IN_PROGRESS]
    transitions.stop_analysis(analysis, StopMode.DELETE, by=Actor.COMMAND)
    assert tasks("delete_results") == [done.pk]
    transitions.conclude_deletion(done)
    transitions.end(runs, EndedBy.ITSELF)
    assert statuses(analysis) == [U.STOPPED, U.STOPPED] and Finding.objects.count() == 0


def test_stopping_when_everything_had_completed_keeps_complete_results():
    analysis = make.ended()
    transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.STOPPED_VERIFYING_RESULTS
    make.verify(only_scan(analysis))
    assert make.fresh(analysis).status == A.COMPLETED_RESULTS_AVAILABLE


def test_published_results_still_say_why_the_scan_ended():
    scan = only_scan(make.running())
    make.find(scan)
    transitions.end(scan, EndedBy.ENGINE, reason="the engine process was killed: SIGKILL")
    make.verify(scan)
    scan = make.fresh(scan)
    assert scan.status == U.SCAN_ERROR_PARTIAL_RESULTS_AVAILABLE
    assert scan.reason == "the engine process was killed: SIGKILL"
    assert scan.activity.get(action="url_scan.published").reason == ""  # publishing has no reason of its own


def test_a_paused_scan_still_says_why_it_was_paused():
    scan = only_scan(make.running())
    transitions.pause(scan, by=Actor.COMMAND, reason="The site is being updated.")
    transitions.confirm_pause(scan)
    assert make.fresh(scan).reason == "The site is being updated."


def test_pausing_and_resuming_goes_through_both_intermediate_statuses():
    analysis = make.running()
    transitions.pause_analysis(analysis, by=Actor.COMMAND)
    assert statuses(analysis) == [U.PAUSING] and make.fresh(analysis).status == A.IN_PROGRESS
    transitions.confirm_pause(only_scan(analysis))
    assert statuses(analysis) == [U.PAUSED] and make.fresh(analysis).status == A.PAUSED
    assert not only_scan(analysis).lease_holder
    transitions.resume_analysis(analysis, by=Actor.COMMAND)
    assert statuses(analysis) == [U.RESUMING] and len(tasks("scan_url")) == 2
    make.begin(only_scan(analysis))
    assert actions(analysis)[-1] == "analysis.status_changed" or "url_scan.went_on" in actions(analysis)


def stopped_alone(analysis, by):
    transitions.stop(analysis.url_scans.get(), StopMode.SAVE, by=by, reason="enough")


def stopped_as_a_whole(analysis, by):
    transitions.stop_analysis(analysis, StopMode.SAVE, by=by, reason="enough")


@pytest.mark.parametrize("stop", [stopped_alone, stopped_as_a_whole])
def test_stopping_what_is_paused_is_logged_once_as_done_by_who_asked(stop):
    analysis, person = make.running(), make.user()
    scan = analysis.url_scans.get()
    make.find(scan)
    transitions.pause(scan, by=person)
    transitions.confirm_pause(make.fresh(scan))
    before = analysis.activity.count()
    stop(make.fresh(analysis), person)
    entries = list(analysis.activity.order_by("pk")[before:])
    assert {entry.user for entry in entries} == {person}
    moves = [(entry.from_status, entry.to_status) for entry in entries if not entry.url_scan and entry.to_status]
    assert moves == [(A.PAUSED, A.STOPPED_VERIFYING_PARTIAL_RESULTS)]


def test_stopping_a_paused_scan_needs_no_worker():
    analysis = make.running()
    transitions.pause_analysis(analysis, by=Actor.COMMAND)
    transitions.confirm_pause(only_scan(analysis))
    transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND)
    assert statuses(analysis) == [U.STOPPED_VERIFYING_PARTIAL_RESULTS]


@pytest.mark.parametrize(
    "verb",
    [
        lambda analysis: transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND),
        lambda analysis: transitions.pause_analysis(analysis, by=Actor.COMMAND),
        lambda analysis: transitions.resume_analysis(analysis, by=Actor.COMMAND),
        lambda analysis: transitions.publish(analysis, by=Actor.COMMAND),
        lambda analysis: transitions.submit_again(analysis, by=Actor.COMMAND),
        lambda analysis: transitions.stop(only_scan(analysis), StopMode.SAVE, by=Actor.COMMAND),
        lambda analysis: transitions.pause(only_scan(analysis), by=Actor.COMMAND),
        lambda analysis: transitions.resume(only_scan(analysis), by=Actor.COMMAND),
        lambda analysis: transitions.begin(only_scan(analysis), engine="Fake", version="1"),
        lambda analysis: transitions.end(only_scan(analysis), EndedBy.ITSELF),
        lambda analysis: transitions.confirm_pause(only_scan(analysis)),
    ],
)
def test_a_finished_analysis_refuses_and_nothing_is_written(verb):
    analysis = make.published()
    before = (make.fresh(analysis).version, ActivityLogEntry.objects.count(), DBTaskResult.objects.count())
    with pytest.raises(TransitionRefused):
        verb(analysis)
    assert before == (make.fresh(analysis).version, ActivityLogEntry.objects.count(), DBTaskResult.objects.count())


def test_a_second_stop_is_refused_with_the_status_it_has():
    analysis = make.running()
    transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND)
    with pytest.raises(TransitionRefused, match="Stopped - Saving Results"):
        transitions.stop_analysis(analysis, StopMode.DELETE, by=Actor.COMMAND)


def test_results_wait_for_a_reviewer_where_that_was_asked():
    analysis = make.ended(publication="reviewer")
    reviewer = make.user("Reviewer")
    with pytest.raises(TransitionRefused, match="still being replayed"):
        transitions.publish(analysis, by=reviewer)
    make.verify(only_scan(analysis))
    assert make.fresh(analysis).status == A.COMPLETED_VERIFYING_RESULTS
    transitions.publish(analysis, by=reviewer)
    assert make.fresh(analysis).status == A.COMPLETED_RESULTS_AVAILABLE


def test_run_again_repeats_the_configuration_as_the_next_run():
    analysis = make.published("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", depth=3, publication="automatic")
    again = transitions.run_again(analysis, by=make.user())
    assert (again.run, again.depth, again.duration) == (2, 3, analysis.duration)
    assert [scan.url for scan in again.url_scans.all()] == [scan.url for scan in analysis.url_scans.all()]


def test_delete_takes_results_away_and_keeps_the_log():
    analysis = make.published()
    transitions.delete(analysis, by=make.user(), reason="Too old.")
    removal.remove(make.fresh(analysis))
    assert not Analysis.objects.present().exists() and Finding.objects.count() == 0
    entry = analysis.activity.first()
    assert (entry.action, entry.reason) == ("analysis.deleted", "Too old.") and tasks("remove_data")
    with pytest.raises(TransitionRefused, match="deleted already"):
        transitions.delete(analysis, by=make.user())


def lose(scan):
    """The worker falls silent: time passes, which a test cannot wait for."""
    UrlScan.objects.filter(pk=scan.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_lost_worker_is_replaced_twice_and_then_the_scan_ends():
    scan = only_scan(make.running())
    for _ in range(transitions.MAX_ATTEMPTS):
        lose(scan)
        transitions.recover(scan)
        assert make.fresh(scan).status == U.RESUMING
        make.begin(scan)
    lose(scan)
    transitions.recover(scan)
    assert make.fresh(scan).status == U.TECHNICAL_ISSUE_STOPPED and "lost 3 times" in make.fresh(scan).reason


def test_a_worker_that_is_lost_before_its_engine_runs_is_logged():
    scan = only_scan(make.started())
    transitions.take(scan.pk, "a-worker", among=[U.QUEUED])
    lose(scan)
    transitions.recover(scan)
    entry = make.fresh(scan).activity.get(action="url_scan.worker_lost")
    assert (entry.actor, entry.to_status) == (Actor.SCHEDULER, "") and "its worker" in entry.reason
    assert make.fresh(scan).status == U.QUEUED


def test_a_worker_that_is_lost_while_it_pauses_did_not_say_that_it_has():
    scan = only_scan(make.running())
    transitions.pause(scan, by=Actor.COMMAND)
    lose(scan)
    transitions.recover(scan)
    assert make.fresh(scan).status == U.PAUSED
    last = scan.activity.order_by("pk").values_list("action", "actor")
    assert list(last)[-2:] == [("url_scan.worker_lost", "scheduler"), ("url_scan.session_saved", "scheduler")]


def test_a_worker_that_is_lost_while_it_verifies_is_logged():
    scan = only_scan(make.ended())
    transitions.take(scan.pk, "a-worker", among=[scan.status])
    lose(scan)
    transitions.recover(scan)
    assert make.fresh(scan).activity.filter(action="url_scan.worker_lost").count() == 1
    assert not make.fresh(scan).lease_holder and len(tasks("verify")) == 2


def test_a_live_worker_is_left_alone():
    scan = only_scan(make.running())
    transitions.recover(scan)
    assert make.fresh(scan).status == U.IN_PROGRESS


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(StopMode.SAVE, U.STOPPED_VERIFYING_PARTIAL_RESULTS), (StopMode.DELETE, U.STOPPING_DELETING_RESULTS)],
)
def test_a_stop_is_carried_out_though_the_worker_is_lost(mode, expected):
    scan = only_scan(make.running())
    transitions.stop(scan, mode, by=Actor.COMMAND)
    lose(scan)
    transitions.recover(scan)
    assert make.fresh(scan).status == expected
    assert tasks("delete_results") == ([scan.pk] if mode == StopMode.DELETE else [])


def test_an_ended_duration_ends_what_waits(clock):
    ScanSettings.objects.update(capacity=1)
    analysis = make.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    clock.shift(analysis.duration)
    transitions.expire_waiting(analysis)
    assert statuses(analysis) == [U.IN_PROGRESS, U.TIME_EXPIRED_STOPPED]


def test_a_worker_that_leaves_hands_its_scan_on():
    scan = only_scan(make.running())
    transitions.leave(scan)
    assert make.fresh(scan).status == U.RESUMING and tasks("scan_url") == [scan.pk, scan.pk]


# --- What the database itself refuses ---------------------------------------------------------


@pytest.mark.parametrize("model", [Analysis, UrlScan])
def test_the_database_refuses_an_unknown_status(model):
    make.submitted()
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(status="finished")


def test_the_database_refuses_the_same_url_twice_in_an_analysis():
    with pytest.raises(IntegrityError), transaction.atomic():
        make.submitted("http://127.0.0.1:9/", "http://127.0.0.1:9/")
    assert not Series.objects.exists()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE scans_activitylogentry SET reason = 'never happened'", "DELETE FROM scans_activitylogentry"],
)
def test_the_database_refuses_to_change_the_log(statement):
    make.submitted()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_model_refuses_to_change_the_log():
    entry = make.submitted().activity.first()
    entry.reason = "never happened"
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        entry.delete()


# --- Two at once --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_people_who_stop_at_once_end_in_one_clean_stop():
    analysis = make.running()
    barrier, outcomes = Barrier(2), []

    def stop(mode):
        barrier.wait()
        try:
            transitions.stop_analysis(analysis, mode, by=Actor.COMMAND)
            outcomes.append("stopped")
        except TransitionRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=stop, args=[mode]) for mode in StopMode]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "stopped"]
    assert actions(analysis).count("analysis.stopped") == actions(analysis).count("url_scan.stopped") == 1


@pytest.mark.django_db(transaction=True)
def test_two_submits_of_one_form_at_once_make_one_analysis():
    submission = make.submission(key=uuid4())
    barrier, made = Barrier(2), []

    def submit():
        barrier.wait()
        try:
            made.append(transitions.submit(submission, by=Actor.COMMAND).pk)
        finally:
            connection.close()

    threads = [Thread(target=submit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2 and len(set(made)) == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_take_each_scan_once():
    ScanSettings.objects.update(capacity=9)
    analysis = make.started(*[f"http://127.0.0.1:9/{n}" for n in range(6)])
    pks = list(analysis.url_scans.values_list("pk", flat=True))
    taken = []

    def work(name):
        for pk in pks:
            if transitions.take(pk, name, among=[U.QUEUED]):
                taken.append(pk)
        connection.close()

    threads = [Thread(target=work, args=[f"worker-{n}"]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(pks)
