"""The next days as a strip: blackout windows, starts, and the latest end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scans.schedule.blackouts import Blackouts

DAYS = 7
WIDTH = 700  # of the strip, in units of the drawing

# The moments on a strip are local times of its zone, and so naive.


@dataclass(frozen=True)
class Closed:
    """A period in which nothing is scanned, and its position on the strip."""

    begin: datetime
    end: datetime
    x: int
    width: int


@dataclass(frozen=True)
class Mark:
    """A moment on the strip: `kind` is "now", "start" or "end"."""

    kind: str
    at: datetime
    x: int


@dataclass(frozen=True)
class Band:
    """The next days from last midnight, in local times of `zone`."""

    days: list[datetime]
    closed: list[Closed]
    marks: list[Mark]
    zone: ZoneInfo


def draw(
    blackouts: Blackouts, zone: ZoneInfo, now: datetime, moments: list[tuple[str, datetime | None]], length: int = DAYS
) -> Band:
    """The strip with these moments, as (kind, when). Leaves out None and moments outside of it."""
    first = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [first + timedelta(days=day) for day in range(length)]
    begin, end = first.astimezone(now.tzinfo), (first + timedelta(days=length)).astimezone(now.tzinfo)

    def position(moment: datetime) -> int:
        return round(WIDTH * ((moment - begin) / (end - begin)))

    def local(moment: datetime) -> datetime:
        return moment.astimezone(zone).replace(tzinfo=None)

    closed = [
        Closed(local(since), local(until), position(since), max(1, position(until) - position(since)))
        for since, until in blackouts.periods(begin, end)
        if until > now
    ]
    known = [("now", now), *((kind, at) for kind, at in moments if at)]
    marks = [Mark(kind, local(at), position(at)) for kind, at in known if begin <= at <= end]
    return Band([local(day) for day in days], closed, marks, zone)
