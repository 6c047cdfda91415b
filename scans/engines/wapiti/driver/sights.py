# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The crawl as a whole: how many different pages it saw, of which kind, and which descriptions of an API."""

import re
from urllib.parse import urljoin, urlsplit

from asks import Asks, bindings
from bs4 import BeautifulSoup
from bs4.builder import HTMLTreeBuilder
from bs4.element import TemplateString
from descriptions import Descriptions

MORE_ASKS = 4  # times as many addresses that only scripts ask for as there are others: that is an application
FEW = 5  # pages that are told apart; with more, nobody needs to know how many there are
LITTLE_TEXT = 300  # characters; a page that scripts fill says hardly more before they run
TEXT_OF_LOGIN = 1500  # characters; a page with a login beside so much text is worth a scan
LARGEST_PAGE = 500_000  # characters that are read
MOST_LOOKS = 200  # pages that are read, if they are all the same
# Elements whose text is not part of the page's.
HIDDEN = {**HTMLTreeBuilder.DEFAULT_STRING_CONTAINERS, "noscript": TemplateString, "title": TemplateString}
CHANGES = re.compile(r"\d+|\b[0-9a-fA-F]{16,}\b")  # numbers and tokens, which differ from answer to answer
SCRIPTS = ("javascript", "ecmascript")  # the ends of their content types
FRAMES = ("frame", "iframe")
MOST_FRAMES = 3  # whose addresses are told
TINY = {"0", "1", "0px", "1px"}
HIDES = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
LEADS = ("a", "area", "frame", "iframe", "form")
TYPED = ("", "text", "email", "tel", "password")
USER = re.compile(r"(?i)user|login|e-?mail|account")
LOGS_IN = re.compile(r"(?i)\b(log|sign)[ -]?(in|on)\b|anmeld|einlogg|connexion|se connecter|iniciar sesi|accedi")
# Addresses beside a login that anybody may see; a site that shows only these shows nothing.
BESIDE_LOGIN = re.compile(
    r"(?i)log-?_?in|sign-?_?(in|up|on)|sso|auth|regist|join|account|pass(word|wd)?|forg[eo]t|reset|recover|lost"
    r"|terms|privacy|legal|imprint|impressum|datenschutz|cookies|contact|help"
)
DOCUMENTS = ("text/plain", "text/markdown", "text/csv", "text/xml", "application/xml", "application/rss+xml")
FILES = (".json", ".xml", ".webmanifest", ".map")  # data that a page loads, unless it is below /api


