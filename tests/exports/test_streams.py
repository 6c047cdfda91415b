"""JSON documents that are written while they are sent."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy

from scans.exports.streams import HERE, as_bytes, json_pieces, json_text


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


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("\0", "\0"),
        ("\ud800", "\ufffd"),
        ("\udfff\ud83d", "\ufffd\ufffd"),
        ("😀 \\ud800 ü", "😀 \\ud800 ü"),
        ("\\\ud800", "\\\ufffd"),
        (gettext_lazy("Find"), "Find"),
        (lazystr("x"), "x"),
        (float("nan"), None),
        ({"a": [float("inf"), -float("inf"), 1.5]}, {"a": [None, None, 1.5]}),
        (10**400, 10**400),
        (Decimal("1.5"), "1.5"),
        (date(2026, 1, 2), "2026-01-02"),
        ({"at": datetime(2026, 1, 2, tzinfo=UTC)}, {"at": "2026-01-02 00:00:00+00:00"}),
        ({gettext_lazy("Find"): {1: (True, None)}}, {"Find": {"1": [True, None]}}),
        ([{"x"}, float("nan")], [["x"], None]),
    ],
)
def test_any_value_becomes_json_that_every_reader_takes(value, read):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    text = json_text(value)
    assert json.loads(text, parse_constant=refuse) == read
    assert text.isascii()


def test_what_is_around_the_items_is_made_at_once_so_that_an_error_comes_before_anything_is_sent():
    class Broken:
        def __str__(self):
            raise RuntimeError("cannot be written")

    with pytest.raises(RuntimeError, match="cannot be written"):
        json_pieces({"name": Broken(), "items": [HERE]}, [])


def test_a_file_is_utf8_whatever_stands_in_it():
    assert as_bytes("ü\ud800") == b"\xc3\xbc?" and as_bytes(b"\xff") == b"\xff"
