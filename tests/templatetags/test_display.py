"""How a moment is written: with day and time where one lives, whatever the clock says; a script says how long ago."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone, translation

from scans.templatetags.display import moment

AT = datetime(2024, 3, 31, 23, 30, tzinfo=UTC)


def test_a_moment_is_written_with_day_and_time_for_the_script_to_say_relatively():
    written = 'title="2024-03-31 23:30:00 UTC" data-relative>31 Mar 2024, 23:30</time>'
    assert moment(AT) == f'<time datetime="2024-03-31T23:30:00+00:00" {written}'
    assert moment(None) == "–" and moment(None, "never") == "never"


def test_it_is_written_in_the_language_and_time_zone_of_the_reader():
    with timezone.override(ZoneInfo("Europe/Berlin")), translation.override("de"):
        assert "data-relative>1. Apr 2024, 01:30</time>" in moment(AT)
        assert 'title="2024-04-01 01:30:00 CEST · 2024-03-31 23:30:00 UTC"' in moment(AT)


def test_the_clock_changes_nothing(clock):
    shown = moment(AT)
    clock.shift(timedelta(days=400))
    assert moment(AT) == shown
