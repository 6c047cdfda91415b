"""Blackout windows: what people may write, and when scanning is closed by them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scans.schedule.blackouts import EXAMPLES, HORIZON, Blackouts, OnceWindow, WeeklyWindow, parse, parse_all

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
UTC_ZONE = ZoneInfo("UTC")
NUUK = ZoneInfo("America/Nuuk")  # its clocks change at midnight
ZONES = [BERLIN, NEW_YORK, LORD_HOWE, UTC_ZONE, NUUK, ZoneInfo("Africa/Cairo"), ZoneInfo("Antarctica/Troll")]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def closed(*lines, zone=UTC_ZONE):
    """The blackouts of these lines, all in one zone."""
    return Blackouts(tuple((parse(line), zone) for line in lines))


def at(text, zone=UTC_ZONE, fold=0):
    """The moment, in UTC, at which the zone's clocks show this."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def drawn(blackouts, start, end):
    """The closed periods, in UTC, as text."""
    return [f"{begin:%d %H:%M}-{until:%d %H:%M}" for begin, until in blackouts.periods(at(start), at(end))]


# --- What people write ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        *[(line, line) for line in EXAMPLES],
        ("monday - FRIDAY 8:00 - 18:00", "Mon-Fri 08:00-18:00"),
        ("sunday, sat", "Sat,Sun"),
        ("Mon,Tue,Wed,Fri", "Mon-Wed,Fri"),
        ("Fri-Mon", "Mon,Fri-Sun"),
        ("Mon-Mon", "Mon"),
        ("Mon-Sun", "daily"),
        ("DAILY 00:00-24:00", "daily"),
        ("Mon 22:00-06:00", "Mon 22:00-06:00"),
        ("Mon 22:00-24:00", "Mon 22:00-24:00"),
        ("Mon 22:00-00:00", "Mon 22:00-24:00"),
        ("2026-12-24..2026-12-24", "2026-12-24"),
        ("2026-12-24 00:00 .. 2026-12-26 24:00", "2026-12-24..2026-12-26"),
        ("2026-12-24 18:00..2026-12-26", "2026-12-24 18:00..2026-12-26 24:00"),
        ("2026-12-31 24:00..2027-01-02 08:00", "2027-01-01 00:00..2027-01-02 08:00"),
    ],
)
def test_a_window_has_one_spelling(typed, canonical):
    assert str(parse(typed)) == canonical


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "neither days of the week nor dates"),
        ("08:00-18:00", "neither days of the week nor dates"),
        ("Mon 8-18", "neither days of the week nor dates"),
        ("Mon-Fri 08:00-18:00 please", "neither days of the week nor dates"),
        ("1999-12-24", "neither days of the week nor dates"),
        ("Mo", "“mo” is not a day of the week"),
        ("Mon-", "“” is not a day of the week"),
        ("Mon,,Tue", "“” is not a day of the week"),
        ("daily,Mon", "“daily” is not a day of the week"),
        ("Mon 25:00-26:00", "25:00 is not a time of day"),
        ("Mon 24:01-26:00", "24:01 is not a time of day"),
        ("Mon 08:60-09:00", "08:60 is not a time of day"),
        ("Mon 08:00-08:00", "08:00-08:00 are no hours"),
        ("Mon 24:00-08:00", "24:00-08:00 are no hours"),
        ("2026-02-30", "2026-02-30 is not in the calendar"),
        ("2026-12-24 18:00", "says no end"),
        ("2026-12-24..2026-12-23", "ends before it begins"),
        ("2026-12-24 18:00..2026-12-24 18:00", "ends before it begins"),
    ],
)
def test_what_is_no_window_is_refused_with_the_reason_and_what_would_be_right(typed, why):
    with pytest.raises(ValueError) as refused:
        parse(typed)
    assert str(refused.value).startswith(f"“{typed}” is not a blackout window: ")
    assert why in str(refused.value) and "Mon-Fri 08:00-18:00" in str(refused.value)


def test_a_text_is_one_window_to_a_line_without_blank_lines_and_comments():
    text = "# our shop\nMon-Fri 08:00-18:00  # office\n\n   \r\nSat\n"
    assert [str(window) for window in parse_all(text)] == ["Mon-Fri 08:00-18:00", "Sat"]
    assert parse_all("") == ()


