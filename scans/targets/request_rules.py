"""The rules for every request of a scan: headers to send, and addresses that are never requested."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from scans.reasons import Reasoned
from scans.targets.policy import is_same_site
from scans.targets.shared_rules import Patterns, is_header_name, is_of_connection


class LeftOut(Reasoned, ValueError):
    """An address was not asked for, since it is left out of the scan."""

    def __init__(self):
        super().__init__("left_out")


class HeaderRefused(Reasoned, ValueError):
    """A line is no header that may be given; the value is never quoted."""


@dataclass(frozen=True, kw_only=True)
class RequestRules:
    """The rules of one target, `url`: `headers` go along with every request to its site, by name, and to no other.

    `left_out` are the patterns of addresses that are never requested, on whatever site: see shared_rules.Patterns.
    """

    url: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    left_out: tuple[str, ...] = ()

    def leaves_out(self, url: str) -> bool:
        """Return whether this address is never requested, however it is spelled."""
        return bool(_patterns(self.left_out).first(url))

    def headers_for(self, url: str) -> Mapping[str, str]:
        """Return the headers of a request for this address by their names in small letters; none for another site."""
        if not self.headers or not is_same_site(url, self.url):
            return {}
        return {name.lower(): value for name, value in self.headers}


NO_RULES = RequestRules()


def parse_header(line: str, before: Collection[str] = ()) -> tuple[str, str]:
    """Name and value of a “Name: value”; raises HeaderRefused, for a name that was given `before` too."""
    name, colon, value = line.partition(":")
    name, value = name.strip(" \t"), value.strip(" \t")
    if not colon or not is_header_name(name) or not value.isprintable() or not value.isascii():
        raise HeaderRefused("header_malformed")
    refuse_of_connection(name)
    if name.lower() in map(str.lower, before):
        raise HeaderRefused("header_again", name=name)
    return name, value


def refuse_of_connection(name: str) -> None:
    """Raise HeaderRefused for a header that may not be given, wherever it comes from."""
    if is_of_connection(name):
        raise HeaderRefused("header_of_connection", name=name)


def pattern_of(url: str, patterns: Iterable[str]) -> str:
    """Return the first of these patterns that leaves an address out; nothing if none does."""
    return _patterns(tuple(patterns)).first(url)


@lru_cache(maxsize=64)
def _patterns(patterns: tuple[str, ...]) -> Patterns:
    return Patterns(patterns)
