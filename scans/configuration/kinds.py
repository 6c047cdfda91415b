"""The kinds of options: how a value of each kind is typed, stored, shown, logged and exported."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scans.configuration.fields import invalid
from scans.configuration.per_url import joined, parted
from scans.configuration.usual_patterns import LABELS, PATTERNS, USUAL
from scans.encryption import seal
from scans.schedule.moments import exact, time_span
from scans.schedule.recurrence import Recurrence, Unit, describe
from scans.targets.policy import TargetRefused, normalise
from scans.targets.request_rules import parse_header

NOTHING = "nothing"  # how the log stores that an option has no value
LONGEST_IN_LOG = 300
MAX_PATTERNS, MAX_PATTERN = 200, 200
KEPT = "***"  # typed in place of a saved secret, which then stays


class Flag:
    """The command-line argument that fills in a field of the form; `arguments` are those of `add_argument`.

    `typed` makes what a person would have typed into the form of what argparse gives.
    """

    def __init__(self, name: str, *, typed: Callable[[Any], Any] = lambda given: given, **arguments):
        self.name, self.typed = name, typed
        self.arguments = {"default": "", **arguments}

    @classmethod
    def repeatable(cls, name: str, **arguments) -> "Flag":
        """Return a flag that may be given several times, once for each line of its field."""
        return cls(name, typed="\n".join, action="append", default=[], **arguments)


@dataclass(frozen=True)
class Input:
    """One field of the form, and the flag of the command line that fills it in, where there is one."""

    field: forms.Field
    flag: Flag | None = None


Inputs = forms.Field | Mapping[str, Input]


class Option:
    """A plain value: a column of Analysis with the same name, one field of the form and one flag.

    An option that is typed into several fields has `inputs` by name instead. Kinds whose values are typed, stored or
    shown in another way override the methods below. `of` is whatever the value belongs to, an analysis or a submission:
    some values are only understood beside others, such as a start in its zone.
    """

    def __init__(self, name: str, inputs: Inputs, flag: Flag | None = None, *, default: Any, section: str = "how"):
        self.name, self.section = name, section
        self.inputs = {name: Input(inputs, flag)} if isinstance(inputs, forms.Field) else inputs
        self._default = default

    @property
    def label(self) -> str:
        """Its name for people: the label of its first field."""
        return next(iter(self.inputs.values())).field.label

    @property
    def default(self) -> Any:
        """The value where nothing was typed."""
        return self._default() if callable(self._default) else self._default

    # From the form, and back into it

    def value(self, cleaned: Mapping[str, Any], saved: Any) -> Any:
        """The value that was typed, from the form's cleaned data; may raise ValidationError.

        `saved` is the value so far, of an analysis that is edited; else None.
        """
        typed = cleaned[self.name]
        return self.default if typed in (None, "") else typed

    def typed(self, value: Any, of: Any) -> dict[str, Any]:
        """Return the contents of its form fields for this value."""
        return {self.name: value}

    # Into its column, and back

    def stored(self, value: Any) -> Any:
        """The value as its column holds it."""
        return value

    def read(self, column: Any) -> Any:
        """The value from its column; null in the rows of analyses that are older than the option."""
        return self.default if column is None else column

    # For readers

    def for_url(self, value: Any, url: str) -> Any:
        """The part of the value that holds for one URL of the analysis."""
        return value

    def for_urls(self, value: Any, urls: Collection[str]) -> Any:
        """The part of the value that holds for these URLs of the analysis, or for all."""
        return value

    def shown(self, value: Any, of: Any) -> str:
        """The value in the reader's language."""
        return value or gettext("none")

    def logged(self, value: Any, of: Any) -> Any:
        """The value as the activity log stores it: plain data, of limited length, and never a secret."""
        return Truncator(value or NOTHING).chars(LONGEST_IN_LOG)

    def told(self, logged: Any) -> str:
        """Return a logged value in the reader's language."""
        return gettext("nothing") if logged == NOTHING else str(logged)

    def exported(self, value: Any, of: Any) -> dict[str, Any]:
        """The value as JSON knows it, under the name that programs rely on."""
        return {self.name: value}


class Depth(Option):
    """A number of links."""

    def shown(self, value: int, of: Any) -> str:
        text = ngettext("{depth} link away from the target", "{depth} links away from the target", value)
        return text.format(depth=value)


class AtOnce(Option):
    """A number of requests that are under way at the same time."""

    def shown(self, value: int, of: Any) -> str:
        return ngettext("at most {count} request", "at most {count} requests", value).format(count=value)


