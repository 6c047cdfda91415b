"""The cookies of one visitor: which are kept, and which a request carries, as in browsers (RFC 6265bis)."""

from collections.abc import Iterable, Iterator

import httpx

from scans.engines.base import Cookie
from scans.engines.shared.cookie_rules import CookieJar, Kept, with_cookies


class SiteCookies:
    """Cookies, each identified by its name, domain and path. Not thread-safe."""

    def __init__(self, cookies: Iterable[Cookie] = ()):
        self._jar = CookieJar()
        for cookie in cookies:
            self._jar.add(as_kept(cookie))

    def __iter__(self) -> Iterator[Cookie]:
        for kept in self._jar:
            host = f"[{kept.domain}]" if ":" in kept.domain else kept.domain
            yield Cookie(
                name=kept.name,
                value=kept.value,
                domain=host if kept.host_only else f".{host}",
                path=kept.path,
                secure=kept.secure,
                http_only=kept.http_only,
            )

    def headers(self, url: httpx.URL | str, before: str = "") -> dict[str, str]:
        """Return the Cookie header of a request for this address, if there is one. The longest path comes first.

        `before` is the header without these cookies; cookies of the same names are dropped from it. Raises ValueError
        if the address is not valid.
        """
        value = with_cookies(before, self._jar.header(_ascii(url)), {cookie.name for cookie in self._jar})
        return {"cookie": value} if value else {}

    def follow(self, url: httpx.URL | str, headers: httpx.Headers) -> None:
        """Store the cookies that the headers of a response from this address set; drop those that they end."""
        for name, value in headers.raw:
            if name.lower() == b"set-cookie":
                self._jar.follow(_ascii(url), as_text(value))


def as_kept(cookie: Cookie) -> Kept:
    """Return a cookie of a session as the rules know it."""
    domain = cookie.domain.removeprefix(".").strip("[]")
    host_only = not cookie.domain.startswith(".")
    flags = {"host_only": host_only, "secure": cookie.secure, "http_only": cookie.http_only}
    return Kept(cookie.name, cookie.value, domain, cookie.path, **flags)


def as_text(value: bytes) -> str:
    """Return a header's value as text; each by itself, for one that is not UTF-8 says nothing about another."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _ascii(url: httpx.URL | str) -> str:
    try:
        return str(httpx.URL(url))
    except httpx.InvalidURL as error:
        raise ValueError(f"{url!r} cannot be asked for: {error}.") from error
