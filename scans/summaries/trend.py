"""The open findings of the last days as a bar chart: a bar for each day, a segment of it for each severity."""

from dataclasses import dataclass
from datetime import date, timedelta

from scans.models import OpenFindings
from scans.severities import SEVERITIES

DAYS, WEEK = 30, 7
STEP, WIDTH, HEIGHT = 20, 16, 100  # from bar to bar, of a bar, of the highest bar, in units of the drawing


@dataclass(frozen=True)
class Segment:
    """The findings of one severity in a bar, and its position."""

    severity: str
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Trend:
    """The counted days in order, the segments of their bars, the highest total, and the first day ever counted."""

    days: list[OpenFindings]
    parts: list[Segment]
    highest: int
    since: date

    @property
    def now(self) -> OpenFindings:
        """The newest count."""
        return self.days[-1]

    @property
    def change(self) -> int | None:
        """How many more (fewer, if negative) are open than a week ago; None if nothing was counted then."""
        before = [day for day in self.days if day.day <= self.now.day - timedelta(days=WEEK)]
        return self.now.total - before[-1].total if before else None

    @property
    def newest_first(self) -> list[OpenFindings]:
        """The days in the order of the table."""
        return self.days[::-1]

    @property
    def counts(self) -> dict[str, int]:
        """The newest count by severity."""
        return {name: getattr(self.now, name) for name in SEVERITIES}


def trend(today: date) -> Trend | None:
    """The trend of the last days up to today; None before the first count."""
    first = today - timedelta(days=DAYS - 1)
    days = list(OpenFindings.kept().filter(day__gte=first)[:DAYS])
    if not days:
        return None
    highest = max(day.total for day in days)
    parts = [part for day in days for part in _bar(day, (day.day - first).days * STEP, highest)]
    return Trend(days, parts, highest, OpenFindings.kept().first().day)


def _bar(day: OpenFindings, x: int, highest: int) -> list[Segment]:
    """The segments of one bar from the bottom up. The worst severity is at the bottom, where bars compare best."""
    parts, top = [], float(HEIGHT)
    for name in SEVERITIES:
        if count := getattr(day, name):
            height = HEIGHT * count / highest
            top -= height
            parts.append(Segment(name, x, round(top, 2), round(height, 2)))
    return parts
