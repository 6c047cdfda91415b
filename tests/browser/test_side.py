"""Reading recorded scripts: what is played, and what is refused with its line."""

import json
import time
from pathlib import Path

import pytest

from scans.browser import ScriptError, flow, parse, side

# Its reference of commands, https://www.selenium.dev/selenium-ide/docs/en/api/commands, and those that version 4 added
SELENIUM_IDE = """
acceptAlert acceptConfirmation answerPrompt dismissConfirmation dismissPrompt storeElementCount assertNotValue
verifyNotValue assertNotSelectedLabel verifyNotSelectedLabel verifyAlert verifyConfirmation verifyPrompt
addSelection answerOnNextPrompt assert assertAlert assertChecked assertConfirmation assertEditable
assertElementNotPresent assertElementPresent assertNotChecked assertNotEditable assertNotSelectedValue assertNotText
assertPrompt assertSelectedLabel assertSelectedValue assertText assertTitle assertValue check
chooseCancelOnNextConfirmation chooseCancelOnNextPrompt chooseOkOnNextConfirmation click clickAt close debugger
doubleClick doubleClickAt dragAndDropToObject echo editContent executeAsyncScript executeScript mouseDown mouseDownAt
mouseMoveAt mouseOut mouseOver mouseUp mouseUpAt open pause removeSelection runScript select selectFrame selectWindow
sendKeys setSpeed setWindowSize store storeAttribute storeJson storeText storeTitle storeValue storeWindowHandle
storeXpathCount submit type uncheck verify verifyChecked verifyEditable verifyElementNotPresent verifyElementPresent
verifyNotChecked verifyNotEditable verifyNotSelectedValue verifyNotText verifySelectedLabel verifySelectedValue
verifyText verifyTitle verifyValue waitForElementEditable waitForElementNotEditable waitForElementNotPresent
waitForElementNotVisible waitForElementPresent waitForElementVisible waitForText webdriverAnswerOnVisiblePrompt
webdriverChooseCancelOnVisibleConfirmation webdriverChooseCancelOnVisiblePrompt webdriverChooseOkOnVisibleConfirmation
"""
CONTROL_FLOW = "do else elseIf end forEach if repeatIf run times while"


def command(name, target="", value="", **more):
    return {"id": "1", "comment": "", "command": name, "target": target, "targets": [], "value": value, **more}


def project(*commands, **more):
    tests = [{"id": "t1", "name": "first", "commands": list(commands)}]
    return json.dumps(
        {"id": "p", "version": "3.0", "name": "p", "url": "http://a/", "tests": tests, "suites": [], **more}
    )


def names(recording):
    """The steps of a recording as their tests and numbers."""
    return [(step.test, step.line) for step in recording.steps]


def of_tests(*tests, suites=(), **more):
    """The text of a recording with these tests: each a name, and commands; its id is its name."""
    made = [{"id": f"id of {name}", "name": name, "commands": list(commands)} for name, *commands in tests]
    listed = [{"id": "s", "name": "s", "persistSession": False, "tests": [], **suite} for suite in suites]
    return json.dumps({"id": "p", "version": "2.0", "url": "http://a/", "tests": made, "suites": listed, **more})


def refusal(text):
    with pytest.raises(ScriptError) as caught:
        parse(text)
    return caught.value


def test_steps_keep_their_numbers_and_alternatives_and_disabled_ones_are_left_out():
    recording = parse(
        project(
            command("open", "/"),
            command("//click", "id=a"),
            command("click", "id=b", targets=[["css=.b", "css:finder"], ["xpath=//b", "xpath:position"]]),
        )
    )
    assert [(step.line, step.command) for step in recording.steps] == [(1, "open"), (3, "click")]
    assert recording.steps[1].alternatives == ("css=.b", "xpath=//b") and recording.url == "http://a/"


def test_the_first_test_of_the_first_suite_is_played_with_the_tests_it_runs():
    tests = [
        {"id": "t1", "name": "log in", "commands": [command("open", "/login")]},
        {"id": "t2", "name": "walk", "commands": [command("run", "log in"), command("open", "/b")]},
    ]
    recording = parse(json.dumps({"url": "http://a/", "tests": tests, "suites": [{"id": "s", "tests": ["t2"]}]}))
    assert [step.target for step in recording.steps] == ["/login", "/b"]


