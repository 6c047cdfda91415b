"""Each command of a recording does what its recorder meant."""

import pytest

from tests.browser.playing import play, played, step, task

pytestmark = pytest.mark.browser


def test_a_step_that_fails_is_named_without_what_was_typed(site):
    played = play(task(site, ("open", "/login", ""), ("type", "id=no", "s3cr3t")))
    assert (played.reason, played.line, played.command) == ("step_failed", 2, "type")
    assert "there is no element id=no" in str(played.detail) and "s3cr3t" not in str(played.detail)
    assert played.screenshot


def test_windows_are_told_apart_by_the_names_that_the_recorder_gave_them(site):
    site.pages["/windows"] = "<title>first</title><a href=/one target=_blank>one</a><a href=/two target=_blank>two</a>"
    site.pages["/one"], site.pages["/two"] = "<title>one</title>", "<title>two</title>"
    opens = {"opensWindow": True, "windowTimeout": 2000}
    told = played(
        site,
        step("open", "/windows"),
        step("click", "linkText=one", windowHandleName="win1", **opens),
        step("click", "linkText=two", windowHandleName="win2", **opens),
        step("storeWindowHandle", "root"),
        step("selectWindow", "handle=${win1}"),
        step("assertTitle", "one"),
        step("selectWindow", "handle=${win2}"),
        step("assertTitle", "two"),
        step("close"),
        step("selectWindow", "handle=${root}"),
        step("assertTitle", "first"),
        step("selectWindow", "handle=${win2}"),
    )
    assert (told.reason, told.line) == ("step_failed", 12) and "window" in str(told.detail)


def test_frames_are_counted_inside_of_the_frame_one_is_in(site):
    site.pages["/outer"] = "<b>outer</b><iframe src=/middle></iframe>"
    site.pages["/middle"] = "<b>middle</b><iframe src=/inner></iframe>"
    site.pages["/inner"] = "<b>inner</b>"
    told = played(
        site,
        step("open", "/outer"),
        step("selectFrame", "index=0"),
        step("selectFrame", "index=0"),
        step("assertText", "css=b", "inner"),
        step("selectFrame", "relative=parent"),
        step("assertText", "css=b", "middle"),
        step("selectFrame", "relative=top"),
        step("assertText", "css=b", "outer"),
        step("selectFrame", "index=0\\0"),
        step("assertText", "css=b", "inner"),
        step("selectFrame", "index=.."),
        step("assertText", "css=b", "middle"),
        step("selectFrame", "relative=parent"),
        step("selectFrame", "css=b"),
    )
    assert told.line == 14 and "not a frame" in str(told.detail)


def test_what_was_stored_is_a_value_in_scripts_and_can_be_compared(site):
    site.pages["/table"] = "<title>t</title><b>it's 3 'owls'</b><i></i><i></i>"
    told = played(
        site,
        step("open", "/table"),
        step("storeText", "css=b", "seen"),
        step("executeScript", "return ${seen} + '!'", "louder"),
        step("assert", "louder", "it's 3 'owls'!"),
        step("storeXpathCount", "xpath=//i", "count"),
        step("verify", "count", "2"),
        step("executeScript", "return ${count} === 2", "same"),
        step("assert", "same", "true"),
        step("storeJson", '{"a": 1}', "json"),
        step("executeAsyncScript", "return new Promise(done => setTimeout(() => done('late'), 50))", "late"),
        step("assert", "late", "late"),
        step("assertText", "css=b", "regexp:\\d 'o[wl]+s'"),
        step("assert", "late", "early"),
    )
    assert told.line == 13 and "early" in str(told.detail)


def test_fields_are_asked_for_what_is_chosen_and_whether_they_take_anything(site):
    options = "<option value=1>One<option value=2>Two"
    site.pages["/fields"] = f"<select id=a>{options}</select><select multiple id=b>{options}</select><input disabled>"
    told = played(
        site,
        step("open", "/fields"),
        step("select", "id=a", "label=Two"),
        step("assertSelectedLabel", "id=a", "Two"),
        step("assertSelectedValue", "id=a", "2"),
        step("verifyNotSelectedValue", "id=a", "1"),
        step("addSelection", "id=b", "label=One"),
        step("addSelection", "id=b", "label=Two"),
        step("removeSelection", "id=b", "label=One"),
        step("executeScript", "return [...document.getElementById('b').selectedOptions].map(o => o.value)", "left"),
        step("assert", "left", '["2"]'),
        step("assertEditable", "id=a"),
        step("waitForElementNotEditable", "css=input", "500"),
        step("assertNotEditable", "id=a"),
    )
    assert told.line == 13, told.detail


def test_an_option_is_chosen_by_whatever_tells_it(site):
    options = "<option>one<option value=2>two  parts<option id=three>a&nbsp;(b)<option value=4>two"
    late = "setTimeout(() => document.querySelector('select').insertAdjacentHTML('beforeend', '<option>late'), 400)"
    site.pages["/options"] = f"<select>{options}</select><script>{late}</script>"
    chosen = {
        "label=two  parts": "two parts",
        "two": "two",
        "value=2": "two parts",
        "id=three": "a (b)",
        "index=0": "one",
        "label=mostly-equals:a \\(b\\)": "a (b)",
        "label=regexp:^t.o$": "two",
        "label=glob:two p*": "two parts",
        "label=late": "late",
    }
    each = [
        one
        for option, label in chosen.items()
        for one in (step("select", "css=select", option), step("assertSelectedLabel", "css=select", label))
    ]
    told = played(site, step("open", "/options"), *each, step("select", "css=select", "label=owl"))
    assert told.line == len(each) + 2 and "the list has no option label=owl" in str(told.detail)


