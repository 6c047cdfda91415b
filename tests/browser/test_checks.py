"""The commands that compare, wait and store."""

import pytest

from tests.browser.playing import played, step

pytestmark = pytest.mark.browser


def test_what_is_stored_keeps_its_type(site):
    site.pages["/typed"] = (
        "<title>Owls</title><a href=/x>x</a><i></i><i></i><p id=empty></p><input id=v value=1>"
        "<input type=checkbox checked><div id=test-id-1 style='color: blue;'></div>"
    )
    told = played(
        site,
        step("open", "/typed"),
        step("storeElementCount", "css=i", "${n}"),  # as recordings before version 1.1 have it
        step("executeScript", "return ${n} + 1", "m"),
        step("assert", "m", "3"),
        step("storeXpathCount", "xpath=//i", "n"),
        step("executeScript", "return ${n} === 2 && `${1}`", "same"),
        step("storeJson", '{"user": {"name": "Ada", "tags": ["a", "b"]}, "n": 1.5}', "j"),
        step("executeScript", "return ${j}.user.name + ${j.user.tags}.length + ${j}.n", "text"),
        step("assert", "text", "Ada21.5"),
        step("executeScript", "return ${j}.user.tags", "tags"),
        step("type", "id=v", "${tags[1]} ${j.user.name} ${tags} ${n}"),
        step("assertValue", "id=v", "b Ada a,b 2"),
        step("assert", "tags", "a,b"),
        step("assert", "tags", '["a", "b"]'),
        step("executeScript", "return ${same}", "same"),
        step("executeScript", "return null", "none"),
        step("assert", "none", "null"),
        step("executeScript", "return 1 > 0", "yes"),
        step("assert", "${yes}", "true"),
        step("storeAttribute", "id=test-id-1@style", "style"),
        step("assert", "style", "color: blue;"),
        step("storeAttribute", "xpath=//a/@href", "href"),
        step("assert", "href", "/x"),
        step("storeAttribute", "css=[type=checkbox]@checked", "checked"),
        step("assert", "checked", "true"),
        step("storeAttribute", "css=a@title", "title"),
        step("assert", "title", "null"),
        step("storeTitle", "name of the page"),
        step("verify", "name of the page", "Owls"),
        step("storeText", "id=empty", "empty"),
        step("assert", "empty", ""),
        step("assert", "nothing", "x"),
    )
    assert (told.line, told.command) == (32, "assert") and "nothing is not stored" in str(told.detail)


def test_fields_have_values_and_boxes_are_on_or_off(site):
    options = "<option value=1>One<option value=2>Two"
    site.pages["/values"] = f"<input id=b type=checkbox value=yes><button value=go>x</button><select>{options}</select>"
    told = played(
        site,
        step("open", "/values"),
        step("assertValue", "id=b", "off"),
        step("check", "id=b"),
        step("assertValue", "id=b", "on"),
        step("verifyValue", "id=b", "yes"),
        step("assertNotValue", "id=b", "no"),
        step("assertValue", "css=button", "go"),
        step("assertSelectedLabel", "css=select", "label=One"),
        step("assertNotSelectedLabel", "css=select", "Two"),
        step("assertNotValue", "css=button", "go"),
    )
    assert told.line == 10 and "the value is “go”" in str(told.detail)
