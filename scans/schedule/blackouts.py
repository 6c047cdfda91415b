"""Blackout windows: how people write them, and when they forbid scanning. Pure: no clock, no database."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

# How far ahead to look for a beginning or end: a whole year, with a leap day.
HORIZON = timedelta(days=366)
EXAMPLES = (
    "Mon-Fri 08:00-18:00",
    "Sat,Sun",
    "daily 12:00-13:00",
    "2026-12-24",
    "2026-12-24..2027-01-06",
    "2026-12-24 18:00..2026-12-27 08:00",
)

_DAY, _WEEK, _MINUTE, _NOTHING = timedelta(days=1), timedelta(weeks=1), timedelta(minutes=1), timedelta()
_SHORT_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS = {name: number for number, long in enumerate(_LONG_NAMES) for name in (long, long[:3])}

_TIME = r"\d{1,2}:\d\d"
_DATE = r"20\d\d-\d\d-\d\d"
_WEEKLY = re.compile(rf"([a-z,-]+)(?: ({_TIME})-({_TIME}))?", re.ASCII)
_ONCE = re.compile(rf"({_DATE})(?: ({_TIME}))?(?:\.\.({_DATE})(?: ({_TIME}))?)?", re.ASCII)

Period = tuple[datetime, datetime]


@dataclass(frozen=True)
class WeeklyWindow:
    """The same hours on some days of every week.

    `weekdays`: sorted, 0 is Monday. `begin` and `end`: since midnight of such a day; an `end` past 24 hours is on the
    next day.
    """

    weekdays: tuple[int, ...]
    begin: timedelta = _NOTHING
    end: timedelta = _DAY

    def __str__(self) -> str:
        days = "daily" if len(self.weekdays) == 7 else ",".join(_runs(self.weekdays))
        if (self.begin, self.end) == (_NOTHING, _DAY):
            return days
        end = self.end - _DAY if self.end > _DAY else self.end
        return f"{days} {_clock(self.begin)}-{_clock(end)}"

    def on_the_clock(self, first: datetime, last: datetime) -> Iterator[Period]:
        """Its local periods (naive) that touch the local times from `first` to `last`; possibly more."""
        midnight = _day_of(first) - _DAY  # the window of the previous night may still be open
        while midnight <= last:
            if midnight.weekday() in self.weekdays:
                yield midnight + self.begin, midnight + self.end
            midnight += _DAY


@dataclass(frozen=True)
class OnceWindow:
    """One period from `begin` up to `end`, in local time, so naive."""

    begin: datetime
    end: datetime

    def __str__(self) -> str:
        first, last = _day_of(self.begin), _day_of(self.end - _MINUTE)
        since, until = _clock(self.begin - first), _clock(self.end - last)
        if (since, until) != ("00:00", "24:00"):
            return f"{first:%Y-%m-%d} {since}..{last:%Y-%m-%d} {until}"
        return f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d}..{last:%Y-%m-%d}"

    def on_the_clock(self, first: datetime, last: datetime) -> Iterator[Period]:
        """Its local period, whenever that is."""
        yield self.begin, self.end


Window = WeeklyWindow | OnceWindow


@dataclass(frozen=True)
class Blackouts:
    """Windows, each with the zone of its hours. All moments are UTC, in arguments and results.

    A window follows the clocks of its zone: an hour that a clock change skips closes nothing, and an hour that
    occurs twice closes twice. Windows that touch or overlap are one closed period, which excludes its end.
    """

    windows: tuple[tuple[Window, ZoneInfo], ...] = ()

    def covers(self, moment: datetime) -> bool:
        """Whether nothing may be scanned at this moment."""
        return bool(self._closed(moment, moment + datetime.resolution))

    def ends(self, moment: datetime) -> datetime | None:
        """When scanning may resume; None if it is allowed at this moment.

        `moment + HORIZON` if it is forbidden for all that time; callers ask again then.
        """
        until, horizon, span = moment, moment + HORIZON, _DAY
        while until < horizon and (closed := self._closed(until, until + span)) and closed[0][0] <= until:
            until, span = closed[0][1], span * 2  # most periods end within a day; others may be long
        return None if until == moment else min(until, horizon)

    def next_open(self, moment: datetime) -> datetime:
        """The first moment from this one on at which scanning is allowed: see `ends`."""
        return self.ends(moment) or moment

    def next_begin(self, moment: datetime) -> datetime | None:
        """When the next closed period begins, after this moment and after the one that covers it; None if later
        than `moment + HORIZON`."""
        # Looking at a week is much cheaper than at a year, and finds every weekly window.
        for span in (_WEEK, HORIZON):
            for begin, _end in self._closed(moment, moment + span):
                if begin > moment:
                    return begin
        return None

    def always_closed(self, moment: datetime) -> bool:
        """Whether there is no time to scan between this moment and `moment + HORIZON`."""
        return self.ends(moment) == moment + HORIZON

    def passed(self, moment: datetime, span: timedelta) -> datetime:
        """The moment when `span` of allowed time has passed since `moment`; at most HORIZON later."""
        horizon = moment + HORIZON
        while (opens := self.next_open(moment)) < horizon:
            closes = self.next_begin(opens)
            if closes is None or opens + span <= closes:
                return min(opens + span, horizon)
            moment, span = closes, span - (closes - opens)
        return horizon

    def periods(self, start: datetime, end: datetime) -> list[Period]:
        """The closed periods between the two moments, in order, cut off at both."""
        return [(max(begin, start), min(until, end)) for begin, until in self._closed(start, end)]

    def _closed(self, start: datetime, end: datetime) -> list[Period]:
        """The merged closed periods that overlap [start, end); the first and last may reach beyond."""
        found = (
            (begin, until)
            for window, zone in self.windows
            for period in window.on_the_clock(_local(start, zone), _local(end, zone))
            for begin, until in _moments(period, zone)
            if max(begin, start) < min(until, end)
        )
        merged: list[Period] = []
        for begin, until in sorted(found):
            if merged and begin <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(until, merged[-1][1])
            else:
                merged.append((begin, until))
        return merged


def parse_all(text: str) -> tuple[Window, ...]:
    """The windows of a text, one per line, without blank lines and `# comments`. ValueError names the line."""
    windows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if content := line.partition("#")[0].strip():
            try:
                windows.append(parse(content))
            except ValueError as error:
                raise ValueError(_("Line {number}: {error}").format(number=number, error=error)) from error
    return tuple(windows)


def parse(line: str) -> Window:
    """The window that a person wrote; its `str` is the standard spelling. ValueError shows examples."""
    text = re.sub(r"\s*(\.\.|[-,])\s*", r"\1", " ".join(line.lower().split()))
    try:
        if match := _WEEKLY.fullmatch(text):
            return _weekly(*match.groups())
        if match := _ONCE.fullmatch(text):
            return _once(*match.groups())
        raise ValueError(_("it is neither days of the week nor dates."))
    except ValueError as error:
        raise ValueError(
            _("“{line}” is not a blackout window: {error} Right are: {examples}.").format(
                line=line, error=error, examples="; ".join(EXAMPLES)
            )
        ) from error


def _weekly(days: str, begin: str | None, end: str | None) -> WeeklyWindow:
    weekdays = tuple(range(7)) if days == "daily" else _weekdays(days)
    if begin is None or end is None:
        return WeeklyWindow(weekdays)
    since, until = _since_midnight(begin), _since_midnight(end)
    if since == until or since == _DAY:
        raise ValueError(
            _("{begin}-{end} are no hours. For whole days, leave the hours out.").format(begin=begin, end=end)
        )
    return WeeklyWindow(weekdays, since, until if until > since else until + _DAY)


def _weekdays(days: str) -> tuple[int, ...]:
    found = set()
    for part in days.split(","):
        first, dash, last = part.partition("-")
        begin, end = _weekday(first), _weekday(last if dash else first)
        found.update((begin + day) % 7 for day in range((end - begin) % 7 + 1))
    return tuple(sorted(found))


def _weekday(name: str) -> int:
    if name not in _WEEKDAYS:
        raise ValueError(_("“{name}” is not a day of the week.").format(name=name))
    return _WEEKDAYS[name]


def _once(first: str, begin: str | None, last: str | None, end: str | None) -> OnceWindow:
    if begin and not last:
        raise ValueError(_("it begins at a time of day but says no end."))
    since = _midnight(first) + (_since_midnight(begin) if begin else _NOTHING)
    until = _midnight(last or first) + (_since_midnight(end) if end else _DAY)
    if until <= since:
        raise ValueError(_("it ends before it begins."))
    return OnceWindow(since, until)


def _midnight(day: str) -> datetime:
    try:
        return datetime.fromisoformat(day)
    except ValueError as error:
        raise ValueError(_("{day} is not in the calendar.").format(day=day)) from error


def _day_of(local: datetime) -> datetime:
    """The midnight that begins its day."""
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _since_midnight(clock: str) -> timedelta:
    hours, minutes = map(int, clock.split(":"))
    since = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or since > _DAY:
        raise ValueError(_("{clock} is not a time of day.").format(clock=clock))
    return since


def _clock(since_midnight: timedelta) -> str:
    hours, minutes = divmod(since_midnight // _MINUTE, 60)
    return f"{hours:02}:{minutes:02}"


def _runs(weekdays: tuple[int, ...]) -> Iterator[str]:
    """The names of weekdays, three or more in a row as Mon-Wed."""
    for _key, run in groupby(enumerate(weekdays), key=lambda entry: entry[1] - entry[0]):
        names = [_SHORT_NAMES[weekday] for _index, weekday in run]
        yield f"{names[0]}-{names[-1]}" if len(names) > 2 else ",".join(names)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _moments(period: Period, zone: ZoneInfo) -> Iterator[Period]:
    """When the zone's clocks show a time in this local period: one period, or more around a clock change."""
    edges = sorted(edge for local in period for edge in _edges(local, zone))
    return zip(edges[::2], edges[1::2], strict=True)


def _edges(local: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The moments at which the clocks pass this local time, including clock changes: one or three."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return (first,)
    if (
        first > second
    ):  # skipped: the clocks pass it at the change (PEP 495 says why the folds stand the other way round)
        return (_clock_change(second, first, zone),)
    return first, _clock_change(first, second, zone), second


def _clock_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between these two, to the second, from which the zone has another offset from UTC."""
    offset = before.astimezone(zone).utcoffset()

    def changed(second: int) -> bool:
        return (before + timedelta(seconds=second)).astimezone(zone).utcoffset() != offset

    return before + timedelta(seconds=bisect_left(range(int((after - before).total_seconds())), True, key=changed))
