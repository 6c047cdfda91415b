"""Moments and lengths of time as people read them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from scans.schedule.moments import exact, time_span


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (None, "–"),
        (timedelta(), "0 s"),
        (timedelta(seconds=-5), "0 s"),
        (timedelta(milliseconds=999), "0 s"),
        (timedelta(seconds=61), "1 min 1 s"),
        (timedelta(hours=2, minutes=5, seconds=9), "2 h 5 min"),
        (timedelta(days=1, seconds=1), "1 d 1 s"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_a_length_of_time_has_its_two_largest_units(span, text):
    assert time_span(span) == text


def test_a_moment_is_told_on_the_readers_clock_which_is_named():
    summer, winter = datetime(2027, 7, 1, 22, 30, tzinfo=UTC), datetime(2027, 12, 31, 23, 0, tzinfo=UTC)
    with timezone.override("Europe/Berlin"):
        assert (exact(summer), exact(winter)) == ("2027-07-02 00:30:00 CEST", "2028-01-01 00:00:00 CET")
    assert exact(None) == ""
