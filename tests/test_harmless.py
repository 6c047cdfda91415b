"""Texts of strangers, made harmless to show."""

import sys
import unicodedata

import pytest

from scans.harmless import harmless, one_line

CONTROLLING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"


def test_no_character_that_controls_others_is_left():
    left = {
        f"{code:04x}"
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in CONTROLLING and chr(code) in harmless(chr(code))
    }
    assert left == {"0009", "000a"}  # a tab and a line break


def test_no_letter_that_is_blank_is_left():
    assert not set(BLANK_LETTERS) & set(harmless(BLANK_LETTERS))


def test_every_other_character_stays_as_it_is():
    changed = {
        code
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) not in CONTROLLING | {"Cn", "Mn"} and harmless(chr(code)) != chr(code)
    }
    assert changed <= set(map(ord, BLANK_LETTERS))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x07", "␛[31mred␇"),
        ("evil\u202efdp.exe", "evil\\u202efdp.exe"),
        ("\u2066a\u2069\u200e\u200f", "\\u2066a\\u2069\\u200e\\u200f"),
        ("a\u200bb\ufeffc\u2060d", "a\\u200bb\\ufeffc\\u2060d"),
        ("hidden\U000e0041", "hidden\\U000e0041"),
        ("\x9b2J\x7f\x00", "\\u009b2J␡␀"),
        ("half a pair \udc9b", "half a pair \\udc9b"),
        ("one\r\ntwo\nthree\tfour", "one\r\ntwo\nthree\tfour"),
        ("over\rwritten", "over␍written"),
        ("\r\r\n", "␍\r\n"),
        ("Prüfung der Straße – “ok” 👍🏽 שלום", "Prüfung der Straße – “ok” 👍🏽 שלום"),
    ],
)
def test_a_harmful_character_gets_a_visible_stand_in(text, shown):
    assert harmless(text) == shown
    assert harmless(shown) == shown


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"])
def test_one_line_has_no_line_break_of_any_kind(line_break):
    shown = one_line(f"a{line_break}2026-01-01 INFO forged")
    assert len(shown.splitlines()) == 1
    assert (
        shown.startswith("a")
        and shown.endswith("2026-01-01 INFO forged")
        and len(shown) > len("a2026-01-01 INFO forged")
    )


def test_anything_can_be_shown():
    assert one_line(ValueError("a\nb")) == "a␊b"
