"""How a moment looks: how long ago it was, which a script keeps true; what is long ago as the day that it was."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone, translation

from scans.templatetags.display import LONG_AGO, moment


def test_a_moment_says_how_long_ago_it_was_and_is_kept_true():
    shown = moment(timezone.now() - timedelta(minutes=5))
    assert ">5 min ago</time>" in shown and "data-relative" in shown
    assert "in 3 d</time>" in moment(timezone.now() + timedelta(days=3, minutes=1))


def test_what_is_long_ago_is_said_as_the_day_that_it_was_where_one_lives():
    at = datetime(2024, 3, 31, 23, 30, tzinfo=UTC)
    assert ">31 Mar 2024</time>" in moment(at) and "data-relative" not in moment(at)
    with timezone.override(ZoneInfo("Europe/Berlin")), translation.override("de"):
        assert ">1. Apr 2024</time>" in moment(at)
        assert 'title="2024-04-01 01:30:00 CEST · 2024-03-31 23:30:00 UTC"' in moment(at)


def test_long_ago_begins_where_days_say_nothing_any_more():
    now = timezone.now()
    assert "59 d ago" in moment(now - LONG_AGO + timedelta(minutes=1))
    assert "ago" not in moment(now - LONG_AGO - timedelta(minutes=1))
