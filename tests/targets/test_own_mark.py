"""The mark by which the dashboard recognises its own answers."""

import pytest
from httpx import Headers

from scans.targets.own_mark import HEADER, is_own_answer, own_mark


def test_an_answer_is_our_own_if_it_has_our_mark(settings):
    assert is_own_answer(Headers({HEADER: own_mark()}))
    assert not is_own_answer(Headers()) and not is_own_answer(Headers({HEADER: "x"}))
    theirs = own_mark()
    settings.SECRET_KEY = "another installation"
    assert not is_own_answer(Headers({HEADER: theirs}))


def test_the_mark_does_not_tell_the_key(settings):
    assert settings.SECRET_KEY not in own_mark() and len(own_mark()) == 32


@pytest.mark.parametrize("value", ["é", "\x00", "x" * 10_000])
def test_a_site_may_send_anything_in_its_place(value):
    assert not is_own_answer({HEADER.lower(): value})