class Length(Option):
    """A length of time, for the whole analysis."""

    def typed(self, value: timedelta, of: Any) -> dict[str, str]:
        return {self.name: str(int(value.total_seconds() // 60))}

    def shown(self, value: timedelta, of: Any) -> str:
        return gettext("at most {span}, for the whole analysis").format(span=time_span(value))

    def logged(self, value: timedelta, of: Any) -> str:
        minutes = round(value.total_seconds() / 60)
        return f"{minutes} min" if minutes % 60 else f"{minutes // 60} h"

    def exported(self, value: timedelta, of: Any) -> dict[str, int]:
        return {f"{self.name}_seconds": int(value.total_seconds())}


class YesNo(Option):
    """A tick."""

    def shown(self, value: bool, of: Any) -> str:
        return gettext("yes") if value else gettext("no")

    def logged(self, value: bool, of: Any) -> str:
        return "yes" if value else "no"

    def told(self, logged: str) -> str:
        return self.shown(logged == "yes", None)


class Choice(Option):
    """One of a few codes, each with a label."""

    def shown(self, value: str, of: Any) -> str:
        return str(dict(self.inputs[self.name].field.choices).get(value, value))

    def told(self, logged: str) -> str:
        return self.shown(logged, None)


class Start(Option):
    """A moment, or at once."""

    def typed(self, value: datetime | None, of: Any) -> dict[str, str | None]:
        return {self.name: value and f"{value.astimezone(ZoneInfo(of.time_zone)):%Y-%m-%dT%H:%M}"}

    def shown(self, value: datetime | None, of: Any) -> str:
        return exact(value) or gettext("at once")

    def logged(self, value: datetime | None, of: Any) -> str:
        return f"{value.astimezone(ZoneInfo(of.time_zone)):%Y-%m-%d %H:%M}" if value else NOTHING

    def exported(self, value: datetime | None, of: Any) -> dict[str, str | None]:
        return {self.name: value.astimezone(UTC).isoformat() if value else None}


class Repeats(Option):
    """A rule by which it repeats, typed into several fields; None: it does not."""

    def value(self, cleaned: Mapping[str, Any], saved: Any) -> Recurrence | None:
        if not cleaned["repeat"]:
            return None
        weekly = cleaned["repeat"] == Unit.WEEKLY
        try:
            return Recurrence(
                unit=Unit(cleaned["repeat"]),
                every=cleaned["every"] or 1,
                weekdays=tuple(sorted(cleaned["weekdays"])) if weekly else (),
                day_of_month=None if weekly else cleaned["day_of_month"],
                ends_after=cleaned["ends_after"],
                ends_on=cleaned["ends_on"],
            )
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def typed(self, value: Recurrence | None, of: Any) -> dict[str, Any]:
        return value.to_json() | {"repeat": value.unit} if value else {}

    def stored(self, value: Recurrence | None) -> dict:
        return value.to_json() if value else {}

    def read(self, column: dict) -> Recurrence | None:
        return Recurrence.from_json(column) if column else None

    def shown(self, value: Recurrence | None, of: Any) -> str:
        if value is None:
            return gettext("no: once")
        return describe(value, of.start_at or timezone.now(), ZoneInfo(of.time_zone))

    def logged(self, value: Recurrence | None, of: Any) -> Any:
        """The rule, with the start and the zone in which it counts."""
        if value is None:
            return NOTHING
        start = (of.start_at or timezone.now()).replace(second=0, microsecond=0)
        return {"rule": value.to_json(), "start": start.isoformat(), "zone": of.time_zone}

    def told(self, logged: Any) -> str:
        """The rule in words; older versions stored it as an English sentence."""
        if not isinstance(logged, dict):
            return super().told(logged)
        start, zone = datetime.fromisoformat(logged["start"]), ZoneInfo(logged["zone"])
        return describe(Recurrence.from_json(logged["rule"]), start, zone)

    def exported(self, value: Recurrence | None, of: Any) -> dict[str, dict | None]:
        return {self.name: value.to_json() if value else None}


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
        patterns = list(dict.fromkeys([*lines, *(f"{USUAL}{code}" for code in cleaned["leave_out_usual"])]))
        if len(patterns) > MAX_PATTERNS:
            raise invalid(_("{count} patterns given; at most {most}."), count=len(patterns), most=MAX_PATTERNS)
        return "\n".join(patterns)

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
