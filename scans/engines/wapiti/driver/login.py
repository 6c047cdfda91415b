# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The login that requests carry. It is added below Wapiti, which never sees it, and its end is noticed here."""

import asyncio
import re
import time
from collections import Counter
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import httpx
from cookies import Cookies, as_text, split_pair
from httpx_ntlm import HttpNtlmAuth
from rules import refuse_headers

SECONDS_BETWEEN_LOOKS = 5.0
REQUESTS_BETWEEN_LOOKS = 25
TIMES_TO_BE_SURE = 3  # a login may also have ended by itself at that moment
SHORTEST_SECRET = 4  # characters; masking shorter values would hide half of every text
# Length of a cookie value worth masking: a session id has 64 bits (OWASP, Session Management Cheat Sheet), which are
# 11 characters of base64 or 16 hexadecimal digits. Shorter values are settings such as `theme=dark`.
SHORTEST_SESSION = 11
MASK = "***"
TOO_MANY_REQUESTS = 429
NO_RULE = {"pattern": "", "login_url": "", "on_401": False}
TEXTS = ("text/", "application/json", "application/xhtml", "application/xml")


class Login:
    """The session that each request to the target carries, and the signs that it is over."""

    def __init__(self, job, channel):
        self.channel = channel
        self.target = job["url"]
        self.excluded = job["excluded"]
        self.generation = 0  # how often the session was renewed
        self.renewed = asyncio.Event()
        self.asking = asyncio.Lock()
        self.waiting = False
        self.given = False
        self.headers, self.cookies, self.user_agent = {}, Cookies([]), ""
        self.rule, self.pattern, self.probe = NO_RULE, None, None
        self.seen_at = self.looked_at = time.monotonic()  # start of the last check that confirmed the login
        self.unseen = 0  # requests since that check
        self.answered = set()  # methods and paths requested since that check
        self.under_way = []  # generation, method and path of requests without an answer so far
        self.one_suspect = asyncio.Lock()
        self.harmless = set()  # … and after which the login was confirmed; only of reading requests
        self.suspected = Counter()  # how often in a row the login was gone after …
        self.enders = set()  # … and which end a login, although nothing on the page said so
        self.found_out = False  # whether the last login to end revealed one of those
        self.auth = self.handshake(job["http_login"])
        self.keep_secret(*(value for _, value in job["headers"]))
        if job["session"]:
            self.take(job)

    def handshake(self, http_login):
        """Return the handler of authentication challenges; None without such a login."""
        if not http_login:
            return httpx.Auth()
        self.keep_secret(http_login["password"])
        if http_login["method"] == "ntlm":
            return HttpNtlmAuth(http_login["username"], http_login["password"])
        return httpx.DigestAuth(http_login["username"], http_login["password"])

    def take(self, made):
        """Use this login from now on, with its own signs of being logged in. Waiting requests continue."""
        session, self.probe = made["session"], made["session_probe"]
        refuse_headers(session["headers"])
        self.rule = made["logged_out"] or NO_RULE
        self.pattern = re.compile(self.rule["pattern"]) if self.rule["pattern"] else None
        self.seen_at, self.unseen = time.monotonic(), 0
        self.answered.clear()  # whatever was answered while this login was made says nothing about it
        self.headers = {name.lower(): value for name, value in session["headers"]}
        self.cookies = Cookies(session["cookies"])
        self.user_agent = session["user_agent"]
        self.given = True
        self.generation += 1
        self.keep_secret(*self.headers.values())
        self.keep_secret(*(cookie["value"] for cookie in session["cookies"]), shortest=SHORTEST_SESSION)
        self.renewed.set()

    def keep_secret(self, *values, shortest=SHORTEST_SECRET):
        """Mask these values in all output of this process, except texts in the target's address, which is public."""
        for value in values:
            scheme, _, rest = value.partition(" ")
            for secret in {value, rest or scheme, quote(value, safe="")}:
                if len(secret) >= shortest and secret not in self.target:
                    self.channel.secrets.add(secret)

    def forbids(self, request):
        """Return whether this must never be requested, such as the address that logs out."""
        url = str(request.url)
        return (request.method, request.url.path) in self.enders or any(is_at(url, known) for known in self.excluded)

    def dressed(self, request):
        """Return a copy of the request with the session. The original stays as Wapiti made it."""
        if not self.given:
            return request
        headers = httpx.Headers(request.headers)
        headers.update(self.headers)
        dressed = httpx.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
        )
        self.cookies.dress(dressed)
        return dressed

    def undressed(self, response):
        """Follow the site's changes to our cookies, and hide their values from Wapiti."""
        lines = []
        for raw in response.headers.raw:
            if raw[0].lower() == b"set-cookie":
                line = as_text(raw[1])
                if self.cookies.follow(response.request, line):
                    key, value = split_pair(line)
                    self.keep_secret(value, shortest=SHORTEST_SESSION)
                    raw = raw[0], f"{key}={MASK};{line.partition(';')[2]}".encode()
            lines.append(raw)  # byte for byte: not all are ASCII
        response.headers = httpx.Headers(lines)
        return response

    def doubtful(self, response, body, url):
        """Return the reason why this response suggests that the login is over; empty if it does not."""
        if self.rule["on_401"] and response.status_code == 401:
            return "the site answered 401"
        location = response.headers.get("location", "")
        if self.rule["login_url"] and location and is_at(joined(url, location), self.rule["login_url"]):
            return "the site redirects to its login page"
        if self.pattern and body and self.pattern.search(body):
            return "the page matches the pattern of logged-out pages"
        return ""

    def look_is_due(self):
        """Return whether a check is due: a login may end without any response that shows it."""
        waited = time.monotonic() - self.looked_at >= SECONDS_BETWEEN_LOOKS
        return self.probe is not None and (waited or self.unseen >= REQUESTS_BETWEEN_LOOKS)

    async def holds(self, ask):
        """Return whether the probe's page still shows a login; `ask(url)` returns its response and body, or None.

        Returns None if the page cannot be loaded, which says nothing about the login.
        """
        if not self.probe:
            return False
        self.looked_at = began_at = time.monotonic()
        self.unseen, unseen = 0, self.unseen
        answered = set(self.answered)
        answer = await ask(self.probe["url"])
        if answer is None or answer[0].status_code >= 500 or answer[0].status_code == TOO_MANY_REQUESTS:
            self.unseen += unseen
            return None
        response, body = answer
        pattern = self.probe["logged_in_pattern"]
        # A page that the scan itself deleted still knows its member.
        known = re.search(pattern, body) if pattern else response.status_code < 400
        if not known or self.doubtful(response, body, self.probe["url"]):
            self.unseen += unseen
            self.suspect()
            return False
        self.seen_at = began_at
        # A form may be harmless with the page's current token, and end the login with a stale one.
        self.harmless |= {one for one in answered if one[0] == "GET"}
        for one in answered:
            del self.suspected[one]
        self.answered -= answered
        return True

    def is_suspect(self, request):
        """Return whether this request was sent before a login was gone, and no check has cleared it since."""
        return (request.method, request.url.path) in self.suspected

    @asynccontextmanager
    async def turn(self, request):
        """Wait with a suspected request until no other one is under way: a check after it then tells them apart."""
        if self.is_suspect(request):
            async with self.one_suspect:
                yield
        else:
            yield

    def suspect(self):
        """Learn which request ends logins: the only one after which the login was gone several times in a row."""
        under_way = {(method, path) for generation, method, path in self.under_way if generation == self.generation}
        suspects = (self.answered | under_way) - self.harmless
        self.suspected.update(suspects)
        sure = [one for one in suspects if self.is_sure(one)]
        self.found_out = len(sure) == 1
        if self.found_out:
            self.enders.add(sure[0])
            self.channel.log("warning", f"{' '.join(sure[0])} ends the login, and is not asked for any more")
        self.answered.clear()

    def is_sure(self, one):
        """Return whether it was suspected often enough. If one form ends logins, others probably do too."""
        as_another = one[0] != "GET" and any(method == one[0] for method, _ in self.enders)
        return self.suspected[one] >= TIMES_TO_BE_SURE - as_another


def joined(url, location):
    """Return where a redirect leads, empty if that is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def is_at(url, known):
    """Return whether `url` means the `known` address: the same path, and at least its query parameters.

    A known address with only a query, such as “?do=out”, matches any path.
    """
    parts, wanted = urlsplit(url), urlsplit(known)
    pairs, wanted_pairs = (set(parse_qsl(one.query, keep_blank_values=True)) for one in (parts, wanted))
    same_path = known.startswith("?") or (parts.path or "/") == (wanted.path or "/")
    return same_path and wanted_pairs <= pairs


def is_text(response):
    """Return whether a response's body can reveal something about the login."""
    return response.headers.get("content-type", "").lower().startswith(TEXTS)
