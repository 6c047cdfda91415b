"""The names of keys, and the text between them."""

import pytest

from scans.browser import keys


@pytest.mark.parametrize(
    ("names", "key"),
    [
        ("ENTER RETURN", "Enter"),
        ("BKSP BACKSPACE BACK_SPACE", "Backspace"),
        ("DEL DELETE", "Delete"),
        ("PGUP PAGE_UP", "PageUp"),
        ("LEFT ARROW_LEFT", "ArrowLeft"),
        ("N5 NUMPAD5", "5"),
        ("MUL MULTIPLY", "NumpadMultiply"),
        ("F12", "F12"),
    ],
)
def test_a_key_has_its_names_in_both_versions(names, key):
    assert {keys.KEYS[name] for name in names.split()} == {key}


@pytest.mark.parametrize(
    ("typed", "pieces"),
    [
        ("", []),
        ("a b", [("a b", "")]),
        ("a${KEY_CTRL}c${KEY_NULL}d", [("a", ""), ("", "CTRL"), ("c", ""), ("", "NULL"), ("d", "")]),
        ("${KEY_OWL}", [("", "OWL")]),
        ("Key['ENTER']", [("", "ENTER")]),
        ("Key['owl'] ${owl}", [("Key['owl'] ${owl}", "")]),
    ],
)
def test_a_text_is_divided_at_its_keys(typed, pieces):
    assert keys.pieces(typed) == pieces
