# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The requests that scripts of a site make, as far as their text names the addresses; and how much they fill a page."""

import re
from urllib.parse import urlsplit

LARGEST_SCRIPTS, MOST_TEXTS = 6_000_000, 20_000  # characters, and texts with a slash, of all scripts together
MOST_NAMED, MOST_PARTS = 1000, 10  # addresses that scripts ask for, and parts of the path of an answer that are kept
SEVERAL = 2  # addresses that only scripts ask for: below that, a classic page may have a counter or a newsletter
MANY_BINDINGS = 10  # elements that scripts fill with data
LITERAL = re.compile(r"""(["'`])([^"'`\s<>\\]{2,200})\1""")
# In front of a text, as in fetch("…"), open("GET", "…"), $.ajax({type: "POST", url: "…"}).
_BASE = r"(?:[\w.$()]+\s*\+\s*)?$"  # as in get(base + "…")
CALLS = re.compile(
    r"(?:\b(?:fetch|ajax|axios|EventSource|WebSocket|sendBeacon)|\.(?:get|getJSON|post|put|patch|delete|head|request|ajax))"
    rf"\s*\(\s*{_BASE}"
    rf"""|\.(?:open|request|method)\(\s*["'`][A-Za-z]{{3,7}}["'`]\s*,\s*{_BASE}"""
    rf"""|\b(?:\w*(?:url|uri|endpoint))["']?\s*[:=]\s*{_BASE}""",
    re.IGNORECASE,
)
ASKS_AT_ALL = re.compile(r"\bfetch\s*\(|XMLHttpRequest|\.ajax\s*\(|\baxios\b|\$http\b|HttpClient|EventSource|WebSocket")
BEFORE = 80  # characters in front of a text that are looked at
OF_API = re.compile(r"(?:^|/)(?:api|rest|graphql|rpc|ajax|v\d+)(?:[/?]|$)", re.IGNORECASE)
PATH = re.compile(r"[./]*[\w~%$@:{}.-]+(?:/[\w~%$@:{}.,;=*+()-]*)*/?")
NO_REQUESTS = re.compile(
    r"\.(?:m?js|css|map|png|jpe?g|gif|svg|ico|webp|woff2?|ttf|eot|html?|md|txt|pdf|mp[34]|wasm|ts|vue|jsx)$"
    r"|^(?:application|text|image|audio|video|font|multipart|message|model)/",
    re.IGNORECASE,
)
LIBRARIES = re.compile(
    r"(?:^|/)[^/]*(?:jquery|htmx|bootstrap|modernizr|polyfill|analytics|gtag|matomo|piwik)[^/]*$", re.I
)
BOUND = re.compile(
    r"data-bind|(?:data-)?ng-(?:repeat|bind|model|controller|view|include)|\*ng\w+|v-(?:for|text|html|model|bind)"
    r"|x-(?:for|text|html|model)|data-(?:field|ng-\w+)"
)
HTMX = ("hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete")
TEMPLATE = re.compile(r"\{\{[^{}]{1,200}\}\}|\{%[^{}]{1,200}%\}")


class Asks:
    """The addresses of a site that its scripts ask for, and those that the crawl got."""

    def __init__(self, origin):
        self.origin = origin
        self.left, self.texts_left = LARGEST_SCRIPTS, MOST_TEXTS
        self.named = set()  # paths as scripts name them: often only their ends are known
        self.got = set()  # all ends of paths that the crawl got an answer from
        self.at_all = False  # whether scripts ask for anything, named or not

    def answered(self, url):
        """The crawl got something from this address."""
        parts = urlsplit(url).path.strip("/").split("/")[-MOST_PARTS:]
        self.got.update("/" + "/".join(parts[number:]) for number in range(len(parts)))

    def read(self, url, script):
        """Read a script of the site; `url` is that of its file, or of its page."""
        script, self.left = script[: self.left], max(0, self.left - len(script))
        if LIBRARIES.search(urlsplit(url).path):
            return
        self.at_all = self.at_all or bool(ASKS_AT_ALL.search(script))
        for found in LITERAL.finditer(script):
            if "/" not in found[2] or not self.texts_left:
                continue
            self.texts_left -= 1
            if path := self.path_of(found[2]):
                before = script[max(0, found.start() - BEFORE) : found.start()]
                is_called = bool(CALLS.search(before))
                is_api = OF_API.search(path) and not path.startswith(".")
                if (is_called or is_api) and len(self.named) < MOST_NAMED:
                    self.named.add(path)

    def read_page(self, url, page):
        """Read the scripts inside of a page, and the addresses that its attributes have scripts ask for."""
        for script in page.find_all("script", src=False):
            if "json" not in script.get("type", "") and "template" not in script.get("type", ""):
                self.read(url, script.get_text())
        for tag in page.find_all(lambda tag: any(name in tag.attrs for name in HTMX)):
            self.named |= {self.path_of(tag[name]) for name in HTMX if name in tag.attrs} - {""}

    def path_of(self, text):
        """Return the path that a text in a script names on this site; empty if it is none, or that of a file."""
        if text.startswith(("http:", "https:")):
            text = self.path_here(text)
        path = re.sub(r"^\$\{[^{}]*\}", "", text).partition("?")[0].partition("#")[0].partition("${")[0]
        usable = path.strip("/.") and not path.startswith("//") and PATH.fullmatch(path)
        return path if usable and not NO_REQUESTS.search(path) else ""

    def path_here(self, url):
        """Return the path of an address of this site; empty for any other, and for one that is none."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return ""
        return parts.path if parts[:2] == self.origin else ""

    @property
    def unseen(self):
        """The paths that scripts ask for and from which the crawl got nothing."""
        return {path for path in self.named if not self.has_got(path)}

    def has_got(self, path):
        """Return whether the crawl got an answer from an address that ends so: what stands before it is not known."""
        return "/" + path.lstrip("./").rstrip("/") in self.got

    def fill(self, bindings):
        """Return whether a page with so many elements for data lives on requests that the crawl did not make."""
        return len(self.unseen) >= SEVERAL or (bindings >= MANY_BINDINGS and self.at_all)


def bindings(page, shown):
    """Return how many elements of a page scripts fill with data, as frameworks and templates mark them."""
    marked = page.find_all(lambda tag: any(map(BOUND.fullmatch, tag.attrs)), limit=MANY_BINDINGS)
    return len(marked) + len(TEMPLATE.findall(shown))
