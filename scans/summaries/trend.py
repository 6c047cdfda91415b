"""The open findings of the last days as they are drawn: a bar for each day, a part of it for each severity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from scans.models import OpenFindings
from scans.severities import SEVERITIES

DAYS = 30
STEP, WIDTH, HEIGHT = 20, 16, 100  # units: from one bar to the next, of a bar, of the highest


@dataclass(frozen=True)
class Part:
    """The findings of one severity in a bar, and their place."""

    severity: str
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Trend:
    """The days that were counted, in order, the parts of their bars, and since when there are counts at all."""

    days: list[OpenFindings]
    parts: list[Part]
    highest: int
    since: date

    @property
    def now(self) -> OpenFindings:
        """The last count."""
        return self.days[-1]

    @property
    def newest_first(self) -> list[OpenFindings]:
        """The days as a table lists them."""
        return self.days[::-1]

    @property
    def counts(self) -> dict[str, int]:
        """The last count by severity."""
        return {name: getattr(self.now, name) for name in SEVERITIES}


def trend(today: date) -> Trend | None:
    """The last days up to today; None before the first count."""
    first = today - timedelta(days=DAYS - 1)
    days = list(OpenFindings.kept().filter(day__gte=first)[:DAYS])
    if not days:
        return None
    highest = max(day.total for day in days)
    parts = [part for day in days for part in _bar(day, (day.day - first).days * STEP, highest)]
    return Trend(days, parts, highest, OpenFindings.kept().first().day)


def _bar(day: OpenFindings, x: int, highest: int) -> list[Part]:
    """From the ground up, the worst severity at the bottom, where it can be compared."""
    parts, top = [], float(HEIGHT)
    for name in SEVERITIES:
        if count := getattr(day, name):
            height = HEIGHT * count / highest
            top -= height
            parts.append(Part(name, x, round(top, 2), round(height, 2)))
    return parts
