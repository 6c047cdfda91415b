"""The text by which an analysis is found, and its grams."""

import pytest

from scans.database.search_text import fold, grams, search_text


def test_a_host_that_is_no_idn_is_left_as_it_is():
    assert search_text("n", ["http://xn--a/"]) == "n\nhttp://xn--a/\n\n"


def test_a_host_is_there_as_it_is_typed_and_as_people_read_it_with_port_and_path():
    text = search_text("Books", ["http://XN--BCHER-KVA.example:8080/Weg"])
    assert text == "books\nhttp://xn--bcher-kva.example:8080/weg\nhttp://bücher.example:8080/weg\n\n"


def test_a_url_that_is_named_twice_is_there_once_and_a_name_has_one_line():
    assert search_text("two\nlines", ["http://a/", "http://a/"]) == "two lines\nhttp://a/\n\n"


@pytest.mark.parametrize(("one", "other"), [("STRASSE", "straße"), ("BU\u0308RO", "büro"), ("ΣΊΣΥΦΟΣ", "σίσυφος")])
def test_texts_that_differ_in_case_or_composition_alone_are_the_same(one, other):
    assert fold(one) == fold(other)


def test_accents_make_a_difference():
    assert fold("école") != fold("ecole")


@pytest.mark.parametrize(("words", "runs"), [("a", ["a"]), ("ab", ["ab"]), ("abc", ["abc"]), ("abab", ["aba", "bab"])])
def test_runs_of_words(words, runs):
    assert grams(words) == runs
