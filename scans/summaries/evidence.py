"""The evidence of a finding as its page shows it: what was injected and what answers it, marked; and a curl command."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from shlex import quote
from typing import NamedTuple

from scans.login.base import HTTP_METHODS, Method
from scans.models import Finding
from scans.results.signs import (
    COMMAND_OUTPUT,
    DATABASE_ERRORS,
    FILE_CONTENT,
    LDAP_ERRORS,
    XML_CONTENT,
    Signs,
    without_echo,
)
from scans.results.stored_request import StoredRequest, parse_request
from scans.results.verdicts import NotReplayable

LONGEST = 4000  # characters of a request or response that are shown at first
_SHORTEST = 3  # a shorter text occurs by itself, and would be marked everywhere
_MOST_MARKS = 50
_SIGNS: dict[str, Signs] = {
    "exec": COMMAND_OUTPUT,
    "file": FILE_CONTENT,
    "ldap": LDAP_ERRORS,
    "sql": DATABASE_ERRORS,
    "xxe": XML_CONTENT,
}
_COMES_BACK = ("xss", "permanentxss")  # modules whose attack shows by its own text
# Headers of an answer that show a weakness, by the module of the finding.
_HEADERS = {
    "crlf": ("wapiti",),
    "csp": ("content-security-policy",),
    "methods": ("allow", "access-control-allow-methods"),
    "redirect": ("location", "refresh"),
    "https_redirect": ("location",),
    "wapp": ("server", "x-powered-by"),
}


class Piece(NamedTuple):
    """A part of a text, marked or not."""

    text: str
    is_marked: bool = False


@dataclass(frozen=True)
class Excerpt:
    """A text in pieces, and how many characters are left out before and after it."""

    pieces: list[Piece]
    before: int = 0
    after: int = 0

    @property
    def is_cut(self) -> bool:
        """Whether anything is left out."""
        return bool(self.before or self.after)

    @property
    def is_marked(self) -> bool:
        """Whether anything in it is marked."""
        return any(piece.is_marked for piece in self.pieces)


class Evidence:
    """The evidence of one finding; `longest` cuts request and response, None leaves them whole."""

    def __init__(self, finding: Finding, longest: int | None = LONGEST):
        self._finding, self._longest = finding, longest

    @cached_property
    def _request(self) -> StoredRequest | None:
        try:
            return parse_request(self._finding.http_request)
        except NotReplayable:
            return None

    @cached_property
    def value(self) -> str:
        """The value that was injected, decoded; empty if the request shows none."""
        if self._request is None:
            return ""
        if self._finding.parameter:
            return self._request.value_of(self._finding.parameter)
        return self._request.header(self._finding.subject.lower()) if self._finding.subject else ""

    @cached_property
    def _raw(self) -> str:
        """The injected value as it was sent."""
        raw = self._request.raw_value_of(self._finding.parameter) if self._request and self._finding.parameter else ""
        return raw or self.value

    @property
    def sent(self) -> Excerpt:
        """The request as it was sent, with the injected value marked."""
        return _excerpt(self._finding.http_request, self._spans_of_value(), self._longest)

    @property
    def decoded(self) -> Excerpt | None:
        """The request with the injected value decoded; None if that makes no difference."""
        if self._raw == self.value:
            return None
        sent = self.sent
        pieces = [Piece(self.value, True) if piece == (self._raw, True) else piece for piece in sent.pieces]
        return Excerpt(pieces, sent.before, sent.after)

    def _spans_of_value(self) -> list[tuple[int, int]]:
        """Where the value stands in the request: after the name of its parameter, if it has one."""
        text, raw = self._finding.http_request, self._raw
        if not raw:
            return []
        named = f"{self._finding.parameter}={raw}"
        at = text.index(named) + len(named) - len(raw) if named in text else text.find(raw)
        return [(at, at + len(raw))] if at >= 0 else []

    @cached_property
    def sign(self) -> str:
        """The text of the response by which the weakness shows; empty if it shows otherwise."""
        finding, body = self._finding, self._finding.evidence_body
        if signs := _SIGNS.get(finding.module):
            found = signs.only_in(without_echo(body, self.value), "")
            return found if found in body else ""
        if finding.module in _COMES_BACK and len(self.value) >= _SHORTEST and self.value in body:
            return self.value
        return ""

    @property
    def answered(self) -> Excerpt:
        """The body of the response, with the text marked by which the weakness shows."""
        body = self._finding.evidence_body
        return _excerpt(body, _spans(body, self.sign), self._longest)

    @property
    def headers(self) -> list[Piece]:
        """The headers of the response, with those marked by which the weakness shows."""
        headers = self._finding.evidence_headers
        return [Piece(f"{name}: {value}", self._shows(name, value)) for name, value in headers]

    def _shows(self, name: str, value: str) -> bool:
        finding, name = self._finding, name.lower()
        if name == "set-cookie":
            is_flag = finding.category.endswith("Flag cookie")
            return is_flag and value.partition("=")[0].strip() == finding.subject
        return name in _HEADERS.get(finding.module, ()) or name == finding.subject.lower()

    @property
    def is_marked(self) -> bool:
        """Whether something in the response is marked."""
        return bool(self.sign) or any(piece.is_marked for piece in self.headers)


def _spans(text: str, needle: str) -> list[tuple[int, int]]:
    spans, at = [], text.find(needle) if needle else -1
    while at >= 0 and len(spans) < _MOST_MARKS:
        spans.append((at, at + len(needle)))
        at = text.find(needle, at + len(needle))
    return spans


def _excerpt(text: str, spans: list[tuple[int, int]], longest: int | None) -> Excerpt:
    """Return a text in pieces, with these spans marked. If it is too long, the part with the first span is left."""
    start, end = 0, len(text)
    if longest and end > longest:
        first = spans[0][0] if spans else 0
        start = 0 if first * 4 < longest * 3 else first - longest // 4
        end = min(end, start + longest)
    pieces, at = [], start
    for begins, ends in spans:
        begins, ends = max(begins, at), min(ends, end)
        if begins < ends:
            pieces += [Piece(text[at:begins]), Piece(text[begins:ends], True)]
            at = ends
    pieces.append(Piece(text[at:end]))
    return Excerpt([piece for piece in pieces if piece.text], start, len(text) - end)


def command(curl: str, method: str, header_names: Iterable[str]) -> tuple[str, list[str]]:
    """Return a curl command that repeats a request behind a login, and the names of the variables that it needs.

    Secrets are no part of it: each is a variable of the shell, which the person sets.
    """
    if not curl:
        return "", []
    options = [(f'-H {quote(f"{name}: ")}"${_variable(name)}"', _variable(name)) for name in header_names]
    if method in HTTP_METHODS:
        flag = "" if method == Method.BASIC else f"--{method} "
        options.append((f'{flag}-u "$LOGIN"', "LOGIN"))
    elif method:
        options.append(('-H "Cookie: $COOKIE"', "COOKIE"))
    return " \\\n  ".join([curl, *(option for option, _ in options)]), [variable for _, variable in options]


def _variable(name: str) -> str:
    """Return the name of a variable of the shell for the value of a header."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name).upper()
    return f"_{plain}" if plain[0].isdecimal() else plain
