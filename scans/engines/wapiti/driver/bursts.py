# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Pages by which a site refuses requests for a moment, although their status says that all is well.

A page is suspected if its few words say so, or if the same few words come from several addresses that had another page
before. The request is then sent again: another answer proves it, and the page is known from then on.
"""

import re

from login import is_text

LONGEST_PAGE, LONGEST_TEXT = 8000, 800  # characters, and letters among them; a longer page is no such page
MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
NO_LETTERS = re.compile(r"[\W\d_]+")  # a page may name the moment, or the number of a case
SAYS_SO = re.compile(
    r"too many (?:requests?|queries|attempts|connections|hits)|slow(?:ing)? (?:it )?down|rate.?limit|request limit|"
    r"throttl|(?:requests?|going|clicking|browsing) (?:are |is )?too (?:fast|quickly|often|frequent)|"
    r"unusual traffic|automated (?:queries|requests|traffic)|try again (?:later|in a)|limit (?:exceeded|reached)|"
    r"zu viele (?:anfragen|zugriffe)|langsamer|später (?:noch|erneut|wieder)|trop de requ[eê]tes|demasiadas solicitud",
    re.IGNORECASE,
)
WAITS_IF_SAID, WAITS = (0.5, 1.5, 3.0, 6.0), (0.5, 2.0)  # seconds before a suspected request is sent again
ADDRESSES, ANSWERS = 2, 4  # so many different ones with the same unusual page are suspicious
MOST_ALARMS = 4  # suspicions of pages that do not say so
MOST_TRIES = 8  # of a request whose known page stays, while the start page is given
MOST_KEPT = 5000


class Bursts:
    """The usual pages of each address, and the pages that turned out to be refusals, or not."""

    def __init__(self, start):
        self.usual = {}  # the pages of each path
        self.start = start
        self.seen = {}  # unusual page: the addresses that had it
        self.known, self.ordinary = set(), set()
        self.alarms = 0

    async def page_of(self, response, read):
        """Return the words of a short page that is no error; empty for any other answer."""
        if response.status_code >= 300 or not is_text(response):
            return ""
        text = await read(response)
        if len(text) > LONGEST_PAGE:
            return ""
        words = NO_LETTERS.sub(" ", MARKUP.sub(" ", text)).strip()
        return words if len(words) <= LONGEST_TEXT else ""

    def wait_for(self, request, page):
        """Return the seconds after which to send a request again, because its page is suspected; None if it is not."""
        path, waited = request.url.path, request.extensions.setdefault("suspected", [])
        if not page or page in self.ordinary or page in self.usual.get(path, ()) or waited[-1:] not in ([], [page]):
            return None
        says_so = SAYS_SO.search(page) is not None
        if not waited and not (says_so or self.is_everywhere(page, request)):
            return None
        if path == self.start and path not in self.usual:
            return None  # the first answer of the start page is its usual one
        waits = WAITS_IF_SAID if says_so else WAITS
        if len(waited) >= len(waits):
            self.ordinary.add(page)
            waited.clear()
            return None
        self.alarms += not waited and not says_so
        waited.append(page)
        return waits[len(waited) - 1]

    def is_everywhere(self, page, request):
        """Return whether several addresses have this page instead of their usual ones."""
        path = request.url.path
        if page in self.seen or len(self.seen) < MOST_KEPT:
            addresses = self.seen.setdefault(page, set())
            if len(addresses) < ANSWERS:
                addresses.add((path, str(request.url.query), hash(body_of(request))))
        else:
            return False
        usual = any(page in pages for pages in self.usual.values())
        paths = {path for path, *_ in addresses if path in self.usual}
        enough = len(paths) >= ADDRESSES or (paths and len(addresses) >= ANSWERS)
        return enough and not usual and self.alarms < MOST_ALARMS

    def took(self, request, page, crawling):
        """Note an answer that is none of these. Returns how many refusals of its request it proves."""
        suspected = request.extensions.pop("suspected", [])
        proven = [one for one in suspected if one != page]
        self.known.update(proven)
        if (crawling or request.url.path == self.start) and len(self.usual) < MOST_KEPT:
            pages = self.usual.setdefault(request.url.path, set())
            if page and len(pages) < ANSWERS:
                pages.add(page)
        return len(proven)


def body_of(request):
    """Return the body of a request as far as it is there."""
    try:
        return request.content
    except Exception:  # of a form with files
        return b""
