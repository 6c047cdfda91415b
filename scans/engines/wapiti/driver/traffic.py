# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Every request of the engine passes here: scope, pause, rate, budget and counts, and checks that the site answers."""

import asyncio
import functools
import ssl
import time
from collections import Counter
from contextlib import asynccontextmanager

import httpx
from alike import Alike
from bounds import ACCEPTED, BoundedBody, Refused, decoded, decoder_of, lenient_tls, tls_context
from lanes import Lanes
from login import is_text
from network import CLOSED_ENDPOINT
from refusals import Refusals
from rules import LEFT_OUT, Rules
from silence import Silence, is_delay
from timing import Timing

LONGEST_ANSWER_SECONDS = 60.0  # for the head of a response, and again for its body
SECONDS_TO_BE_CERTAIN = 60.0  # for a check of the login: a site may refuse too many requests for a while
# User agent of our own checks, as the product's: without one, some sites refuse or answer differently.
BROWSER = {
    "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "user-agent": "Mozilla/5.0 (compatible; Dynamic Analysis dashboard)",
}


send_by_httpx = httpx.AsyncHTTPTransport.handle_async_request


def origin(url):
    """Return scheme, host and port of an httpx.URL, the port always as a number."""
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


class Traffic:
    """The gate through which all requests go, with the counts of what it has seen."""

    def __init__(self, job, end, login, passed):
        """`end(outcome, reason, **facts)` is called when the scan must end; requests carry `login`.

        `passed(method, url, refused)` is called for each request to the target.
        """
        self.login = login
        self.rules = Rules(job)
        self.lanes = Lanes(job["requests_at_once"])
        self.timing = Timing(self.lanes)
        self.passed = passed
        self.url = httpx.URL(job["url"])
        self.max_requests = job["max_requests"]
        self.refusals = Refusals(self, job["requests_per_second"])
        self.alike = Alike(self)
        self.silence = Silence(self)
        self.read_timeout = job["read_timeout_seconds"]
        self.tls_verify = job["tls_verify"]
        self.end = end
        self.requests = 0
        self.responses = Counter()
        self.paused = False
        self.ending = False
        self.worked_at = time.monotonic()
        self.under_way = set()
        self.next_slot = 0.0
        self.open = asyncio.Event()
        self.open.set()
        self.crawling = True  # a page's links are followed, so each page is taken only after the login was confirmed

    def install(self):
        """Put the gate below httpx, where redirects pass too. Block the synchronous client, which is never used."""
        traffic = self

        async def handle_async_request(transport, request):
            return await traffic.handle(transport, request)

        def handle_request(transport, request):
            raise Refused("only the gate sends requests", request=request)

        httpx.AsyncHTTPTransport.handle_async_request = handle_async_request
        httpx.HTTPTransport.handle_request = handle_request
        # Wapiti says by --verify-ssl whether a certificate must be trusted; httpx' own context trusts other ones.
        httpx.create_ssl_context = lambda *_, **__: tls_context(self.tls_verify)

    async def handle(self, transport, request):
        """Send one request when it may be sent. Raises httpx.TransportError as httpx itself does."""
        ours = origin(request.url) == origin(self.url)
        if not ours and origin(request.url)[1:] != CLOSED_ENDPOINT:
            raise Refused(f"{request.url.host} is outside this scan", request=request)
        if ours:
            self.leave_out(request)
            self.spare_login(request)
            self.passed(request.method, str(request.url))
        if not ours:
            return await self.exchange(transport, request, ours)
        return await (self.with_login if self.login.given else self.accepted)(transport, request)

    async def accepted(self, transport, request):
        """Return the response to one request, sent again for as long as the site refuses requests for a while."""
        tries = 0
        while True:
            state = self.refusals.state
            response = await self.exchange(transport, request, ours=True)
            if not await self.refusals.again(request, response, state, tries):
                if not await self.alike.refuses(response):
                    return response
            await response.aclose()
            tries += 1

    def leave_out(self, request):
        """Raise Refused for an address that this scan never asks for, by whatever method."""
        if self.rules.leave_out(request.url):
            self.passed(request.method, str(request.url), LEFT_OUT)
            raise Refused("this address is left out of the scan", request=request)

    def spare_login(self, request):
        """Raise Refused for a request that would end the login."""
        if self.login.forbids(request):
            self.passed(request.method, str(request.url), "ends_the_login")
            raise Refused("this address would end the login", request=request)

    async def exchange(self, transport, request, ours):
        """Return the response to one request, counted, with its body limited."""
        delays = is_delay(request)
        alone = self.timing.is_alone(request, delays)
        async with self.lanes.lane(alone):
            if alone:
                await self.timing.rest(self)
            await self.wait_for_turn(request, ours)
            self.worked_at = began_at = time.monotonic()
            generation = self.login.generation
            if request.extensions.setdefault("generation", generation) != generation:
                request.extensions["generation"] = generation
                request.extensions.pop("suspected", None)  # another login has other pages: that proves no refusal
            self.login.unseen += ours
            response = await self.noted(transport, request, ours, delays)
            if ours and not alone:
                self.lanes.answered(time.monotonic() - began_at)
        if ours:
            self.silence.answered()
            self.responses[f"{response.status_code // 100}xx"] += 1
            if self.login.probe and generation == self.login.generation:
                self.login.answered.add((request.method, request.url.path))
        response.extensions["login"] = generation, time.monotonic()
        return response

    async def noted(self, transport, request, ours, delays):
        """Return the response to one request; note if there is none, and whether it told the site to wait."""
        self.silence.delays_under_way += delays
        sent = self.login.generation, request.method, request.url.path
        self.login.under_way.append(sent)
        try:
            return await self.send(transport, self.dressed(request))
        except httpx.TransportError as error:
            if ours and not self.ending:
                self.silence.failed(request)
                if isinstance(error, httpx.TimeoutException):
                    self.timing.timed_out(request, delays)
            raise
        finally:
            self.silence.delays_under_way -= delays
            self.login.under_way.remove(sent)

    def dressed(self, request):
        """The request with the headers of every request, and the login over them; as it is for another site."""
        if origin(request.url) != origin(self.url):
            return request
        dressed = self.login.dressed(self.rules.dressed(request))
        dressed.headers["accept-encoding"] = ACCEPTED
        return dressed

    async def with_login(self, transport, request):
        """Return the response for Wapiti; request it again if the login turns out to be over."""
        again = False
        while True:
            async with self.login.turn(request):
                response = self.login.undressed(await self.accepted(transport, request))
                if again and not self.login.is_suspect(request):
                    return response
                again = await self.lost_login(transport, request, response)
                if not again:
                    return response

    async def lost_login(self, transport, request, response):
        """Return whether this response came without a login that held, and there is another login now."""
        url = str(request.url)
        text = await self.read(response)  # read to its end: a site may serve one connection at a time
        reason = self.login.doubtful(response, text, url)
        looks = self.login.is_suspect(request) or self.login.look_is_due() or (self.crawling and self.login.probe)
        if not (reason or looks):
            return False
        lost = await self.renew_login(reason, url, *response.extensions["login"], transport=transport)
        if self.ending and not lost:  # nobody confirmed whose page it is: a crawl that continues later asks again
            raise Refused("the scan is ending", request=request)
        return lost

    async def read(self, response):
        """Return the text of a response, empty if it has none. The response keeps its body for the next reader."""
        try:
            raw = b"".join([chunk async for chunk in response.stream])
        finally:
            await response.stream.aclose()
        response.stream = httpx.ByteStream(raw)
        return decoded(response, raw) if is_text(response) else ""

    async def see_login_hold(self):
        """Return when the login is confirmed at the end of a scan, or a new one exists, or the scan must end."""
        if self.login.probe:
            await self.renew_login("", self.login.probe["url"], self.login.generation, time.monotonic(), certain=True)

    async def renew_login(self, reason, url, generation, came_at, *, transport=None, certain=False):
        """Return whether there is another login than `generation`, waiting for one if the old one is over.

        Returns False if the login still holds, or held in a check after `came_at`, when this page arrived: then the
        page is simply not for this account.
        """
        async with self.login.asking:
            if self.login.generation != generation:
                return True
            if self.login.seen_at > came_at or await self.login_holds(transport, certain) or self.ending:
                return False
            reason = reason or f"nothing said so; {self.login.unseen} requests were sent since it was last seen to hold"
            self.login.renewed.clear()
            self.login.waiting = True
            self.set_gate()
            self.login.channel.send("logged_out", reason=reason, url=url, found_out=self.login.found_out)
            await self.login.renewed.wait()
            self.login.waiting = False
            self.worked_at = time.monotonic()
            self.set_gate()
        return not self.ending

    async def login_holds(self, transport, certain):
        """Return whether the login holds or cannot be checked. With `certain`, keep trying for a while."""
        ask = functools.partial(self.ask_quietly, transport)
        until = time.monotonic() + SECONDS_TO_BE_CERTAIN
        while (holds := await self.login.holds(ask)) is None and certain and not self.ending:
            if time.monotonic() >= until:
                return False
            await asyncio.sleep(1)
        return holds is not False

    async def ask_quietly(self, transport, url):
        """Return response and text of a page, requested with the current login; None without a response. Not counted.

        Uses the connections of `transport` if there is one, which saves a handshake.
        """
        request = self.plain_request(url)
        try:
            await self.wait_for_turn(request, ours=False)
            response, raw = await self.look(transport, self.dressed(request))
        except (httpx.TransportError, TimeoutError):
            return None
        return self.login.undressed(response), decoded(response, raw)

    async def look(self, transport, request):
        """Return the response to a request of our own, and its body. Raises as httpx does, or TimeoutError."""
        self.worked_at = time.monotonic()
        limit = asyncio.timeout(LONGEST_ANSWER_SECONDS)  # its time begins now, after waiting for its turn
        self.under_way.add(limit)
        try:
            async with limit, self.connections(transport) as transport:
                response = await self.shake_hands(transport, request)
                raw = b"".join([chunk async for chunk in response.stream])
                await response.stream.aclose()
        finally:
            self.under_way.discard(limit)
        return response, raw

    @asynccontextmanager
    async def connections(self, transport):
        """Yield the transport, or one that lasts as long as the block."""
        if transport:
            yield transport
        else:
            async with httpx.AsyncHTTPTransport(verify=lenient_tls(self.tls_verify)) as ours:
                yield ours

    def plain_request(self, url):
        """Return a GET like that of the browser that logged in: many sites end a login that changes its browser."""
        headers = {"host": self.url.netloc.decode(), **BROWSER}
        if self.login.user_agent and "user-agent" not in self.rules.headers:
            headers["user-agent"] = self.login.user_agent
        timeout = httpx.Timeout(self.read_timeout).as_dict()
        return httpx.Request("GET", url, headers=headers, extensions={"timeout": timeout})

    async def wait_for_turn(self, request, ours):
        """Return when not paused and within rate and budget.

        Raises Refused when the scan is ending, or when this request turned out meanwhile to end the login.
        """
        await self.open.wait()
        while not self.ending and (wait := self.next_slot - time.monotonic()) > 0:
            await asyncio.sleep(wait)
            await self.open.wait()
        if ours:
            self.spare_login(request)
        if ours and self.requests >= self.max_requests and not self.ending:
            self.end("budget_used_up", "requests_used_up", count=self.max_requests)
        if self.ending:
            raise Refused("the scan is ending", request=request)
        rate = self.refusals.pace.rate
        self.next_slot = max(self.next_slot, time.monotonic()) + (1 / rate if rate else 0.0)
        self.requests += ours

    async def send(self, transport, request):
        """Send it within a time limit, whatever the site does, and cut it short when the scan ends."""
        try:
            async with asyncio.timeout(LONGEST_ANSWER_SECONDS) as limit:
                self.under_way.add(limit)
                return await self.shake_hands(transport, request)
        except TimeoutError as error:
            if self.ending:
                raise Refused("the scan is ending", request=request) from error
            raise httpx.ReadTimeout(f"no answer in {LONGEST_ANSWER_SECONDS} s", request=request) from error
        finally:
            self.under_way.discard(limit)

    async def shake_hands(self, transport, request):
        """Return the response after the rounds of HTTP authentication, of which Wapiti knows nothing."""
        flow = self.login.auth.sync_auth_flow(request)
        request = next(flow)
        while True:
            response = await self.bounded(transport, request)
            response.request = request  # as httpx' own client sets it, for its authentication
            try:
                following = flow.send(response)
            except StopIteration:
                return response
            await response.aread()  # frees the connection for the next round
            request = following

    async def bounded(self, transport, request):
        """Return the response to one request, its body limited as sent and as decoded.

        Raises httpx.TransportError for errors of TLS too, which httpx lets pass.
        """
        try:
            response = await send_by_httpx(transport, request)
        except ssl.SSLError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        response.stream = BoundedBody(response.stream, self, LONGEST_ANSWER_SECONDS)
        response._decoder = decoder_of(response)  # the place where httpx keeps its own, which has no bounds
        return response

    async def probe(self):
        """Send one plain GET, not counted among the scan's requests. Raises as httpx does, or TimeoutError."""
        request = self.rules.dressed(self.plain_request(self.url))
        transport = httpx.AsyncHTTPTransport(verify=lenient_tls(self.tls_verify))
        self.worked_at = time.monotonic()
        async with asyncio.timeout(LONGEST_ANSWER_SECONDS), transport:
            response = await self.bounded(transport, request)
            await response.stream.aclose()

    def pause(self):
        """Send no more requests until resumed. Requests in flight are completed."""
        self.paused = True
        self.set_gate()

    def resume(self):
        """Send requests again."""
        self.paused = False
        self.alike.go_on()
        self.worked_at = time.monotonic()
        self.set_gate()

    def stop(self):
        """Refuse everything from now on and cut off requests in flight."""
        self.ending = True
        self.login.renewed.set()
        self.alike.go_on()
        self.set_gate()
        for limit in self.under_way:
            limit.reschedule(asyncio.get_running_loop().time())

    def set_gate(self):
        """Open or close the gate as pause, check, a lost login, a refusal and the ending require."""
        held = self.paused or self.silence.doubt or self.login.waiting or self.refusals.holding or self.alike.waiting
        if self.ending or not held:
            self.open.set()
        else:
            self.open.clear()
