"""Stopping, pausing, resuming and extending."""

from datetime import timedelta

import pytest

from scans import transitions
from scans.models import (
    Actor,
    Finding,
    ScanSettings,
    StopMode,
    UrlScan,
)
from scans.statuses import AnalysisStatus as A
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from scans.transitions import TransitionRefused
from scans.workers import leading
from tests import factories as make
from tests.eventually import at_once
from tests.rows import actions, only_scan, statuses, tasks

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("before", [make.submitted, make.scheduled, make.started])
@pytest.mark.parametrize("mode", StopMode)
def test_stopping_what_never_ran_is_done_at_once(before, mode):
    analysis = before()
    transitions.stop_analysis(analysis, mode, by=Actor.COMMAND, reason="wrong site")
    assert statuses(analysis) == [U.STOPPED] and make.fresh(analysis).status == A.STOPPED
    assert str(only_scan(analysis).reason) == "wrong site"


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
    transitions.end(only_scan(analysis), EndedBy.ITSELF)  # too late; its worker deletes the files, and then
    transitions.conclude_deletion(only_scan(analysis))
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
    transitions.conclude_deletion(make.fresh(done))
    transitions.conclude_deletion(runs)
    assert statuses(analysis) == [U.STOPPED, U.STOPPED] and Finding.objects.count() == 0


def test_stopping_when_everything_had_completed_keeps_complete_results():
    analysis = make.ended()
    transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.STOPPED_VERIFYING_RESULTS
    make.verify(only_scan(analysis))
    assert make.fresh(analysis).status == A.COMPLETED_RESULTS_AVAILABLE


def test_a_paused_scan_still_says_why_it_was_paused():
    scan = only_scan(make.running())
    transitions.pause(scan, by=Actor.COMMAND, reason="The site is being updated.")
    transitions.confirm_pause(scan)
    assert str(make.fresh(scan).reason) == "The site is being updated."


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


def test_a_second_stop_is_refused_with_the_status_it_has():
    analysis = make.running()
    transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND)
    with pytest.raises(TransitionRefused, match="Stopped - Saving Results"):
        transitions.stop_analysis(analysis, StopMode.DELETE, by=Actor.COMMAND)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_stop_at_once_end_in_one_clean_stop():
    analysis = make.running()
    outcomes = at_once(
        *[lambda mode=mode: transitions.stop_analysis(analysis, mode, by=Actor.COMMAND) for mode in StopMode]
    )
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [TransitionRefused]
    assert actions(analysis).count("analysis.stopped") == actions(analysis).count("url_scan.stopped") == 1


AN_HOUR = timedelta(hours=1)


def tick():
    leading.tick("a-scheduler")


def let_engines_save(analysis):
    for scan in analysis.url_scans.filter(status=U.PAUSING):
        transitions.confirm_pause(scan)


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
    assert scan.status == U.STOPPED_VERIFYING_PARTIAL_RESULTS and "longer than 7 days" in str(scan.reason)


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
    assert entry.data == {"before": "1:00:00", "after": "2:00:00"} and str(entry.reason) == "more to see"


def test_no_more_time_is_given_once_the_duration_has_ended(clock):
    analysis = make.running()
    clock.shift(AN_HOUR)
    with pytest.raises(transitions.TransitionRefused, match="duration ended"):
        transitions.extend(analysis, by=Actor.COMMAND, extra=AN_HOUR)


@pytest.mark.parametrize("extra", [timedelta(0), timedelta(days=25)])
def test_a_duration_is_extended_only_within_its_limits(extra):
    with pytest.raises(transitions.TransitionRefused, match="not possible"):
        transitions.extend(make.running(), by=Actor.COMMAND, extra=extra)