def test_of_a_recording_with_odd_ids_the_first_test_is_played():
    tests = [{"id": ["t"], "name": "first", "commands": [command("open", "/a")]}]
    recording = parse(json.dumps({"tests": tests, "suites": [{"tests": [["t"], 3]}]}))
    assert [step.target for step in recording.steps] == ["/a"]


def test_tests_that_run_tests_a_billion_times_are_refused_at_once():
    tests = [{"name": f"t{n}", "commands": [command("run", f"t{n + 1}")] * 1000} for n in range(5)]
    tests.append({"name": "t5", "commands": [command("//open")] * 1000})
    started = time.process_time()
    assert "more than 1000 commands" in str(refusal(json.dumps({"tests": tests})))
    assert time.process_time() - started < 5


def test_commands_of_older_recorders_that_wait_for_a_page_are_played():
    steps = parse(project(command("clickAndWait", "id=a"), command("selectAndWait", "id=b", "label=c"))).steps
    assert [step.command for step in steps] == ["click", "select"]


def test_every_command_of_selenium_ide_is_played(imported_flat):
    assert set(SELENIUM_IDE.split()) <= side.COMMANDS
    assert set(CONTROL_FLOW.split()) == flow.COMMANDS | {"run"}
    folder = Path(side.__file__).parent
    assert frozenset(imported_flat(folder / "commands.py").COMMANDS) == side.COMMANDS


@pytest.mark.parametrize(
    ("recorded", "played"),
    [
        ("waitForVisible", "waitForElementVisible"),
        ("declineConfirmation", "dismissConfirmation"),
        ("cancelPrompt", "dismissPrompt"),
        ("webdriverAnswerOnNextPrompt", "webdriverAnswerOnVisiblePrompt"),
        ("mouse over", "mouseOver"),
    ],
)
def test_a_command_is_played_by_the_names_that_some_releases_gave_it(recorded, played):
    assert parse(project(command(recorded, "id=a"))).steps[0].command == played


OPEN = command("open", "/")


@pytest.mark.parametrize(
    ("tests", "suites", "played"),
    [
        ([["Untitled"], ["Log in", OPEN]], [{"tests": ["id of Untitled"]}], [("Log in", 1)]),
        ([["Untitled", command("//open")], ["b", OPEN]], [], [("b", 1)]),
        ([["a", {**OPEN, "skip": True}], ["b", OPEN]], [], [("b", 1)]),
        ([["a", {**OPEN, "isEnabled": False}], ["b", OPEN]], [], [("b", 1)]),
        ([["a", OPEN], ["b", OPEN]], [{"tests": []}, {"tests": ["id of b", "id of a"]}], [("b", 1)]),
        ([["a"], ["b", OPEN], ["c", OPEN]], [{"tests": ["id of a"]}, {"tests": ["id of c"]}], [("c", 1)]),
        ([["a", OPEN], ["b"], ["c", OPEN]], [{"tests": ["id of a", "id of b", "id of c"]}], [("a", 1)]),
        (
            [["a", OPEN], ["b"], ["c", OPEN]],
            [{"tests": ["id of c", "id of b", "id of a"], "persistSession": True}],
            [("c", 1), ("a", 1)],
        ),
        ([["a", command("run", "a b")], ["a b", {**OPEN, "skip": True}, OPEN]], [], [("a b", 2)]),
        ([["main", command("run", "b")], ["b"], ["b", OPEN]], [], [("b", 1)]),
        ([["main", command("store", "b", "n"), command("run", "${n}")], ["b", OPEN]], [], [("main", 1), ("b", 1)]),
    ],
)
def test_the_first_test_with_commands_is_played_in_the_order_of_the_suites(tests, suites, played):
    assert names(parse(of_tests(*tests, suites=suites))) == played


def test_a_recording_whose_tests_are_all_empty_names_them():
    error = refusal(of_tests(["Untitled"], ["Log in", command("//open")]))
    assert error.reason == "script_malformed" and "“Untitled”, “Log in”" in str(error)


def test_a_refusal_names_the_test_that_a_test_runs_and_the_command_in_it():
    error = refusal(of_tests(["walk", command("run", "log in")], ["log in", OPEN, command("fly")]))
    assert (error.reason, error.line) == ("unsupported_command", 2)
    assert str(error) == "In the test “log in”: Command 2, “fly”, is not one that can be played."


