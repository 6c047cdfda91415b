"""Mouse and keyboard do what their commands say, as a person's would."""

import pytest

from tests.browser.playing import played, step

pytestmark = pytest.mark.browser
KEYS = "onkeydown=\"document.title += event.key + (event.ctrlKey ? '+ctrl' : '') + ','\""


@pytest.mark.parametrize(
    ("typed", "pressed"),
    [
        ("a${KEY_RETURN}", "a,Enter,"),
        ("${KEY_CTRL}ab${KEY_NULL}c", "Control+ctrl,a+ctrl,b+ctrl,c,"),
        ("${KEY_CONTROL}${KEY_HOME}", "Control+ctrl,Home+ctrl,"),
        ("${KEY_ARROW_DOWN}${KEY_DOWN}Key['TAB']", "ArrowDown,ArrowDown,Tab,"),
        ("${KEY_NUMPAD1}${KEY_N2}${KEY_MULTIPLY}", "1,2,*,"),
    ],
)
def test_keys_are_pressed_by_their_names_and_held_with_those_that_follow(site, typed, pressed):
    site.pages["/keys"] = f"<title></title><input {KEYS}>"
    told = played(
        site,
        step("open", "/keys"),
        step("sendKeys", "css=input", typed),
        step("assertTitle", pressed),
    )
    assert told.ok, told.detail


def test_keys_are_typed_after_the_text_that_is_there(site):
    site.pages["/there"] = "<input value=selenium>"
    told = played(
        site,
        step("open", "/there"),
        step("sendKeys", "css=input", "-ide"),
        step("assertValue", "css=input", "selenium-ide"),
    )
    assert told.ok, told.detail


def test_a_slider_follows_the_mouse_and_a_menu_opens_under_it(site):
    notes = "document.title += event.type + event.offsetX + ','"
    site.pages["/mouse"] = (
        f"<title></title><style>.bar {{ width: 200px; height: 20px }} #menu:not(:hover) b {{ display: none }}</style>"
        f'<br><div class=bar onmousedown="{notes}" onmouseup="{notes}"></div><div id=menu>M<b>open</b></div>'
    )
    told = played(
        site,
        step("open", "/mouse"),
        step("mouseDownAt", "css=.bar", "10,5"),
        step("mouseMoveAt", "css=.bar", "100,5"),
        step("mouseUpAt", "css=.bar", "150,5"),
        step("assertTitle", "mousedown10,mouseup150,"),
        step("mouseOver", "id=menu"),
        step("waitForElementVisible", "css=b", "2000"),
        step("mouseOut", "id=menu"),
        step("waitForElementNotVisible", "css=b", "2000"),
    )
    assert told.ok, told.detail


def test_a_click_at_a_place_is_made_there_and_at_one_outside_in_the_middle(site):
    site.pages["/at"] = (
        "<title></title><style>i { display: block; width: 100px; height: 20px }</style>"
        "<i onclick='document.title += event.offsetX + \",\"'></i>"
    )
    told = played(
        site,
        step("open", "/at"),
        step("clickAt", "css=i", "7,5"),
        step("clickAt", "css=i", "700,5"),
        step("assertTitle", "7,50,"),
    )
    assert told.ok, told.detail


def test_something_is_dragged_to_where_another_locator_finds_it(site):
    site.pages["/drag"] = (
        "<title></title><p draggable=true>owl</p>"
        "<div ondragover='event.preventDefault()' ondrop='document.title = 1'>x</div>"
    )
    drag = step("dragAndDropToObject", "css=p", "id=nest", values=[["css=div", "css"]])
    told = played(site, step("open", "/drag"), drag, step("assertTitle", "1"))
    assert told.ok, told.detail
