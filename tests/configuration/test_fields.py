"""Fields for a length of time and for a start."""

from datetime import timedelta

import pytest

from scans.configuration.fields import LengthInput
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


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"length": "36", "length_unit": "h"}, "36h"),
        ({"length": "90m", "length_unit": "h"}, "90m"),
        ({"length": "90"}, "90"),
        ({"length": "soon", "length_unit": "d"}, "soon"),
        ({}, ""),
    ],
)
def test_a_number_is_sent_with_its_unit_and_a_text_as_it_is(sent, text):
    assert LengthInput().value_from_datadict(sent, {}, "length") == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1440", ["24", "h"]),
        ("90m", ["90", "m"]),
        ("7d", ["7", "d"]),
        ("48h", ["48", "h"]),
        ("soon", ["soon", "m"]),
        ("0", ["0", "m"]),
        (None, ["", "m"]),
    ],
)
def test_a_length_is_shown_in_its_largest_unit_but_two_days_in_hours(text, shown):
    assert LengthInput().decompress(text) == shown
