"""Web addresses in files for code hosts, which take them apart by the rules of RFC 3986."""

import re
from hashlib import sha256
from urllib.parse import quote

LONGEST_PATH = 1000  # characters; paths of files are seldom longer anywhere
_PARTS = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?([^/?#]*)([^?#]*)", re.IGNORECASE)
_IPV6_HOST = re.compile(r"[a-z][a-z0-9+.-]*://\[[0-9a-f:.]+\]", re.IGNORECASE)
_NO_ESCAPE = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)
# Decoded, these are separators of folders or control characters, which no name of a file holds.
_UNFIT_ESCAPE = re.compile(r"%(?=2f|5c|7f|[01][0-9a-f])", re.IGNORECASE)
_IN_SEGMENT = "%~!$&'()*+,;=:@"


def uri(address: str) -> str:
    """Return the address as a URI: whatever RFC 3986 does not allow is percent-encoded."""
    brackets = _IPV6_HOST.match(address)
    host = brackets[0] if brackets else ""
    path, mark, fragment = address[len(host) :].partition("#")
    safe = f"{_IN_SEGMENT}/?"
    return host + _quoted(path, safe) + mark + _quoted(fragment, safe)


def as_path(address: str) -> str:
    """Return host, port and path of an address as the path of a file, percent-encoded: `shop.example%3A8080/find`.

    A code host compares it with the files of a repository, so it is relative and stays below where it begins. Query and
    fragment are left out. A long one is cut, and ends with a hash of the whole.
    """
    host, path = _PARTS.match(address).groups()
    parts: list[str] = []
    for part in path.split("/"):
        plain = part.replace("%2e", ".").replace("%2E", ".")
        if plain == "..":
            del parts[-1:]
        elif plain not in ("", "."):
            parts.append(_quoted(_UNFIT_ESCAPE.sub("%25", part), _IN_SEGMENT))
    whole = "/".join([_quoted(host, "%") or "site", *parts])
    if len(whole) <= LONGEST_PATH:
        return whole
    mark = f"~{sha256(whole.encode()).hexdigest()[:16]}"
    return re.sub(r"(?:%[0-9A-Fa-f]{0,2})+$", "", whole[: LONGEST_PATH - len(mark)]) + mark


def _quoted(text: str, safe: str) -> str:
    return quote(_NO_ESCAPE.sub("%25", text), safe=safe, errors="replace")
