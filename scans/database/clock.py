"""The clock that all hosts share: that of the database. It writes and judges leases, and corrects that of this host."""

from datetime import datetime, timedelta
from math import inf
from time import monotonic

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.utils import timezone

TOLERANCE = 2.0  # seconds, so that the way to the database moves no clock
_MEASURED_EVERY = 60  # seconds, at a new connection; workers and schedulers measure whenever they report
_ahead = timedelta()  # what `now` takes from the clock of this host
_measured_at = -inf


def is_off(ahead: float) -> bool:
    """Return whether a clock that is ahead by so many seconds has to be corrected."""
    return abs(ahead) > TOLERANCE


def now() -> datetime:
    """Return the time for everything that is stored or compared with what another host stored.

    That is the clock of this host, or, if that is off, the database's as it was measured last.
    """
    return timezone.now() - _ahead


def clock_ahead() -> float:
    """Return by how many seconds the clock of this host is ahead of the database's; below zero, behind. Corrects `now`.

    SQLite has the host's own clock. A difference that the way to the database may explain counts as none.
    """
    ahead = _measured()
    correct(ahead)
    return ahead


def correct(ahead: float) -> None:
    """Let `now` know by how many seconds the clock of this host is ahead; no correction if that is little."""
    global _ahead, _measured_at
    _ahead = timedelta(seconds=ahead) if is_off(ahead) else timedelta()
    _measured_at = monotonic()


def _measured() -> float:
    if connection.vendor == "sqlite":
        return 0.0
    with connection.cursor() as cursor:
        began = monotonic()
        cursor.execute("SELECT clock_timestamp()")
        there = cursor.fetchone()[0]
        on_the_way = timedelta(seconds=monotonic() - began) / 2
    ahead = timezone.now() - on_the_way - there
    return round(ahead.total_seconds(), 3) if abs(ahead) > on_the_way else 0.0


@receiver(connection_created)
def _measure(connection: BaseDatabaseWrapper, **kwargs) -> None:
    """Measure now and then, in web processes too. They open a connection every minute."""
    if connection.vendor != "sqlite" and monotonic() - _measured_at > _MEASURED_EVERY:
        clock_ahead()
