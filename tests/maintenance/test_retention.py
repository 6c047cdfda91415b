"""The retention policy: off by default; what is older than its periods goes, and nothing that is needed."""

from datetime import timedelta

import pytest
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.maintenance import retention
from scans.maintenance.recount import recount
from scans.models import Actor, Analysis, SchedulerLead
from scans.schedule.recurrence import Recurrence, Unit
from scans.statuses import EndedBy
from scans.transitions import TransitionRefused
from scans.workers import leading
from tests import factories
from tests.maintenance.ageing import DAYS, keep, old
from tests.maintenance.test_removal import full, kept

pytestmark = pytest.mark.django_db
KINDS = [kind.value for kind in retention.Kind]


@pytest.fixture(autouse=True)
def _files(tmp_path, settings):
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"


def carry_out():
    """One turn of the scheduler, and of the worker that removes."""
    factories.carry_out(retention.pieces)
    for task in DBTaskResult.objects.ready().filter(task_path="scans.tasks.remove_data"):
        task.task.func(*task.args_kwargs["args"])


def newest(analysis):
    return analysis.activity.first()


def test_it_is_off_at_first_and_then_asks_one_question_a_tick(clock, django_assert_num_queries):
    analysis = old(clock, days=4000)
    with django_assert_num_queries(1):
        factories.carry_out(retention.pieces)
    assert retention.policy() == {} and factories.fresh(analysis).not_kept == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_goes_when_its_days_are_over_and_not_a_day_before(clock, kind):
    keep(**{kind: DAYS})
    analysis = old(clock, days=DAYS - 1)
    before, entries = kept(analysis), analysis.activity.count()
    carry_out()
    assert kept(analysis) == before and analysis.activity.count() == entries
    clock.shift(timedelta(days=1))
    carry_out()
    entry = newest(analysis)
    assert str(entry.reason) == f"Retention policy: {kind} {'is' if kind == 'evidence' else 'are'} kept for 30 days."
    assert entry.actor == Actor.SCHEDULER
    gone = {
        "runs": dict.fromkeys(before, 0),
        "evidence": before | {"evidence": 0, "directories": 0},
        "screenshots": before | {"pictures": 0, "files": 0},
        "logs": before,
    }
    assert kept(analysis) == gone[kind]
    assert Analysis.objects.present().exists() == (kind != "runs")
    assert analysis.activity.count() == (1 if kind == "logs" else entries + 1)


def test_what_went_is_not_due_again(clock):
    keep(**dict.fromkeys(KINDS[1:], DAYS))
    analysis = old(clock)
    carry_out()
    entries = analysis.activity.count()
    clock.shift(timedelta(days=DAYS - 1))
    carry_out()
    assert analysis.activity.count() == entries


def test_a_log_to_which_something_was_added_expires_anew(clock):
    keep(logs=DAYS)
    analysis = old(clock)
    carry_out()
    transitions.run_again(analysis, by=Actor.COMMAND)
    clock.shift(timedelta(days=DAYS, hours=1))
    assert "analysis.run_again" in analysis.activity.values_list("action", flat=True)
    carry_out()
    assert [entry.action for entry in analysis.activity.all()] == ["analysis.log_expired"]


def test_the_log_of_a_deleted_run_goes_too(clock):
    keep(runs=1, logs=DAYS)
    analysis = old(clock, days=1)
    carry_out()
    assert newest(analysis).action == "analysis.deleted"
    clock.shift(timedelta(days=DAYS, hours=1))
    carry_out()
    assert [entry.action for entry in analysis.activity.all()] == ["analysis.log_expired"]


@pytest.mark.parametrize("make", [factories.running, factories.ended, factories.scheduled])
def test_what_has_not_ended_is_kept_with_all_that_it_has(clock, make):
    keep(**dict.fromkeys(KINDS, 1))
    analysis = make(**({"publication": "reviewer"} if make is factories.ended else {}))
    clock.shift(timedelta(days=400))
    version = factories.fresh(analysis).version
    carry_out()
    assert factories.fresh(analysis).version == version


def test_the_configuration_that_a_schedule_repeats_is_kept(clock):
    keep(runs=DAYS, evidence=DAYS)
    analysis = factories.published(recurrence=Recurrence(unit=Unit.WEEKLY))
    clock.shift(timedelta(days=DAYS + 1))
    carry_out()
    assert Analysis.objects.present().filter(pk=analysis.pk, evidence_expired_at=None).exists()


def test_a_session_that_is_gone_on_from_is_kept_until_that_has_ended(clock):
    keep(evidence=DAYS)
    analysis = old(clock)
    Analysis.objects.filter(pk=factories.scheduled().pk).update(continues=analysis)
    carry_out()
    assert factories.fresh(analysis).evidence_expired_at is None


def test_a_run_whose_session_was_removed_cannot_be_continued_and_says_why(clock):
    keep(evidence=DAYS)
    analysis = old(clock, ended_by=EndedBy.DURATION)
    carry_out()
    with pytest.raises(TransitionRefused, match="The retention policy removed the saved sessions"):
        transitions.continue_expired(analysis, by=Actor.COMMAND)


def test_its_place_in_the_list_stays_and_open_pages_learn_of_it(clock):
    keep(evidence=DAYS)
    analysis = factories.fresh(old(clock))
    carry_out()
    after = factories.fresh(analysis)
    assert after.changed_at == analysis.changed_at and after.version > analysis.version


def test_what_is_kept_for_fast_pages_agrees_with_the_facts_afterwards(clock):
    keep(**dict.fromkeys(KINDS, DAYS))
    old(clock, "http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    full()
    carry_out()
    assert list(recount()) == []


def test_a_tick_takes_a_small_part_and_none_while_removals_wait(clock, monkeypatch):
    keep(runs=DAYS)
    monkeypatch.setattr(retention, "ANALYSES_AT_A_TIME", 2)
    monkeypatch.setattr(retention, "REMOVALS_WAITING_AT_MOST", 3)
    for number in range(6):
        full(f"http://127.0.0.1:9/{number}")
    clock.shift(timedelta(days=DAYS, hours=1))
    left = []
    for _ in range(3):
        factories.carry_out(retention.pieces)
        left.append(Analysis.objects.present().count())
    assert left == [4, 2, 2]


def test_a_tick_ends_when_its_time_is_over(clock):
    keep(runs=DAYS)
    for _ in range(3):
        full()
    clock.shift(timedelta(days=DAYS, hours=1))
    SchedulerLead.take("the scheduler")
    assert leading.Scheduler("the scheduler", seconds_of_a_job=0).tick()  # work is left
    assert Analysis.objects.present().count() == 2


def test_the_scheduler_does_it(clock):
    keep(runs=DAYS)
    old(clock)
    leading.tick("the scheduler")
    assert not Analysis.objects.present().exists()
