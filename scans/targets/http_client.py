"""Our own requests to a target: to addresses that the target policy has judged, and to no others."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from threading import Timer
from time import monotonic

import httpx
from django.conf import settings

MAX_BODY_BYTES = 64 * 1024
USER_AGENT = "Mozilla/5.0 (compatible; Dynamic Analysis dashboard)"


@dataclass(frozen=True)
class Answer:
    """What a site answered; `body` holds its beginning as text (see SiteClient), `seconds` the time until then."""

    status: int
    headers: httpx.Headers
    body: str
    seconds: float


class SiteClient:
    """Sends requests to one site at its known addresses. Use as a context manager; not thread-safe.

    Follows no redirects, uses no proxy and keeps no cookies. Raises httpx.HTTPError when nothing
    comes back in time, ValueError for a URL that is not of this site. The time-out bounds connecting
    and answering, each; a site that drips is cut off after `timeout` too. Of several addresses the
    first that can be connected to is used, and remembered. Of a body, `max_body_bytes` are read.
    """

    def __init__(
        self,
        host: str,
        addresses: Iterable[str],
        *,
        timeout: float,
        verify: bool | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
    ):
        self._host = host
        self._addresses = list(addresses)
        self._timeout = timeout
        self._max_body_bytes = max_body_bytes
        self._patience = _Patience(timeout)
        # Not an httpx.Client: that one keeps cookies, and chokes on a redirect's senseless address.
        self._transport = httpx.HTTPTransport(verify=tls_context(verify), trust_env=False)

    def __enter__(self) -> SiteClient:
        return self

    def __exit__(self, *exception) -> None:
        self._transport.close()

    def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request to a URL of this site and return what it answered."""
        try:
            target = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise ValueError(f"{url!r} cannot be asked for: {error}.") from error
        if target.raw_host.decode() != self._host:
            raise ValueError(f"{url} is not on {self._host}.")
        own = {name.lower(): value for name, value in (headers or {}).items()}
        values = {
            "accept": "*/*",
            "user-agent": USER_AGENT,
            **own,
            "accept-encoding": "gzip, deflate",
            "host": target.netloc.decode(),
        }
        started = monotonic()
        try:
            response = self._send(method, target, values, body)
            try:
                text = self._read(response)
            finally:
                response.close()
        finally:
            self._patience.end()
        return Answer(response.status_code, response.headers, text, monotonic() - started)

    def _send(self, method: str, target: httpx.URL, headers: dict, body: bytes | None) -> httpx.Response:
        """The answer's head, from the first address that can be connected to."""
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

    def _read(self, response: httpx.Response) -> str:
        """The body, or what of it came before the site was cut off."""
        body = b""
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) >= self._max_body_bytes:
                    break
        except httpx.TransportError as error:
            if not (self._patience.over and body):
                raise self._patience.reason() or error from error
        body = body[: self._max_body_bytes]
        try:
            return body.decode(response.encoding or "utf-8", errors="replace")
        except (LookupError, ValueError):  # a charset that is none, such as "hex"
            return body.decode(errors="replace")


class _Patience:
    """Cuts a connection off so many seconds after an answer was due; httpx' own time-out starts anew with each byte.

    Hung into httpx as the `trace` of a request, which tells it of connections and of what is waited for.
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
        try:
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            pass  # the site was faster

    def reason(self) -> httpx.ReadTimeout | None:
        """What to raise where the cut was ours."""
        return httpx.ReadTimeout(f"no whole answer in {self._seconds:g} seconds") if self.over else None

    def end(self) -> None:
        """The answer is there, or will not come."""
        if self._timer:
            self._timer.cancel()
        self.over = False


def tls_context(verify: bool | None = None) -> ssl.SSLContext:
    """How we speak TLS: trusting what this machine trusts, or anything; None means as SCANS_TLS_VERIFY says."""
    return _context(settings.SCANS_TLS_VERIFY if verify is None else verify)


@cache  # reading all that a machine trusts takes longer than a request
def _context(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
