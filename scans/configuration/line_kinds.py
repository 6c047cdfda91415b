"""The kinds of options that are typed as lines, for all URLs of an analysis or for one alone."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scans.configuration.fields import invalid
from scans.configuration.kinds import Option
from scans.configuration.per_url import joined, parted
from scans.configuration.usual_patterns import LABELS, PATTERNS, USUAL
from scans.encryption import seal
from scans.targets.policy import TargetRefused, normalise
from scans.targets.request_rules import parse_header

MAX_PATTERNS, MAX_PATTERN = 200, 200
KEPT = "***"  # typed in place of a saved secret, which then stays


class Lines(Option):
    """Several short texts, one to a line; the value is the text of all lines."""

    def shown(self, value: str, of: Any) -> str:
        return _as_code(value.splitlines())

    def logged(self, value: str, of: Any) -> str:
        return super().logged(", ".join(value.splitlines()), of)

    def exported(self, value: str, of: Any) -> dict[str, list[str]]:
        return {self.name: value.splitlines()}


class LeftOut(Lines):
    """Patterns of addresses that are never asked for, one to a line, for all URLs or one; usual ones can be ticked."""

    def value(self, cleaned: Mapping[str, Any], saved: Any) -> str:
        """The patterns that were typed, and the usual ones that were ticked."""
        lines = [_pattern(number, line) for number, line in _numbered(cleaned[self.name])]
        return self._limited([*lines, *(f"{USUAL}{code}" for code in cleaned.get("leave_out_usual", ()))])

    @staticmethod
    def _limited(lines: Iterable[str]) -> str:
        patterns = list(dict.fromkeys(lines))
        if len(patterns) > MAX_PATTERNS:
            raise invalid(_("{count} patterns given; at most {most}."), count=len(patterns), most=MAX_PATTERNS)
        return "\n".join(patterns)

    def own_lines(self, cell: str) -> list[str]:
        """Patterns hold no blank: a cell may hold several."""
        return cell.split()

    def merged(self, value: str, own: str) -> str:
        return self._limited([*value.splitlines(), *own.splitlines()])

    def typed(self, value: str, of: Any) -> dict[str, Any]:
        usual = [line.removeprefix(USUAL) for line in value.splitlines() if line.startswith(USUAL)]
        others = [line for line in value.splitlines() if not line.startswith(USUAL)]
        return {self.name: "\n".join(others), "leave_out_usual": usual}

    def stored(self, value: str) -> list[str] | None:
        return value.splitlines() or None

    def read(self, column: list[str] | None) -> str:
        return "\n".join(column or ())

    def for_url(self, value: str, url: str) -> str:
        return self.for_urls(value, [url])

    def for_urls(self, value: str, urls: Collection[str]) -> str:
        return "\n".join(line for line in value.splitlines() if parted(line)[0] in ("", *urls))

    def shown(self, value: str, of: Any) -> str:
        return _by_url(value.splitlines())

    def told(self, logged: str) -> str:
        return re.sub(rf"{USUAL}(\w+)", lambda match: _usual(match[1]), super().told(logged))


class Headers(Option):
    """Headers by name, for all URLs or one, each value sealed: values are never shown, logged or exported.

    A saved header is typed as “Name: ***”, which keeps its value.
    """

    def value(self, cleaned: Mapping[str, Any], saved: dict[str, str] | None) -> dict[str, str]:
        """The headers that were typed, sealed; messages name lines and names, never values."""
        headers: dict[str, str] = {}
        for number, line in _numbered(cleaned[self.name]):
            url, rest = _with_url(number, line)
            try:
                name, value = parse_header(rest, before=[given for at, given in map(parted, headers) if at == url])
                key = joined(url, name)
                headers[key] = self._kept(key, saved or {}) if value == KEPT else seal(value)
            except ValueError as error:
                raise invalid(_("Line {number} {problem}."), number=number, problem=error) from None
        return headers

    def own_lines(self, cell: str) -> list[str]:
        """One header; a table may have several columns of headers."""
        return [cell]

    def merged(self, value: dict[str, str], own: dict[str, str]) -> dict[str, str]:
        if twice := value.keys() & own.keys():
            raise invalid(_("{name} is given twice: in the list of URLs, and here."), name=min(twice))
        return {**value, **own}

    @staticmethod
    def _kept(name: str, saved: dict[str, str]) -> str:
        if name not in saved:
            raise ValueError(gettext("keeps the value of {name}, of which none is saved").format(name=name))
        return saved[name]

    def typed(self, value: dict[str, str], of: Any) -> dict[str, str]:
        return {self.name: "\n".join(f"{name}: {KEPT}" for name in value)}

    def stored(self, value: dict[str, str]) -> dict[str, str] | None:
        return value or None

    def read(self, column: dict[str, str] | None) -> dict[str, str]:
        """The headers by name: PostgreSQL keeps them in an order of its own."""
        return dict(sorted((column or {}).items()))

    def for_url(self, value: dict[str, str], url: str) -> dict[str, str]:
        return self.for_urls(value, [url])

    def for_urls(self, value: dict[str, str], urls: Collection[str]) -> dict[str, str]:
        return {name: sealed for name, sealed in value.items() if parted(name)[0] in ("", *urls)}

    def shown(self, value: dict[str, str], of: Any) -> str:
        return _by_url(value)

    def logged(self, value: dict[str, str], of: Any) -> str:
        return super().logged(", ".join(value), of)

    def exported(self, value: dict[str, str], of: Any) -> dict[str, list[str]]:
        return {f"{self.name.removesuffix('s')}_names": list(value)}


def _numbered(text: str) -> Iterable[tuple[int, str]]:
    """The lines that hold something, each with its number."""
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]


def _with_url(number: int, line: str) -> tuple[str, str]:
    """A line parted, with its URL as targets are written; raises ValidationError."""
    url, rest = parted(line)
    try:
        return normalise(url) if url else "", rest
    except TargetRefused as error:
        raise invalid(_("Line {number}: {problem}"), number=number, problem=error) from None


def _pattern(number: int, line: str) -> str:
    """A line of patterns as it is stored; raises ValidationError."""
    url, pattern = _with_url(number, line)
    known = pattern.startswith(USUAL) and pattern.removeprefix(USUAL) in PATTERNS
    shaped = re.fullmatch(r"(?:/|\*|https?://)\S*", pattern) and pattern.strip("/*") and len(pattern) <= MAX_PATTERN
    if not known and not shaped:
        text = _("Line {number}: “{line}” is no pattern such as /logout, /?do=* or *delete*.")
        raise invalid(text, number=number, line=line)
    return joined(url, pattern)


def _as_code(texts: Iterable[str]) -> str:
    return format_html_join(" ", "<code>{}</code>", ((text,) for text in texts)) or gettext("none given")


def _by_url(lines: Iterable[str]) -> str:
    """The lines for all URLs, then those of each URL that has its own."""
    by_url: dict[str, list[str]] = {"": []}
    for url, rest in map(parted, lines):
        by_url.setdefault(url, []).append(_usual(rest.removeprefix(USUAL)) if rest.startswith(USUAL) else rest)
    for_all = by_url.pop("")
    alone = [(gettext("for {url} alone:").format(url=url), _as_code(own)) for url, own in by_url.items()]
    pieces = [("", _as_code(for_all))] if for_all or not alone else []
    return format_html_join("; ", "{} {}", [*pieces, *alone])


def _usual(code: str) -> str:
    """The words for addresses that usually do something."""
    return gettext("addresses that usually {verb}").format(verb=LABELS[code]) if code in LABELS else code
