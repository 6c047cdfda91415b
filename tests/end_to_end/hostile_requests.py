"""Hostile requests, made from a seed: every address and method, with values that break careless code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote_plus, urlencode

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter

METHODS = ["GET"] * 8 + ["POST"] * 8 + ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
NUMBERS = ["0", "-1", "1.5", "1e400", "NaN", "00", "2147483648", str(2**63 - 1), str(2**63), "9" * 40, "٣", "+1", "0x1"]
WHOLE_NUMBERS = [text for text in NUMBERS if text.isascii() and text.isdecimal()]
TEXTS = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\r\nSet-Cookie: a=b",
    "\x1b[31m",
    "\u202e",
    "\ud800",
    "\uffff",
    "😀" * 300,
    "a" * 5000,
    "%",
    "%zz",
    "%00",
    "'",
    '"',
    "\\",
    "a{99999999999}",
    "(a+)+$",
    "(" * 3000 + ")" * 3000,
    "[",
    "(?P<a",
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% now %}",
    "' OR 1=1 --",
    "../../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "javascript:alert(1)",
    "//evil.example/",
    "http://[::1",
    "http://[fe80::1%25eth0]:99999/",
    "http://a:b@127.0.0.1:65536/",
    "http://127.0.0.1:9/\x00",
    "http://" + "a" * 300 + "/",
    "http://xn--\u0661/",
    "9999-99-99",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "2026-02-30",
    "25:61",
    "on",
    "null",
    "[]",
    '{"a": NaN}',
    "[" * 2000,
    "http://127.0.0.1:9/",
    "127.0.0.1",
    "2027-03-01",
    "09:00",
    "1",
    "2",
    "name",
    "-name",
    "completed_results_available",
    "now",
    "scans.analysis",
    "__class__",
    "password__startswith",
    *NUMBERS,
]
CHARSETS = [
    "utf-8",
    "utf-7",
    "utf-16",
    "idna",
    "rot13",
    "hex",
    "zlib",
    "base64",
    "punycode",
    "latin-1",
    "no-such-charset",
    '"',
] + [""] * 4
TYPES = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=edge",
    "multipart/form-data",
    "multipart/form-data; boundary=\xff",
    "multipart/mixed; boundary=edge",
    "application/json",
    "text/xml",
    "a/b/c;;;=",
    "",
]
HEADERS = {
    "HTTP_HOST": ["evil.example", "127.0.0.1:99999", "[::1", "a b", "\x00", "", "localhost:8000@evil", "١٢٧.0.0.1"],
    "HTTP_ACCEPT_LANGUAGE": ["de", "xx-" + "a" * 600, "de;q=1e9", ",,,", "\xff", "*"],
    "HTTP_COOKIE": ["sessionid=\x00; csrftoken=a", "a" * 9000, "=;=;", 'sessionid="\\777"', "django_language=../.."],
    "HTTP_REFERER": ["http://[", "\xff", "http://127.0.0.1:99999/"],
    "HTTP_ORIGIN": ["null", "http://[", "file://"],
    "HTTP_HX_REQUEST": ["true"],
    "HTTP_HX_BOOSTED": ["true", "\xff"],
    "HTTP_HX_TRIGGER": ["a" * 3000, "\xff", "%00"],
    "HTTP_HX_TARGET": ["\r\n", "analysis-list"],
    "HTTP_HX_CURRENT_URL": ["http://[::1", "http://testserver/\xff", "a", "http://testserver/analyses/?q=%00"],
    "HTTP_IF_NONE_MATCH": ["*", '"', "W/" * 999],
    "HTTP_IF_MODIFIED_SINCE": ["Thu, 99 Foo 99999 99:99:99 GMT", "Mon, 01 Jan 0000 00:00:00 GMT"],
    "HTTP_RANGE": ["bytes=9-1", "bytes=-99999999999999999999", "lines=a"],
    "HTTP_ACCEPT_ENCODING": ["gzip;q=2", "\xff"],
    "HTTP_ACCEPT": ["\xff/*", "application/json;q=x"],
    "HTTP_X_FORWARDED_FOR": ["1.2.3.4, \x00", "999.999.999.999", "a" * 999],
    "HTTP_X_FORWARDED_PROTO": ["https", "gopher"],
    "HTTP_X_REQUEST_ID": ["\r\nforged", "a" * 999, "ok-1"],
    "HTTP_X_CSRFTOKEN": ["\xff", "a" * 64],
    "HTTP_AUTHORIZATION": ["Bearer \xff", "Basic !!!", "Bearer " + "a" * 5000],
    "HTTP_EXPECT": ["100-continue", "\xff"],
    "CONTENT_LENGTH": ["-1", "99999999999999999999", "a", ""],
    "REMOTE_ADDR": ["", "::1", "unix:"],
}
# Names that pages read from a query or body, besides those of the forms that a run finds by itself.
NAMES = ["v", "q", "order", "next", "page", "after", "before", "scan", "finding", "selected", "ids", "all", "confirm"]
NAMES += ["_popup", "_to_field", "o", "p", "e", "action", "_selected_action", "select_across", "index", "is_popup"]
NAMES += ["app_label", "model_name", "field_name", "term", "offset", "size", "from", "to", "name", "owner", "status"]


@dataclass(frozen=True)
class Input:
    """One request. `number` and the seed say which it is."""

    number: int
    role: str
    method: str
    path: str
    query: str = ""
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = (
            self.method,
            ascii(f"{self.path}?{self.query}"),
            ascii(self.content_type),
            self.headers,
            self.body[:300],
        )
        return f"input {self.number} as {self.role or 'nobody'}: " + " ".join(map(str, parts))


def routes() -> list[list[tuple[str, str]]]:
    """Every address, each as its parts: (text, "") or ("", "number" or "text")."""
    return list(_routes(get_resolver().url_patterns, []))


def _routes(patterns, before) -> Iterator[list[tuple[str, str]]]:
    for pattern in patterns:
        parts = before + _parts(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, parts)
        elif isinstance(pattern, URLPattern):
            yield parts


def _parts(pattern) -> list[tuple[str, str]]:
    text, found = str(pattern), []
    for name, converter in pattern.converters.items():
        head, _, text = text.partition("<")
        text = text.partition(">")[2]
        found += [(head, ""), (name, "number" if isinstance(converter, IntConverter) else "text")]
    return [*found, (text.replace("^", "").replace("$", "").replace("\\Z", ""), "")]


class Inputs:
    """An endless and repeatable row of inputs.

    `known` has values of path parameters that exist: each dictionary those that belong together, by name. `names` are
    names of parameters, and `right` has a value for each that the forms require.
    """

    def __init__(
        self, seed: int, roles: list[str], known: list[dict[str, int]], names: list[str], right: dict[str, str]
    ):
        self._random, self._right = Random(seed), right
        self._roles, self._known, self._names = roles, known, sorted({*names, *NAMES})
        self._routes = routes()

    def __iter__(self) -> Iterator[Input]:
        number = 0
        while True:
            yield self._input(number)
            number += 1

    def _input(self, number: int) -> Input:
        random = self._random
        content_type, body = self._body()
        method = random.choice(METHODS)
        headers = {
            name: random.choice(HEADERS[name])
            for name in random.sample(list(HEADERS), random.choice([0, 0, 1, 1, 2, 4]))
        }
        sends = method not in ("GET", "HEAD") or random.random() < 0.05
        return Input(
            number=number,
            role=random.choice(self._roles),
            method=method,
            path=self._path(self._routes[number % len(self._routes)]),
            query=self._query(),
            body=body if sends else b"",
            content_type=content_type if sends else "",
            headers=headers,
        )

    def _path(self, parts) -> str:
        random = self._random
        known = random.choice(self._known)
        if any(name == "analysis_id" for name, kind in parts if kind):
            known = known | {"pk": known["scan"]}
        path = "/" + "".join(self._value(text, kind, known) if kind else text for text, kind in parts)
        return random.choice([path + "x", "/" + path, path.rstrip("/"), path * 3]) if random.random() < 0.05 else path

    def _value(self, name: str, kind: str, known: dict[str, int]) -> str:
        if self._random.random() < 0.75:
            return str(known.get(name, 1))
        return self._random.choice(WHOLE_NUMBERS) if kind == "number" else self._printable(TEXTS)

    def _query(self) -> str:
        return self._pairs(self._random.choice([0, 0, 1, 2, 5])).decode("ascii")

    def _pairs(self, count: int) -> bytes:
        pairs = [f"{quote_plus(self._name())}={self._quoted()}" for _ in range(count)]
        return "&".join(pairs).encode("ascii")

    def _name(self) -> str:
        return self._random.choice(self._names) if self._random.random() < 0.9 else self._printable(TEXTS)

    def _printable(self, texts) -> str:
        return self._random.choice(texts).encode("utf-8", "replace").decode()

    def _quoted(self) -> str:
        raw = self._random.choice(["%", "%ff", "%C3%28", "%ED%A0%80", "%u0041", "+", "a&b", ";"])
        return raw if self._random.random() < 0.15 else quote_plus(self._printable(TEXTS))

    def _body(self) -> tuple[str, bytes]:
        random = self._random
        content_type, charset = random.choice(TYPES), random.choice(CHARSETS)
        if random.random() < 0.6:
            content_type = TYPES[random.randrange(2)]
        full = f"{content_type}; charset={charset}" if charset else content_type
        if content_type.startswith("multipart"):
            return full, self._multipart()
        if content_type == "application/json":
            return full, json.dumps({self._name(): self._printable(TEXTS)}).encode()
        if random.random() < 0.4:
            return TYPES[0], self._nearly_right()
        count = random.choice([0, 1, 3, 8, 30]) if random.random() < 0.98 else 1500
        return full, self._pairs(count) + random.choice([b"", b"", b"&\xff\xfe=\x80", b"&=&&&"])

    def _nearly_right(self) -> bytes:
        """A form that would be taken, but for one or two of its fields."""
        wrong = {self._name(): self._printable(TEXTS) for _ in range(self._random.choice([1, 1, 2]))}
        return urlencode({**self._right, **wrong}).encode()

    def _multipart(self) -> bytes:
        random, parts = self._random, []
        for _ in range(random.choice([0, 1, 3, 8])):
            name = self._name().replace('"', "")
            file = f'; filename="{self._printable(TEXTS)}"' if random.random() < 0.3 else ""
            value = random.choice([self._printable(TEXTS).encode(), b"\xff\xfe\x00", b"PK\x03\x04", b"a,b\n\xff"])
            extra = random.choice(
                [b"", b"", b"Content-Transfer-Encoding: base64\r\n", b"Content-Type: text/plain; charset=rot13\r\n"]
            )
            head = f'--edge\r\nContent-Disposition: form-data; name="{name}"{file}\r\n'.encode()
            parts.append(head + extra + b"\r\n" + value + b"\r\n")
        return b"".join(parts) + random.choice(
            [b"--edge--\r\n", b"--edge", b"", b"--edge\r\nContent-Disposition: form"]
        )
