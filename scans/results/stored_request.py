"""A finding's request, read from the text that the engine kept, and variants of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from scans.results.verdicts import NotReplayable

HOP_HEADERS = {"host", "content-length", "connection", "accept-encoding", "transfer-encoding"}
# How the engine names a payload that is the whole query string, and one that is the whole body.
_QUERY, _BODY = ("", "QUERY_STRING"), ("raw body",)


@dataclass(frozen=True)
class StoredRequest:
    """A request as the engine stored it."""

    method: str
    target: str
    headers: dict[str, str]
    body: str

    def value_of(self, parameter: str) -> str:
        """Return the value of a parameter in query, form or JSON; empty if there is none."""
        if parameter in _BODY:
            return self.body
        for pairs in (self.query, self.body if self._is_form else ""):
            for name, value in map(_pair, pairs.split("&")):
                if parameter in (name, quote(name)):
                    return value
        if parameter in _QUERY:
            return unquote(self.query)
        value = _at(self._json, parameter.split(".")) if self._is_json else None
        return value if isinstance(value, str) else ""

    def raw_value_of(self, parameter: str) -> str:
        """Return the value of a parameter as it was sent, encoded; empty if there is none."""
        if parameter in _BODY:
            return self.body
        if parameter in _QUERY:
            return self.query
        for pairs in (self.query, self.body if self._is_form else ""):
            for one in pairs.split("&"):
                if parameter in (_pair(one)[0], quote(_pair(one)[0])):
                    return one.partition("=")[2]
        return json.dumps(self.value_of(parameter))[1:-1] if self._is_json else ""

    def with_value(self, parameter: str, value: str) -> StoredRequest:
        """Return the request with another value of this parameter; the same one if it has no such parameter."""
        if parameter in _BODY:
            return replace(self, body=value)
        if parameter in _QUERY and not self.body:
            return self._with_query(quote(value))
        if self._is_json and isinstance(_at(self._json, parameter.split(".")), str):
            return replace(self, body=json.dumps(_put(self._json, parameter.split("."), value)))
        changed = self._with_query(_replaced(self.query, parameter, value))
        return replace(changed, body=_replaced(self.body, parameter, value)) if self._is_form else changed

    def without(self, parameter: str) -> StoredRequest:
        """Return the request without the parameters whose name starts like this."""
        kept = [one for one in self.query.split("&") if not _pair(one)[0].startswith(parameter)]
        body = [one for one in self.body.split("&") if not _pair(one)[0].startswith(parameter)]
        return replace(self._with_query("&".join(kept)), body="&".join(body))

    def renamed(self, parameter: str, name: str) -> StoredRequest:
        """Return the request with another name instead of the one with which its parameters' names start."""

        def changed(pairs: str) -> str:
            spelled = {parameter, quote(parameter), quote(parameter, safe="")}
            start = re.compile("|".join(map(re.escape, sorted(spelled))))
            return "&".join(start.sub(name, one, count=1) if start.match(one) else one for one in pairs.split("&"))

        return replace(self._with_query(changed(self.query)), body=changed(self.body))

    def header(self, name: str) -> str:
        """Return the value of a header, whatever the case of its name; empty without it."""
        return next((value for key, value in self.headers.items() if key.lower() == name), "")

    def with_cookies(self, cookies: str) -> StoredRequest:
        """Return the request with this header `Cookie`, or with none if it is empty."""
        kept = {name: value for name, value in self.headers.items() if name.lower() != "cookie"}
        return replace(self, headers=kept | ({"cookie": cookies} if cookies else {}))

    def page(self, target: str, method: str = "GET") -> StoredRequest:
        """Return a request for another page by the same visitor, without a body."""
        kept = {name: value for name, value in self.headers.items() if name.lower() != "content-type"}
        return StoredRequest(method, target, kept, "")

    @property
    def field_names(self) -> list[str]:
        """The names of its form's fields, in order."""
        return [_pair(one)[0] for one in self.body.split("&")] if self._is_form else []

    @property
    def path(self) -> str:
        """The path that it asks for."""
        return urlsplit(self.target).path or "/"

    @property
    def query(self) -> str:
        """The query that it asks with, as it is sent."""
        return self.target.partition("?")[2]

    def _with_query(self, query: str) -> StoredRequest:
        path = self.target.partition("?")[0]
        return replace(self, target=f"{path}?{query}" if query else path)

    @property
    def _is_form(self) -> bool:
        return bool(self.body) and not self._is_json and not self.body.lstrip().startswith("<")

    @property
    def _is_json(self) -> bool:
        return self.body.lstrip()[:1] in ("{", "[") and self._json is not None

    @property
    def _json(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def parse_request(text: str) -> StoredRequest:
    """Parse an HTTP/1.x request as the engine writes it. Raises NotReplayable for anything else."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.split("\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise NotReplayable("no_request_kept")
    if "content-type: multipart/" in head.lower():
        raise NotReplayable("files_kept_in_parts")
    headers = dict(line.partition(": ")[::2] for line in lines if ": " in line)
    kept = {name: value for name, value in headers.items() if name.lower() not in HOP_HEADERS}
    return StoredRequest(words[0], words[1], kept, body)


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return unquote_plus(name), unquote_plus(value)


def _replaced(pairs: str, parameter: str, value: str) -> str:
    """Return name=value pairs with another value of one parameter; the others stay letter by letter."""

    def changed(one: str) -> str:
        name = _pair(one)[0]
        return f"{one.partition('=')[0]}={quote(value, safe='')}" if parameter in (name, quote(name)) else one

    return "&".join(map(changed, pairs.split("&")))


def _at(data: Any, path: list[str]) -> Any:
    """Return what stands at this path of JSON data, None if there is nothing."""
    for key in path:
        if isinstance(data, list) and key.isdecimal() and int(key) < len(data):
            data = data[int(key)]
        elif isinstance(data, dict):
            data = data.get(key)
        else:
            return None
    return data


def _put(data: Any, path: list[str], value: str) -> Any:
    """Return JSON data with a value put at this path, which exists."""
    at = _at(data, path[:-1])
    at[int(path[-1]) if isinstance(at, list) else path[-1]] = value
    return data
