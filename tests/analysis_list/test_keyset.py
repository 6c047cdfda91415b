"""Positions in the list, and the pages beside them. test_ordering.py walks through every order."""

import pytest

from scans.analysis_list.keyset import Keyset, Position, rows_of
from scans.models import Analysis
from tests import factories


def by(order: str, *, descending=False, **options) -> Keyset:
    return Keyset(None, order, descending=descending, **options)


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ("name", "after~0~Shop ~ and more~7"),
        ("name", "before~0~two\nlines~7"),
        ("changed", "after~0~2027-03-01T18:00:00.000001+00:00~999999999999999999"),
        ("start", "before~2~~7"),
    ],
)
def test_a_position_is_read_back_as_it_was_written(order, text):
    keyset = by(order)
    position = keyset.parse(text)
    assert (position.pk, position.forward) == (int(text.rpartition("~")[2]), text.startswith("after"))
    assert keyset.parse(str(position)) == position


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ("name", ""),
        ("name", "3"),
        ("name", "beside~0~Shop~7"),
        ("name", "after~0~Shop~x"),
        ("name", "after~0~Shop~" + "9" * 19),
        ("name", "after~99~Shop~7"),
        ("name", "after~0~a\0b~7"),
        ("changed", "after~0~yesterday~7"),
        ("changed", "after~0~0001-01-01T00:00:00+14:00~7"),
        ("urls", "after~0~many~7"),
    ],
)
def test_what_no_link_of_the_list_holds_is_no_position(order, text):
    assert by(order).parse(text) is None


@pytest.mark.django_db
def test_pages_say_whether_there_are_others_before_and_after():
    for name in ("ada", "bob", "cid"):
        factories.submitted(name=name)
    keyset = by("name")
    first, last = keyset.first(2), keyset.last(2)
    assert [(page.has_previous, page.has_next) for page in (first, last)] == [(False, True), (True, False)]
    after_first = keyset.beside(2, keyset.position(first.rows[-1], forward=True))
    assert [row.pk for row in after_first.rows] == [last.rows[-1].pk]
    assert keyset.first(2, 2).rows == after_first.rows
    for beyond in (keyset.first(2, 9), keyset.beside(2, Position(0, "zoe", 1))):
        assert beyond == last
    assert keyset.beside(2, Position(0, "aaa", 1, forward=False)) == first


@pytest.mark.django_db
def test_rows_are_had_by_their_ids_alone():
    analysis, _ = factories.running(), factories.running()
    (row,) = rows_of([analysis.pk])
    stored = Analysis.objects.get(pk=analysis.pk)
    assert (row.pk, row.version, row.info) == (stored.pk, stored.version, stored.info)