def test_a_text_may_name_its_line_breaks_but_not_a_password(site):
    site.pages["/lines"] = "<textarea></textarea><input type=password>"
    told = played(
        site,
        step("open", "/lines"),
        step("type", "css=textarea", "a\\nb\\\\c\nd"),
        step("executeScript", "return document.querySelector('textarea').value === 'a\\nb\\\\c\\nd'", "same"),
        step("assert", "same", "true"),
        step("assertValue", "css=textarea", "a\\nb\\\\c\nd"),
        step("sendKeys", "css=textarea", "${KEY_CTRL}${KEY_END}${KEY_NULL}\\ne"),
        step("assertValue", "css=textarea", "a b\\\\c d e"),
        step("type", "css=input", "new\\night"),
        step("executeScript", "return document.querySelector('input').value.length", "letters"),
        step("assert", "letters", "9"),
    )
    assert told.ok, told.detail


def test_a_field_for_files_is_refused_clearly(site):
    site.pages["/upload"] = "<input type=file>"
    for command in ("type", "sendKeys"):
        told = played(site, step("open", "/upload"), step(command, "css=input", "/home/ada/owl.png"))
        assert told.line == 2 and "files cannot be chosen" in str(told.detail)


def test_a_frame_is_selected_by_its_name(site):
    site.pages["/named"] = "<body><iframe src=/frame/other></iframe><iframe name=first src=/frame/first></iframe>"
    site.pages |= {f"/frame/{name}": f"<b>{name}</b>" for name in ("other", "first")}
    told = played(
        site,
        step("open", "/named"),
        step("selectFrame", "name=first"),
        step("assertText", "css=b", "first"),
        step("selectFrame", "relative=parent"),
        step("selectFrame", "first"),
        step("assertText", "css=b", "first"),
    )
    assert told.ok, told.detail


def test_a_window_as_small_as_the_recorded_one_shows_what_was_shown_there(site):
    site.pages["/narrow"] = "<style>@media (min-width: 700px) { a { display: none } }</style><a href=/burger>Menu</a>"
    site.pages["/burger"] = "x"
    told = played(
        site, step("setWindowSize", "550x800"), step("open", "/narrow"), step("click", "linkText=Menu"), seconds=30
    )
    assert f"{site.url}burger" in told.visited, told.detail


LOCATORS = (
    *("linkText=Über “uns”", "link=Über “uns”", "partialLinkText=Über", "id=über", "xpath=//a", "//a", "css=a[href]"),
    *("name=da'hin", "class=way", "tagName=a"),
)


def test_elements_are_found_by_every_kind_of_locator(site):
    site.pages["/kinds"] = '<a class=way id=über name="da\'hin" href=/found>Über “uns”</a>'
    site.pages["/found"] = "<title>found</title>"
    each = [(step("open", "/kinds"), step("click", locator), step("assertTitle", "found")) for locator in LOCATORS]
    told = played(site, *[one for steps in each for one in steps])
    assert told.ok, told.detail


def test_another_locator_is_tried_only_when_the_first_finds_nothing_for_a_while(site):
    script = "setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<a id=next href=/right>Next</a>'), 400)"
    site.pages["/late"] = f"<a href=/wrong>Help</a><script>onload = () => {{ {script} }}</script>"
    site.pages["/wrong"] = site.pages["/right"] = "x"
    others = [["id=next", "id"], ["dom=next", "unknown"], ["xpath=//a", "xpath:position"]]
    told = played(site, step("open", "/late"), step("click", "id=next", targets=others))
    assert f"{site.url}right" in told.visited
    not_there = step("waitForElementNotPresent", "id=gone", "500", targets=others)
    told = played(site, step("open", "/late"), not_there, step("click", "id=gone", targets=others[1:]))
    assert f"{site.url}wrong" in told.visited, told.detail


def test_whatever_a_page_says_can_be_stored_in_a_database(site):
    odd = "token\\u0000\\ud800" + "x" * 1000
    site.pages["/odd"] = f"<script>localStorage['{odd}'] = 1; function fail() {{ throw Error('{odd}') }}</script>"
    told = played(site, step("open", "/odd"), step("executeScript", "fail()"))
    said = f"{told.detail} {told.storage[0]}"
    assert told.line == 2 and said.encode() and "\0" not in said and len(told.storage[0]) <= 100


@pytest.mark.parametrize(
    ("command", "target", "value"),
    [
        ("open", "http://127.0.0.1:99999/", ""),
        ("open", "http://[/", ""),
        ("pause", "²", ""),
        ("waitForElementPresent", "css=p", "soon"),
        ("selectFrame", "index=x", ""),
        ("setWindowSize", "large", ""),
        ("assertText", "css=p", "regexp:("),
        ("storeJson", "{", "x"),
    ],
)
def test_a_command_with_something_odd_in_it_fails_with_its_number(site, command, target, value):
    site.pages["/p"] = "<p>x</p>"
    told = played(site, step("open", "/p"), step(command, target, value))
    assert (told.reason, told.line, told.command) == ("step_failed", 2, command) and told.screenshot
