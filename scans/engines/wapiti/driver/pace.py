# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""How fast requests may follow each other: as configured, and slower for a site that refuses some."""

import time
from collections import deque
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SLOWEST = 0.5  # requests a second
SECONDS_SEEN = 10.0  # the time in which taken requests are counted
GROWTH = 1 / 6  # of the rate that was too fast, for each second without a refusal
FORGOTTEN = 8  # times that rate: then the limit is lifted


class Pace:
    """Additive increase, multiplicative decrease: half the rate after a refusal, then a little more each second."""

    def __init__(self, configured, clock=time.monotonic):
        """`configured` is the rate that is never exceeded, in requests a second; 0 means as fast as possible."""
        self.clock = clock
        self.configured = configured
        self.limit = None  # what the site seems to take; None until it refuses something
        self.too_fast = 0.0
        self.taken = deque()  # moments at which the site took a request
        self.since = self.grown_at = clock()

    @property
    def rate(self):
        """The requests a second that may be sent now; 0 without any limit."""
        self.grow()
        rates = [rate for rate in (self.configured, self.limit) if rate]
        return min(rates, default=0.0)

    def took(self):
        """The site took a request."""
        now = self.clock()
        self.taken.append(now)
        while self.taken[0] < now - SECONDS_SEEN:
            self.taken.popleft()

    def refused(self):
        """Slow down: the site refused a request."""
        seen = len(self.taken) / max(1.0, min(self.clock() - self.since, SECONDS_SEEN))
        rates = [rate for rate in (seen, self.limit) if rate]
        self.too_fast = max(min(rates, default=0.0), 2 * SLOWEST)
        self.limit = self.too_fast / 2
        self.begin()

    def begin(self):
        """Count from now on: nothing was sent for a while."""
        self.since = self.grown_at = self.clock()
        self.taken.clear()

    def grow(self):
        now = self.clock()
        if self.limit:
            self.limit += self.too_fast * GROWTH * (now - self.grown_at)
            if self.limit > FORGOTTEN * self.too_fast:
                self.limit = None
        self.grown_at = now


def seconds_asked(headers, now=None):
    """Return the seconds that Retry-After asks for, a number or a date; None without it.

    The product has the same rule in scans/targets/refusal.py, for its own requests.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until, since = moment(value), moment(headers.get("date", "")) or now or datetime.now(UTC)
    return max(0.0, (until - since).total_seconds()) if until else None


def moment(value):
    """Return the moment of an HTTP date, or None."""
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
