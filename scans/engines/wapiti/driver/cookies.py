# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The cookies of a scan: which of them a request carries, and how the site changes them (RFC 6265bis).

The rules are the product's, in one file that both import.
"""

import sys
from http import cookiejar
from pathlib import Path

import httpx

sys.path.append(str(Path(__file__).resolve().parents[2] / "shared"))

from cookie_rules import CookieJar, Kept, in_order, read, split_pair, with_cookies  # noqa: E402


class Cookies:
    """A login's cookies by name, domain and path; those that the site sets with such a name belong to it too."""

    def __init__(self, given):
        self.jar = CookieJar()
        self.names = {cookie["name"] for cookie in given}
        self.given = [as_kept(cookie) for cookie in given]
        for cookie in self.given:
            self.jar.add(cookie)

    def without_flags(self, url):
        """Return pairs of a flag and the name of a cookie of this site that the login was given without it."""
        site = str(httpx.URL(url).join("/"))[:-1]
        ours = [cookie for cookie in self.given if cookie.name and cookie.goes_to(site + cookie.path)]
        return list(dict.fromkeys((flag, cookie.name) for cookie in ours for flag in cookie.missing_flags))

    def dress(self, request):
        """Add them to a request that already has the site's other cookies. The longest path comes first."""
        before = request.headers.pop("cookie", "")
        request.headers.encoding = "utf-8"  # as the site's own are read
        if value := with_cookies(before, self.jar.header(str(request.url)), self.names):
            request.headers["cookie"] = value

    def follow(self, request, line):
        """Return whether this Set-Cookie line of the response concerns one of them; if so, update it."""
        if split_pair(line)[0] not in self.names:
            return False
        self.jar.follow(str(request.url), line)
        return True


def as_kept(cookie):
    """Return a cookie of the session as the rules know it."""
    domain = cookie["domain"]
    return Kept(
        cookie["name"],
        cookie["value"],
        domain.removeprefix(".").strip("[]"),
        cookie["path"],
        host_only=not domain.startswith("."),
        secure=cookie["secure"],
        http_only=cookie.get("http_only"),
    )


def as_text(value):
    """Return a header's value as text; each by itself, for one that is not UTF-8 says nothing about another."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def install():
    """Make Wapiti's own client keep and send cookies by these rules too, not by those of Python's http.cookiejar."""
    httpx.Cookies.extract_cookies = extract_cookies
    httpx.Cookies.set_cookie_header = set_cookie_header


def extract_cookies(cookies, response):
    """Keep what a response sets, in place of httpx.Cookies.extract_cookies."""
    url = str(response.request.url)
    for name, line in response.headers.raw:
        if name.lower() != b"set-cookie":
            continue
        if kept := read(url, as_text(line), [as_rules_have_it(one) for one in cookies.jar]):
            if kept.has_expired:
                forget(cookies.jar, kept)
            else:
                cookies.jar.set_cookie(as_python_has_it(kept))


def set_cookie_header(cookies, request):
    """Add the cookies of a request, in place of httpx.Cookies.set_cookie_header."""
    url = str(request.url)
    going = in_order(one for one in map(as_rules_have_it, cookies.jar) if one.goes_to(url))
    if going and "cookie" not in request.headers:
        request.headers.encoding = "utf-8"
        request.headers["cookie"] = "; ".join(one.pair for one in going)


def forget(jar, kept):
    """Drop the cookie that has the place of this one, if there is one."""
    for one in [one for one in jar if as_rules_have_it(one).identity == kept.identity]:
        jar.clear(one.domain, one.path, one.name)


def as_python_has_it(kept):
    """Return a cookie as http.cookiejar, and so Wapiti, has it."""
    return cookiejar.Cookie(
        version=0,
        name=kept.name,
        value=kept.value,
        port=None,
        port_specified=False,
        domain=kept.domain if kept.host_only else f".{kept.domain}",
        domain_specified=not kept.host_only,
        domain_initial_dot=not kept.host_only,
        path=kept.path,
        path_specified=True,
        secure=kept.secure,
        expires=kept.expires,
        discard=kept.expires is None,
        comment=None,
        comment_url=None,
        rest={"HttpOnly": None} if kept.http_only else {},
    )


def as_rules_have_it(cookie):
    """Return one of Python's cookies as the rules know it."""
    return Kept(
        cookie.name,
        cookie.value or "",
        cookie.domain.removeprefix("."),
        cookie.path,
        host_only=not cookie.domain.startswith("."),
        secure=cookie.secure,
        http_only=cookie.has_nonstandard_attr("HttpOnly"),
        expires=cookie.expires,
    )