def test_a_text_is_refused_with_the_number_of_the_line():
    with pytest.raises(ValueError, match="^Line 3: “Caturday” is not a blackout window"):
        parse_all("Mon\n# no\nCaturday\n")


# --- When scanning is closed ------------------------------------------------------------------------


def test_a_window_holds_its_begin_and_not_its_end():
    windows = closed("Mon-Fri 08:00-18:00")
    assert windows.covers(at("2027-01-04 08:00")) and not windows.covers(at("2027-01-04 07:59:59.999999"))
    assert windows.covers(at("2027-01-04 17:59:59.999999")) and not windows.covers(at("2027-01-04 18:00"))
    assert not windows.covers(at("2027-01-03 12:00"))


def test_a_night_belongs_to_the_day_on_which_it_begins():
    windows = closed("Mon 22:00-06:00")
    assert drawn(windows, "2027-01-03", "2027-01-11") == ["04 22:00-05 06:00"]
    assert windows.covers(at("2027-01-05 05:59")) and not windows.covers(at("2027-01-04 05:59"))


def test_whole_days_follow_the_clocks_of_the_zone():
    assert drawn(closed("2027-01-01..2027-01-02", zone=BERLIN), "2026-12-01", "2027-02-01") == ["31 23:00-02 23:00"]


def test_hours_once_go_over_the_end_of_a_year():
    windows = closed("2026-12-31 18:00..2027-01-01 08:00")
    assert windows.ends(at("2027-01-01 00:00")) == at("2027-01-01 08:00")
    assert windows.next_begin(at("2026-02-01 00:00")) == at("2026-12-31 18:00")
    assert windows.next_begin(at("2027-01-01 08:00")) is None


def test_the_29th_of_february_is_a_day():
    assert closed("2028-02-28..2028-03-01").covers(at("2028-02-29 12:00"))


def test_windows_that_touch_or_overlap_are_one_across_zones():
    berlin = closed("Fri 20:00-24:00", "Sat", "Sat,Sun 12:00-13:00", zone=BERLIN)
    windows = Blackouts(berlin.windows + closed("Sun 10:00-11:00", "Fri 18:30-19:15", "Sat 23:00-23:30").windows)
    assert drawn(windows, "2027-01-07", "2027-01-11") == ["08 18:30-09 23:30", "10 10:00-10 12:00"]
    assert windows.ends(at("2027-01-08 18:30")) == at("2027-01-09 23:30")
    assert windows.next_open(at("2027-01-08 18:30")) == at("2027-01-09 23:30")


def test_where_scanning_may_go_on_nothing_ends_and_open_is_now():
    windows, moment = closed("Mon"), at("2027-01-05 00:00")
    assert windows.ends(moment) is None
    assert windows.next_open(moment) == moment
    assert windows.next_begin(moment) == at("2027-01-11 00:00")


def test_the_next_begin_is_after_the_window_that_holds_now():
    assert closed("Mon", "Tue", "Thu").next_begin(at("2027-01-04 12:00")) == at("2027-01-07 00:00")


def test_without_windows_nothing_is_closed():
    moment = at("2027-01-05 00:00")
    nothing = Blackouts()
    assert not nothing.covers(moment) and nothing.ends(moment) is None and nothing.next_begin(moment) is None
    assert nothing.periods(moment, moment + DAY) == [] and not nothing.always_closed(moment)


def test_periods_are_cut_off_at_both_ends():
    windows = closed("daily 22:00-06:00")
    assert drawn(windows, "2027-01-04 01:00", "2027-01-04 23:00") == ["04 01:00-04 06:00", "04 22:00-04 23:00"]
    assert drawn(windows, "2027-01-04 06:00", "2027-01-04 22:00") == []


def test_an_empty_stretch_has_no_periods():
    assert drawn(closed("Mon"), "2027-01-04 12:00", "2027-01-04 12:00") == []


# --- Never open -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        ["daily"],
        ["Mon-Sun"],
        ["Mon-Fri", "Sat 00:00-12:00", "Sat 12:00-24:00", "Sun 00:00-24:00"],
        ["daily 06:00-22:00", "daily 22:00-06:00"],
        ["2020-01-01..2040-01-01"],
    ],
)
def test_windows_that_leave_no_time_to_scan_are_told_and_stay_closed(lines):
    windows, moment = closed(*lines, zone=BERLIN), at("2027-01-05 10:00")
    assert windows.always_closed(moment)
    assert windows.ends(moment) == windows.next_open(moment) == moment + HORIZON


