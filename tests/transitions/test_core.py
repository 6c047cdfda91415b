"""The rules all verbs share: roles, refusals that leave nothing behind, and the cost of a transition."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.models import ActivityLogEntry, Actor, Analysis, SecurityEvent, StopMode
from scans.statuses import EndedBy
from scans.transitions import NotPermitted, TransitionRefused
from tests import factories as make
from tests.rows import only_scan

pytestmark = pytest.mark.django_db


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
    with pytest.raises(NotPermitted, match="needs the role"):
        verb(person)
    refused = ActivityLogEntry.objects.filter(user=person)
    if not Analysis.objects.exists():  # a new submission has no log yet
        assert not refused.exists()
    else:
        assert refused.get().action.endswith(".refused") and "needs the role" in str(refused.get().reason)


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


def test_refusals_fill_no_log_and_move_no_list(clock):
    person, other = make.user("Viewer"), make.user("Viewer")
    analysis = make.running(*(f"http://127.0.0.1:9/{number}" for number in range(3)))
    scans = list(analysis.url_scans.all())
    before = make.fresh(analysis)
    attempts = [partial(transitions.pause, scan) for scan in scans] + [partial(transitions.pause_analysis, analysis)]
    for attempt in [*attempts, partial(transitions.run_again, analysis)]:
        with pytest.raises(NotPermitted):
            attempt(by=person)
    refused = ActivityLogEntry.objects.filter(action__endswith=".refused").order_by("pk")
    assert [entry.data["asked"] for entry in refused] == ["pause", "run again"]
    assert SecurityEvent.objects.filter(event="refused.action", who=person.username).count() == 5
    after = make.fresh(analysis)
    assert (after.version, after.changed_at) == (before.version, before.changed_at)
    with pytest.raises(NotPermitted):
        transitions.pause_analysis(analysis, by=other)
    clock.shift(timedelta(hours=1, minutes=1))
    with pytest.raises(NotPermitted):
        transitions.pause_analysis(analysis, by=person)
    assert refused.all().count() == 4, "one for each user, verb and hour"


def test_a_refused_submission_is_in_the_security_log():
    person = make.user("Viewer")
    with pytest.raises(NotPermitted):
        transitions.submit(make.submission(name="Shop"), by=person)
    event = SecurityEvent.objects.get()
    assert (event.event, event.who, event.subject) == ("refused.action", person.username, "Shop")
