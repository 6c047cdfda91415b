"""The rules of requests that every process applies: the product, the engine's driver and the browser's child.

Standard library only: the other two processes have no Django, and import this file by its bare name.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote

# Headers that concern the connection or the body (RFC 9110, 7.6.1), or the site that is asked: whoever could set
# `Host` would scan any site behind an allowed address.
REFUSED_HEADERS = frozenset(
    "host content-length transfer-encoding connection keep-alive te trailer upgrade http2-settings expect "
    "content-encoding accept-encoding".split()
)
REFUSED_PREFIX = "proxy-"
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2
_ADDRESS = re.compile(r"(https?)://([^/?#\\]*)([^?]*)(.*)", re.DOTALL | re.IGNORECASE)
_SITE = re.compile(r"(\[.*\]|[^:]*)(?::(\d*))?", re.DOTALL)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_ANY_SITE = r"(?>https?://[^/?#]*)"
_ENDS_PARAMETER = r"(?:[&;]|\Z)"
_NOT_DECODED = "\ufffd"
_MOST_DECODINGS = 3  # a proxy and an application may decode the same address, one after the other


def is_header_name(name: str) -> bool:
    """Return whether this can be the name of a header."""
    return _NAME.fullmatch(name) is not None


def is_of_connection(name: str) -> bool:
    """Return whether a header may not be given. Servers with CGI's names take _ and - for the same."""
    name = name.strip().lower().replace("_", "-")
    return name in REFUSED_HEADERS or name.startswith(REFUSED_PREFIX)


class Patterns:
    """Patterns of addresses that are never requested.

    `*` stands for anything. A pattern that begins with / or * is compared with path and query, one that begins with
    http:// or https:// with the whole address. One without a query means the path whatever the query is; one with a
    query means every address of that path with these parameters, wherever in the query they stand.
    """

    def __init__(self, patterns: Iterable[str]):
        self._compiled = [(pattern, *_compiled(pattern)) for pattern in patterns]

    def first(self, url: str) -> str:
        """Return the first pattern that means this address, however it is spelled; nothing if none does."""
        spelled = spellings(url) if self._compiled else frozenset()
        text = "\n".join(spelled)
        for pattern, word, expression in self._compiled:
            if word in text and any(map(expression.fullmatch, spelled)):
                return pattern
        return ""


@lru_cache(maxsize=1024)  # an engine asks for an address when it finds it, and again when it requests it
def spellings(url: str) -> frozenset[str]:
    """Return an address as it is, and as servers may read it, all in small letters."""
    url = url.partition("#")[0]
    path, mark, query = url.partition("?")
    as_form = path + mark + query.replace("+", " ")
    found = {url, as_form}
    for encoding in ("utf-8", "latin-1"):
        decoded = as_form
        for _ in range(_MOST_DECODINGS):
            if "%" not in decoded:
                break
            decoded = unquote(decoded, encoding=encoding, errors="replace")
            found.add(decoded)
        if _NOT_DECODED not in decoded:
            break
    return frozenset(one.casefold() for each in found for one in (each, _tidied(each)))


def _tidied(url: str) -> str:
    """The address without default port, control characters, path parameters, dots, and slashes that mean nothing."""
    match = _ADDRESS.fullmatch(url)
    if not match:
        return url
    scheme, site, path, query = match.groups()
    path = re.sub(r"[\x00-\x20\x7f]", "", path.replace("\\", "/"))
    parts: list[str] = []
    for part in re.sub(r";[^/]*", "", path).split("/"):
        if part == "..":
            del parts[-1:]
        elif name := part.rstrip("."):
            parts.append(name)
    return f"{scheme}://{_tidied_site(scheme, site)}/{'/'.join(parts)}{query}"


def _tidied_site(scheme: str, site: str) -> str:
    match = _SITE.fullmatch(site.rpartition("@")[2])
    if not match:
        return site
    port = match[2] or ""
    return match[1].rstrip(".") + (f":{port}" if port not in ("", _DEFAULT_PORTS[scheme.lower()]) else "")


def _compiled(pattern: str) -> tuple[str, re.Pattern[str]]:
    """Return a word that every address of this pattern has, and its expression; both for `spellings`."""
    start, rest = _ANY_SITE, pattern
    if absolute := re.fullmatch(r"(?i:(https?)://)([^/?#*]*)(.*)", pattern, re.DOTALL):
        start = re.escape(f"{absolute[1]}://{_ascii(_tidied_site(absolute[1], absolute[2]))}".casefold())
        rest = absolute[3] or "/"
    path, mark, query = rest.partition("?")
    if not path.endswith("*/"):
        path = path.rstrip("/") or "/"
    body = _glob(path + mark + query, ".") + ("" if mark else r"(?:[?].*)?")
    parameters = [one for one in re.split("[&;]", query) if one.strip("*")]
    if parameters:
        anywhere = "".join(rf"(?=(?:.*?[&;])?{_parameter(one)}{_ENDS_PARAMETER})" for one in parameters)
        body = f"(?:{body}|{_glob(path, '.')}[?]{anywhere}.*)"
    words = [word for piece in (path, *(one.removesuffix("=*") for one in parameters)) for word in _literals(piece)]
    return max(words, key=len, default=""), re.compile(start + body, re.DOTALL)


def _parameter(pattern: str) -> str:
    """Return the expression of a parameter; `name=*` also means the name alone."""
    name = pattern.removesuffix("=*")
    return _glob(pattern, "[^&;]") if name == pattern or "*" in name else _glob(name, "") + "(?:=[^&;]*)?"


def _glob(pattern: str, any_character: str) -> str:
    """Return the expression of a text in which * stands for any number of these characters."""
    first, *rest = map(re.escape, _literals(pattern))
    middle = "".join(f"(?>{any_character}*?{piece})" for piece in rest[:-1])  # atomic: no pattern takes long
    return first + middle + (f"{any_character}*{rest[-1]}" if rest else "")


def _literals(pattern: str) -> Iterator[str]:
    return (unquote(piece).casefold() for piece in pattern.split("*"))


def _ascii(site: str) -> str:
    """A host in the letters that requests have; as it is where it has none."""
    try:
        return site if site.isascii() else site.encode("idna").decode()
    except UnicodeError:
        return site
