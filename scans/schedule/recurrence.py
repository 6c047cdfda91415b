"""How an analysis repeats: when its next run starts, and the rule in words. Pure: no clock, no database."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, islice
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext

# This and later days mean the last day of the month, because every month has one.
LAST_DAY_FROM = 28


class Unit(TextChoices):
    """The unit of the interval."""

    WEEKLY = "weekly", _("Weekly")
    MONTHLY = "monthly", _("Monthly")


_LONGEST_INTERVAL = {Unit.WEEKLY: 52, Unit.MONTHLY: 24}
_TOO_LONG = {
    Unit.WEEKLY: _("An interval of {every} weeks is not possible: 1 to {longest} weeks are."),
    Unit.MONTHLY: _("An interval of {every} months is not possible: 1 to {longest} months are."),
}
_ST, _ND, _RD, _TH = _("the {day}st"), _("the {day}nd"), _("the {day}rd"), _("the {day}th")
_ORDINAL = {1: _ST, 2: _ND, 3: _RD, 21: _ST, 22: _ND, 23: _RD}


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """A rule by which runs start, at the time of day of the first one.

    `every`: the interval, 1 to 52 weeks or 1 to 24 months. `weekdays`: for weeks; 0 is Monday, none means the
    weekday of the first start. `day_of_month`: for months, 1 to 31; 28 and more mean the last day, None the
    first start's day by the same rule. `ends_after`: how many runs in all, the first included. `ends_on`: the
    last local date on which a run may start. ValueError, naming value and rule, for anything else.
    """

    unit: Unit
    every: int = 1
    weekdays: tuple[int, ...] = ()
    day_of_month: int | None = None
    ends_after: int | None = None
    ends_on: date | None = None

    def __post_init__(self):
        longest = _LONGEST_INTERVAL[Unit(self.unit)]
        if not 1 <= self.every <= longest:
            raise ValueError(_TOO_LONG[Unit(self.unit)].format(every=self.every, longest=longest))
        if not set(self.weekdays) <= set(range(7)):
            text = _("{days} are not days of the week: 0 (Monday) to 6 (Sunday) are.")
            raise ValueError(text.format(days=self.weekdays))
        if self.weekdays and self.unit != Unit.WEEKLY:
            text = _("Days of the week {days} go with weeks only, not with months.")
            raise ValueError(text.format(days=self.weekdays))
        if self.day_of_month is not None and self.unit != Unit.MONTHLY:
            text = _("Day {day} of the month goes with months only, not with weeks.")
            raise ValueError(text.format(day=self.day_of_month))
        if self.day_of_month is not None and not 1 <= self.day_of_month <= 31:
            raise ValueError(_("{day} is not a day of the month: 1 to 31 are.").format(day=self.day_of_month))
        if self.ends_after is not None and self.ends_after < 1:
            raise ValueError(_("It cannot end after {count} runs: 1 is the least.").format(count=self.ends_after))

    def to_json(self) -> dict:
        """The rule as JSON values; `from_json` reads them."""
        ends_on = self.ends_on and self.ends_on.isoformat()
        return asdict(self) | {"unit": self.unit.value, "weekdays": list(self.weekdays), "ends_on": ends_on}

    @classmethod
    def from_json(cls, stored: dict) -> Recurrence:
        """The rule that `to_json` wrote."""
        ends_on = stored["ends_on"] and date.fromisoformat(stored["ends_on"])
        read = {"unit": Unit(stored["unit"]), "weekdays": tuple(stored["weekdays"]), "ends_on": ends_on}
        return cls(**stored | read)


def starts(recurrence: Recurrence, first: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Every start in UTC, in order: `first` (aware) if it fits the rule, else the next that does; then the others.

    Intervals count from the week or month of the first start that fits. The time of day in `zone` stays the same.
    If a clock change skips it, the start is later by as much as the clock went forward (02:30 becomes 03:30); if it
    occurs twice, the first one counts. Calendars do the same (RFC 5545, section 3.3.5).
    """
    return islice(_starts_until_end_date(recurrence, first, zone), recurrence.ends_after)


