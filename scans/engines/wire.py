"""The protocol between the product and an engine process: one JSON object per line, events out, job and commands in."""

import json
from collections.abc import Callable
from dataclasses import MISSING, asdict, fields, replace
from typing import Any

from scans.engines.base import (
    AddressSeen,
    Command,
    Ended,
    Event,
    FindingReported,
    Job,
    LoggedOut,
    LogLine,
    NewLogin,
    Outcome,
    Progress,
    Reach,
    Severity,
    Started,
    UrlCrawled,
)

LONGEST_TEXT = 64 * 1024  # characters kept of any one text

EVENTS: dict[str, type[Event]] = {
    "started": Started,
    "progress": Progress,
    "url_crawled": UrlCrawled,
    "address_seen": AddressSeen,
    "finding": FindingReported,
    "logged_out": LoggedOut,
    "log": LogLine,
    "ended": Ended,
}
NAMES = {event: name for name, event in EVENTS.items()}


def plain_text(value: object, longest: int = LONGEST_TEXT) -> str:
    """Return a text that any database accepts: no NUL, no lone surrogates, cut. Raises ValueError if it is not text."""
    if not isinstance(value, str):
        raise ValueError(f"expected a text, got {type(value).__name__}")
    return value[:longest].replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _whole_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"expected a whole number, got {type(value).__name__}")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, got {type(value).__name__}")
    return value


def _several(read: Callable[[Any], Any]) -> Callable[[object], tuple]:
    def read_list(value: object) -> tuple:
        if not isinstance(value, list):
            raise ValueError(f"expected a list, got {type(value).__name__}")
        return tuple(read(item) for item in value)

    return read_list


def _pair(value: object) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("expected a pair of texts")
    return plain_text(value[0]), plain_text(value[1])


def _counts(value: object) -> dict[str, int]:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, got {type(value).__name__}")
    return {plain_text(key): _whole_number(number) for key, number in value.items()}


def _facts(value: object) -> dict[str, str | int]:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, got {type(value).__name__}")
    return {
        plain_text(key): plain_text(fact) if isinstance(fact, str) else _whole_number(fact)
        for key, fact in value.items()
    }


# How the value of each type in base.py is read from JSON.
READERS: dict[str, Callable[[Any], Any]] = {
    "str": plain_text,
    "int": _whole_number,
    "bool": _flag,
    "Severity": Severity,
    "Outcome": Outcome,
    "Reach": Reach,
    "Mapping[str, int]": _counts,
    "Mapping[str, str | int]": _facts,
    "tuple[str, ...]": _several(plain_text),
    "tuple[int, ...]": _several(_whole_number),
    "tuple[tuple[str, str], ...]": _several(_pair),
}


def event_from_line(line: bytes) -> Event:
    """Read one line of an engine's stdout. Raises ValueError, which names the problem."""
    try:
        values = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(values, dict):
        raise ValueError("expected an object")
    name = values.pop("event", None)
    if not isinstance(name, str) or name not in EVENTS:
        raise ValueError(f"unknown event {name!r:.50}")
    shape = {field.name: field for field in fields(EVENTS[name])}
    if unknown := sorted(values.keys() - shape.keys()):
        raise ValueError(f"{name} has no {unknown[0]!r:.50}")
    for field in shape.values():
        if field.name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{name} lacks {field.name!r}")
    return EVENTS[name](**{key: READERS[str(shape[key].type)](value) for key, value in values.items()})


def event_to_line(event: Event) -> bytes:
    """Return the line with which an engine process sends this event."""
    return json.dumps({"event": NAMES[type(event)], **asdict(event)}).encode() + b"\n"


def job_to_line(job: Job) -> bytes:
    """Return the first line that an engine process gets on its stdin."""
    values = {**asdict(replace(job, resolve={})), "resolve": dict(job.resolve)}
    return json.dumps({**values, "directory": str(job.directory.absolute())}).encode() + b"\n"


def login_to_line(login: NewLogin) -> bytes:
    """Return the stdin line that gives an engine process a new login."""
    return json.dumps({"login": asdict(login)}).encode() + b"\n"


def command_to_line(command: Command) -> bytes:
    """Return a later stdin line with a command."""
    return json.dumps({"command": command}).encode() + b"\n"
