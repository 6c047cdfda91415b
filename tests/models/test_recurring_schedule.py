"""Recurring schedules: their next starts, and which are due."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.models import Actor, BlackoutWindow, RecurringSchedule
from scans.schedule.recurrence import Recurrence, Unit
from tests import factories

pytestmark = pytest.mark.django_db
FIRST = datetime(2027, 3, 26, 9, tzinfo=UTC)  # a Friday, two days before clocks change in Berlin


@pytest.fixture
def schedule(clock):
    clock.move_to(FIRST - timedelta(days=1))
    rule = Recurrence(unit=Unit.WEEKLY, ends_after=3)
    factories.submitted(recurrence=rule, start_at=FIRST, time_zone="Europe/Berlin")
    return RecurringSchedule.objects.get()


def test_starts_keep_their_hour_on_the_clock_of_the_zone_and_end_after_so_many_runs(schedule):
    hour = timedelta(hours=1)
    second = FIRST + timedelta(weeks=1) - hour
    assert schedule.next_starts(9) == [second, second + timedelta(weeks=1)]
    assert schedule.start_after(second, made=2) == second + timedelta(weeks=1)
    assert schedule.start_after(second, made=3) is None
    assert "week" in schedule.description.lower()


def test_blackout_windows_move_a_start_and_a_schedule_that_is_off_has_none(schedule):
    second = schedule.next_starts(1)[0]
    BlackoutWindow.objects.create(window=f"{second:%Y-%m-%d}")
    assert schedule.next_starts(1) == [second.replace(hour=0) + timedelta(days=1)]
    schedule.switched_off_at = timezone.now()
    assert schedule.next_starts(1) == []


def test_a_schedule_is_due_until_it_is_switched_off_and_leads_to_the_newest_run(schedule):
    due = RecurringSchedule.objects.starting_until(schedule.next_at)
    assert list(due) == [schedule]
    assert not RecurringSchedule.objects.starting_until(schedule.next_at - timedelta(seconds=1)).exists()
    newest = RecurringSchedule.objects.with_last_run().get()
    assert newest.get_absolute_url() == f"/analyses/{newest.last_run}/"
    RecurringSchedule.objects.update(switched_off_at=timezone.now())
    assert not due.all().exists()


def test_a_series_without_a_run_has_no_last_one(schedule):
    analysis = schedule.template
    transitions.stop_analysis(analysis, "save", by=Actor.COMMAND)
    transitions.delete(factories.fresh(analysis), by=Actor.COMMAND)
    assert not RecurringSchedule.objects.with_last_run().exists()
