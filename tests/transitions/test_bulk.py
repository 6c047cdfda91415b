"""Acting on many analyses at once."""

from uuid import uuid4

import pytest
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.models import ActivityLogEntry, Actor, BulkItem, BulkOutcome
from scans.statuses import Action, AnalysisStatus
from scans.transitions import bulk
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def submitter():
    return factories.user("Submitter")


def ask(verb, *analyses, by, **options):
    """Ask for it as the page does."""
    return bulk.ask(verb, [analysis.pk for analysis in analyses], by=by, key=options.pop("key", uuid4()), **options)


def work_off() -> int:
    """Do what waits in the queue, as a worker would; how many tasks that were."""
    done = 0
    while waiting := list(DBTaskResult.objects.ready().filter(task_path="scans.tasks.carry_out_bulk")):
        for result in waiting:
            DBTaskResult.objects.filter(pk=result.pk).delete()
            result.task.func(*result.args_kwargs["args"])
            done += 1
    return done


@pytest.mark.parametrize(
    ("verb", "make", "becomes"),
    [
        (Action.PAUSE, factories.started, AnalysisStatus.PAUSED),
        (Action.STOP_DELETE, factories.scheduled, AnalysisStatus.STOPPED),
        (Action.STOP_SAVE, factories.running, AnalysisStatus.STOPPED_SAVING_RESULTS),
    ],
)
def test_each_is_acted_on_through_its_verb_and_logged(submitter, verb, make, becomes):
    analyses = [make(), make()]
    action = ask(verb, *analyses, by=submitter, reason="the wrong site")
    assert [factories.fresh(analysis).status for analysis in analyses] == [becomes, becomes]
    assert action.outcomes() == {BulkOutcome.DONE: 2}
    entries = ActivityLogEntry.objects.filter(user=submitter, url_scan=None, reason="the wrong site")
    assert entries.count() == 2


def test_resume_submit_run_again_and_delete_do_what_they_say(submitter):
    paused, finished = factories.started(), factories.published()
    transitions.pause_analysis(paused, by=Actor.COMMAND)
    saved = transitions.save(factories.submission(), by=Actor.COMMAND)
    ask(Action.RESUME, paused, by=submitter)
    ask(Action.SUBMIT, saved, by=submitter)
    made = ask(Action.RUN_AGAIN, finished, by=submitter).items.get().made
    ask(Action.DELETE, finished, by=submitter)
    assert factories.fresh(paused).status == AnalysisStatus.QUEUED
    assert factories.fresh(saved).status == AnalysisStatus.SUBMITTED
    assert (made.series, made.run) == (finished.series, 2)
    assert factories.fresh(finished).deleted_at


def test_what_cannot_be_done_is_skipped_with_its_reason_and_the_others_go_on(submitter):
    finished, running, saved = factories.published(), factories.running(), factories.submission()
    saved = transitions.save(saved, by=Actor.COMMAND)
    deleted = factories.published()
    transitions.delete(deleted, by=Actor.COMMAND)
    action = ask(Action.STOP_SAVE, finished, saved, deleted, running, by=submitter)
    assert action.outcomes() == {
        BulkOutcome.DONE: 1,
        BulkOutcome.FINISHED: 1,
        BulkOutcome.REFUSED: 1,
        BulkOutcome.DELETED: 1,
    }
    assert "Completed - Results Available" in str(action.items.get(analysis=finished).reason)
    assert factories.fresh(running).status == AnalysisStatus.STOPPED_SAVING_RESULTS


def test_an_error_of_ours_ends_one_and_not_the_others(submitter, monkeypatch):
    broken, running = factories.running(), factories.running()

    def break_down(analysis, **options):
        if analysis == broken:
            raise ValueError("a bug")
        transitions.pause_analysis(analysis, **options)

    monkeypatch.setitem(bulk._VERBS, Action.PAUSE, break_down)
    assert ask(Action.PAUSE, broken, running, by=submitter).outcomes() == {BulkOutcome.DONE: 1, BulkOutcome.BROKEN: 1}


def test_who_may_not_is_refused_and_nothing_is_stored():
    with pytest.raises(transitions.NotPermitted):
        ask(Action.PAUSE, factories.running(), by=factories.user("Viewer"))
    assert not BulkItem.objects.exists()


def test_a_role_lost_meanwhile_counts(submitter, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 0)
    action = ask(Action.PAUSE, factories.running(), by=submitter)
    submitter.groups.clear()
    work_off()
    assert action.outcomes() == {BulkOutcome.NOT_PERMITTED: 1}


def test_the_same_key_acts_once(submitter):
    finished, key = factories.published(), uuid4()
    first = ask(Action.RUN_AGAIN, finished, by=submitter, key=key)
    assert ask(Action.RUN_AGAIN, finished, by=submitter, key=key) == first
    assert finished.series.runs.count() == 2


def test_many_are_done_in_the_background_in_slices(submitter, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(bulk, "SLICE", 2)
    analyses = [factories.scheduled() for _ in range(5)]
    action = ask(Action.STOP_DELETE, *analyses, by=submitter)
    assert action.outcomes() == {BulkOutcome.WAITING: 5}
    assert work_off() == 3
    assert action.outcomes() == {BulkOutcome.DONE: 5}


def test_a_task_that_comes_twice_acts_once(submitter, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 0)
    finished = factories.published()
    action = ask(Action.RUN_AGAIN, finished, by=submitter)
    bulk.carry_out(action)
    bulk.carry_out(action)
    assert finished.series.runs.count() == 2


def test_what_a_dead_worker_left_is_gone_on_with(submitter, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 0)
    analyses = [factories.published() for _ in range(3)]
    action = ask(Action.RUN_AGAIN, *analyses, by=submitter)
    real, calls = transitions.run_again, []

    def die_at_the_second(analysis, **options):
        calls.append(analysis)
        if len(calls) == 2:
            raise SystemExit
        return real(analysis, **options)

    monkeypatch.setitem(bulk._VERBS, Action.RUN_AGAIN, die_at_the_second)
    with pytest.raises(SystemExit):
        bulk.carry_out(action)
    assert action.outcomes() == {BulkOutcome.WAITING: 2, BulkOutcome.DONE: 1}
    bulk.carry_out(action)
    assert [analysis.series.runs.count() for analysis in analyses] == [2, 2, 2]