@pytest.mark.parametrize("line", ["Mon-Sat", "daily 00:00-23:59", "2027-01-01..2027-12-31"])
def test_windows_that_open_at_some_time_are_not_always_closed(line):
    assert not closed(line).always_closed(at("2027-01-05 10:00"))


# --- Clock changes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "line", "day"),
    [
        (BERLIN, "Sun 02:00-03:00", "2027-03-28"),
        (NEW_YORK, "Sun 02:00-03:00", "2027-03-14"),
        (LORD_HOWE, "Sun 02:00-02:30", "2027-10-03"),
    ],
)
def test_hours_that_a_clock_change_skips_close_nothing(zone, line, day):
    around = at(f"{day} 12:00", zone) - DAY, at(f"{day} 12:00", zone)
    assert closed(line, zone=zone).periods(*around) == []
    assert closed(line, zone=zone).next_begin(around[0]) == at(f"{day} 02:00", zone) + 7 * DAY - _change(zone, day)


def _change(zone, day):
    """By how much the zone's clocks go forward on this day."""
    return (
        at(f"{day} 12:00", zone).astimezone(zone).utcoffset() - (at(f"{day} 00:00", zone)).astimezone(zone).utcoffset()
    )


@pytest.mark.parametrize(
    ("zone", "line", "begin", "length"),
    [
        (BERLIN, "Sun 02:00-03:00", "2027-10-31 02:00", 2 * HOUR),
        (NEW_YORK, "Sun 01:00-02:00", "2027-11-07 01:00", 2 * HOUR),
        (LORD_HOWE, "Sun 01:30-02:00", "2027-04-04 01:30", HOUR),
        (LORD_HOWE, "Sun", "2027-04-04 00:00", 24.5 * HOUR),
        (BERLIN, "Sun", "2027-03-28 00:00", 23 * HOUR),
    ],
)
def test_hours_that_come_twice_are_closed_twice(zone, line, begin, length):
    start = at(begin, zone)
    assert closed(line, zone=zone).periods(start - 6 * HOUR, start + 30 * HOUR) == [(start, start + length)]


def test_a_window_that_begins_in_a_skipped_hour_begins_at_the_change():
    windows = closed("Sun 02:30-05:00", zone=BERLIN)
    assert drawn(windows, "2027-03-28", "2027-03-29") == ["28 01:00-28 03:00"]
    assert drawn(closed("Sun 01:00-02:30", zone=BERLIN), "2027-03-28", "2027-03-29") == ["28 00:00-28 01:00"]


def test_a_window_that_ends_within_an_hour_that_comes_twice_closes_again():
    windows = closed("Sun 00:30-02:15", zone=BERLIN)
    assert drawn(windows, "2027-10-30", "2027-11-01") == ["30 22:30-31 00:15", "31 01:00-31 01:15"]


# --- Whatever the windows ---------------------------------------------------------------------------

MINUTES = st.integers(0, 1440)
WEEKDAYS = st.sets(st.integers(0, 6), min_size=1).map(sorted).map(tuple)
WEEKLY = st.builds(
    lambda weekdays, begin, length: WeeklyWindow(weekdays, begin * MINUTE, (begin + length) * MINUTE),
    WEEKDAYS,
    st.integers(0, 1439),
    st.integers(1, 1439),
) | st.builds(WeeklyWindow, WEEKDAYS)
# Days on which the clocks of some of the zones change, and all other days.
DATES = st.sampled_from(
    [datetime(2027, 3, 14), datetime(2027, 3, 28), datetime(2027, 4, 4), datetime(2027, 10, 3), datetime(2027, 10, 31)]
) | st.datetimes(datetime(2026, 6, 1), datetime(2028, 6, 1)).map(lambda moment: moment.replace(second=0, microsecond=0))
ONCE = st.builds(lambda begin, length: OnceWindow(begin, begin + length * MINUTE), DATES, st.integers(1, 5000))
WINDOWS = WEEKLY | ONCE
BLACKOUTS = st.lists(st.tuples(WINDOWS, st.sampled_from(ZONES)), max_size=5).map(tuple).map(Blackouts)
MOMENTS = DATES.map(lambda moment: moment.replace(tzinfo=UTC)) | st.builds(
    lambda moment, minute: moment.replace(tzinfo=UTC) + minute * MINUTE, DATES, MINUTES
)


