"""Cookies by RFC 6265bis: read, kept and sent as Chromium does, which has a look at the same table."""

import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import sync_playwright

from scans.engines.shared.cookie_rules import LONGEST_LIFE_SECONDS, CookieJar, parse_date, read, with_cookies

HOST = "www.owls.example"
HERE = "http://127.0.0.1/in/form"
THERE = f"http://{HOST}/in/form"
LONG = "x" * 1025
FULL = "v" * 4093  # with the name “sid” 4096 octets

# Where the answer comes from, its Set-Cookie lines, and the Cookie header of the next request to the same address.
TABLE = [
    # attributes without a usable value are ignored, the cookie is kept
    *[
        (HERE, [f"sid=1; {attributes}"], "sid=1")
        for attributes in (
            "Domain=",
            "Domain",
            "Domain=.",
            "Path=",
            "Path",
            "Path=in",
            "Max-Age=",
            "Max-Age",
            'Max-Age="3600"',
            "Max-Age=1h",
            "Max-Age=+60",
            "Max-Age=60.5",
            "Max-Age=999999999999999999999999",
            "Expires=",
            "Expires",
            "Expires=soon",
            "Expires=Thu, 99 Foo 1970 00:00:00 GMT",
            "Expires=Thu, 30 Feb 1999 00:00:00 GMT",
            "Expires=Fri, 01 Jan 2038 25:00:00 GMT",
            "Expires=0",
            "Expires=-1",
            "SameSite",
            "SameSite=",
            "SameSite=Sometimes",
            "SameSite=Strict",
            "Secure=; HttpOnly=",
            "HttpOnly=no",
            "Version=1; Comment=hello; Port=1; Priority=High; Discard",
            ";;; ; =; ==; =x",
            "DOMAIN=; PATH=/in; HTTPONLY",
            f"Path=/{LONG}",
            f"Domain=crows.example{LONG}",
        )
    ],
    # Max-Age counts more than Expires, and the last of several counts
    (HERE, ["sid=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60"], "sid=1"),
    (HERE, ["sid=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], "sid=1"),
    (HERE, ["sid=1; Max-Age=0; Expires=Fri, 01 Jan 2038 00:00:00 GMT"], ""),
    (HERE, ["sid=1; Max-Age=60; Max-Age=0"], ""),
    (HERE, ["sid=1; Max-Age=0; Max-Age=60"], "sid=1"),
    (HERE, ["sid=1; Path=/elsewhere; Path=/in"], "sid=1"),
    (HERE, ["sid=1; Path=/in; Path=/elsewhere"], ""),
    (HERE, ["sid=1; Path=/elsewhere; Path="], "sid=1"),
    (THERE, ["sid=1; Domain=crows.example; Domain=owls.example"], "sid=1"),
    (THERE, ["sid=1; Domain=owls.example; Domain=crows.example"], ""),
    # a cookie ends
    (HERE, ["sid=1", "sid=; Max-Age=0"], ""),
    (HERE, ["sid=1", "sid=gone; Max-Age=-1"], ""),
    (HERE, ["sid=1", "sid=gone; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], ""),
    (HERE, ["sid=1", "sid=gone; Expires=Thursday, 01-Jan-70 00:00:00 GMT"], ""),
    (HERE, ["sid=1", "sid=gone; Expires=Thu Jan  1 00:00:00 1970"], ""),
    (HERE, ["sid=1", "sid=gone; Path=/; Max-Age=0"], "sid=1"),  # another cookie
    (HERE, ["sid=1", "sid="], "sid="),
    (HERE, ["a=1", "b=2", "a=3"], "a=3; b=2"),
    (HERE, ["a=1; Path=/", "b=2; Path=/in", "c=3; Path=/in/form"], "c=3; b=2; a=1"),
    # names and values
    (HERE, ['sid="quoted, with a comma"'], 'sid="quoted, with a comma"'),
    (HERE, ["sid=a b  c"], "sid=a b  c"),
    (HERE, ["sid=a=b==; Path=/"], "sid=a=b=="),
    (HERE, ["  sid \t=  1  ; Path=/"], "sid=1"),
    (HERE, ["sid=a,b=c"], "sid=a,b=c"),
    (HERE, ['sid={"a":[1,2]}'], 'sid={"a":[1,2]}'),
    (HERE, ["alone"], "alone"),
    (HERE, ["=alone"], "alone"),
    (HERE, ["alone", "=other"], "other"),
    (HERE, ["="], ""),
    (HERE, [""], ""),
    (HERE, ["; Path=/"], ""),
    (HERE, ["sid=1", "SID=2"], "sid=1; SID=2"),
    (HERE, ["a.b[c]=1"], "a.b[c]=1"),
    (HERE, ["sid=ü"], "sid=ü"),
    (HERE, ["sid=tab\there"], "sid=tab\there"),
    (HERE, [f"sid={FULL}"], f"sid={FULL}"),
    (HERE, [f"sid={FULL}x"], ""),
    # domains
    (THERE, ["sid=1; Domain=owls.example"], "sid=1"),
    (THERE, ["sid=1; Domain=.owls.example"], "sid=1"),
    (THERE, ["sid=1; Domain=WWW.Owls.Example"], "sid=1"),
    (THERE, ["sid=1; Domain=ls.example"], ""),
    (THERE, ["sid=1; Domain=night.www.owls.example"], ""),
    (THERE, ["sid=1; Domain=crows.example"], ""),
    (THERE, ["sid=1; Domain=example"], ""),  # as a public suffix
    (THERE, ["sid=1; Domain=öwls.example"], ""),
    (THERE, ["sid=1; Domain=owls.example:80"], ""),
    (THERE, ["sid=1", "sid=2; Domain=www.owls.example"], "sid=1; sid=2"),  # host-only and not: two
    (HERE, ["sid=1; Domain=127.0.0.1"], "sid=1"),
    (HERE, ["sid=1; Domain=0.0.1"], ""),
    (HERE, ["sid=1; Domain=localhost"], ""),
    ("http://localhost/in/form", ["sid=1; Domain=localhost"], "sid=1"),
    # TLS, and names that promise something
    (HERE, ["sid=1; Secure"], "sid=1"),  # this machine needs no TLS
    (THERE, ["sid=1; Secure"], ""),
    (HERE, ["sid=1; SameSite=None; Secure"], "sid=1"),
    (HERE, ["sid=1; SameSite=None"], ""),
    (HERE, ["__Secure-sid=1; Secure"], "__Secure-sid=1"),
    (HERE, ["__Secure-sid=1"], ""),
    (HERE, ["__SECURE-sid=1"], ""),
    (HERE, ["__Host-sid=1; Secure; Path=/"], "__Host-sid=1"),
    (HERE, ["__Host-sid=1; Secure"], ""),
    (HERE, ["__Host-sid=1; Secure; Path=/in"], ""),
    (HERE, ["__Host-sid=1; Path=/"], ""),
    (HERE, ["=__Host-sid=1; Secure; Path=/"], ""),
    (HERE, ["__Secure-sid; Secure"], ""),
]
NAMES = [f"{urlsplit(url).hostname} {' | '.join(lines)}"[:80] for url, lines, _ in TABLE]


@pytest.mark.parametrize(("url", "lines", "sent"), TABLE, ids=NAMES)
def test_a_cookie_is_kept_and_sent_as_the_rules_say(url, lines, sent):
    jar = CookieJar()
    for line in lines:
        jar.follow(url, line)
    assert jar.header(url) == sent


class _Setting(BaseHTTPRequestHandler):
    """Sets the cookies of the case that the query names, and shows what comes back."""

    def do_GET(self):
        self.send_response(200)
        case = urlsplit(self.path).query
        for line in TABLE[int(case)][1] if case.isdigit() else []:
            self.send_header("Set-Cookie", line.encode().decode("latin-1"))
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        cookies = "; ".join(self.headers.get_all("Cookie", []))
        self.wfile.write(f"sent:{cookies}".encode("latin-1"))

    def log_message(self, *_):
        pass


ASK = "async (number) => { await fetch(`?${number}`); return (await fetch('?show')).text(); }"
# Chromium departs from the draft in these: it ignores the first and the last line, and a new value is a new cookie.
NOT_BY_CHROMIUM = {"sid=1; Domain=.": "", "a=1 | b=2 | a=3": "b=2; a=3", "sid=tab\there": ""}


@pytest.mark.browser
def test_chromium_agrees_with_the_table():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Setting)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    seen = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=settings.SCANS_CHROMIUM,
            args=["--no-sandbox", f"--host-resolver-rules=MAP {HOST} 127.0.0.1"],
        )
        page = browser.new_page()
        for number, (url, lines, _) in enumerate(TABLE):
            parts = urlsplit(url)
            address = f"{parts.scheme}://{parts.hostname}:{server.server_port}{parts.path}"
            if page.url != address:
                page.goto(address)
            page.context.clear_cookies()
            seen[url, tuple(lines)] = page.evaluate(ASK, number).removeprefix("sent:")
        browser.close()
    server.shutdown()
    server.server_close()
    expected = {(url, tuple(lines)): NOT_BY_CHROMIUM.get(" | ".join(lines), sent) for url, lines, sent in TABLE}
    assert [(case, seen[case]) for case in expected if seen[case] != expected[case]] == []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", (1994, 11, 6, 8, 49, 37)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", (1994, 11, 6, 8, 49, 37)),
        ("Sun Nov  6 08:49:37 1994", (1994, 11, 6, 8, 49, 37)),
        ("6 november 2069 8:9:7", (2069, 11, 6, 8, 9, 7)),
        ("08:49:37GMT 06Xx NOVember 1994y", (1994, 11, 6, 8, 49, 37)),
        ("Mon, 06-Nov-70 00:00:00", (1970, 11, 6, 0, 0, 0)),
        ("06 Nov 1601 00:00:00 +0200", (1601, 11, 6, 0, 0, 0)),  # no zone counts
    ],
)
def test_a_date_is_read_in_whatever_order_it_is_written(text, moment):
    assert parse_date(text) == datetime(*moment, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "tomorrow",
        "06 Nov 1994",
        "06 Nov 1600 00:00:00",
        "31 Nov 1994 00:00:00",
        "06 Nov 1994 24:00:00",
        "06 Nov 1994 00:60:00",
        "06 Nov 12345 00:00:00",
        "1994-11-06T08:49:37Z",
    ],
)
def test_a_date_that_names_no_moment_is_none(text):
    assert parse_date(text) is None


