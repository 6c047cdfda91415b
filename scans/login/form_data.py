"""The data that a browser sends for a form (HTML, “constructing the entry list” and “form submission”)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from scans.targets.encodings import encoded, name_of

if TYPE_CHECKING:
    from bs4 import Tag

USERNAME, PASSWORD = "username", "password"
FILE = "file"
MULTIPART, PLAIN, URLENCODED = "multipart/form-data", "text/plain", "application/x-www-form-urlencoded"
_LINE_END = re.compile(r"\r\n|\r|\n")
# The types that HTML knows. An input of any other type is a text field.
_KINDS = frozenset(
    "text email tel search password number url button checkbox color date datetime-local file hidden image month radio "
    "range reset submit time week".split()
)


@dataclass(frozen=True)
class Entry:
    """A name and a value. `role` says that the user name or the password is typed there, or that it is a file."""

    name: str
    value: str = field(default="", repr=False)
    role: str = ""


def kind_of(control: Tag) -> str:
    """Return the type of a control, in lower case. By default a button submits and an input takes text."""
    usual = {"button": "submit", "input": "text"}.get(control.name, control.name)
    kind = str(control.get("type") or usual).strip().lower() if control.name in ("input", "button") else usual
    return usual if control.name == "input" and kind not in _KINDS else kind


def entries_of(controls: Iterable[Tag], button: Tag | None, roles: Mapping[int, str]) -> tuple[Entry, ...]:
    """Return the entries of a form's controls in their order, sent by this button. `roles` has them by id().

    A box, a choice or a selection that the form requires is made, as a person would: the browser sends no form without.
    """
    controls, entries = list(controls), []
    chosen = {_name(one) for one in controls if kind_of(one) == "radio" and one.has_attr("checked")}
    for control in controls:
        name, kind = _name(control), kind_of(control)
        if role := roles.get(id(control)):
            entries.append(Entry(name, role=role))
        elif control.has_attr("disabled"):
            continue
        elif kind == "radio" and control.has_attr("required") and name and name not in chosen:
            chosen.add(name)
            entries.append(Entry(name, _value(control, "on")))
        else:
            entries += _entries(control, name, kind, is_pressed=control is button)
    return tuple(entries)


def _entries(control: Tag, name: str, kind: str, *, is_pressed: bool) -> list[Entry]:
    """Return the entries of a control that nobody touched."""
    if kind == "image":
        point = f"{name}." if name else ""
        return [Entry(f"{point}x", "0"), Entry(f"{point}y", "0")] if is_pressed else []
    if not name:
        return []
    if kind == "select":
        return [Entry(name, value) for value in _chosen(control)]
    if kind == "textarea":
        return [Entry(name, control.get_text().removeprefix("\n"))]
    if kind in ("checkbox", "radio"):
        is_ticked = control.has_attr("checked") or (kind == "checkbox" and control.has_attr("required"))
        return [Entry(name, _value(control, "on"))] if is_ticked else []
    if kind in ("submit", "button", "reset"):
        return [Entry(name, _value(control))] if is_pressed and kind == "submit" else []
    return [Entry(name, role=FILE)] if kind == FILE else [Entry(name, _value(control))]


def _chosen(select: Tag) -> list[str]:
    """Return the values that a list has chosen: those marked, else the first where it shows only one."""
    options = [option for option in select.find_all("option") if not option.has_attr("disabled")]
    marked = [option for option in options if option.has_attr("selected")]
    if not select.has_attr("multiple"):
        marked = marked[-1:] or options[:1]
        if select.has_attr("required") and marked and not _of_option(marked[0]):
            marked = [option for option in options if _of_option(option)][:1] or marked
    return [_of_option(option) for option in marked]


def _of_option(option: Tag) -> str:
    # Only the first string: an option without an end tag contains the next options.
    return str(option.get("value", next(option.stripped_strings, "")))


def form_body(
    entries: Iterable[Entry], typed: Mapping[str, str], *, method: str, enctype: str, encoding: str
) -> tuple[bytes, str]:
    """Return the body of a form and its content type; for GET, the body is the query.

    `typed` has a text for each role; `encoding` is a codec of targets.encodings that forms may use.
    """
    triples = []
    for entry in entries:
        value = typed.get(entry.role, entry.value)
        if not entry.role and entry.name.lower() == "_charset_" and not value:
            value = name_of(encoding)
        triples.append((_bytes(entry.name, encoding), _bytes(value, encoding), entry.role == FILE))
    if method != "POST" or enctype not in (MULTIPART, PLAIN):
        pairs = (b"=".join((_escaped(name), _escaped(value))) for name, value, _ in triples)
        return b"&".join(pairs), URLENCODED
    if enctype == PLAIN:
        return b"".join(b"%b=%b\r\n" % (name, value) for name, value, _ in triples), PLAIN
    boundary = f"----owl{token_hex(16)}"
    return _multipart(triples, boundary.encode()), f"{MULTIPART}; boundary={boundary}"


def _multipart(triples: Iterable[tuple[bytes, bytes, bool]], boundary: bytes) -> bytes:
    body = b""
    for name, value, is_file in triples:
        quoted = name.replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
        more = b'; filename=""\r\nContent-Type: application/octet-stream' if is_file else b""
        body += b'--%b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n' % (boundary, quoted, more, value)
    return body + b"--%b--\r\n" % boundary


def _bytes(text: str, encoding: str) -> bytes:
    return encoded(_LINE_END.sub("\r\n", text), encoding)


def _escaped(value: bytes) -> bytes:
    return quote_plus(value, safe="*").replace("~", "%7E").encode()


def _value(control: Tag, otherwise: str = "") -> str:
    return str(control.get("value", otherwise))


def _name(control: Tag) -> str:
    return str(control.get("name", ""))