def shown(window, local):
    """Whether clocks that show this local time are in the window: the rule, told in another way."""
    if isinstance(window, OnceWindow):
        return window.begin <= local < window.end
    midnight = local.replace(hour=0, minute=0)
    today = local.weekday() in window.weekdays and window.begin <= local - midnight < window.end
    yesterday = (local.weekday() - 1) % 7 in window.weekdays and local - midnight + DAY < window.end
    return today or yesterday


def shown_by_some_clock(blackouts, moment):
    return any(shown(window, moment.astimezone(zone).replace(tzinfo=None)) for window, zone in blackouts.windows)


@given(WINDOWS)
def test_what_is_written_is_read_back(window):
    assert parse(str(window)) == window
    assert str(parse(str(window))) == str(window)


@given(st.text(alphabet="monfridaly 0123456789:-.,#\n", max_size=60))
@example("2026-12-24 18:00..2026-12-27 08:00")
def test_any_text_is_windows_or_refused_as_a_value(text):
    try:
        windows = parse_all(text)
    except ValueError:
        return
    assert parse_all("\n".join(map(str, windows))) == windows


@settings(max_examples=3 * settings.default.max_examples // 5, deadline=None)
@given(BLACKOUTS, MOMENTS)
def test_periods_are_what_the_clocks_show_minute_by_minute(blackouts, start):
    minutes = [start + number * MINUTE for number in range(2 * 1440)]
    periods = blackouts.periods(start, minutes[-1] + MINUTE)
    assert all(one[1] < other[0] for one, other in zip(periods, periods[1:], strict=False))
    drawn_minutes = {begin + number * MINUTE for begin, end in periods for number in range((end - begin) // MINUTE)}
    assert drawn_minutes == {minute for minute in minutes if shown_by_some_clock(blackouts, minute)}


@settings(deadline=None)
@given(BLACKOUTS, MOMENTS)
def test_closed_is_what_a_clock_shows(blackouts, moment):
    assert blackouts.covers(moment) == shown_by_some_clock(blackouts, moment)


@settings(deadline=None)
@given(BLACKOUTS, MOMENTS)
def test_closed_up_to_its_end_and_open_then(blackouts, moment):
    end = blackouts.ends(moment)
    assert (end is not None) == blackouts.covers(moment)
    if end:
        assert end > moment and blackouts.periods(moment, end) == [(moment, end)]
        assert end == moment + HORIZON or not blackouts.covers(end)


@settings(deadline=None)
@given(BLACKOUTS, MOMENTS)
def test_the_next_begin_is_the_first_after_now(blackouts, moment):
    begin = blackouts.next_begin(moment)
    until = blackouts.next_open(moment)
    if begin is None:
        assert blackouts.periods(until, moment + HORIZON) == []
    else:
        assert begin > moment and blackouts.covers(begin) and not blackouts.covers(begin - timedelta(microseconds=1))
        assert blackouts.periods(until, begin) == []


@pytest.mark.parametrize(
    ("lines", "span", "passed"),
    [
        ([], timedelta(hours=5), "2026-11-25 17:00"),
        (["daily 13:00-14:00"], timedelta(hours=5), "2026-11-25 18:00"),
        (["daily 13:00-14:00"], timedelta(hours=30), "2026-11-26 20:00"),
        (["daily 13:00-14:00", "2026-11-25 12:00..2026-11-25 13:00"], timedelta(hours=1), "2026-11-25 15:00"),
    ],
)
def test_time_passes_only_while_scanning_may_go_on(lines, span, passed):
    blackouts = Blackouts(tuple((parse(line), ZoneInfo("UTC")) for line in lines))
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert f"{blackouts.passed(noon, span):%Y-%m-%d %H:%M}" == passed


def test_time_that_never_passes_is_given_up_at_the_horizon():
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    always = Blackouts(((parse("daily"), ZoneInfo("UTC")),))
    assert always.passed(noon, timedelta(minutes=1)) == noon + HORIZON
