"""Submitting, saving and changing an analysis."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.models import (
    Actor,
    Analysis,
    RecurringSchedule,
)
from scans.schedule.recurrence import Recurrence, Unit
from scans.statuses import AnalysisStatus as A
from scans.statuses import UrlScanStatus as U
from tests import factories as make
from tests.eventually import at_once
from tests.rows import actions, statuses, tasks

pytestmark = pytest.mark.django_db


def test_submit_stores_logs_and_hands_over():
    analysis = make.submitted("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    assert analysis.status == A.SUBMITTED and statuses(analysis) == [U.SUBMITTED, U.SUBMITTED]
    assert actions(analysis) == ["analysis.submitted", "url_scan.submitted", "url_scan.submitted"]
    assert tasks("set_up") == [analysis.pk]


def test_sending_one_form_twice_submits_once():
    submission = make.submission(key=uuid4())
    first, second = (transitions.submit(submission, by=Actor.COMMAND) for _ in range(2))
    assert first == second and Analysis.objects.count() == 1 and len(tasks("set_up")) == 1


def test_the_same_name_is_the_next_run_of_the_series():
    first, second = make.submitted(name="Shop"), make.submitted(name="Shop")
    assert first.series == second.series and (first.run, second.run) == (1, 2)


@pytest.mark.parametrize("role", ["Submitter", "Reviewer", "Administrator"])
def test_a_role_that_may_submit_can(role):
    person = make.user(role)
    analysis = make.submitted(by=person)
    assert analysis.owner == person and analysis.activity.first().user == person


@pytest.mark.django_db(transaction=True)
def test_two_submits_of_one_form_at_once_make_one_analysis():
    submission = make.submission(key=uuid4())
    first, second = at_once(*[lambda: transitions.submit(submission, by=Actor.COMMAND)] * 2)
    assert first == second == Analysis.objects.get()


AN_HOUR = timedelta(hours=1)


WEEKLY = Recurrence(unit=Unit.WEEKLY, ends_after=3)


def test_what_is_saved_for_later_can_be_changed_checked_and_submitted():
    analysis = transitions.save(make.submission("http://127.0.0.1:9/a"), by=Actor.COMMAND)
    assert analysis.status == A.SAVED_FOR_LATER and not DBTaskResult.objects.exists()
    changed = make.submission("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", depth=3)
    transitions.change(analysis, changed, by=Actor.COMMAND)
    assert statuses(analysis) == [U.SUBMITTED, U.SUBMITTED] and make.fresh(analysis).depth == 3
    transitions.submit_again(analysis, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.SUBMITTED and DBTaskResult.objects.count() == 1
    assert actions(analysis)[:2] == ["analysis.saved", "analysis.changed"]
    with pytest.raises(transitions.TransitionRefused, match="can no longer be edited"):
        transitions.change(analysis, changed, by=Actor.COMMAND)


def test_what_was_saved_for_later_is_not_submitted_once_its_start_is_past(clock):
    at = timezone.now() + AN_HOUR
    analysis = transitions.save(make.submission(start_at=at, recurrence=WEEKLY), by=Actor.COMMAND)
    clock.shift(timedelta(days=30))
    with pytest.raises(transitions.TransitionRefused, match="is in the past.*Edit"):
        transitions.submit_again(analysis, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.SAVED_FOR_LATER and not RecurringSchedule.objects.exists()
    transitions.change(analysis, make.submission(start_at=timezone.now()), by=Actor.COMMAND)
    transitions.submit_again(analysis, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.SUBMITTED


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
    with pytest.raises(transitions.TransitionRefused, match="is “Saved for Later”"):
        transitions.submit_scan_again(analysis.url_scans.get(position=0), by=Actor.COMMAND)
    assert make.fresh(analysis).submitted_at is None


def test_what_was_only_checked_and_failed_begins_to_repeat_once_it_is_submitted():
    analysis = only_checked(start_at=timezone.now() + AN_HOUR, recurrence=WEEKLY)
    transitions.end_prescan(analysis, checked=2, passed=0)
    # As version 0.4 left it: there, a failed check ended the draft.
    analysis.url_scans.update(status=U.SUBMIT_FAILED)
    Analysis.objects.filter(pk=analysis.pk).update(status=A.NOT_SUBMITTED)
    transitions.submit_again(analysis, by=Actor.COMMAND)
    schedule, first = RecurringSchedule.objects.get(), make.fresh(analysis).start_at
    assert schedule.template == analysis and schedule.next_at > first
    transitions.fail_submission(analysis, reason="no engine")
    transitions.submit_again(
        analysis, by=Actor.COMMAND
    )  # once it was submitted, the schedule is there, and stays as it is
    assert RecurringSchedule.objects.get().next_at == schedule.next_at


def test_a_url_that_was_taken_out_of_what_is_saved_is_not_scanned_although_somebody_was_refused_something_of_it():
    analysis = transitions.save(make.submission("http://127.0.0.1:9/a", "http://127.0.0.1:9/b"), by=Actor.COMMAND)
    with pytest.raises(transitions.TransitionRefused):
        transitions.pause(analysis.url_scans.get(position=0), by=make.user("Viewer"))
    transitions.change(analysis, make.submission("http://127.0.0.1:9/b"), by=Actor.COMMAND)
    assert [scan.url for scan in analysis.url_scans.all()] == ["http://127.0.0.1:9/b"]
    assert "analysis.refused" in actions(analysis)
