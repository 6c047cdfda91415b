"""JSON that every reader accepts, and JSON documents that are written while they are sent."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from uuid import uuid4

HERE = uuid4().hex  # marks the place of the items in a document; no text of a site can equal it
# In JSON text: an escaped backslash, a pair of surrogates (one character), or half of such a pair.
_ESCAPES = re.compile(r"\\\\|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\ud[89a-f][0-9a-f]{2}")


def json_text(value, indent: int | None = None) -> str:
    """Return the value as JSON in printable ASCII (RFC 8259). Never fails because of a value inside.

    Texts that are translated when read, moments and the like become text. NaN and infinities, which JSON has not,
    become null. Half a surrogate pair, which is not Unicode, becomes U+FFFD.
    """
    try:
        text = json.dumps(value, indent=indent, allow_nan=False, default=str)
    except (TypeError, ValueError):
        text = json.dumps(_plain(value), indent=indent, allow_nan=False)
    text = text.replace("\x7f", r"\u007f")  # the one control character that json leaves as it is
    return _ESCAPES.sub(_whole, text) if r"\ud" in text else text


def _plain(value):
    """Return the value made of what JSON has, at any depth."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def _whole(escape: re.Match) -> str:
    return r"\ufffd" if len(escape[0]) == len(r"\ud800") else escape[0]


def json_pieces(document: dict, items: Iterable) -> Iterator[str]:
    """Return the document as JSON text in pieces. `[HERE]`, which it contains once, becomes the list of the items.

    Everything but the items is made at once, so that an error in it is found before anything is sent.
    """
    before, after = json_text(document, indent=2).split(f'"{HERE}"')
    return _around(before, items, after + "\n")


def _around(before: str, items: Iterable, after: str) -> Iterator[str]:
    yield before
    for number, item in enumerate(items):
        yield (",\n" if number else "") + json_text(item)
    yield after


def as_bytes(piece: str | bytes) -> bytes:
    """Return a piece of a file in UTF-8. A character that UTF-8 has not becomes a question mark."""
    return piece if isinstance(piece, bytes) else piece.encode(errors="replace")
