"""The page of all schedules."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.models import Actor, RecurringSchedule
from scans.schedule.recurrence import Recurrence, Unit
from tests import factories
from tests.views.page import elements, text, values

pytestmark = pytest.mark.django_db
PAGE = "/schedules/"


def repeating(name: str, days: int = 1) -> RecurringSchedule:
    """A schedule that repeats weekly, and its first run waiting."""
    start = timezone.now() + timedelta(days=days)
    factories.scheduled(name=name, start_at=start, recurrence=Recurrence(unit=Unit.WEEKLY))
    return RecurringSchedule.objects.get(series__name=name)


def test_schedules_come_by_their_next_start_and_those_switched_off_last(client):
    later, sooner, off = repeating("Later", 3), repeating("Sooner", 2), repeating("Off", 1)
    transitions.switch_schedule_off(off.template, by=Actor.COMMAND, reason="Five runs failed.")
    page = client.get(PAGE)
    assert values(page, "data-schedule") == ["on", "on", "off"]
    assert [row["id"] for row in elements(page, "data-schedule")] == [
        f"schedule-{schedule.pk}" for schedule in (sooner, later, off)
    ]
    assert "Switched off: Five runs failed." in text(page) and 'aria-current="page">Schedules' in text(page)


def test_a_schedule_is_switched_off_and_on_from_the_page_which_stays(client):
    schedule = repeating("Shop")
    for label, state in (("off", "off"), ("on", "on")):
        address = f"/analyses/{schedule.template.pk}/schedule-{label}/"
        assert address in values(client.get(PAGE), "formaction")
        answer = client.post(address, {"next": PAGE})
        assert answer["Location"] == PAGE
        assert values(client.get(PAGE), "data-schedule") == [state]


def test_a_viewer_sees_schedules_without_buttons_and_an_empty_page_says_how_one_is_made(as_role):
    assert "No series repeats." in text(as_role("Viewer").get(PAGE))
    repeating("Shop")
    page = as_role("Viewer", username="other").get(PAGE)
    assert "Shop" in text(page) and not values(page, "formaction")


def test_the_number_of_queries_does_not_grow_with_the_schedules(client, django_assert_max_num_queries):
    repeating("Shop")
    client.get(PAGE)
    for number in range(4):
        repeating(f"Shop {number}", number + 1)
    with django_assert_max_num_queries(16):
        client.get(PAGE)
