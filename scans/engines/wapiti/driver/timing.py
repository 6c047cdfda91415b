# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Attacks that tell the site to wait: what counts is measured while nothing else is under way.

A site may be late because of the other requests. So a request that tells it to wait is sent alone. Blind SQL injection
has hundreds of these for each place, hardly any of which the site obeys: they are sent side by side. Any request that
gets no answer in time is sent again alone: Wapiti repeats it twice before it believes that the site is late.
"""

import asyncio
import time
from contextlib import contextmanager
from contextvars import ContextVar

from bursts import body_of

SIDE_BY_SIDE = {"timesql"}  # modules that send hundreds of them, and nothing else
MOST_KEPT = 5000


class Timing:
    """The requests of a scan that measure time."""

    def __init__(self, lanes):
        self.lanes = lanes
        self.module = ""
        self.without_answer = set()  # requests that got no answer in time
        self.rests_at = 0.0  # when the site has certainly done what these told it
        self.measuring = ContextVar("measuring", default=False)  # whether a module compares with an ordinary request

    @contextmanager
    def measured(self):
        """Send the requests of the block alone."""
        before = self.measuring.set(True)
        try:
            yield
        finally:
            self.measuring.reset(before)

    def is_alone(self, request, delays):
        """Return whether this request must be the only one under way. `delays`: it tells the site to wait."""
        first = delays and self.module not in SIDE_BY_SIDE
        return first or self.measuring.get() or self.key(request) in self.without_answer

    def timed_out(self, request, delays):
        """Note that the site gave no answer in time: whatever the reason, it gets one request at a time for a while."""
        shared = self.lanes.busy > 1
        self.lanes.narrow(to=1)
        if len(self.without_answer) < MOST_KEPT:
            self.without_answer.add(self.key(request))
        if shared and delays:  # the site may do one after the other, also those that nobody waits for any more
            seconds = request.extensions.get("timeout", {}).get("read") or 0.0
            self.rests_at = max(self.rests_at, time.monotonic()) + seconds

    async def rest(self, traffic):
        """Wait until the site has nothing else to do, before time is measured; not beyond the scan's end."""
        while not traffic.ending and (left := self.rests_at - time.monotonic()) > 0:
            traffic.worked_at = time.monotonic()
            await asyncio.sleep(min(1.0, left))

    @staticmethod
    def key(request):
        return request.method, str(request.url), body_of(request)
