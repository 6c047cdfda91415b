# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The cookies of a login: which of them a request carries, and how the site changes them (RFC 6265).

The product has the same rules in scans/targets/cookies.py, for its own requests.
"""

import re
from http import cookiejar

import httpx

LOOPBACK = re.compile(r"(.+\.)?localhost|127(\.\d+){3}|::1")
WITHOUT_DOMAIN = re.compile(r"[^.]+|[\d.]+|.*:.*")  # a name without a dot, or an address


class AsInBrowsers(cookiejar.DefaultCookiePolicy):
    """Browsers' policy: a host's own cookie goes to no other host, and a Secure one to this machine without TLS too."""

    def __init__(self):
        super().__init__(strict_ns_domain=self.DomainStrictNonDomain)

    def return_ok_secure(self, cookie, request):
        host = httpx.URL(request.get_full_url()).host
        return super().return_ok_secure(cookie, request) or LOOPBACK.fullmatch(host) is not None


class Cookies:
    """A login's cookies by name, domain and path; those that the site sets with such a name belong to it too."""

    def __init__(self, given):
        self.jar = httpx.Cookies(cookiejar.CookieJar(AsInBrowsers()))
        self.names = {cookie["name"] for cookie in given}
        for cookie in given:
            self.follow(httpx.Request("GET", f"https://{cookie['domain'].removeprefix('.')}/"), as_set(cookie))

    def dress(self, request):
        """Add them to a request that already has the site's other cookies. The longest path comes first."""
        before = request.headers.pop("cookie", "")
        request.headers.encoding = "utf-8"  # as the site's own are read
        self.jar.set_cookie_header(request)
        others = ";".join(pair for pair in before.split(";") if pair.partition("=")[0].strip() not in self.names)
        if values := [value for value in (others.strip(), request.headers.get("cookie", "")) if value]:
            request.headers["cookie"] = "; ".join(values)

    def follow(self, request, line):
        """Return whether this Set-Cookie line of the response concerns one of them; if so, update it."""
        if line.partition(";")[0].partition("=")[0].strip() not in self.names:
            return False
        headers = [(b"set-cookie", without_own_domain(line, request.url.host).encode())]
        self.jar.extract_cookies(httpx.Response(200, headers=headers, request=request))
        return True


def as_set(cookie):
    """Return the Set-Cookie line that creates this cookie."""
    domain = f"; Domain={cookie['domain']}" if cookie["domain"].startswith(".") else ""
    return f"{cookie['name']}={cookie['value']}; Path={cookie['path']}{domain}{'; Secure' if cookie['secure'] else ''}"


def without_own_domain(line, host):
    """Remove a Domain that equals the host and can belong to no other host, which browsers treat as none."""
    if not WITHOUT_DOMAIN.fullmatch(host):
        return line
    return re.sub(rf";\s*domain\s*=\s*\.?\[?{re.escape(host)}\]?\s*(?=;|$)", "", line, flags=re.IGNORECASE)
