"""The statuses of an analysis or URL scan in time, and how long each lasted. Read from its activity log."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate, pairwise

from scans.models import ActivityLogEntry, Analysis, UrlScan
from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES, Status

MAX_STATES = 60  # in one timeline; a scan that pauses each night for a month has more
MAX_IN_LINE = 8  # of the newest, where they stand in one line
SHORT = timedelta(seconds=1)  # a status that lasted less is left out of the line
WIDTH = 1000  # of the strip, in units of the drawing
MIN_WIDTH = 12  # of one status, so that a short one can be seen


@dataclass(frozen=True)
class StatusPeriod:
    """A status from `since` to `until` (None: it is the current one), and the log entry that began it.

    `x` and `width` are its position on the strip.
    """

    status: Status
    since: datetime
    until: datetime | None
    entry_id: int
    x: int = 0
    width: int = 0

    @property
    def lasted(self) -> timedelta | None:
        """How long the status lasted; None for the current one."""
        return self.until and self.until - self.since


@dataclass(frozen=True)
class TimelineLine:
    """The steps of a timeline that stand in one line, and how many are left out: very short ones and the earliest."""

    steps: list[StatusPeriod]
    folded: int


def in_one_line(periods: list[StatusPeriod]) -> TimelineLine:
    """Return the newest steps that lasted a second or more, and the current one."""
    steps = [period for period in periods if period.lasted is None or period.lasted >= SHORT][-MAX_IN_LINE:]
    return TimelineLine(steps, len(periods) - len(steps))


def timeline(thing: Analysis | UrlScan, now: datetime) -> list[StatusPeriod]:
    """The newest MAX_STATES statuses of an analysis or URL scan, oldest first. One query."""
    changes = ActivityLogEntry.objects.status_changes_of(thing).order_by("-pk")[:MAX_STATES]
    catalogue = URL_SCAN_STATUSES if isinstance(thing, UrlScan) else ANALYSIS_STATUSES
    return _positioned(_periods(reversed(changes), catalogue), now)


def _periods(changes: Iterable[ActivityLogEntry], catalogue: dict[str, Status]) -> list[StatusPeriod]:
    began = [(catalogue[entry.to_status], entry.at, entry.pk) for entry in changes]
    ends = [*(at for _, at, _ in began[1:]), *[None][: len(began)]]  # the last one is the current one
    return [StatusPeriod(status, at, until, pk) for (status, at, pk), until in zip(began, ends, strict=True)]


def _positioned(periods: list[StatusPeriod], now: datetime) -> list[StatusPeriod]:
    """The periods side by side on the strip: widths in proportion to their lengths, and none too small to see.

    A final status lasts forever, so it gets the minimum; otherwise it would squeeze the others more every day.
    """
    lengths = [
        0.0 if period.status.final else ((period.until or now) - period.since).total_seconds() for period in periods
    ]
    places = side_by_side(lengths, WIDTH, min(MIN_WIDTH, WIDTH / max(1, len(periods))))
    return [replace(period, x=x, width=width) for period, (x, width) in zip(periods, places, strict=True)]


def side_by_side(lengths: list[float], whole: int, least: float) -> list[tuple[int, int]]:
    """Return the place and width of each length on a strip, in proportion, and none less wide than `least`."""
    unit = (whole - least * len(lengths)) / (sum(lengths) or 1)
    edges = map(round, accumulate((least + max(0.0, length) * unit for length in lengths), initial=0.0))
    return [(begin, end - begin) for begin, end in pairwise(edges)]