def next_start(recurrence: Recurrence, first: datetime, zone: ZoneInfo, after: datetime, made: int) -> datetime | None:
    """The first start strictly after `after`, in UTC; None when it has ended. `made` runs exist already.

    Only runs that exist count towards `ends_after`: a start that was missed while no scheduler ran is added at the
    end. `ends_on` does not move.
    """
    if recurrence.ends_after is not None and made >= recurrence.ends_after:
        return None
    return next((start for start in _starts_until_end_date(recurrence, first, zone) if start > after), None)


def describe(recurrence: Recurrence, first: datetime, zone: ZoneInfo) -> str:
    """The rule in words: every 2 weeks on Monday and Thursday at 22:00 (Europe/Berlin), 10 times."""
    local, every = first.astimezone(zone), recurrence.every
    if recurrence.unit == Unit.WEEKLY:
        rule = ngettext(
            "every week on {days} at {time} ({zone})", "every {every} weeks on {days} at {time} ({zone})", every
        )
    else:
        rule = ngettext(
            "every month on {days} at {time} ({zone})", "every {every} months on {days} at {time} ({zone})", every
        )
    days = _days_in_words(recurrence, local.date())
    return rule.format(every=every, days=days, time=f"{local:%H:%M}", zone=zone) + _end_in_words(recurrence)


def _starts_until_end_date(recurrence: Recurrence, first: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The starts up to `ends_on`, ignoring `ends_after`."""
    local = first.astimezone(zone)
    dates = _weekly_dates if recurrence.unit == Unit.WEEKLY else _monthly_dates
    for day in dates(recurrence, local.date()):
        if recurrence.ends_on and day > recurrence.ends_on:
            return
        # The first start stays exactly as given, even in the second of an hour that occurs twice.
        yield first.astimezone(UTC) if day == local.date() else _in_utc(day, local.time(), zone)


def _in_utc(day: date, time_of_day: time, zone: ZoneInfo) -> datetime:
    # fold=0 gives both rules about clock changes (PEP 495).
    return datetime.combine(day, time_of_day.replace(fold=0), zone).astimezone(UTC)


def _weekly_dates(recurrence: Recurrence, since: date) -> Iterator[date]:
    weekdays = recurrence.weekdays or (since.weekday(),)
    nearest = min((weekday - since.weekday()) % 7 for weekday in weekdays)
    begin = since + timedelta(days=nearest)
    monday = begin - timedelta(days=begin.weekday())
    for week in count(step=recurrence.every):
        days = (monday + timedelta(weeks=week, days=weekday) for weekday in sorted(set(weekdays)))
        yield from (day for day in days if day >= begin)


def _monthly_dates(recurrence: Recurrence, since: date) -> Iterator[date]:
    day = recurrence.day_of_month or since.day
    month = since.year * 12 + since.month - 1
    if _day_in_month(month, day) < since:
        month += 1
    return (_day_in_month(number, day) for number in count(month, recurrence.every))


def _day_in_month(number: int, day: int) -> date:
    """The date of this day in a month; months are numbered from January of year 0."""
    year, month = number // 12, number % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1] if day >= LAST_DAY_FROM else day)


def _days_in_words(recurrence: Recurrence, since: date) -> str:
    if recurrence.unit == Unit.MONTHLY:
        day = recurrence.day_of_month or since.day
        return str(_("the last day")) if day >= LAST_DAY_FROM else _ORDINAL.get(day, _TH).format(day=day)
    weekdays = sorted(set(recurrence.weekdays or (since.weekday(),)))
    if len(weekdays) == 7:
        return str(_("every day"))
    *others, last = [str(WEEKDAYS[weekday]) for weekday in weekdays]
    return _("{others} and {last}").format(others=", ".join(others), last=last) if others else last


def _end_in_words(recurrence: Recurrence) -> str:
    words = ""
    if recurrence.ends_after:
        words += ngettext(", once", ", {count} times", recurrence.ends_after).format(count=recurrence.ends_after)
    if recurrence.ends_on:
        words += _(", until {day}").format(day=date_format(recurrence.ends_on, pgettext("a date", "j F Y")))
    return words