def test_no_cookie_lives_longer_than_400_days():
    kept = read(HERE, "sid=1; Max-Age=99999999999")
    assert kept.expires - time.time() == pytest.approx(LONGEST_LIFE_SECONDS, abs=5)
    assert read(HERE, "sid=1").expires is None


def test_a_cookie_whose_time_is_over_goes_along_no_more(monkeypatch):
    jar = CookieJar()
    jar.follow(HERE, "sid=1; Max-Age=60")
    assert jar.header(HERE) == "sid=1" and len(list(jar)) == 1
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert jar.header(HERE) == "" and not list(jar)


def test_what_comes_without_tls_hides_no_cookie_that_needs_it():
    jar = CookieJar()
    jar.follow("https://owls.example/", "sid=safe; Secure; Path=/in")
    jar.follow("http://owls.example/", "sid=forged; Path=/in/form")
    jar.follow("http://owls.example/", "sid=other; Path=/")
    assert jar.header("https://owls.example/in/form") == "sid=safe; sid=other"


@pytest.mark.parametrize("control", ["\0", "\r", "\n", "\x1b", "\x7f"])
def test_a_line_with_control_characters_sets_nothing(control):
    assert read(HERE, f"sid=1{control}; Path=/") is None


@pytest.mark.parametrize(
    ("before", "own", "names", "sent"),
    [
        ("consent=yes", "", (), "consent=yes"),
        ("", "id=1", (), "id=1"),
        ("consent=yes; id=0", "id=1; a=b=c", (), "consent=yes; id=1; a=b=c"),
        ("() { :;}; id=0 ;echo", "", ("id",), "() { :;};echo"),
    ],
)
def test_a_visitors_own_cookies_replace_those_before_by_name(before, own, names, sent):
    assert with_cookies(before, own, names) == sent
