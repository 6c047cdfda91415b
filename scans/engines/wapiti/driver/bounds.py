# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The bounds of an answer: which certificates are trusted, and how much a body may decode to."""

import functools
import ssl
import sys
import time
from pathlib import Path

import httpx

sys.path.append(str(Path(__file__).resolve().parents[2] / "shared"))
from bodies import ACCEPTED, BoundedDecoder  # noqa: E402, F401
from certificates import certificate_problem, tls_context  # noqa: E402, F401

LARGEST_BODY = 8 * 1024**2  # bytes; Wapiti itself does not parse pages above 2 MiB


class Refused(httpx.NetworkError):
    """A request that was never sent: it was out of scope, or the scan is ending. Wapiti does not repeat these."""


@functools.cache  # loading the machine's certificates takes longer than a request
def lenient_tls(verify):
    """Return a TLS context as lenient as Wapiti's, with any version: checks must not be stricter."""
    context = tls_context(verify)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


def decoded(response, raw):
    """Return the text of a body as sent, compressed or not; empty if it is broken."""
    kind = {"content-type": response.headers.get("content-type", "")}
    try:
        return httpx.Response(response.status_code, headers=kind, content=decoder_of(response).decode(raw)).text
    except httpx.DecodingError:
        return ""


def decoder_of(response):
    """Return what decodes the body of a response."""
    return BoundedDecoder(response.headers.get("content-encoding", ""), LARGEST_BODY)


class BoundedBody(httpx.AsyncByteStream):
    """A response body that ends when it is too long or too slow (as endless streams are), or when the scan ends."""

    def __init__(self, stream, traffic, longest):
        """`longest`: seconds that it may take."""
        self.stream, self.longest = stream, longest
        self.traffic = traffic

    async def __aiter__(self):
        """Yield the chunks. Raises httpx.TransportError as httpx does."""
        size, until = 0, time.monotonic() + self.longest
        async for chunk in self.stream:
            self.traffic.worked_at = time.monotonic()
            if self.traffic.ending:
                raise Refused("the scan is ending")
            yield chunk
            size += len(chunk)
            if size > LARGEST_BODY or self.traffic.worked_at > until:
                return

    async def aclose(self):
        await self.stream.aclose()
