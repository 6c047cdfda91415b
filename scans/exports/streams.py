"""JSON documents that are written while they are sent, because one of their lists is too long for memory."""

import json
from collections.abc import Iterable, Iterator
from uuid import uuid4

HERE = uuid4().hex  # marks the place of the items in a document; no text of a site can equal it


def json_pieces(document: dict, items: Iterable) -> Iterator[str]:
    """Yield the document as JSON text. `[HERE]`, which it contains once, becomes the list of the items."""
    before, after = json.dumps(document, indent=2).split(f'"{HERE}"')
    yield before
    for number, item in enumerate(items):
        yield (",\n" if number else "") + json.dumps(item)
    yield after + "\n"
