# SPDX-License-Identifier: GPL-2.0-or-later
#
# This program is free software; you can redistribute it and/or modify it under the terms of the GNU
# General Public License as published by the Free Software Foundation; either version 2 of the License,
# or (at your option) any later version. It comes without any warranty; see the file LICENSE beside it.
"""The login that requests carry: put on below Wapiti, which never sees it, and noticed when it is over."""

import asyncio
import re
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
from httpx_ntlm import HttpNtlmAuth

SHORTEST_SECRET = 4  # characters; shorter values would mask half of every text
# Of a cookie's value: the id of a session has 64 bits (OWASP, Session Management Cheat Sheet), which take 11 characters
# of base64 and 16 hexadecimal ones. A shorter one says `theme=dark`.
SHORTEST_SESSION = 11
MASK = "***"
TEXTS = ("text/", "application/json", "application/xhtml", "application/xml")


class Login:
    """The session that each request to the target is given, and how one tells that it is over."""

    def __init__(self, job, channel):
        self.channel = channel
        self.target = job["url"]
        self.rule = job["logged_out"] or {"pattern": "", "login_url": "", "on_401": False}
        self.pattern = re.compile(self.rule["pattern"]) if self.rule["pattern"] else None
        self.probe = job["session_probe"]
        self.excluded = job["excluded"]
        self.generation = 0  # how often the session was renewed
        self.renewed = asyncio.Event()
        self.asking = asyncio.Lock()
        self.waiting = False
        self.given = False
        self.headers, self.cookies = {}, {}
        self.auth = self.handshake(job["http_login"])
        if job["session"]:
            self.take(job["session"])

    def handshake(self, http_login):
        """How challenges are answered; nothing where there is no such login."""
        if not http_login:
            return httpx.Auth()
        self.keep_secret(http_login["password"])
        if http_login["method"] == "ntlm":
            return HttpNtlmAuth(http_login["username"], http_login["password"])
        return httpx.DigestAuth(http_login["username"], http_login["password"])

    def take(self, session):
        """Carry this session from now on; whoever waits for it goes on."""
        self.headers = {name.lower(): value for name, value in session["headers"]}
        self.cookies = {cookie["name"]: cookie["value"] for cookie in session["cookies"]}
        self.given = True
        self.generation += 1
        self.keep_secret(*self.headers.values())
        self.keep_secret(*self.cookies.values(), shortest=SHORTEST_SESSION)
        self.renewed.set()

    def keep_secret(self, *values, shortest=SHORTEST_SECRET):
        """Mask these values in everything that leaves this process; what stands in the target's address is known."""
        for value in values:
            scheme, _, rest = value.partition(" ")
            for secret in {value, rest or scheme, quote(value, safe="")}:
                if len(secret) >= shortest and secret not in self.target:
                    self.channel.secrets.add(secret)

    def forbids(self, url):
        """Whether this address must never be asked for, such as the one that logs out."""
        return any(is_at(str(url), excluded) for excluded in self.excluded)

    def dressed(self, request):
        """A copy of the request that carries the session; the original stays as Wapiti made it."""
        if not self.given:
            return request
        headers = httpx.Headers(request.headers)
        headers.update(self.headers)
        cookies = {**cookies_in(headers.get("cookie", "")), **self.cookies}
        if cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return httpx.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
        )

    def undressed(self, response):
        """Follow the site where it changes our cookies, and hide their values from Wapiti."""
        lines = []
        for name, value in response.headers.multi_items():
            if name.lower() == "set-cookie":
                cookie, _, rest = value.partition(";")
                key, _, text = cookie.partition("=")
                if key.strip() in self.cookies:
                    self.cookies[key.strip()] = text.strip()
                    self.keep_secret(text.strip(), shortest=SHORTEST_SESSION)
                    value = f"{key}={MASK};{rest}"
            lines.append((name, value))
        response.headers = httpx.Headers(lines)
        return response

    def doubtful(self, response, body):
        """Why this answer looks as if the login were over; empty where it does not."""
        if self.rule["on_401"] and response.status_code == 401:
            return "the site answered 401"
        location = response.headers.get("location", "")
        if self.rule["login_url"] and location and is_at(location, self.rule["login_url"]):
            return "the site leads to its login page"
        if self.pattern and body and self.pattern.search(body):
            return "the page matches the pattern of logged-out pages"
        return ""

    @property
    def reads_bodies(self):
        """Whether texts have to be read for it."""
        return self.given and self.pattern is not None

    async def holds(self, ask):
        """Whether the probe's page still shows a login; `ask(url)` gives its answer and body, or None."""
        if not self.probe:
            return False
        answer = await ask(self.probe["url"])
        if answer is None:
            return True  # the site does not answer: that is not the login's fault
        response, body = answer
        if response.status_code in (401, 403) or self.doubtful(response, body):
            return False
        return not self.probe["logged_in_pattern"] or re.search(self.probe["logged_in_pattern"], body) is not None


def is_at(url, known):
    """Whether `url` means the `known` address: the same path, and all that its query holds; more does not matter."""
    parts, wanted = urlsplit(url), urlsplit(known)
    pairs, wanted_pairs = (set(parse_qsl(one.query, keep_blank_values=True)) for one in (parts, wanted))
    return (parts.path or "/") == (wanted.path or "/") and wanted_pairs <= pairs


def cookies_in(header):
    """The names and values of a Cookie header."""
    cookies = SimpleCookie()
    try:
        cookies.load(header)
    except CookieError:
        return {}
    return {name: morsel.coded_value for name, morsel in cookies.items()}


def is_text(response):
    """Whether an answer's body can say something about the login."""
    return response.headers.get("content-type", "").lower().startswith(TEXTS)
