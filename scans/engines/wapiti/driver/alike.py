# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Answers that all look alike, as a firewall's block page does. The product then says whether the site turns us away.

Many sites answer 404, or with one page, to hundreds of attacks in a row. So the product is asked only if the start page
looks like these answers too, and more and more rarely.
"""

import asyncio
import re
from collections import Counter

from login import is_text

ENOUGH = 20  # answers in a row that look alike; twice as many after each false alarm
ERROR = 400
TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>|[\W\d_]+", re.IGNORECASE | re.DOTALL)
LONGEST_TEXT = 60
LONGEST_START = 6000  # characters of a page in which its first words are looked for


class Alike:
    """The answers that came last, as far as they look alike, and the doubt that they raise."""

    def __init__(self, traffic):
        self.traffic = traffic
        self.face, self.run = None, 0
        self.refused = 0  # answers in which the product recognised a refusal
        self.block_page = None
        self.enough = Counter()  # per status: how many alike raise the next doubt
        self.waiting = False  # for the product's word; no request may be sent
        self.turned_away = False  # the product's word of the current doubt
        self.word = asyncio.Event()
        self.asking = asyncio.Lock()
        self.times = 0  # how often there was a doubt

    async def refuses(self, response):
        """Return whether this answer turned us away, and the site no longer does, so that it is worth asking again."""
        seen = await self.face_of(response)
        self.run = self.run + 1 if seen == self.face else 1
        self.face = seen
        if not self.is_due(seen):
            return False
        times = self.times
        async with self.asking:  # others under way may have the same answer
            if self.times == times:
                await self.doubt(response.status_code, seen)
                self.times += 1
            return self.turned_away

    async def doubt(self, status, seen):
        """Find out whether such answers turn us away: ask the product if the start page looks like them."""
        self.turned_away = False
        if await self.start_page() != seen:
            self.false_alarm(seen)
            return
        self.traffic.login.channel.send("doubted", status=status, count=self.run)
        self.waiting = True
        self.word.clear()
        self.traffic.set_gate()
        await self.word.wait()
        if not self.turned_away:
            self.false_alarm(seen)

    def is_due(self, seen):
        return seen == self.block_page or self.run >= max(ENOUGH, self.enough[seen[0]])

    def false_alarm(self, seen):
        self.enough[seen[0]] = 2 * max(ENOUGH, self.enough[seen[0]])
        self.block_page = None

    async def refused_so_far(self):
        """The product says that the site turns us away: these answers were refusals if the start page looks alike."""
        self.turned_away = True
        if not self.waiting and await self.start_page() != self.face:
            return
        if self.face and self.block_page != self.face:
            self.refused += self.run
            self.block_page = self.face
        self.run = 0

    def go_on(self):
        """The product says that requests may be sent."""
        self.waiting = False
        self.word.set()

    async def start_page(self):
        """Return how the start page looks now; None without an answer."""
        look = await self.traffic.refusals.look()
        return look and await self.face_of(look)

    async def face_of(self, response):
        """Return how an answer looks: of an error its status, of a page its title and its first words.

        Only letters count: a block page may name the moment, or a number of the case.
        """
        if response.status_code >= ERROR or not is_text(response):
            return response.status_code, response.headers.get("content-type", "")
        text = await self.traffic.read(response)
        title = TITLE.search(text)
        start = MARKUP.sub(" ", text[title.end() if title else 0 :][:LONGEST_START]).strip()
        return response.status_code, MARKUP.sub(" ", title[1])[:LONGEST_TEXT] if title else "", start[:LONGEST_TEXT]
