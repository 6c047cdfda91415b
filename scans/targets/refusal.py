"""Refusals: the answers with which a site or its firewall turns visitors away, whatever they asked for.

A rate limit and a challenge say so themselves. A block page is told from an ordinary answer by comparing it with what
the same address answered before: with a 403 that always was one, nobody is turned away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any
from zlib import crc32

from scans.reasons import NO_REASON, Reason

TOO_MANY_REQUESTS, UNAVAILABLE = 429, 503
# Also how a site says that there is nothing, or that an attack broke something: no refusal, unless the page says so.
NOTHING_THERE = (404, 410)
_ALIKE = 0.25  # the share of words that two pages of one address have in common, at least
_MARKS_KEPT = 64
_LONGEST_TEXT = 200
# As much as a finding keeps of its answer: the rest of a longer one would make it another page.
_LONGEST_BODY = 64 * 1024
_TITLE = re.compile(r"<title[^<>]*+>([^<]*+)", re.IGNORECASE)
# Each letter is read once, however many tags a hostile page leaves open.
_UNSEEN = re.compile(r"<(script|style)\b(?:[^<]|<(?!/\1))*+(?:</\1[^<>]*+>|\Z)|<[^<>]*+>", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][^\W\d]+")
# Words of every page, which make no two pages alike.
_COMMON = frozenset(
    "body br center charset class content css device div doctype en head hr href html http initial js lang link meta "
    "name nav org rel scale script span strong style stylesheet text title type utf viewport width www".split()
)
_DENIED = re.compile(
    r"\b(?:access|request|address|connection|visitor|ip|client|you|browser)\b.{0,60}\b(?:denied|blocked|banned|"
    r"forbidden|rejected|refused|blacklisted|restricted|prohibited)\b|\b(?:denied|blocked|banned) (?:access|by)\b|"
    r"captcha|not a robot|(?:are|re) (?:a )?(?:human|robot)|unusual traffic|automated (?:queries|requests|traffic)|"
    r"too many requests|rate.?limit|checking your browser|just a moment|attack (?:detected|prevented)|"
    r"web application firewall|suspicious activity|not acceptable|service unavailable|\bforbidden\b|"
    r"zugriff.{0,40}(?:verweigert|gesperrt|blockiert)|(?:adresse|anfrage).{0,40}(?:gesperrt|blockiert|abgelehnt)|"
    r"zu viele anfragen|kein roboter|acc[eè]s.{0,40}(?:refus|interdit|bloqu)|acceso.{0,40}(?:denegado|bloqueado)",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_NOTICE = 800  # characters
_SLOW_DOWN = re.compile(
    r"too many (?:requests?|queries|attempts|connections|hits)|slow(?:ing)? (?:it )?down|rate.?limit|request limit|"
    r"throttl|(?:requests?|going|clicking|browsing) (?:are |is )?too (?:fast|quickly|often|frequent)|"
    r"unusual traffic|automated (?:queries|requests|traffic)|limit (?:exceeded|reached)|"
    r"zu viele (?:anfragen|zugriffe)|langsamer|trop de requ[eê]tes|demasiadas solicitud",
    re.IGNORECASE,
)
# Headers and page parts of firewalls that ask a visitor to prove that it is human. Only the headers are certain: a
# firewall also puts its scripts into ordinary pages.
_CHALLENGE_HEADERS = {"cf-mitigated": ("challenge", "block"), "x-amzn-waf-action": ("challenge", "captcha")}
_CHALLENGE = re.compile(
    r"/cdn-cgi/challenge-platform/|cf-chl-|_Incapsula_Resource|captcha-delivery\.com|px-captcha|awswaf\.com|"
    r"sucuri_cloudproxy|ddos-guard|g-recaptcha|h-captcha|cf-turnstile",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Seen:
    """An answer, as far as a later answer of the same address is compared with it. JSON keeps it: see `to_json`."""

    status: int
    title: str = ""
    marks: tuple[int, ...] = ()  # of the page's words: the smallest numbers that stand for them
    location: str = ""  # where it redirects to
    server: str = ""
    denies: bool = False  # its words would say of any other page that it turns somebody away
    seconds: float = 0.0  # how long the answer took

    def to_json(self) -> dict[str, Any]:
        """Return plain data for `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any] | None) -> Seen | None:
        """Read the result of `to_json`, also that of another version of the product; None of nothing."""
        if not values or "status" not in values:
            return None
        known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        return cls(**{**known, "marks": tuple(values.get("marks", ()))})


def seen(status: int, headers: Mapping[str, str], body: str, seconds: float = 0.0) -> Seen:
    """Return what is kept of an answer. `headers` must be asked in lower case or ignore case, `body` is its text."""
    body = body[:_LONGEST_BODY]
    title = _TITLE.search(body)
    words = {word.lower() for word in _WORD.findall(body)} - _COMMON
    return Seen(
        status=status,
        title=_plain(title[1] if title else ""),
        marks=tuple(sorted(crc32(word.encode()) for word in words)[:_MARKS_KEPT]),
        location=headers.get("location", "")[:_LONGEST_TEXT] if 300 <= status < 400 else "",
        server=headers.get("server", "")[:_LONGEST_TEXT],
        denies=_says_denied(body),
        seconds=round(seconds, 1),
    )


def refusal(
    status: int, headers: Mapping[str, str], body: str, usual: Seen | None, elsewhere: Seen | None = None
) -> Reason:
    """Return how this answer turns us away; false if it does not.

    `usual` is what the same address answered before, None if nobody knows: then only an answer that says so itself is
    a refusal. `elsewhere` is what an address that does not exist answers now, if somebody asked: a page that is new
    here and the same there is given to everybody who is turned away.
    """
    now = seen(status, headers, body)
    if usual and status == usual.status and now.title == usual.title and alike(now, usual):
        return NO_REASON
    if status == TOO_MANY_REQUESTS:
        return Reason("refused_too_many", status=status)
    if status == UNAVAILABLE:
        return Reason("refused_unavailable", status=status)
    if _is_challenge(now, headers, body, usual):
        return Reason("refused_challenge", status=status)
    return _block_page(now, usual, elsewhere) if usual else NO_REASON


def _block_page(now: Seen, usual: Seen, elsewhere: Seen | None) -> Reason:
    """Return how an answer turns us away that is not the usual one; false if it does not."""
    turned_away = Reason("refused_block_page", status=now.status, usual=usual.status)
    if 400 <= now.status < 500 and usual.status < 400 and now.status not in NOTHING_THERE:
        return turned_away
    if now.status >= 500:
        return NO_REASON
    if _DENIED.search(now.title) and not _DENIED.search(usual.title):
        return turned_away
    if alike(now, usual):
        return NO_REASON
    if now.denies and not usual.denies:
        return turned_away
    same_for_all = elsewhere is not None and now.status == elsewhere.status and alike(now, elsewhere)
    return turned_away if same_for_all and now.status not in NOTHING_THERE else NO_REASON


def _is_challenge(now: Seen, headers: Mapping[str, str], body: str, usual: Seen | None) -> bool:
    if any(headers.get(name, "").lower() in actions for name, actions in _CHALLENGE_HEADERS.items()):
        return True
    is_new = not alike(now, usual) if usual else now.status >= 400
    return is_new and _CHALLENGE.search(body) is not None


def alike(one: Seen, other: Seen) -> bool:
    """Return whether two answers are the same page, though its news, tokens and numbers may differ."""
    if one.location or other.location:
        return goal(one.location) == goal(other.location)
    if one.title and one.title == other.title and one.denies == other.denies:
        return True
    together = sorted({*one.marks, *other.marks})[:_MARKS_KEPT]
    shared = set(one.marks) & set(other.marks) & set(together)
    return len(shared) >= _ALIKE * len(together)


def goal(location: str) -> str:
    """Return where a redirect leads, without its query, which often holds the address that was asked for."""
    return re.split("[?#]", location, maxsplit=1)[0]


def seconds_to_wait(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that Retry-After asks for, given as a number or a date; None without a usable one.

    A date is compared with the site's own clock, if the answer tells it, otherwise with `now` or ours.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until = _date(value)
    since = _date(headers.get("date", "")) or now or datetime.now(UTC)
    return max(0.0, (until - since).total_seconds()) if until else None


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def says_slow_down(status: int, body: str) -> bool:
    """Return whether a page is nothing but a request to ask less often, although its status says that all is well."""
    if status >= 300 or len(body) > _LONGEST_NOTICE * 10:
        return False
    text = _plain(body, _LONGEST_NOTICE + 1)
    return len(text) <= _LONGEST_NOTICE and _SLOW_DOWN.search(text) is not None


def _says_denied(body: str) -> bool:
    return _DENIED.search(_plain(body, 20_000)) is not None


def _plain(html: str, longest: int = _LONGEST_TEXT) -> str:
    """Return the text of some HTML, without markup and runs of spaces."""
    return " ".join(unescape(_UNSEEN.sub(" ", html)).split())[:longest]
