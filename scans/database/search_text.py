"""The search text of an analysis, in which Find looks for words, and the grams of a text. Needs no database."""

import unicodedata
from collections.abc import Iterable

import idna

BETWEEN = "\n"  # between name and URLs, so that a search text cannot match across two of them
_END = BETWEEN * 2  # so that a gram begins with the last letter, too
GRAM = 3


def fold(text: str) -> str:
    """Return the text without case, by the rules of Unicode, and with composed accents, ready to be compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def search_text(name: str, urls: Iterable[str]) -> str:
    """Return the folded text by which an analysis is found: its name and URLs; of an IDNA URL also its Unicode form."""
    lines = [name]
    for url in urls:
        lines.append(url)
        if "xn--" in url.lower():
            lines.append(_in_unicode(url))
    return fold(BETWEEN.join(line.replace(BETWEEN, " ") for line in dict.fromkeys(lines))) + _END


def _in_unicode(url: str) -> str:
    """Return the URL with its host in Unicode; unchanged if the host is not valid IDNA."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host, colon, port = authority.partition(":")
    try:
        return f"{scheme}{separator}{idna.decode(host)}{colon}{port}{slash}{path}"
    except idna.IDNAError:
        return url


def grams(words: str) -> list[str]:
    """Return each run of three letters in a folded text once; a shorter text as it is, because grams begin with it."""
    return list(dict.fromkeys(words[i : i + GRAM] for i in range(max(1, len(words) - GRAM + 1))))
