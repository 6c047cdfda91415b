# SPDX-License-Identifier: GPL-2.0-or-later
#
# This program is free software; you can redistribute it and/or modify it under the terms of the GNU
# General Public License as published by the Free Software Foundation; either version 2 of the License,
# or (at your option) any later version. It comes without any warranty; see the file LICENSE beside it.
"""The cookies of a login: which go along with a request, and what the site makes of them, as in browsers (RFC 6265).

The product has the same rules in scans/site_cookies.py, for requests of its own.
"""

import re
from http import cookiejar

import httpx

LOOPBACK = re.compile(r"(.+\.)?localhost|127(\.\d+){3}|::1")
WITHOUT_DOMAIN = re.compile(r"[^.]+|[\d.]+|.*:.*")  # a name without a dot, an address


class AsInBrowsers(cookiejar.DefaultCookiePolicy):
    """A host's own cookie goes to no other host, and one for TLS alone goes to this machine without it too."""

    def __init__(self):
        super().__init__(strict_ns_domain=self.DomainStrictNonDomain)

    def return_ok_secure(self, cookie, request):
        """Whether this request is safe enough for the cookie."""
        host = httpx.URL(request.get_full_url()).host
        return super().return_ok_secure(cookie, request) or LOOPBACK.fullmatch(host) is not None


class Cookies:
    """A login's cookies by name, domain and path. Whatever the site sets by one of their names is the login's too."""

    def __init__(self, given):
        self.jar = httpx.Cookies(cookiejar.CookieJar(AsInBrowsers()))
        self.names = {cookie["name"] for cookie in given}
        for cookie in given:
            self.follow(httpx.Request("GET", f"https://{cookie['domain'].removeprefix('.')}/"), as_set(cookie))

    def dress(self, request):
        """Put them on a request that has the site's other cookies already; the longest path comes first."""
        before = request.headers.pop("cookie", "")
        request.headers.encoding = "utf-8"  # as the site's own are read
        self.jar.set_cookie_header(request)
        others = ";".join(pair for pair in before.split(";") if pair.partition("=")[0].strip() not in self.names)
        if values := [value for value in (others.strip(), request.headers.get("cookie", "")) if value]:
            request.headers["cookie"] = "; ".join(values)

    def follow(self, request, line):
        """Whether this Set-Cookie line, of the answer to the request, is about one of them; then they follow it."""
        if line.partition(";")[0].partition("=")[0].strip() not in self.names:
            return False
        headers = [(b"set-cookie", without_own_domain(line, request.url.host).encode())]
        self.jar.extract_cookies(httpx.Response(200, headers=headers, request=request))
        return True


def as_set(cookie):
    """The Set-Cookie line that makes this cookie."""
    domain = f"; Domain={cookie['domain']}" if cookie["domain"].startswith(".") else ""
    return f"{cookie['name']}={cookie['value']}; Path={cookie['path']}{domain}{'; Secure' if cookie['secure'] else ''}"


def without_own_domain(line, host):
    """A Set-Cookie line without a Domain that is the host and can be no other's: browsers take that for none."""
    if not WITHOUT_DOMAIN.fullmatch(host):
        return line
    return re.sub(rf";\s*domain\s*=\s*\.?\[?{re.escape(host)}\]?\s*(?=;|$)", "", line, flags=re.IGNORECASE)
