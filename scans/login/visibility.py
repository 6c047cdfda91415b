"""Whether a visitor sees an element, as far as a page tells without its external style sheets."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from scans.login.page import Page

if TYPE_CHECKING:
    from bs4 import Tag

_HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|(left|top|margin-left|text-indent)\s*:\s*-\d{3,}"
    r"|opacity\s*:\s*0*(\.0*)?\s*(;|!|$)|(?<![-\w])(width|height)\s*:\s*0(px)?\s*(;|!|$)",
    re.IGNORECASE,
)
# Classes of the usual style sheets that hide.
_CLASSES = frozenset(
    "hidden hide d-none is-hidden invisible visually-hidden visuallyhidden sr-only screen-reader-text display-none "
    "ng-hide u-hidden offscreen off-screen honeypot".split()
)
_COMMENT = re.compile(r"/\*.*?(\*/|$)", re.DOTALL)
_RULE = re.compile(r"([^{}@;]{1,200})\{([^{}]{0,2000})\}")
_MOST_RULES, _MOST_PARENTS, _LONGEST_SHEET = 30, 30, 64 * 1024


class Visibility:
    """The hidden parts of one page. Its own style elements count, but not their rules for printing or small screens.

    A page that a browser has left only the shown parts of hides nothing.
    """

    def __init__(self, page: Page):
        self._page = page

    @cached_property
    def _selectors(self) -> list:
        return _hiding_selectors(self._page)

    def hides(self, control: Tag, inside: Tag) -> bool:
        """Return whether a control, or what is around it `inside` an element, is hidden."""
        tag, steps = (None if self._page.as_shown else control), 0
        while tag is not None and tag is not inside and steps < _MOST_PARENTS:
            if self._is_hidden(tag):
                return True
            tag, steps = tag.parent, steps + 1
        return False

    def _is_hidden(self, tag: Tag) -> bool:
        if tag.name == "template" or tag.has_attr("hidden") or str(tag.get("aria-hidden", "")).lower() == "true":
            return True
        if tag.name == "input" and str(tag.get("type", "")).strip().lower() == "hidden":
            return True
        classes = {str(one).lower() for one in tag.get_attribute_list("class") if one}
        return bool(classes & _CLASSES or _HIDES.search(str(tag.get("style", ""))[:500])) or any(
            selector.match(tag) for selector in self._selectors
        )


def _hiding_selectors(page: Page) -> list:
    """Return the compiled selectors of the page's own rules that hide something."""
    import soupsieve  # noqa: PLC0415 - comes with BeautifulSoup, which is imported as late

    found = []
    for style in page.soup.find_all("style", limit=10):
        if str(style.get("media", "all")).strip().lower() not in ("", "all", "screen"):
            continue
        for selector, body in _RULE.findall(_without_blocks(_COMMENT.sub("", style.get_text()[:_LONGEST_SHEET]))):
            if len(found) < _MOST_RULES and _HIDES.search(body):
                try:
                    found.append(soupsieve.compile(selector.strip()))
                except (soupsieve.SelectorSyntaxError, NotImplementedError, ValueError):
                    continue
    return found


def _without_blocks(sheet: str) -> str:
    """Return a style sheet without its blocks of rules, such as those of @media."""
    kept, depth, start = [], 0, 0
    for match in re.finditer(r"@[\w-]+[^{};]*\{|[{}]", sheet):
        if depth == 0 and match[0].startswith("@"):
            kept.append(sheet[start : match.start()])
            depth = 1
        elif depth:
            depth += 1 if match[0].endswith("{") else -1
            start = match.end()
    return "".join(kept) + (sheet[start:] if depth == 0 else "")