class Sights:
    """Takes each answer of the crawl, and sums them up at its end."""

    def __init__(self, url):
        self.origin = urlsplit(url)[:2]
        self.looks = 0
        self.pages = {}  # signature → (asks for a login, may stand beside one, how scripts fill it, leads on)
        self.data, self.documents = set(), set()
        self.frames = {}  # addresses on other sites that pages show in a frame, in order
        self.asks = Asks(self.origin)
        self.descriptions = Descriptions(self.origin)

    def take(self, method, url, status, headers, text):
        """Look at one answer of the site."""
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        is_page = "html" in kind or (not kind and text.lstrip()[:1] == "<")
        self.descriptions.asked(method, url)
        describes = self.descriptions.take(url, status, headers, text[: 4 * LARGEST_PAGE], is_page)
        if status >= 300:
            return
        self.asks.answered(url)
        if is_page:
            if len(self.pages) <= FEW and self.looks < MOST_LOOKS:
                self.looks += 1
                self.look(url, BeautifulSoup(text[:LARGEST_PAGE], "html.parser", string_containers=HIDDEN))
        elif is_data(kind, url) and not describes:
            self.data.add(url.partition("?")[0])
        elif kind.endswith(SCRIPTS):
            self.asks.read(url, text)
        elif kind in DOCUMENTS:
            self.documents.add(url.partition("?")[0])

    def look(self, url, page):
        """Keep a page, unless it is the same as another one: under another address, or at another time."""
        values = [
            (tag.name, tag[name])
            for tag in page.find_all(True)
            for name in ("href", "src", "action")
            if is_address(tag.get(name, ""))
        ]
        addresses = {(tag, urljoin(url, value).partition("#")[0].partition("?")[0]) for tag, value in values}
        shown = " ".join(page.get_text(" ").split())  # before scripts run
        asks = len(shown) < TEXT_OF_LOGIN and asks_for_login(page, shown)
        leads = {urljoin(url, value) for tag, value in values if tag in LEADS and self.leads(url, urljoin(url, value))}
        self.asks.read_page(url, page)
        self.frames |= dict.fromkeys(self.frames_elsewhere(url, page))
        is_little = len(shown) < LITTLE_TEXT and not page.select_one("form input[name]")
        filled = page.find("script") and not asks and (is_little, bindings(page, shown))
        signature = CHANGES.sub("#", shown), frozenset(addresses - {("form", url.partition("?")[0])})
        beside = bool(BESIDE_LOGIN.search(urlsplit(url).path))
        self.pages.setdefault(signature, (asks, asks or beside, filled or None, leads))

    def frames_elsewhere(self, url, page):
        """Yield the addresses of frames that a visitor sees and that are not of this site."""
        for tag in page.find_all(FRAMES):
            is_seen = not (
                TINY & {tag.get("width"), tag.get("height")} or tag.find_parent("noscript") or tag.has_attr("hidden")
            )
            if is_seen and not HIDES.search(tag.get("style", "")) and is_address(tag.get("src", "")):
                address = urljoin(url, tag["src"])
                if urlsplit(address)[:2] != self.origin and urlsplit(address).netloc:
                    yield address

    def leads(self, url, address):
        """Return whether an address on a page is that of another page of this site."""
        target = urlsplit(address)
        return target[:2] == self.origin and target[2:4] != urlsplit(url)[2:4]

    def summary(self):
        """Return the values of the event that sums the crawl up."""
        seen = list(self.pages.values())
        few = 0 < len(seen) <= FEW
        # Links of an application lead to the same page again, which its scripts then fill.
        leads = set().union(*(leads for *_, leads in seen)) if not len(seen) == 1 < self.looks else set()
        own = all(map(self.is_filled, seen)) and not (self.data or leads)
        not_got = [address for address in leads if not self.asks.has_got(urlsplit(address).path)]
        many_asks = len(self.asks.unseen) >= MORE_ASKS * (len(seen) + len(self.data) + len(not_got))
        return {
            "pages": len(seen) + len(self.documents),
            "data": len(self.data),
            "only_login": few and any(asks for asks, *_ in seen) and all(beside for _, beside, *_ in seen),
            "only_scripts": few and any(filled for *_, filled, _ in seen) and (own or many_asks),
            "frames": list(self.frames)[:MOST_FRAMES],
            "descriptions": self.descriptions.unread(),
        }

    def is_filled(self, look):
        """Return whether a page is nothing without what its scripts ask for: it says little, or they ask for much."""
        filled = look[2]
        return filled is not None and (filled[0] or self.asks.fill(filled[1]))


def is_address(value):
    """Return whether an attribute holds an address that can be requested and parsed; a fragment is none."""
    try:
        return bool(value.partition("#")[0].strip()) and urlsplit(value).scheme in ("", "http", "https")
    except ValueError:
        return False


def asks_for_login(page, shown):
    """Return whether a page asks for a password, or for a user name alone, as the first step of a login."""
    inputs = page.find_all("input")
    if any(kind(tag) == "password" or "username" in tag.get("autocomplete", "") for tag in inputs):
        return True
    typed = [tag for tag in inputs if kind(tag) in TYPED]
    named = [tag for tag in typed if USER.search(f"{tag.get('name', '')} {tag.get('id', '')}")]
    words = [shown, page.title.get_text() if page.title else "", *(tag.get("value", "") for tag in inputs)]
    return len(typed) == len(named) == 1 and any(map(LOGS_IN.search, words))


def kind(tag):
    """Return the type of an input."""
    return tag.get("type", "").strip().lower()


def is_data(kind, url):
    """Return whether an answer of this content type is data of an API, and not a file that a page loads."""
    if not kind.endswith(("json", "xml")) or kind.endswith(("manifest+json", "svg+xml", "xhtml+xml")):
        return False
    path = urlsplit(url).path.lower()
    return "/api" in path or not path.endswith(FILES)
