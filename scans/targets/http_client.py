"""The product's own requests to a target. They go only to addresses that the target policy allowed."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from threading import Timer
from time import monotonic

import httpx
from django.conf import settings

from scans.engines.base import USER_AGENT
from scans.engines.shared import certificates
from scans.engines.shared.bodies import ACCEPTED, BoundedDecoder
from scans.engines.shared.cookie_rules import with_cookies
from scans.targets.encodings import decoded, encoding_of
from scans.targets.request_rules import NO_RULES, LeftOut, RequestRules

MAX_BODY_BYTES = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """A site's response. `body` holds its beginning as text (see SiteClient); `seconds` is the time it took.

    `encoding` is what the body was read in (see encodings.py).
    """

    status: int
    headers: httpx.Headers
    body: str
    seconds: float
    encoding: str = "utf-8"


class SiteClient:
    """Sends requests to one site at its known addresses. Use as a context manager; not thread-safe.

    It follows no redirects, uses no proxy and keeps no cookies. It raises httpx.HTTPError when no response comes in
    time, ValueError for a URL outside this site, and LeftOut for one that the `rules` leave out. The timeout bounds
    connecting and answering, each; a site that sends very slowly is cut off after `timeout` too. With several
    addresses, the first that accepts a connection is used and remembered. At most `max_body_bytes` of a body are read.
    """

    def __init__(
        self,
        host: str,
        addresses: Iterable[str],
        *,
        timeout: float,
        verify: bool | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
        rules: RequestRules = NO_RULES,
    ):
        self._rules = rules
        self._host = host
        self._addresses = list(addresses)
        self._timeout = timeout
        self._max_body_bytes = max_body_bytes
        self._patience = _Patience(timeout)
        # Not an httpx.Client, which keeps cookies and fails on a redirect to a malformed address.
        self._transport = httpx.HTTPTransport(verify=tls_context(verify), trust_env=False)

    def __enter__(self) -> SiteClient:
        return self

    def __exit__(self, *exception) -> None:
        self._transport.close()

    def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request to a URL of this site and return the response."""
        try:
            target = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise ValueError(f"{url!r} cannot be asked for: {error}.") from error
        if target.raw_host.decode() != self._host:
            raise ValueError(f"{url} is not on {self._host}.")
        if self._rules.leaves_out(str(target)):
            raise LeftOut
        given = self._rules.headers_for(str(target))
        own = {name.lower(): value for name, value in (headers or {}).items()}
        if own.get("user-agent") == USER_AGENT:
            del own["user-agent"]
        values = {
            "accept": "*/*",
            "user-agent": USER_AGENT,
            **given,
            **own,
            "accept-encoding": ACCEPTED,
            "host": target.netloc.decode(),
        }
        if "cookie" in values:
            values["cookie"] = with_cookies(given.get("cookie", ""), own.get("cookie", ""))
        started = monotonic()
        try:
            response = self._send(method, target, values, body)
            try:
                received = self._read(response)
            finally:
                response.close()
        finally:
            self._patience.end()
        encoding = encoding_of(received, response.headers.get("content-type", ""))
        text = decoded(received, encoding)
        return Answer(response.status_code, response.headers, text, monotonic() - started, encoding)

    def _send(self, method: str, target: httpx.URL, headers: dict, body: bytes | None) -> httpx.Response:
        """Return the head of the response, from the first address that accepts a connection."""
        until = monotonic() + self._timeout
        for address in list(self._addresses):
            request = httpx.Request(
                method,
                target.copy_with(host=address),
                headers=httpx.Headers(headers, encoding="utf-8"),
                content=body,
                extensions={
                    "sni_hostname": self._host,
                    "timeout": httpx.Timeout(self._timeout).as_dict(),
                    "trace": self._patience,
                },
            )
            try:
                response = self._transport.handle_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if address == self._addresses[-1] or monotonic() > until:
                    raise
                continue
            except httpx.TransportError as error:
                raise self._patience.reason() or error from error
            self._addresses.sort(key=lambda other: other != address)
            return response
        raise httpx.ConnectError(f"{self._host} has no address.")

    def _read(self, response: httpx.Response) -> bytes:
        """Return the body, or the part that came before the site was cut off."""
        body, decoder = b"", BoundedDecoder(response.headers.get("content-encoding", ""), self._max_body_bytes)
        try:
            for chunk in response.iter_raw():
                body += decoder.decode(chunk)
                if len(body) >= self._max_body_bytes:
                    break
        except httpx.TransportError as error:
            if not (self._patience.over and body):
                raise self._patience.reason() or error from error
        return body


class _Patience:
    """Closes a connection when a response takes too long; httpx' own timeout restarts with each byte.

    It is the `trace` of an httpx request, which reports connections and waits.
    """

    def __init__(self, seconds: float):
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._timer: Timer | None = None
        self.over = False

    def __call__(self, event: str, info: dict) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
        elif event == "http11.receive_response_headers.started":
            self._timer = Timer(self._seconds, self._cut)
            self._timer.daemon = True
            self._timer.start()

    def _cut(self) -> None:
        self.over = True
        with suppress(OSError):  # the site was faster
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def reason(self) -> httpx.ReadTimeout | None:
        """Return the error to raise if this object closed the connection."""
        return httpx.ReadTimeout(f"no whole answer in {self._seconds:g} seconds") if self.over else None

    def end(self) -> None:
        """Stop waiting: the response is complete, or will not come."""
        if self._timer:
            self._timer.cancel()
        self.over = False


def tls_context(verify: bool | None = None) -> ssl.SSLContext:
    """Return the TLS context: trust the machine's certificates or any certificate; None follows SCANS_TLS_VERIFY."""
    return _context(settings.SCANS_TLS_VERIFY if verify is None else verify)


@cache  # loading the machine's certificates takes longer than a request
def _context(verify: bool) -> ssl.SSLContext:
    return certificates.tls_context(verify)
