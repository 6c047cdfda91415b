"""When the runs of a recurring analysis start: rules, clock changes, ends, and the rule in words."""

import calendar
import json
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scans.schedule.recurrence import Recurrence, Unit, describe, next_start, starts

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
UTC_ZONE = ZoneInfo("UTC")
ZONES = [BERLIN, NEW_YORK, LORD_HOWE, UTC_ZONE, ZoneInfo("Africa/Cairo"), ZoneInfo("Asia/Kathmandu")]


def weekly(**fields):
    return Recurrence(unit=Unit.WEEKLY, **fields)


def monthly(**fields):
    return Recurrence(unit=Unit.MONTHLY, **fields)


def at(text, zone=UTC_ZONE, fold=0):
    """The moment, in UTC, at which the zone's clocks show this."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def local(rule, first, zone=UTC_ZONE, number=4):
    """The first few starts, as the zone's clocks show them."""
    return [f"{start.astimezone(zone):%Y-%m-%d %H:%M}" for start in islice(starts(rule, first, zone), number)]


# --- Weeks ------------------------------------------------------------------------------------------


def test_a_week_without_weekdays_repeats_on_the_weekday_of_the_first_start():
    assert local(weekly(), at("2027-01-05 22:00"), number=2) == ["2027-01-05 22:00", "2027-01-12 22:00"]


def test_weekdays_come_in_their_order_whatever_order_they_were_named_in():
    found = local(weekly(weekdays=(3, 0)), at("2027-01-04 22:00"))
    assert found == ["2027-01-04 22:00", "2027-01-07 22:00", "2027-01-11 22:00", "2027-01-14 22:00"]


def test_weeks_between_are_counted_from_the_monday_of_the_first_start():
    found = local(weekly(every=2, weekdays=(0, 3)), at("2027-01-07 22:00"))
    assert found == ["2027-01-07 22:00", "2027-01-18 22:00", "2027-01-21 22:00", "2027-02-01 22:00"]


def test_a_first_start_that_does_not_fit_moves_to_the_next_day_that_does_and_weeks_count_from_there():
    found = local(weekly(every=2, weekdays=(0,)), at("2027-01-05 22:00"), number=2)
    assert found == ["2027-01-11 22:00", "2027-01-25 22:00"]


def test_the_weekday_is_that_of_the_zone_not_of_utc():
    first = at("2027-01-04 01:00", LORD_HOWE)  # Monday there, still Sunday in UTC
    assert local(weekly(weekdays=(0,)), first, LORD_HOWE, 2) == ["2027-01-04 01:00", "2027-01-11 01:00"]


def test_weeks_go_on_over_the_end_of_a_year():
    assert local(weekly(), at("2026-12-28 08:00"), number=2) == ["2026-12-28 08:00", "2027-01-04 08:00"]


# --- Months -----------------------------------------------------------------------------------------


def test_a_month_repeats_on_the_day_of_the_first_start():
    found = local(monthly(every=2), at("2026-11-15 03:00"), number=3)
    assert found == ["2026-11-15 03:00", "2027-01-15 03:00", "2027-03-15 03:00"]


@pytest.mark.parametrize("day", [28, 29, 30, 31])
def test_a_day_from_28_on_is_the_last_of_the_month(day):
    found = local(monthly(day_of_month=day), at("2028-01-10 03:00"))
    assert found == ["2028-01-31 03:00", "2028-02-29 03:00", "2028-03-31 03:00", "2028-04-30 03:00"]


def test_the_last_day_of_a_february_that_has_28():
    assert local(monthly(every=12), at("2028-02-29 03:00"), number=2) == ["2028-02-29 03:00", "2029-02-28 03:00"]


def test_a_first_start_on_the_28th_moves_to_the_last_day():
    assert local(monthly(), at("2027-01-28 03:00"), number=2) == ["2027-01-31 03:00", "2027-02-28 03:00"]


def test_a_day_of_the_month_that_has_passed_is_next_months_and_months_count_from_there():
    found = local(monthly(every=3, day_of_month=5), at("2026-12-10 03:00"), number=2)
    assert found == ["2027-01-05 03:00", "2027-04-05 03:00"]


