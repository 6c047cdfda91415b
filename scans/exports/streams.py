"""JSON that is made while it is sent: a document of which one list is too long to hold."""

import json
from collections.abc import Iterable, Iterator
from uuid import uuid4

HERE = uuid4().hex  # stands in a document where the items go; no text of a site can be it


def json_pieces(document: dict, items: Iterable) -> Iterator[str]:
    """The document as JSON text, in pieces; `[HERE]`, which it holds once, becomes the list of the items."""
    before, after = json.dumps(document, indent=2).split(f'"{HERE}"')
    yield before
    for number, item in enumerate(items):
        yield (",\n" if number else "") + json.dumps(item)
    yield after + "\n"
