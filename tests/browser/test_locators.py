"""A recorder's locators, translated for Playwright."""

from pathlib import Path

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
        ("linkText=Größe = 2", 'a:text-is("Größe = 2")'),
        ("partialLinkText=Log", 'a:has-text("Log")'),
    ],
)
def test_a_locator_of_each_kind_is_translated(locators, recorded, selector):
    assert locators.selector(recorded) == selector and locators.is_locator(recorded)


@pytest.mark.parametrize("recorded", ["", "owl=x", "user.name"])
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
