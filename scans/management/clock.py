"""Telling whoever starts a process that the clock of this host is off."""

from django.db import Error

from scans.database.clock import clock_ahead
from scans.models.system_part import is_off


def tell_of_clock(stderr) -> None:
    """Write a line if the clock of this host differs from the database's. Silent without a database."""
    try:
        ahead = clock_ahead()
    except Error:
        return
    if is_off(ahead):
        side = "ahead of" if ahead > 0 else "behind"
        stderr.write(
            f"The clock of this host is {abs(ahead):.1f} s {side} the database's. Scans follow the database's, "
            "but the lines of this process do not: set the clock, for example with chrony or systemd-timesyncd."
        )
