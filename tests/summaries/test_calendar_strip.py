"""The coming week as it is drawn."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scans.schedule.blackouts import Blackouts, parse
from scans.summaries.calendar_strip import WIDTH, draw

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 25, 11, tzinfo=UTC)  # a Wednesday, 12:00 in Berlin


def band(*lines, moments=()):
    windows = Blackouts(tuple((parse(line), BERLIN) for line in lines))
    return draw(windows, BERLIN, NOON, list(moments))


def test_it_begins_with_today_on_the_clock_of_the_zone():
    days = band("Sat,Sun").days
    assert [f"{day:%a %H:%M}" for day in days[:2]] == ["Wed 00:00", "Thu 00:00"] and len(days) == 7


def test_a_window_lies_where_its_days_are():
    weekend = band("Sat,Sun").closed
    assert [(closed.x, closed.width) for closed in weekend] == [(300, 200)]
    assert f"{weekend[0].begin:%a %H:%M}-{weekend[0].end:%a %H:%M}" == "Sat 00:00-Mon 00:00"


def test_what_is_over_is_left_out():
    assert [closed.begin.day for closed in band("daily 08:00-09:00").closed] == [26, 27, 28, 29, 30, 1]


def test_moments_are_marked_and_those_outside_of_the_week_are_not():
    moments = [("start", NOON + timedelta(days=1)), ("end", NOON + timedelta(days=30)), ("end", None)]
    marks = band("Sat,Sun", moments=moments).marks
    assert [(mark.kind, mark.x) for mark in marks] == [("now", 50), ("start", 150)]


def test_a_week_with_a_change_of_clocks_still_fits():
    before_the_change = datetime(2026, 10, 22, 12, tzinfo=UTC)
    drawn = draw(Blackouts(((parse("daily 23:00-24:00"), BERLIN),)), BERLIN, before_the_change, [])
    assert drawn.closed[-1].x + drawn.closed[-1].width == WIDTH
