"""The states that an analysis or a URL scan went through, and how long each lasted: read from its log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from scans.models import ActivityLogEntry, Analysis, UrlScan
from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES, Status

MOST = 60  # states that one timeline shows; a scan that pauses each night for a month has more
STRIP = 1000  # units that the drawn strip is wide
LEAST = 12  # units that even a state of no length takes, so that it can be seen


@dataclass(frozen=True)
class Stay:
    """One state: since when, until when (None: it still holds), and the log entry that began it.

    `x` and `width` place it on the strip.
    """

    status: Status
    since: datetime
    until: datetime | None
    entry_id: int
    x: int = 0
    width: int = 0

    @property
    def lasted(self) -> timedelta | None:
        """How long it held; None while it still does."""
        return self.until and self.until - self.since


def timeline(thing: Analysis | UrlScan, now: datetime) -> list[Stay]:
    """The states of an analysis or URL scan, oldest first, the newest MOST of them; one query."""
    changes = ActivityLogEntry.objects.status_changes_of(thing).order_by("-pk")[:MOST]
    catalogue = URL_SCAN_STATUSES if isinstance(thing, UrlScan) else ANALYSIS_STATUSES
    return _placed(_stays(reversed(changes), catalogue), now)


def _stays(changes: Iterable[ActivityLogEntry], catalogue: dict[str, Status]) -> list[Stay]:
    began = [(catalogue[entry.to_status], entry.at, entry.pk) for entry in changes]
    ends = [*(at for _, at, _ in began[1:]), *[None][: len(began)]]  # the last one still holds
    return [Stay(status, at, until, pk) for (status, at, pk), until in zip(began, ends, strict=True)]


def _placed(stays: list[Stay], now: datetime) -> list[Stay]:
    """Side by side on the strip: in proportion to their lengths, and none too small to be seen.

    A final state lasts for good: it takes the least there is, or it would push the others off in time.
    """
    lengths = [0.0 if stay.status.final else ((stay.until or now) - stay.since).total_seconds() for stay in stays]
    least = min(LEAST, STRIP / max(1, len(stays)))
    unit = (STRIP - least * len(stays)) / (sum(lengths) or 1)
    placed, edge = [], 0.0
    for stay, length in zip(stays, lengths, strict=True):
        end = edge + least + max(0.0, length) * unit
        placed.append(
            Stay(stay.status, stay.since, stay.until, stay.entry_id, x=round(edge), width=round(end) - round(edge))
        )
        edge = end
    return placed
