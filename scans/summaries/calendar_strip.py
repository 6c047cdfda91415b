"""The coming days as they are drawn: windows in which nothing is scanned, starts, and the latest end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scans.schedule.blackouts import Blackouts

DAYS = 7
WIDTH = 700  # units that the drawn band is wide


# Moments of a band are local, as clocks in its zone show them, and therefore naive.


@dataclass(frozen=True)
class Closed:
    """A stretch of time in which nothing is scanned, and its place on the band."""

    begin: datetime
    end: datetime
    x: int
    width: int


@dataclass(frozen=True)
class Mark:
    """A moment on the band: `kind` is "now", "start" or "end"."""

    kind: str
    at: datetime
    x: int


@dataclass(frozen=True)
class Band:
    """The coming days from last midnight on, as clocks in `zone` show it."""

    days: list[datetime]
    closed: list[Closed]
    marks: list[Mark]
    zone: ZoneInfo


def draw(
    blackouts: Blackouts, zone: ZoneInfo, now: datetime, moments: list[tuple[str, datetime | None]], length: int = DAYS
) -> Band:
    """The band with these moments, as (kind, when); what is None or lies outside of it is left out."""
    first = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [first + timedelta(days=day) for day in range(length)]
    begin, end = first.astimezone(now.tzinfo), (first + timedelta(days=length)).astimezone(now.tzinfo)

    def place(moment: datetime) -> int:
        return round(WIDTH * ((moment - begin) / (end - begin)))

    def local(moment: datetime) -> datetime:
        return moment.astimezone(zone).replace(tzinfo=None)

    closed = [
        Closed(local(since), local(until), place(since), max(1, place(until) - place(since)))
        for since, until in blackouts.periods(begin, end)
        if until > now
    ]
    known = [("now", now), *((kind, at) for kind, at in moments if at)]
    marks = [Mark(kind, local(at), place(at)) for kind, at in known if begin <= at <= end]
    return Band([local(day) for day in days], closed, marks, zone)
