# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Requests without an answer: whether the site is gone, or only busy with what an attack told it to do."""

import asyncio
import re
import time
from urllib.parse import unquote_plus

import httpx
from bounds import certificate_problem

ERRORS_IN_A_ROW_TO_DOUBT = 20
PROBES = 8  # all must fail before a site counts as gone: an unstable one answers at least one of them
SECONDS_BETWEEN_PROBES = 0.5
SECONDS_FOR_DELAYS = 240.0  # so long must they fail if an attack told the site to wait
DELAY = re.compile(r"sleep\W*\d|waitfor|delay|benchmark\(|ping\W+-\w", re.IGNORECASE)


class Silence:
    """The requests to the target that got no answer."""

    def __init__(self, traffic):
        self.traffic = traffic
        self.errors, self.in_a_row = 0, 0
        self.doubt = None
        self.delays_under_way, self.delays_unanswered = 0, False
        self.certificate = ""  # why the site's certificate was not trusted in the last check

    @property
    def delaying(self):
        """Whether an attack told the site to wait, and the site may still do so."""
        return self.delays_under_way > 0 or self.delays_unanswered

    def answered(self):
        """Note that the site answers."""
        self.in_a_row, self.delays_unanswered = 0, False

    def failed(self, request):
        """Count one more request without an answer. Many in a row start a check of the site."""
        self.errors += 1
        self.in_a_row += 1
        self.delays_unanswered |= is_delay(request)
        if self.in_a_row >= ERRORS_IN_A_ROW_TO_DOUBT and not self.doubt:
            self.traffic.open.clear()
            self.doubt = asyncio.ensure_future(self.settle())

    async def settle(self):
        """Hold all requests and check the site. Continue if it answers, otherwise end as unreachable."""
        errors = self.in_a_row
        answers = await self.site_answers()
        self.doubt = None
        if answers:
            self.in_a_row = 0
            self.traffic.set_gate()
        else:
            reason, facts = self.why_gone("site_answers_nothing", count=errors, probes=PROBES)
            self.traffic.end("unreachable", reason, **facts)

    def why_gone(self, otherwise, **facts):
        """Return the reason why no request is answered, and its facts: the certificate, or the given one."""
        return ("certificate_changed", {"error": self.certificate}) if self.certificate else (otherwise, facts)

    async def site_answers(self):
        """Return whether the target answers any of several plain GETs, with any status."""
        probes, silent, until = 0, False, time.monotonic() + SECONDS_FOR_DELAYS * self.delaying
        while probes < PROBES or (silent and time.monotonic() < until and not self.traffic.ending):
            try:
                await self.traffic.probe()
                return True
            except (httpx.TransportError, TimeoutError) as error:
                silent = isinstance(error, httpx.TimeoutException | TimeoutError)
                self.certificate = certificate_problem(error)
            probes += 1
            await asyncio.sleep(SECONDS_BETWEEN_PROBES)
            while self.traffic.paused and not self.traffic.ending:
                await asyncio.sleep(SECONDS_BETWEEN_PROBES)
        return False


def is_delay(request):
    """Return whether this request tells the site to wait, if the site obeys what it is sent."""
    try:
        body = request.content.decode("utf-8", "replace")
    except httpx.RequestNotRead:  # of a form with files
        body = ""
    return DELAY.search(unquote_plus(f"{request.url} {body}")) is not None
