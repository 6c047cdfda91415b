"""Our own requests to a target: to addresses that the target policy has judged, and to no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic

import httpx
from django.conf import settings

MAX_BODY_BYTES = 64 * 1024
USER_AGENT = "Mozilla/5.0 (compatible; Dynamic Analysis dashboard)"


@dataclass(frozen=True)
class Answer:
    """What a site answered; `body` holds the first 64 KiB as text, `seconds` the time until then."""

    status: int
    headers: httpx.Headers
    body: str
    seconds: float


class SiteClient:
    """Sends requests to one site at its known addresses. Use as a context manager; not thread-safe.

    Follows no redirects, uses no proxy and keeps no cookies. Raises httpx.HTTPError when nothing
    comes back in time. The time-out bounds each step; a site that drips is cut off after `timeout` too.
    """

    def __init__(self, host: str, addresses: Iterable[str], *, timeout: float, verify: bool | None = None):
        self._host = host
        self._address = next(iter(addresses))
        self._timeout = timeout
        verify = settings.SCANS_TLS_VERIFY if verify is None else verify
        self._client = httpx.Client(verify=verify, timeout=timeout, trust_env=False, follow_redirects=False)

    def __enter__(self) -> SiteClient:
        return self

    def __exit__(self, *exception) -> None:
        self._client.close()

    def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request to a URL of this site and return what it answered."""
        target = httpx.URL(url)
        if target.host != self._host:
            raise ValueError(f"{url} is not on {self._host}.")
        request = self._client.build_request(
            method,
            target.copy_with(host=self._address),
            headers={"user-agent": USER_AGENT, **(headers or {}), "host": target.netloc.decode()},
            content=body,
            extensions={"sni_hostname": target.host},
        )
        started = monotonic()
        response = self._client.send(request, stream=True)
        try:
            text = self._read(response, started)
        finally:
            response.close()
        return Answer(response.status_code, response.headers, text, monotonic() - started)

    def _read(self, response: httpx.Response, started: float) -> str:
        body = b""
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) >= MAX_BODY_BYTES or monotonic() - started > self._timeout:
                break
        return body[:MAX_BODY_BYTES].decode(response.encoding or "utf-8", errors="replace")
