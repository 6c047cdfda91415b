"""The open findings of the last days as bars."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from scans.models import OpenFindings
from scans.summaries.trend import DAYS, HEIGHT, STEP, trend

pytestmark = pytest.mark.django_db
TODAY = date(2027, 3, 1)


def count(days_ago: int, complete=True, **counts) -> OpenFindings:
    day = TODAY - timedelta(days=days_ago)
    return OpenFindings.objects.create(day=day, complete=complete, at=timezone.now(), **counts)


def test_there_is_none_before_the_first_count():
    count(0, complete=False)
    assert trend(TODAY) is None


def test_each_day_is_a_bar_in_its_place_with_the_worst_at_the_bottom():
    count(1, high=1, low=3)
    count(0, critical=2)
    drawn = trend(TODAY)
    assert [(part.severity, part.x, part.y, part.height) for part in drawn.parts] == [
        ("high", (DAYS - 2) * STEP, 75, 25),
        ("low", (DAYS - 2) * STEP, 0, 75),
        ("critical", (DAYS - 1) * STEP, 50, 50),
    ]
    assert drawn.highest == 4 and drawn.parts[1].height + drawn.parts[0].height == HEIGHT
    assert drawn.counts == {"critical": 2, "high": 0, "medium": 0, "low": 0, "info": 0}
    assert [day.day for day in drawn.newest_first] == [TODAY, TODAY - timedelta(days=1)]


def test_days_that_are_long_ago_are_not_drawn_and_a_day_without_findings_has_no_bar():
    count(DAYS, high=9)
    count(0)
    drawn = trend(TODAY)
    assert (drawn.parts, drawn.highest, drawn.since) == ([], 0, TODAY - timedelta(days=DAYS))
