"""The origin of a request: the client's address and the id of the request.

X-Forwarded-For and X-Request-ID count only where the connection comes from a proxy of SCANS_TRUSTED_PROXIES: anybody
else could write any address and any id there.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

REQUEST_ID = "scans.request_id"  # the key of the request's id in the WSGI environment
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
_MOST_HOPS = 20
_answered: ContextVar[HttpRequest | None] = ContextVar("answered", default=None)


@contextmanager
def answering(request: HttpRequest) -> Iterator[None]:
    """Let `current_request` return this request until the block ends."""
    token = _answered.set(request)
    try:
        yield
    finally:
        _answered.reset(token)


def current_request() -> HttpRequest | None:
    """The request that this thread is answering; None in a command or a background process."""
    return _answered.get()


def address_of(request: HttpRequest) -> str:
    """The address of the client; behind trusted proxies, the last one that they did not add themselves.

    Empty where there is none, as with a Unix socket.
    """
    hops = [request.META.get("REMOTE_ADDR", "")]
    if is_trusted(hops[0]):
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-_MOST_HOPS:]
        hops = [hop.strip() for hop in forwarded if hop.strip()] + hops
    while len(hops) > 1 and is_trusted(hops[-1]):
        if _address(hops[-2]) is None:
            break
        hops.pop()
    found = _address(hops[-1])
    return str(found) if found else ""


def request_id_of(request: HttpRequest) -> str:
    """The id of this request: the trusted proxy's if it is well-formed, otherwise a new one; the same at each call."""
    if REQUEST_ID not in request.META:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        trusted = is_trusted(request.META.get("REMOTE_ADDR", "")) and _WELL_FORMED.fullmatch(given)
        request.META[REQUEST_ID] = given if trusted else secrets.token_hex(8)
    return request.META[REQUEST_ID]


def is_trusted(text: str) -> bool:
    """Whether this is the address of a trusted proxy."""
    address = _address(text)
    return address is not None and any(address in ip_network(each) for each in settings.SCANS_TRUSTED_PROXIES)


def _address(text: str):
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
