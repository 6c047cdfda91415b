"""The clock of this host beside the clock of the database, which writes and judges leases."""

from datetime import timedelta
from time import monotonic

from django.db import connection
from django.utils import timezone


def clock_ahead() -> float:
    """Return by how many seconds the clock of this host is ahead of the database's; below zero, behind.

    SQLite has the host's own clock. A difference that the way to the database may explain counts as none.
    """
    if connection.vendor == "sqlite":
        return 0.0
    with connection.cursor() as cursor:
        began = monotonic()
        cursor.execute("SELECT clock_timestamp()")
        there = cursor.fetchone()[0]
        on_the_way = timedelta(seconds=monotonic() - began) / 2
    ahead = timezone.now() - on_the_way - there
    return round(ahead.total_seconds(), 3) if abs(ahead) > on_the_way else 0.0
