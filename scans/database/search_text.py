"""What Find looks through: the text of an analysis, and the one rule of what it contains. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import idna

BETWEEN = "\n"  # between name and URLs: no word reaches over it
_END = BETWEEN * 2  # lets the last letter begin a gram, too
GRAM = 3


def fold(text: str) -> str:
    """Without case, by the rules of Unicode, and with accents composed: two texts that differ in neither are equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def search_text(name: str, urls: Iterable[str]) -> str:
    """All that an analysis is found by: its name, its URLs, and these as they are written where they are not ASCII."""
    lines = [name]
    for url in urls:
        lines.append(url)
        if "xn--" in url.lower():
            lines.append(_in_unicode(url))
    return fold(BETWEEN.join(line.replace(BETWEEN, " ") for line in dict.fromkeys(lines))) + _END


def _in_unicode(url: str) -> str:
    """The URL with its host as people write it; unchanged where that is not to be had."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host, colon, port = authority.partition(":")
    try:
        return f"{scheme}{separator}{idna.decode(host)}{colon}{port}{slash}{path}"
    except idna.IDNAError:
        return url


def grams(words: str) -> list[str]:
    """The runs of three letters in folded words; of shorter words, themselves: runs begin with them."""
    return list(dict.fromkeys(words[i : i + GRAM] for i in range(max(1, len(words) - GRAM + 1))))
