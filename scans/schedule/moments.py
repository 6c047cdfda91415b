"""Moments and lengths of time as people read them."""

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from django.utils import timezone

# The symbols of the SI are the same in every language.
UNITS = {"d": 86400, "h": 3600, "min": 60, "s": 1}


@cache
def time_zones() -> frozenset[str]:
    """The names of all time zones, read from disk once: Python would open every file again each time."""
    return frozenset(available_timezones())


def time_span(value: timedelta | None) -> str:
    """A length of time in its two largest units, such as “2 h 5 min”."""
    if value is None:
        return "–"
    rest, parts = max(0, int(value.total_seconds())), []
    for unit, size in UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def exact(at: datetime | None) -> str:
    """The exact moment in the person's time zone, which is named; empty where there is none."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S %Z}" if at else ""
