"""The kinds of options: how a value of each kind is typed, stored, shown, logged and exported."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext

from scans.schedule.moments import exact, time_span
from scans.schedule.recurrence import Recurrence, Unit, describe

NOTHING = "nothing"  # how the log stores that an option has no value
LONGEST_IN_LOG = 300


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

    def own_lines(self, cell: str) -> list[str]:
        """Return the lines of a cell in a column of this name, in a table of URLs; none if the option has no column."""
        return []

    def merged(self, value: Any, own: Any) -> Any:
        """The value together with what holds for one URL alone; may raise ValidationError."""
        raise NotImplementedError

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