# --- Clock changes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "before", "then"),
    [
        (BERLIN, "2027-03-21 22:00", ["2027-03-21T21:00", "2027-03-28T20:00"]),
        (BERLIN, "2027-10-24 22:00", ["2027-10-24T20:00", "2027-10-31T21:00"]),
        (NEW_YORK, "2027-03-07 22:00", ["2027-03-08T03:00", "2027-03-15T02:00"]),
        (LORD_HOWE, "2027-09-26 22:00", ["2027-09-26T11:30", "2027-10-03T11:00"]),
    ],
)
def test_the_time_of_day_stays_when_the_clocks_change(zone, before, then):
    found = islice(starts(weekly(), at(before, zone), zone), 2)
    assert [f"{start:%Y-%m-%dT%H:%M}" for start in found] == then


@pytest.mark.parametrize(
    ("zone", "before", "moved", "after"),
    [
        (BERLIN, "2027-03-21 02:30", "2027-03-28 03:30", "2027-04-04 02:30"),
        (NEW_YORK, "2027-03-07 02:00", "2027-03-14 03:00", "2027-03-21 02:00"),
        (LORD_HOWE, "2027-09-26 02:15", "2027-10-03 02:45", "2027-10-10 02:15"),
    ],
)
def test_a_time_that_is_skipped_is_later_by_what_the_clocks_skipped(zone, before, moved, after):
    assert local(weekly(), at(before, zone), zone, 3) == [before, moved, after]


def test_of_a_time_that_comes_twice_the_first_counts():
    found = list(islice(starts(weekly(), at("2027-10-24 02:30", BERLIN), BERLIN), 2))
    assert found[1] == at("2027-10-31 02:30", BERLIN, fold=0) != at("2027-10-31 02:30", BERLIN, fold=1)


def test_a_first_start_in_the_second_of_two_hours_stays_there():
    first = at("2027-10-31 02:30", BERLIN, fold=1)
    assert next(starts(weekly(), first, BERLIN)) == first


# --- Ends -------------------------------------------------------------------------------------------


def test_it_ends_after_a_number_of_runs_the_first_included():
    assert len(list(starts(weekly(ends_after=3), at("2027-01-04 22:00"), UTC_ZONE))) == 3


def test_it_ends_on_a_date_of_the_zone_that_date_included():
    first = at("2027-01-04 01:00", LORD_HOWE)
    found = local(weekly(ends_on=date(2027, 1, 18)), first, LORD_HOWE)
    assert found == ["2027-01-04 01:00", "2027-01-11 01:00", "2027-01-18 01:00"]


def test_there_is_no_start_when_it_ends_before_one_fits():
    rule = weekly(weekdays=(0,), ends_on=date(2027, 1, 10))
    assert list(starts(rule, at("2027-01-05 22:00"), UTC_ZONE)) == []


def test_the_next_start_is_strictly_later():
    first = at("2027-01-04 22:00")
    assert next_start(weekly(), first, UTC_ZONE, first - timedelta(seconds=1), 0) == first
    assert next_start(weekly(), first, UTC_ZONE, first, 1) == at("2027-01-11 22:00")


def test_a_start_that_was_missed_is_made_up_for_at_the_end():
    first = at("2027-01-04 22:00")
    assert next_start(weekly(ends_after=3), first, UTC_ZONE, at("2027-01-20 00:00"), made=2) == at("2027-01-25 22:00")
    assert next_start(weekly(ends_after=3), first, UTC_ZONE, at("2027-01-25 22:00"), made=3) is None


def test_there_is_no_next_start_after_its_last_date():
    rule = weekly(ends_on=date(2027, 1, 11))
    assert next_start(rule, at("2027-01-04 22:00"), UTC_ZONE, at("2027-01-11 22:00"), made=1) is None


