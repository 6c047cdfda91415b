# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""A site that refuses requests: they wait, are sent again, and follow more slowly; in the end the scan ends.

It refuses with 429, with 503 for a while, or with a page that is known from bursts.py.
"""

import asyncio
import time
from collections import Counter

import httpx
from bursts import MOST_TRIES, Bursts
from pace import Pace, seconds_asked

TOO_MANY_REQUESTS, UNAVAILABLE = REFUSING = 429, 503
SECONDS_UNTIL_FOR_GOOD = 120.0  # of refusals without one answer in between
LONGEST_WAIT = 600.0  # seconds that a site may ask for; a longer wait is a refusal for good
LONGEST_PAUSE = 30.0  # between two looks at a site that does not say when to come back
SECONDS_FOR_ONE_ADDRESS = 60.0  # an address that refuses for longer, while others answer, is given up
SHORTEST_WAIT = 0.5
# So many refusals in a row of so many addresses concern the whole site, whatever its start page answers.
REFUSALS_OF_A_SITE, ADDRESSES_OF_A_SITE = 6, 3


class Refusals:
    """The course of requests that the site refused."""

    def __init__(self, traffic, requests_per_second):
        self.traffic = traffic
        self.pace = Pace(requests_per_second)
        self.bursts = Bursts(traffic.url.path)
        self.count = 0  # refused answers
        self.lost = 0  # … of requests that were not sent again
        self.waits_until = 0.0
        self.holding = False  # no request may be sent
        self.settled = self.slowed = 0  # how often the site took requests again, and the rate was halved
        self.asking = asyncio.Lock()
        self.waited = Counter()  # seconds per address since its last answer
        self.in_a_row, self.addresses, self.since = 0, set(), None

    @property
    def seconds_to_wait(self):
        """The seconds until the next request is sent, because the site refuses requests."""
        return max(0, round(self.waits_until - time.monotonic()))

    @property
    def state(self):
        """How often the site took requests again and the rate was halved; `again` takes it from before sending."""
        return self.settled, self.slowed

    async def again(self, request, response, state, tries):
        """Return whether this answer refused the request, which is to be sent again now.

        The request was sent `tries` times before. Waits as long as necessary; the scan may be ending afterwards.
        """
        status, address = response.status_code, request.url.path
        page = "" if status in REFUSING else await self.bursts.page_of(response, self.traffic.read)
        if status not in REFUSING and (tries >= MOST_TRIES or page not in self.bursts.known):
            if (seconds := self.bursts.wait_for(request, page)) is not None:
                await self.wait(seconds)
                return True
            self.took(request, page)
            return False
        await self.traffic.read(response)  # frees the connection
        asked = seconds_asked(response.headers)
        async with self.asking:
            if self.settled != state[0]:  # others waited for the site meanwhile
                self.count += 1
                return True
            look = await self.look()
            if await self.refuses(look):
                self.count += 1
                await self.sit_out(look)
                return True
        if status == UNAVAILABLE and asked is None:  # it concerns this address alone, and is rather an error of it
            await asyncio.sleep(SHORTEST_WAIT)
            return not tries
        wait = max(SHORTEST_WAIT, min(2.0**tries, LONGEST_PAUSE) if asked is None else asked)
        again = await self.wait_for_address(address, status, wait, self.slowed == state[1])
        if not again and status not in REFUSING:
            raise httpx.NetworkError("the site refuses this address by a page", request=request)  # it is no answer
        return again

    async def wait_for_address(self, address, status, wait, slow_down):
        """Return whether to ask this address again, after a while. The start page was not refused.

        With `slow_down`, the rate is halved: this was not done since the request was sent.
        """
        self.count += 1
        self.in_a_row += 1
        self.addresses.add(address)
        self.since = self.since or time.monotonic()
        everywhere = self.in_a_row >= REFUSALS_OF_A_SITE and len(self.addresses) >= ADDRESSES_OF_A_SITE
        if everywhere and self.for_good(wait):
            self.give_up(status)
            return True
        if not everywhere and self.waited[address] + wait > SECONDS_FOR_ONE_ADDRESS:
            self.lost += 1
            return False
        if slow_down:
            self.slow_down(status, wait)
        self.waited[address] += wait
        await self.wait(wait)
        return True

    async def sit_out(self, look):
        """Send nothing until the start page is no longer refused, or end the scan if that takes too long."""
        self.since = self.since or time.monotonic()
        self.holding, pause = True, min(1.0, LONGEST_PAUSE)
        self.traffic.set_gate()
        while await self.refuses(look) and not self.traffic.ending:
            asked = seconds_asked(look.headers)
            wait = max(SHORTEST_WAIT, pause if asked is None else asked)
            if self.for_good(wait):
                self.give_up(look.status_code)
                break
            self.slow_down(look.status_code, wait, everywhere=True)
            self.waits_until = time.monotonic() + wait
            await self.wait(wait)
            pause = min(2 * pause, LONGEST_PAUSE)
            look = await self.look()
        self.holding = False
        self.settled += 1
        self.pace.begin()
        self.traffic.set_gate()

    def for_good(self, wait):
        """Return whether the refusals will not end in a time that a scan can wait."""
        return wait > LONGEST_WAIT or time.monotonic() - self.since > SECONDS_UNTIL_FOR_GOOD

    def give_up(self, status):
        self.lost += 1
        code = "site_refuses_for_good" if status in REFUSING else "site_refuses_by_page"
        self.traffic.end("unreachable", code, status=status, count=self.count)

    def slow_down(self, status, wait, everywhere=False):
        """Halve the rate and the requests under way at once, and say so."""
        self.pace.refused()
        self.traffic.lanes.narrow()
        self.slowed += 1
        who = "the site" if everywhere else "an address of the site"
        rate = round(60 * self.pace.rate)
        answer = status if status in REFUSING else "with a page that refuses requests"
        text = f"[!] {who} answers {answer}: it is asked again in {wait:g} s, then {rate} requests a minute are sent"
        self.traffic.login.channel.log("warning", text)

    async def wait(self, seconds):
        """Wait, but not beyond the scan's end. Time in which the scan is paused does not count."""
        until = time.monotonic() + seconds
        while not self.traffic.ending and (self.traffic.paused or time.monotonic() < until):
            self.traffic.worked_at = time.monotonic()
            await asyncio.sleep(min(1.0, max(0.05, until - time.monotonic())))

    async def look(self):
        """Return the response of the start page, requested with the current login; None if there is none.

        Counts as a request of the scan, and is not sent beyond its budget.
        """
        if self.traffic.requests >= self.traffic.max_requests:
            return None
        self.traffic.requests += 1
        try:
            request = self.traffic.dressed(self.traffic.plain_request(self.traffic.url))
            response, raw = await self.traffic.look(None, request)
        except (httpx.TransportError, TimeoutError):
            return None
        response.stream = httpx.ByteStream(raw)
        return response

    def took(self, request, page):
        """Note that an address answered, with a page that is no refusal."""
        address = request.url.path
        if proven := self.bursts.took(request, page, self.traffic.crawling):
            self.count += proven
            self.slow_down(200, 0)
        self.pace.took()
        self.waited.pop(address, None)
        self.in_a_row, self.since = 0, None
        self.addresses.clear()

    async def refuses(self, look):
        """Return whether the start page was refused."""
        if look is None or look.status_code in REFUSING:
            return look is not None
        return await self.bursts.page_of(look, self.traffic.read) in self.bursts.known
