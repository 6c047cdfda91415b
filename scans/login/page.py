"""A page as its visitor sees it: address, text, elements, and where it leads."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

_REFRESH = re.compile(r"""^\s*(\d{1,9})\s*[;,]\s*url\s*=\s*["']?([^"'>]+)""", re.IGNORECASE)

_LONGEST_REFRESH_SECONDS = 5  # longer ones keep a page fresh, shorter ones lead on to the next


@dataclass(frozen=True)
class Page:
    """What stands at an address, redirects followed; `repeatable` where it can be asked for again.

    `led_by` is the address whose redirect led here at last, or empty; a refresh is none.
    """

    url: str
    status: int
    headers: httpx.Headers = field(repr=False)
    html: str = field(repr=False)
    repeatable: bool = True
    led_by: str = ""

    @property
    def path(self) -> str:
        """The path of its address."""
        return urlsplit(self.url).path or "/"

    @property
    def shown_url(self) -> str:
        """The address for a message: without its query, which may hold what was typed into a form."""
        return shown(self.url)

    @cached_property
    def soup(self) -> BeautifulSoup:
        """The page's elements; none where the page cannot be parsed."""
        # Loaded where a page is parsed: it takes 8 MB of every worker, a tenth, and most scans log in nowhere.
        from bs4 import BeautifulSoup  # noqa: PLC0415
        from bs4.exceptions import ParserRejectedMarkup  # noqa: PLC0415

        try:
            return BeautifulSoup(self.html, "lxml")
        except ParserRejectedMarkup:
            return BeautifulSoup("", "lxml")

    @cached_property
    def text(self) -> str:
        """What a visitor reads: without scripts and styles, white space as one space."""
        pieces = self.soup.find_all(string=lambda string: string.parent.name not in ("script", "style", "template"))
        return " ".join(" ".join(pieces).split())

    def absolute(self, address: str) -> str:
        """An address that this page names, in full and without fragment; empty where it is none."""
        base = self.soup.find("base", href=True)
        try:
            return urljoin(urljoin(self.url, base["href"]) if base else self.url, address.strip()).split("#")[0]
        except ValueError:
            return ""

    @property
    def redirects(self) -> bool:
        """Whether the answer is a redirect."""
        return self.status in (301, 302, 303, 307, 308) and bool(self.headers.get("location"))

    @property
    def next_url(self) -> str:
        """Where the answer sends its visitor on to, by redirect or by a refresh at once; or empty."""
        if self.redirects:
            return self.absolute(self.headers["location"])
        refresh = self.soup.find("meta", attrs={"http-equiv": re.compile("^refresh$", re.IGNORECASE)})
        if refresh is None or refresh.find_parent("noscript"):
            return ""
        found = _REFRESH.match(str(refresh.get("content", "")))
        return self.absolute(found[2]) if found and int(found[1]) <= _LONGEST_REFRESH_SECONDS else ""


def shown(url: str) -> str:
    """An address for a message, without its query."""
    return url.split("?")[0]