# --- What people and databases read -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "zone", "words"),
    [
        (weekly(), UTC_ZONE, "every week on Tuesday at 21:00 (UTC)"),
        (
            weekly(every=2, weekdays=(3, 0), ends_after=10),
            BERLIN,
            "every 2 weeks on Monday and Thursday at 22:00 (Europe/Berlin), 10 times",
        ),
        (weekly(weekdays=(0, 2, 4)), UTC_ZONE, "every week on Monday, Wednesday and Friday at 21:00 (UTC)"),
        (weekly(weekdays=tuple(range(7)), ends_after=1), UTC_ZONE, "every week on every day at 21:00 (UTC), once"),
        (
            monthly(day_of_month=31, ends_on=date(2027, 12, 31)),
            UTC_ZONE,
            "every month on the last day at 21:00 (UTC), until 31 December 2027",
        ),
        (monthly(every=3), UTC_ZONE, "every 3 months on the 5th at 21:00 (UTC)"),
        (monthly(day_of_month=22), UTC_ZONE, "every month on the 22nd at 21:00 (UTC)"),
        (monthly(day_of_month=11), UTC_ZONE, "every month on the 11th at 21:00 (UTC)"),
    ],
)
def test_the_rule_in_words(rule, zone, words):
    assert describe(rule, at("2027-01-05 21:00"), zone) == words


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"unit": Unit.WEEKLY, "every": 53}, "53 weeks is not possible: 1 to 52"),
        ({"unit": Unit.MONTHLY, "every": 25}, "25 months is not possible: 1 to 24"),
        ({"unit": Unit.WEEKLY, "every": 0}, "0 weeks is not possible"),
        ({"unit": Unit.WEEKLY, "weekdays": (7,)}, r"\(7,\) are not days of the week"),
        ({"unit": Unit.MONTHLY, "weekdays": (0,)}, "go with weeks only"),
        ({"unit": Unit.WEEKLY, "day_of_month": 1}, "goes with months only"),
        ({"unit": Unit.MONTHLY, "day_of_month": 32}, "32 is not a day of the month"),
        ({"unit": Unit.MONTHLY, "day_of_month": 0}, "0 is not a day of the month"),
        ({"unit": Unit.WEEKLY, "ends_after": 0}, "after 0 runs"),
        ({"unit": "yearly"}, "yearly"),
    ],
)
def test_what_is_no_rule_is_refused_by_name(fields, message):
    with pytest.raises(ValueError, match=message):
        Recurrence(**fields)


# --- Whatever the rule ------------------------------------------------------------------------------

ENDS = {
    "ends_after": st.none() | st.integers(1, 30),
    "ends_on": st.none() | st.dates(date(2026, 1, 1), date(2060, 1, 1)),
}
RULES = st.builds(
    weekly, every=st.integers(1, 52), weekdays=st.lists(st.integers(0, 6), unique=True).map(tuple), **ENDS
) | st.builds(monthly, every=st.integers(1, 24), day_of_month=st.none() | st.integers(1, 31), **ENDS)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
PLACES = st.sampled_from(ZONES)


def skips(zone, day, time_of_day):
    """Whether the zone's clocks never show this time on this day."""
    there = datetime.combine(day, time_of_day.replace(fold=0), zone)
    return there.astimezone(UTC).astimezone(zone).time() != time_of_day.replace(fold=0)


@given(RULES, MOMENTS, PLACES)
def test_starts_increase_and_keep_the_time_of_day_but_for_skipped_ones(rule, first, zone):
    found = [first - timedelta(microseconds=1), *islice(starts(rule, first, zone), 60)]
    assert all(one < other for one, other in pairwise(found))
    wanted = first.astimezone(zone).time()
    for start in found[1:]:
        there = start.astimezone(zone)
        assert there.time() == wanted or skips(zone, there.date(), wanted)


@given(RULES, MOMENTS, PLACES)
def test_every_start_is_on_a_day_that_the_rule_names_and_before_its_end(rule, first, zone):
    since = first.astimezone(zone).date()
    for start in islice(starts(rule, first, zone), 60):
        day = start.astimezone(zone).date()
        assert rule.ends_on is None or day <= rule.ends_on
        if rule.unit == Unit.WEEKLY:
            assert day.weekday() in (rule.weekdays or (since.weekday(),))
        else:
            wanted, last = rule.day_of_month or since.day, calendar.monthrange(day.year, day.month)[1]
            assert day.day == (last if wanted >= 28 else wanted)


@given(RULES, MOMENTS, PLACES)
def test_weeks_and_months_between_two_starts_are_whole_intervals(rule, first, zone):
    days = [start.astimezone(zone).date() for start in islice(starts(rule, first, zone), 60)]
    for one, other in pairwise(days):
        if rule.unit == Unit.MONTHLY:
            assert (other.year - one.year) * 12 + other.month - one.month == rule.every
        else:
            mondays = [day - timedelta(days=day.weekday()) for day in (one, other)]
            assert (mondays[1] - mondays[0]).days in (0, rule.every * 7)


@given(RULES, MOMENTS, PLACES, st.timedeltas(timedelta(days=-400), timedelta(days=2000)))
def test_the_next_start_is_after_and_nothing_lies_between(rule, first, zone, later):
    after = first + later
    found = next_start(rule, first, zone, after, made=0)
    between = [start for start in islice(starts(rule, first, zone), 300) if start > after]
    assert found is None or found > after
    if between:
        assert found == between[0]


@given(RULES)
def test_a_stored_rule_is_read_back_as_it_was(rule):
    assert Recurrence.from_json(json.loads(json.dumps(rule.to_json()))) == rule
