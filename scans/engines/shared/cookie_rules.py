# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later
"""Cookies as browsers read, keep and send them: RFC 6265bis (draft-ietf-httpbis-rfc6265bis-20).

Standard library only. The product imports this file, and the engine's driver does so too, from its own environment.
The section numbers below are the draft's. Two things differ from it:

- Instead of the list of public suffixes, a name without a dot counts as one. A target is one site, so that suffices.
- A connection to this machine counts as secure without TLS, as in Chromium and Firefox.
"""

import re
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

LONGEST_PAIR, LONGEST_ATTRIBUTE = 4096, 1024  # octets
LONGEST_LIFE_SECONDS = 400 * 24 * 60 * 60
_ENDED = float("-inf")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BLANK = " \t"
_LOOPBACK = re.compile(r"(.+\.)?localhost|127(\.\d+){3}|::1")
_ADDRESS = re.compile(r"\d+(\.\d+){3}|.*:.*")
_NUMBER = re.compile(r"-?[0-9]+")
_DATE_TOKENS = re.compile(r"[^\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = re.compile(r"([0-9]{1,2})(?![0-9])")
_YEAR = re.compile(r"([0-9]{2,4})(?![0-9])")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


@dataclass(frozen=True)
class Kept:
    """A cookie as it is kept. `expires` is a time.time(), or None for the end of the session.

    `http_only` is None if nobody saw the site set it. A host-only cookie goes to its domain, any other to the domain's
    subdomains too.
    """

    name: str
    value: str
    domain: str
    path: str
    host_only: bool = True
    secure: bool = False
    http_only: bool | None = False
    expires: float | None = None

    @property
    def identity(self) -> tuple[str, str, bool, str]:
        """The values that a later cookie must share to take the place of this one (5.7, step 22)."""
        return self.name, self.domain, self.host_only, self.path

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= time.time()

    @property
    def pair(self) -> str:
        """The part of a Cookie header that carries it (5.8.3, step 4)."""
        return f"{self.name}={self.value}" if self.name else self.value

    @property
    def missing_flags(self) -> tuple[str, ...]:
        """The flags against theft that the site has set it without; none if nobody saw the site set it."""
        has = {"HttpOnly": self.http_only, "Secure": self.secure}
        return () if self.http_only is None else tuple(name for name in has if not has[name])

    def goes_to(self, url: str) -> bool:
        """Return whether a request for this address carries it (5.8.3, step 1)."""
        host, path, is_secure = place(url)
        reaches = host == self.domain if self.host_only else _is_within(host, self.domain)
        return reaches and _path_matches(path, self.path) and (is_secure or not self.secure) and not self.has_expired


class CookieJar:
    """The cookies of one visitor, in the order in which they were set. Not thread-safe."""

    def __init__(self):
        self._kept: dict[tuple, Kept] = {}

    def __iter__(self) -> Iterator[Kept]:
        return iter([cookie for cookie in self._kept.values() if not cookie.has_expired])

    def add(self, cookie: Kept) -> None:
        """Keep a cookie in the place of the same one; drop that if this one has expired."""
        if cookie.has_expired:
            self._kept.pop(cookie.identity, None)
        else:
            self._kept[cookie.identity] = cookie  # a dictionary keeps the older one's place: its creation time

    def follow(self, url: str, line: str) -> None:
        """Do what a Set-Cookie line of an answer from this address says."""
        if cookie := read(url, line, self._kept.values()):
            self.add(cookie)

    def header(self, url: str) -> str:
        """Return the Cookie header of a request for this address; or an empty text."""
        return "; ".join(cookie.pair for cookie in in_order(cookie for cookie in self if cookie.goes_to(url)))


def in_order(cookies) -> list[Kept]:
    """Return cookies as a Cookie header has them: longer paths first, then as they were set (5.8.3, step 2)."""
    return sorted(cookies, key=lambda cookie: -len(cookie.path))


def with_cookies(before: str, own: str, names: Collection[str] = ()) -> str:
    """Return a Cookie header with the cookies of `own`, after those of `before` that they do not replace.

    They replace cookies of the same name, and of `names`; all others stay letter for letter, as they may be an attack.
    """
    replaced = {*names, *(pair.partition("=")[0].strip() for pair in own.split(";"))}
    kept = ";".join(pair for pair in before.split(";") if pair.partition("=")[0].strip() not in replaced)
    return "; ".join(filter(None, (kept.strip(), own.strip())))


def place(url: str) -> tuple[str, str, bool]:
    """Return host, path, and whether the connection counts as secure."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return host, parts.path or "/", parts.scheme == "https" or _LOOPBACK.fullmatch(host) is not None


def split_pair(line: str) -> tuple[str, str]:
    """Return name and value of a Set-Cookie line; without “=”, all is value (5.6, steps 2 to 4)."""
    name, equals, value = line.partition(";")[0].partition("=")
    return (name.strip(_BLANK), value.strip(_BLANK)) if equals else ("", name.strip(_BLANK))


def read(url: str, line: str, others=()) -> Kept | None:
    """Return the cookie that a Set-Cookie line of an answer from `url` sets; None if a browser ignores it (5.6, 5.7).

    `others` are the cookies that are kept already: a line that came without TLS replaces none that needs TLS.
    """
    name, value = split_pair(line)
    length = len((name + value).encode("utf-8", "surrogateescape"))
    if _CONTROLS.search(line) or not 0 < length <= LONGEST_PAIR:
        return None
    attributes = _attributes(line.partition(";")[2])
    host, path, is_secure = place(url)
    domain = _domain(attributes.get("domain", ""), host)
    if domain is None:
        return None
    given_path = attributes.get("path", "")
    cookie = Kept(
        name=name,
        value=value,
        domain=domain or host,
        path=given_path if given_path.startswith("/") else default_path(path),
        host_only=not domain,
        secure="secure" in attributes,
        http_only="httponly" in attributes,
        expires=_expires(attributes),
    )
    if cookie.secure and not is_secure or not _keeps_its_prefix(cookie, given_path):
        return None
    if attributes.get("samesite", "").lower() == "none" and not cookie.secure:
        return None
    return None if not is_secure and _is_under_a_secure_one(cookie, others) else cookie


def default_path(path: str) -> str:
    """Return the path of a cookie that names none: the request's, up to its last slash (5.1.4)."""
    return path[: path.rindex("/")] or "/" if path.startswith("/") else "/"


def _attributes(text: str) -> dict[str, str]:
    """Return the attributes by their names in lower case; of several with one name, the last counts.

    Max-Age and Expires without a usable value are left out, so an earlier one counts.
    """
    found = {}
    for piece in text.split(";"):
        name, _, value = piece.partition("=")
        name, value = name.strip(_BLANK).lower(), value.strip(_BLANK)
        if len(value.encode("utf-8", "surrogateescape")) > LONGEST_ATTRIBUTE:
            continue
        if name == "max-age" and not _NUMBER.fullmatch(value) or name == "expires" and parse_date(value) is None:
            continue
        found[name] = value
    return found


def _expires(attributes: dict[str, str]) -> float | None:
    """Return when a cookie expires: by Max-Age, else by Expires; at most 400 days from now."""
    now = time.time()
    if age := attributes.get("max-age", ""):
        # More digits than any age needs are not read: that would take long.
        seconds = int(age) if len(age) < 12 else (0 if age.startswith("-") else LONGEST_LIFE_SECONDS)
        return now + min(seconds, LONGEST_LIFE_SECONDS) if seconds > 0 else _ENDED
    moment = parse_date(attributes.get("expires", ""))
    return None if moment is None else min(moment, now + LONGEST_LIFE_SECONDS)


def _domain(given: str, host: str) -> str | None:
    """Return the domain of a cookie, empty for this host alone; None if the site may not set it (5.7, 9 to 11)."""
    domain = given.removeprefix(".").lower()
    if domain.startswith("["):
        domain = domain.strip("[]")
    if not domain:
        return ""
    if not domain.isascii() or not _is_within(host, domain):
        return None
    if "." not in domain or _ADDRESS.fullmatch(domain):  # a public suffix, or an address: of no other host
        return "" if domain == host else None
    return domain


def _is_within(host: str, domain: str) -> bool:
    """Return whether a host is a domain or inside it; an address is inside none (5.1.3)."""
    return host == domain or (host.endswith(f".{domain}") and not _ADDRESS.fullmatch(host))


def _path_matches(path: str, wanted: str) -> bool:
    """Return whether a request's path is a cookie's or below it (5.1.4)."""
    return path == wanted or (path.startswith(wanted) and (wanted.endswith("/") or path[len(wanted)] == "/"))


def _keeps_its_prefix(cookie: Kept, given_path: str) -> bool:
    """Return whether a cookie is what the beginning of its name promises (5.7, steps 19 to 21)."""
    if not cookie.name:
        return not cookie.value.lower().startswith(("__secure-", "__host-"))
    if cookie.name.lower().startswith("__host-"):
        return cookie.secure and cookie.host_only and given_path == "/"
    return cookie.secure or not cookie.name.lower().startswith("__secure-")


def _is_under_a_secure_one(cookie: Kept, others) -> bool:
    """Return whether a cookie that needs no TLS would hide one that does (5.7, step 16)."""
    return not cookie.secure and any(
        other.secure
        and not other.has_expired
        and other.name == cookie.name
        and (_is_within(other.domain, cookie.domain) or _is_within(cookie.domain, other.domain))
        and _path_matches(cookie.path, other.path)
        for other in others
    )


def parse_date(text: str) -> float | None:
    """Return the time.time() that an Expires attribute names; None if it names none (5.1.1)."""
    found: dict[str, tuple[int, ...]] = {}
    for token in _DATE_TOKENS.findall(text):
        month = token[:3].lower()
        for name, match in (("time", _TIME), ("day", _DAY), ("month", None), ("year", _YEAR)):
            if name in found:
                continue
            if name == "month" and month in _MONTHS:
                found[name] = (_MONTHS.index(month) + 1,)
                break
            if match and (numbers := match.match(token)):
                found[name] = tuple(map(int, numbers.groups()))
                break
    if len(found) < 4:
        return None
    (year,), (month,), (day,) = found["year"], found["month"], found["day"]
    year += 1900 if 70 <= year <= 99 else 2000 if year <= 69 else 0
    try:
        return datetime(year, month, day, *found["time"], tzinfo=UTC).timestamp() if year >= 1601 else None
    except ValueError:  # there is no such day or time
        return None
