"""A made-up language that marks each text that went through translation, and what a page shows outside of them."""

import re
from html.parser import HTMLParser

import pytest
from django.utils import translation

from scans.templatetags import display

OPEN, CLOSE = "⟦", "⟧"
_ATTRIBUTES = ("title", "aria-label", "placeholder", "alt", "data-label")
_NOT_READ = {"script", "style", "code", "pre", "datalist", "textarea", "kbd"}
_FORMATS = {"a date", "a moment"}
# What is the same in every language: names of ours and of formats, addresses, moments, units.
_SAME = re.compile(
    r"https?://\S+|\w+=…|\b[\w.-]+/[\w.-]+\b|\d[\d:.,-]* ?(?:d|h|min|s|ms|kB|MB|UTC)\b|\bUTC\b|\bDynamic Analys[ei]s\b"
    r"|\b(?:CSV|JSON|SARIF|HTML|PDF|CWE|WSTG|GET|POST|curl|HTTP|English|Deutsch|Wapiti|Fake)\b|\bmake \w+\b"
)


def speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everything that is translated marked, from now on."""
    real = translation._trans
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        original = getattr(real, name)

        def marked(*arguments, _original=original):
            text = _original(*arguments)
            return text if arguments[0] in _FORMATS or not text else f"{OPEN}{text}{CLOSE}"

        monkeypatch.setattr(real, name, marked)
    monkeypatch.setattr(display, "get_language", lambda: "pseudo")  # by which it keeps what it has made


class _Reader(HTMLParser):
    """What people read or hear of a page, in order; text between marks is left out."""

    def __init__(self):
        super().__init__()
        self.depth, self.skipped, self.left = 0, [], []

    def handle_starttag(self, tag, attributes):
        if tag in _NOT_READ:
            self.skipped.append(tag)
        for name, value in attributes:
            if name in _ATTRIBUTES and value and not self.skipped:
                self._read(value, alone=True)

    def handle_endtag(self, tag):
        if self.skipped and self.skipped[-1] == tag:
            self.skipped.pop()

    def handle_data(self, data):
        if not self.skipped:
            self._read(data)

    def _read(self, text: str, *, alone: bool = False) -> None:
        depth = 0 if alone else self.depth
        outside = ""
        for character in text:
            depth += (character == OPEN) - (character == CLOSE)
            outside += character if depth == 0 and character != CLOSE else ""
        if not alone:
            self.depth = depth
        if re.search(r"[A-Za-z]{2}", _SAME.sub("", outside)):
            self.left.append(" ".join(outside.split()))


def untranslated(page: str) -> list[str]:
    """The pieces of a page that no translator can reach."""
    reader = _Reader()
    reader.feed(page)
    return reader.left
