"""JSON documents that are written while they are sent."""

import json

import pytest

from scans.exports.streams import HERE, json_pieces


@pytest.mark.parametrize("items", [[], ["one"], [{"text": "[]"}, {"text": 'a "quote"'}, {"text": "ü"}]])
def test_the_pieces_are_one_document_with_the_items_in_their_place(items):
    document = {"name": "Shop", "findings": [HERE], "log": []}
    assert json.loads("".join(json_pieces(document, iter(items)))) == {**document, "findings": items}


def test_no_item_is_asked_for_before_its_piece_is_sent():
    def items():
        yield 1
        raise AssertionError("asked for too early")

    pieces = json_pieces([HERE], items())
    assert "1" not in next(pieces)
    assert next(pieces) == "1"
