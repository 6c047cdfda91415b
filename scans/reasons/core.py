"""A reason: a code of the registry and its facts. It is stored as such, and worded when somebody reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

from django.conf import settings
from django.db.models.enums import Choices
from django.utils import timezone, translation
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.translation import ngettext

from scans.reasons.plural import Plural
from scans.reasons.registry import SENTENCES

_CHOICES: dict[str, type[Choices]] = {}


def labelled(choices: type[Choices]) -> type[Choices]:
    """Let members of these choices be facts: they are stored by value and shown by label. A decorator."""
    _CHOICES[choices.__name__] = choices
    return choices


def facts_of(code: str) -> set[str]:
    """The names of the facts that the sentence of this code needs; raises KeyError for an unknown code."""
    return {name for _, name, _, _ in Formatter().parse(str(SENTENCES[code])) if name}


@dataclass(frozen=True, init=False)
class Reason:
    """Why something is so. Equal to another one with the same code and facts; false without a code.

    A fact is a text, a number, a moment, a length of time, a member of `labelled` choices, or another
    reason. Anything else becomes its text. Raises KeyError for an unknown code, TypeError for facts
    that its sentence does not name or that are worded in one language already.
    """

    code: str
    facts: Mapping[str, Any]

    def __init__(self, code: str = "", /, **facts):
        if code and facts_of(code) != facts.keys():
            raise TypeError(f"{code} takes the facts {sorted(facts_of(code))}, not {sorted(facts)}.")
        self._set(code, {name: _fact(value) for name, value in facts.items()})

    def _set(self, code: str, facts: dict[str, Any]) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "facts", facts)

    def __bool__(self) -> bool:
        return bool(self.code)

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_json(), sort_keys=True))

    def __str__(self) -> str:
        """The sentence, in the language and time zone in force. An unknown code stands as it is."""
        sentence = SENTENCES.get(self.code, self.code)
        sentence = sentence.told_of(self.facts) if isinstance(sentence, Plural) else str(sentence)
        return sentence.format_map(_Worded({name: worded(value) for name, value in self.facts.items()}))

    def in_english(self) -> str:
        """The sentence in English, moments in UTC: for programs and for what is kept as text."""
        with translation.override(settings.LANGUAGE_CODE), timezone.override(UTC):
            return str(self)

    def to_json(self) -> dict[str, Any]:
        """Code and facts as plain data."""
        return {"code": self.code, "facts": {name: _plain(value) for name, value in self.facts.items()}}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Reason:
        """Read the result of `to_json`, even of another version of the product: codes and facts are not checked."""
        reason = cls()
        reason._set(str(values["code"]), {name: _from_plain(value) for name, value in values["facts"].items()})
        return reason


NO_REASON = Reason()


class Notice(Reason):
    """A true sentence beside a status that limits what it means, with a next step. Codes: scans/reasons/notices."""

    @property
    def next_step(self) -> Reason:
        """The next step for the reader, with the facts that this step names; false for an unknown code."""
        code = f"next_{self.code}"
        if code not in SENTENCES:
            return NO_REASON
        return Reason(code, **{name: self.facts.get(name, "…") for name in facts_of(code)})


class Reasoned(Exception):
    """An error that carries a reason, `why`, which may be given as code and facts; str() words it."""

    def __init__(self, why: str | Reason, /, **facts):
        self.why = why if isinstance(why, Reason) else Reason(why, **facts)
        super().__init__(self.why)

    def __str__(self) -> str:
        return str(self.why)


def as_reason(given: Reason | str) -> Reason:
    """The reason itself; a text is somebody's own and becomes one that is shown as it is."""
    if isinstance(given, Reason):
        return given
    return Reason("text", text=given) if given else NO_REASON


def worded(fact: Any) -> str:
    """A fact in the language and time zone in force."""
    if isinstance(fact, datetime):
        return f"{timezone.localtime(fact):%Y-%m-%d %H:%M %Z}"
    if isinstance(fact, timedelta):
        return _length(fact)
    if isinstance(fact, Choices):
        return str(fact.label)
    return localize(fact) if isinstance(fact, float) else str(fact)


def _length(time: timedelta) -> str:
    """A length of time in words, such as “1 day 2 hours”; without the parts that are zero."""
    minutes, seconds = divmod(round(time.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        days and ngettext("{} day", "{} days", days).format(days),
        hours and ngettext("{} hour", "{} hours", hours).format(hours),
        minutes and ngettext("{} minute", "{} minutes", minutes).format(minutes),
        (seconds or not time) and ngettext("{} second", "{} seconds", seconds).format(seconds),
    ]
    return " ".join(filter(None, parts))


class _Worded(dict):
    """Facts for a sentence; one that an older version did not store is left open."""

    def __missing__(self, name: str) -> str:
        return "…"


def _fact(value: Any) -> Any:
    if isinstance(value, Promise):
        raise TypeError(f"{value!r} is worded in one language when it is stored.")
    if isinstance(value, Choices) and type(value).__name__ not in _CHOICES:
        raise TypeError(f"{type(value).__name__} are not labelled.")
    if isinstance(value, Reasoned):
        return value.why
    return value if isinstance(value, Reason | str | int | float | datetime | timedelta) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Reason):
        return value.to_json()
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, Choices):
        return {"choices": type(value).__name__, "value": value.value}
    return value


def _from_plain(value: Any) -> Any:
    match value:
        case {"code": _, "facts": _}:
            return Reason.from_json(value)
        case {"moment": moment}:
            return datetime.fromisoformat(moment)
        case {"seconds": seconds}:
            return timedelta(seconds=seconds)
        case {"choices": name, "value": chosen}:
            choices = _CHOICES.get(name)
            return choices(chosen) if choices and chosen in choices.values else str(chosen)
    return value
