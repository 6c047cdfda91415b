"""The cookies of one visitor: which are kept, and which a request carries, as in browsers (RFC 6265).

The engine's driver, which imports nothing of ours, has the same rules in its cookies.py.
"""

import re
from collections.abc import Iterable, Iterator
from http import cookiejar

import httpx

from scans.engines.base import Cookie

_LOOPBACK = re.compile(r"(.+\.)?localhost|127(\.\d+){3}|::1")
_WITHOUT_DOMAIN = re.compile(r"[^.]+|[\d.]+|.*:.*")  # a name without a dot, or an address


class _AsInBrowsers(cookiejar.DefaultCookiePolicy):
    """Browsers' policy: a host's own cookie goes to no other host, and a Secure one to this machine without TLS too."""

    def __init__(self):
        super().__init__(strict_ns_domain=self.DomainStrictNonDomain)

    def return_ok_secure(self, cookie, request) -> bool:
        host = httpx.URL(request.get_full_url()).host
        return super().return_ok_secure(cookie, request) or _LOOPBACK.fullmatch(host) is not None


class SiteCookies:
    """Cookies, each identified by its name, domain and path. Not thread-safe."""

    def __init__(self, cookies: Iterable[Cookie] = ()):
        self._jar = httpx.Cookies(cookiejar.CookieJar(_AsInBrowsers()))
        self._hosts: dict[str, str] = {}  # the jar's names for hosts without a dot → their real names
        for cookie in cookies:
            self.follow(f"https://{cookie.domain.removeprefix('.')}/", [_as_set(cookie)])

    def __iter__(self) -> Iterator[Cookie]:
        for cookie in self._jar.jar:
            yield Cookie(
                name=cookie.name,
                value=cookie.value or "",
                domain=self._hosts.get(cookie.domain, cookie.domain),
                path=cookie.path,
                secure=cookie.secure,
            )

    def headers(self, url: httpx.URL | str, before: str = "") -> dict[str, str]:
        """Return the Cookie header of a request for this address, if there is one. The longest path comes first.

        `before` is the header without these cookies; cookies of the same names are dropped from it. Raises ValueError
        if the address is not valid.
        """
        request = _request(url)
        request.headers.encoding = "utf-8"  # as the site's own are read
        self._jar.set_cookie_header(request)
        names = {cookie.name for cookie in self._jar.jar}
        others = ";".join(pair for pair in before.split(";") if pair.partition("=")[0].strip() not in names).strip()
        values = [value for value in (others, request.headers.get("cookie", "")) if value]
        return {"cookie": "; ".join(values)} if values else {}

    def follow(self, url: httpx.URL | str, lines: Iterable[str]) -> None:
        """Store the cookies that the Set-Cookie lines of a response from this address set; drop those that they end."""
        request = _request(url)
        host = request.url.host
        name = f"[{host}]" if ":" in host else host
        self._hosts[f"{name}.local"] = name  # RFC 2965, section 1
        headers = [(b"set-cookie", _without_own_domain(line, host).encode()) for line in lines]
        self._jar.extract_cookies(httpx.Response(200, headers=headers, request=request))


def _request(url: httpx.URL | str) -> httpx.Request:
    try:
        return httpx.Request("GET", url)
    except httpx.InvalidURL as error:
        raise ValueError(f"{url!r} cannot be asked for: {error}.") from error


def _as_set(cookie: Cookie) -> str:
    """Return the Set-Cookie line that creates this cookie."""
    domain = f"; Domain={cookie.domain}" if cookie.domain.startswith(".") else ""
    return f"{cookie.name}={cookie.value}; Path={cookie.path}{domain}{'; Secure' if cookie.secure else ''}"


def _without_own_domain(line: str, host: str) -> str:
    """Remove a Domain that equals the host and can belong to no other host, which browsers treat as none."""
    if not _WITHOUT_DOMAIN.fullmatch(host):
        return line
    return re.sub(rf";\s*domain\s*=\s*\.?\[?{re.escape(host)}\]?\s*(?=;|$)", "", line, flags=re.IGNORECASE)
