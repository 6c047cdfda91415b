# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""How many requests to the site are under way at once: fewer when the site gets slow or refuses some."""

import asyncio
import time
from collections import deque
from contextlib import asynccontextmanager
from statistics import median

ANSWERS_TO_JUDGE = 8
SLOWER = 2.0  # times the usual time of an answer, and …
SECONDS_SLOWER = 0.1  # … so much more: what the engine itself needs between two answers is less
MOST_PATIENCE = 16  # times ANSWERS_TO_JUDGE until one more is tried


class Lanes:
    """Lets so many requests pass at once, in the order in which they came. One may ask to be alone."""

    def __init__(self, most, clock=time.monotonic):
        """`most` is never exceeded. It begins with one, which shows how fast the site is when it has nothing else."""
        self.clock = clock
        self.most = most
        self.now = 1
        self.usual = float("inf")  # seconds of an answer while one request at a time was sent
        self.taken = deque(maxlen=ANSWERS_TO_JUDGE)
        self.patience, self.left = 1, 1  # judgements until one more is tried
        self.busy, self.alone = 0, False
        self.queue = deque()  # futures of the requests that wait, and whether each has to be alone

    @asynccontextmanager
    async def lane(self, alone=False):
        """Hold a lane for the block, or all of them. Waits for its turn."""
        await self.enter(alone)
        try:
            yield
        finally:
            self.leave()

    async def enter(self, alone):
        if not self.queue and self.is_free(alone):
            self.take(alone)
            return
        turn = asyncio.get_running_loop().create_future()
        self.queue.append((turn, alone))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.leave()  # its turn came in the same moment
            self.admit()
            raise

    def leave(self):
        self.busy, self.alone = self.busy - 1, False
        self.admit()

    def is_free(self, alone):
        return not self.alone and (not self.busy if alone else self.busy < self.now)

    def take(self, alone):
        self.busy, self.alone = self.busy + 1, alone

    def admit(self):
        """Let those pass whose turn it is."""
        while self.queue and (self.queue[0][0].done() or self.is_free(self.queue[0][1])):
            turn, alone = self.queue.popleft()
            if not turn.done():
                self.take(alone)
                turn.set_result(None)

    def answered(self, seconds):
        """Judge by the time of an answer whether the site takes more at once, or gets slow."""
        self.taken.append(seconds)
        if self.most == 1 or len(self.taken) < ANSWERS_TO_JUDGE:
            return
        seconds = median(self.taken)
        self.taken.clear()
        if self.now == 1:
            self.usual = seconds
        elif seconds > SLOWER * self.usual + SECONDS_SLOWER:
            self.narrow()
            return
        self.left -= 1
        if self.left <= 0 and self.now < self.most:
            self.now += 1
            self.left = self.patience
            self.admit()
        elif self.now == self.most:
            self.patience = 1  # the site bears it

    def narrow(self, to=None):
        """Send fewer at once, half as many or `to`, and be slower to send more again."""
        self.now = max(1, min(self.now, to or self.now // 2))
        self.patience = self.left = min(2 * self.patience, MOST_PATIENCE)
        self.taken.clear()
