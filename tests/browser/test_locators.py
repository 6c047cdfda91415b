"""A recorder's locators, translated for Playwright."""

from pathlib import Path
from time import process_time

import pytest

from scans.browser import side


@pytest.fixture
def locators(imported_flat):
    return imported_flat(Path(side.__file__).parent / "locators.py")


@pytest.mark.parametrize(
    ("recorded", "selector"),
    [
        ("id=user.name", '[id="user.name"]'),
        ('name=a"b', '[name="a\\"b"]'),
        ("css=form > input", "css=form > input"),
        ("//div[@id='x']", "xpath=//div[@id='x']"),
        ("(//a)[2]", "xpath=(//a)[2]"),
        (" xpath=//b ", "xpath=//b"),
        ("/html/body/a", "xpath=/html/body/a"),
        ("identifier=a", '[id="a"], [name="a"]'),
        ("user.name", '[id="user.name"], [name="user.name"]'),  # as recordings before version 1.1 have it
        ("linkText=Größe = 2", "css=a"),  # with `link_pattern`
        ("partialLinkText=Log", 'a:has-text("Log")'),
    ],
)
def test_a_locator_of_each_kind_is_translated(locators, recorded, selector):
    assert locators.selector(recorded) == selector and locators.is_locator(recorded)


@pytest.mark.parametrize("recorded", ["", "owl=x", "id=", "user name"])
def test_an_unknown_kind_is_refused_by_its_text(locators, recorded):
    assert not locators.is_locator(recorded)
    with pytest.raises(locators.Failed) as failure:
        locators.selector(recorded)
    assert failure.value.detail == locators.reason("locator_unknown", target=recorded)


def test_a_secret_is_taken_out_of_a_reason_and_of_those_inside_it(locators):
    inner = locators.reason("text", text="owls typed, then owls again")
    outer = locators.reason("at_command", line=3, command="type", error=inner)
    hidden = locators.without(outer, {"owls": "***"})
    assert hidden["facts"]["error"]["facts"]["text"] == "*** typed, then *** again" and hidden["facts"]["line"] == 3
    assert "owls" in inner["facts"]["text"]  # the original stays


@pytest.mark.parametrize(
    ("recorded", "text", "found"),
    [
        ("linkText=Your orders", "Your orders", True),
        ("linkText=Your orders", "\n  Your\u00a0\n orders ", True),
        ("linkText=Your orders", "Your orders (2)", False),
        ("linkText=1 * 2 (a.b)", "1 * 2 (a.b)", True),
        ("link=exact:a*", "ab", False),
        ("link=glob:Log*", "Log in", True),
        ("link=regexp:^Log (in|out)$", "Log out", True),
    ],
)
def test_a_link_is_found_by_its_whole_text_whatever_the_white_space(locators, recorded, text, found):
    assert bool(locators.link_pattern(recorded).search(text)) == found


@pytest.mark.parametrize(
    ("seen", "expected", "equal"),
    [
        (" a \n b", "a b", True),
        ("a b", "a  b", True),
        ("owls", "OWLS", False),
        ("owls", "regexpi:OW", True),
        ("owls", "glob:o*s", True),
        ("a*b", "exact:a*b", True),
        ("axb", "exact:a*b", False),
        ("a (b)", "mostly-equals:a \\(b\\)", True),
        ("Note: here", "Note: here", True),
        ("a\nb", "a\\nb", True),
        ("C:\\new", "C:\\new", True),
    ],
)
def test_texts_are_compared_as_recorders_mean_it(locators, seen, expected, equal):
    assert locators.matches(seen, expected) == equal


def test_no_text_takes_a_pattern_long(locators):
    began = process_time()
    assert not locators.matches("a" * 3000, "*a" * 8 + "b")
    assert process_time() - began < 1
