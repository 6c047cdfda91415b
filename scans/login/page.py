"""A page that was received: address, text, elements, and where it redirects to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

# As browsers read it: "0; url=/next", "0;URL='/next'", "0 /next", and "5", which is the page itself.
_REFRESH = re.compile(
    r"""^\s*(\d{1,9}|(?=\.))(?:\.[\d.]*)?(?:(?:\s*[;,]\s*|\s+)(?:url\s*=\s*)?(?:"([^"]*)|'([^']*)|(.*)))?""",
    re.IGNORECASE | re.DOTALL,
)
_NOT_RUN = ["noscript", "template"]  # elements whose contents a browser with scripts does not use

LONGEST_REFRESH_SECONDS = 5  # a longer refresh reloads a page, a shorter one is a redirect


@dataclass(frozen=True)
class Page:
    """The page that an address and its redirects led to. `repeatable` says whether it can be requested again.

    `led_by` is the address of the last redirect, or empty. A refresh does not count. `encoding` is that of the page, as
    targets.encodings names it. `as_shown` says that a browser has left out of the HTML what nobody sees.
    """

    url: str
    status: int
    headers: httpx.Headers = field(repr=False)
    html: str = field(repr=False)
    repeatable: bool = True
    led_by: str = ""
    encoding: str = "utf-8"
    as_shown: bool = False

    @property
    def path(self) -> str:
        """The path of its address."""
        return urlsplit(self.url).path or "/"

    @property
    def shown_url(self) -> str:
        """The address for messages: without its query, which may contain form data."""
        return shown(self.url)

    @cached_property
    def soup(self) -> BeautifulSoup:
        """The page's elements; none if the page cannot be parsed."""
        # Imported only when a page is parsed: it takes 8 MB, a tenth of a worker, and most scans have no login.
        from bs4 import BeautifulSoup  # noqa: PLC0415
        from bs4.exceptions import ParserRejectedMarkup  # noqa: PLC0415

        try:
            return BeautifulSoup(self.html, "lxml")
        except ParserRejectedMarkup:
            return BeautifulSoup("", "lxml")

    @cached_property
    def text(self) -> str:
        """The text that a visitor reads: without scripts and styles, with single spaces."""
        pieces = self.soup.find_all(string=lambda string: string.parent.name not in ("script", "style", "template"))
        return " ".join(" ".join(pieces).split())

    def absolute(self, address: str) -> str:
        """Return an address on this page as an absolute one, without fragment; empty if it is not valid."""
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
        """The address that a redirect or a short refresh leads to; or empty."""
        if self.redirects:
            return self.absolute(self.headers["location"])
        seconds, address = self.refresh
        if (
            address == self.url.split("#")[0]
        ):  # it reloads itself; a page may do so to see whether its cookie comes back
            return address if not seconds and "set-cookie" in self.headers else ""
        return address if seconds <= LONGEST_REFRESH_SECONDS else ""

    @cached_property
    def refresh(self) -> tuple[int, str]:
        """Seconds and address of the page's refresh, by its header or its HTML; the address is empty without one."""
        metas = self.soup.find_all("meta", attrs={"http-equiv": re.compile(r"^\s*refresh\s*$", re.IGNORECASE)})
        written = [str(meta.get("content", "")) for meta in metas if not meta.find_parent(_NOT_RUN)]
        for value in [self.headers.get("refresh", ""), *written]:
            if found := _REFRESH.match(value):
                target = (found[2] or found[3] or found[4] or "").strip()
                return int(found[1] or 0), self.absolute(target) if target else self.url.split("#")[0]
        return 0, ""


def shown(url: str) -> str:
    """An address for a message, without its query."""
    return url.split("?")[0]
