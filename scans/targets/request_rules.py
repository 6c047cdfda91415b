"""The rules for every request of a scan: headers to send, and addresses that are never requested."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

from scans.reasons import Reasoned

# Headers that concern the connection or the body (RFC 9110, 7.6.1), or the site that is asked: whoever could set
# `Host` would scan any site behind an allowed address. The engine's driver has the same list.
REFUSED_HEADERS = frozenset(
    "host content-length transfer-encoding connection keep-alive proxy-connection proxy-authenticate "
    "proxy-authorization te trailer upgrade http2-settings expect content-encoding accept-encoding".split()
)


class LeftOut(Reasoned, ValueError):
    """An address was not asked for, since it is left out of the scan."""

    def __init__(self):
        super().__init__("left_out")


class HeaderRefused(Reasoned, ValueError):
    """A line is no header that may be given; the value is never quoted."""


@dataclass(frozen=True, kw_only=True)
class RequestRules:
    """`headers` go along with every request, by name; `left_out` are regular expressions of whole addresses."""

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    left_out: tuple[str, ...] = ()

    def leaves_out(self, url: str) -> bool:
        """Return whether this address is never requested; percent-encoded letters are understood."""
        url = url.partition("#")[0]
        return any(re.fullmatch(pattern, one) for pattern in self.left_out for one in {url, unquote(url)})

    @property
    def user_agent(self) -> str:
        """The User-Agent that was given, or nothing."""
        return next((value for name, value in self.headers if name.lower() == "user-agent"), "")


NO_RULES = RequestRules()


def parse_header(line: str) -> tuple[str, str]:
    """Name and value of a “Name: value”; raises HeaderRefused."""
    name, colon, value = line.partition(":")
    name, value = name.strip(), value.strip()
    legal = colon and name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    if not legal or not value.isprintable() or not value.isascii():
        raise HeaderRefused("header_malformed")
    if name.lower() in REFUSED_HEADERS:
        raise HeaderRefused("header_of_connection", name=name)
    return name, value


@lru_cache
def expression(pattern: str) -> str:
    """The regular expression of the addresses that a pattern means.

    `*` stands for anything. A pattern that begins with / or * is compared with path and query, one that begins with
    http:// or https:// with the whole address. One without a query means the path whatever the query is.
    """
    start = "" if pattern.startswith(("http://", "https://")) else r"(?>https?://[^/?#]*)"
    first, *rest = pattern.split("*")
    body = re.escape(first)
    for piece in rest[:-1]:
        body += f"(?>.*?{re.escape(piece)})"  # atomic: no address makes it take for ever
    if rest:
        body += f".*{re.escape(rest[-1])}"
    return f"(?is:{start}{body}{'' if '?' in pattern else r'(?:[?].*)?'})"


def pattern_of(url: str, patterns: Iterable[str]) -> str:
    """Return the first of these patterns that leaves an address out; nothing if none does."""
    return next((pattern for pattern in patterns if rules((), [pattern]).leaves_out(url)), "")


def rules(headers: Iterable[tuple[str, str]], patterns: Iterable[str]) -> RequestRules:
    """The rules for these headers and patterns."""
    return RequestRules(headers=tuple(headers), left_out=tuple(map(expression, patterns)))
