"""Fields for a length of time and for a start."""

from datetime import timedelta

import pytest

from tests.forms.filled_in import errors, form

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90", 90), ("90m", 90), ("8h", 480), ("2d", 2880), ("2 D", 2880), ("1", 1), ("25d", 36000)],
)
def test_duration_in_minutes_hours_and_days(text, minutes):
    submission = form(duration=text)
    assert submission.is_valid()
    assert submission.submission().duration == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["0", "26d", "36001", "-5", "1w", "1.5h", "soon", "9999999999"])
def test_duration_is_1_minute_to_25_days(text):
    assert text in errors("duration", duration=text)
