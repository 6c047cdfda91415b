"""From what a clock on the wall shows to a moment: times that a daylight-saving change skips or brings twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def moment_of(local: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """The moment, in UTC, at which a clock in `zone` shows `local` (naive).

    Of a time that comes twice the first, or the `last`; of one that is skipped the end of the gap.
    """
    moment = local.replace(tzinfo=zone, fold=int(last)).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(fold=0):
        return moment
    return _end_of_gap(local, zone)


def _end_of_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment of the change, to the second: the time as told by the clock before and after it encloses it."""
    early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