@pytest.mark.parametrize(
    ("commands", "line"),
    [
        (["if", "open"], 1),
        (["open", "end"], 2),
        (["while", "else", "end"], 2),
        (["if", "else", "elseIf", "end"], 3),
        (["do", "end"], 2),
        (["times", "repeatIf"], 2),
        (["if", "//end"], 1),
    ],
)
def test_a_block_without_beginning_or_end_is_refused(commands, line):
    error = refusal(project(*[command(name, "true") for name in commands]))
    assert (error.reason, error.line) == ("script_malformed", line) and "block" in str(error)


def test_a_block_that_another_test_would_close_is_refused():
    assert refusal(of_tests(["a", command("if", "true"), command("run", "b")], ["b", command("end")])).line == 1


def test_the_blocks_of_a_test_that_is_run_are_counted_with_the_others():
    recording = of_tests(["a", command("run", "b"), OPEN], ["b", command("if", "true"), OPEN, command("end")])
    assert [step.jump for step in parse(recording).steps] == [2, 0, 0, 0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (command("sendKeys", "id=a", "x${KEY_OWL}"), "the key OWL is not known"),
        (command("type", "id=a", "C:\\fakepath\\owl.png"), "files cannot be chosen"),
        (command("click", "dom=document.forms[0]"), "dom=document.forms[0] is not a known locator"),
    ],
)
def test_what_no_browser_could_play_is_refused_before_one_is_started(wrong, says):
    error = refusal(project(OPEN, wrong))
    assert (error.reason, error.line) == ("unsupported_command", 2)
    assert f"In the test “first”: Command 2, {wrong['command']}: {says}" in str(error)


def test_a_locator_of_an_unknown_kind_is_no_hindrance_where_another_is_noted():
    assert parse(project(command("click", "dom=x", targets=[["id=a", "id"]]), command("click", "${where}"))).steps


def test_recordings_of_version_4_lack_what_is_empty_and_note_other_locators_under_other_names():
    recorded = {"id": "1", "command": "dragAndDropToObject", "target": "id=a", "value": "id=b", "isBreakpoint": True}
    noted = {"targetFallback": [["css=a", "css"]], "valueFallback": [["css=b", "css"]]}
    step, other = parse(project({**recorded, **noted}, {"id": "2", "command": "close", "value": None})).steps
    assert (step.alternatives, step.value_alternatives) == (("css=a",), ("css=b",)) and other.target == ""


@pytest.mark.parametrize(("version", "option"), [("1.1", "index=1"), ("2.0", "index=1"), ("3.0", "index=0")])
def test_options_are_counted_as_the_version_does_that_recorded_them(version, option):
    assert parse(project(command("select", "id=a", "index=1"), version=version)).steps[0].value == option


def test_a_file_may_begin_with_a_mark_and_have_the_line_ends_of_windows():
    text = json.dumps(json.loads(project(OPEN)), indent=2).replace("\n", "\r\n")
    assert parse(f"\ufeff{text}\r\n").steps


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not the JSON"),
        ("[]", "not the JSON"),
        ("{" * 100_000, "not the JSON"),
        ('{"tests": 3}', "not a list"),
        ('{"tests": [{"name": "a", "commands": [3]}]}', "not a list of objects"),
        ('{"tests": []}', "no test"),
        ("<?xml version='1.0'?><html><table><tr><td>open</td></tr></table></html>", "Selenium IDE 2"),
        (project(), "no test in it has a command"),
        (project(*[command("open", "/")] * 1001), "more than 1000 commands"),
        (project(command("open", 3)), "something other than text"),
        (project(command("open", "\0")), "something other than text"),
        (project(command("\ud800")), "something other than text"),  # half a character, which no database takes
        (project(command("open", "/"), suites=[{"tests": 5}]), "not a list"),
        (project(command("open", "/"), url={"a": 1}), "“url” is not a text"),
        (project(command("run", "nothing")), "does not exist"),
        (project(command("run", "first")), "too many levels"),
        (" " * (5 * 1024**2 + 1), "larger than 5 MB"),
    ],
)
def test_what_no_recorder_writes_is_refused(text, says):
    error = refusal(text)
    assert error.reason == "script_malformed" and says in str(error)


def test_a_command_that_is_not_known_is_named_with_its_number():
    error = refusal(project(command("open", "/"), command("fly", "true")))
    assert (error.reason, error.line) == ("unsupported_command", 2) and "“fly”" in str(error)
