"""The protocol between the product and an engine process: one JSON object per line, events out, job and commands in."""

import json
from collections.abc import Callable
from dataclasses import MISSING, asdict, fields, replace
from functools import partial
from typing import Any

from scans.engines import base, events

LONGEST_TEXT = 64 * 1024  # characters kept of any one text

EVENTS: dict[str, type[events.Event]] = {
    "started": events.Started,
    "progress": events.Progress,
    "url_crawled": events.UrlCrawled,
    "address_seen": events.AddressSeen,
    "crawl_seen": events.CrawlSeen,
    "module_failed": events.ModuleFailed,
    "finding": events.FindingReported,
    "logged_out": events.LoggedOut,
    "doubted": events.Doubted,
    "log": events.LogLine,
    "ended": events.Ended,
}
NAMES = {event: name for name, event in EVENTS.items()}


def plain_text(value: object, longest: int = LONGEST_TEXT) -> str:
    """Return a text that any database accepts: no NUL, no lone surrogates, cut. Raises ValueError if it is not text."""
    if not isinstance(value, str):
        raise ValueError(f"expected a text, got {type(value).__name__}")
    return value[:longest].replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _expect(kind: type, named: str, value: object) -> Any:
    """Return the value. Raises ValueError if it is not of this kind; true and false are no numbers."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"expected {named}, got {type(value).__name__}")
    return value


_whole_number = partial(_expect, int, "a whole number")
_list = partial(_expect, list, "a list")
_object = partial(_expect, dict, "an object")


def _pair(value: object) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("expected a pair of texts")
    return plain_text(value[0]), plain_text(value[1])


def _text_or_number(value: object) -> str | int:
    return plain_text(value) if isinstance(value, str) else _whole_number(value)


# How the value of each type in events.py is read from JSON.
READERS: dict[str, Callable[[Any], Any]] = {
    "str": plain_text,
    "int": _whole_number,
    "bool": partial(_expect, bool, "true or false"),
    "Severity": events.Severity,
    "Outcome": events.Outcome,
    "Reach": events.Reach,
    "Mapping[str, int]": lambda value: {plain_text(key): _whole_number(one) for key, one in _object(value).items()},
    "Mapping[str, str | int]": lambda value: {
        plain_text(key): _text_or_number(one) for key, one in _object(value).items()
    },
    "tuple[str, ...]": lambda value: tuple(map(plain_text, _list(value))),
    "tuple[int, ...]": lambda value: tuple(map(_whole_number, _list(value))),
    "tuple[tuple[str, str], ...]": lambda value: tuple(map(_pair, _list(value))),
}


def event_from_line(line: bytes) -> events.Event:
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


def event_to_line(event: events.Event) -> bytes:
    """Return the line with which an engine process sends this event."""
    return json.dumps({"event": NAMES[type(event)], **asdict(event)}).encode() + b"\n"


def job_to_line(job: base.Job) -> bytes:
    """Return the first line that an engine process gets on its stdin."""
    values = {**asdict(replace(job, resolve={})), "resolve": dict(job.resolve)}
    return json.dumps({**values, "directory": str(job.directory.absolute())}).encode() + b"\n"


def login_to_line(login: base.NewLogin) -> bytes:
    """Return the stdin line that gives an engine process a new login."""
    return json.dumps({"login": asdict(login)}).encode() + b"\n"


def command_to_line(command: base.Command) -> bytes:
    """Return a later stdin line with a command."""
    return json.dumps({"command": command}).encode() + b"\n"
