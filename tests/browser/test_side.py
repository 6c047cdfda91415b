"""Reading recorded scripts: what is played, and what is refused with its line."""

import json
import time
from pathlib import Path

import pytest

from scans.browser import ScriptError, parse, side

# Its reference of commands, https://www.selenium.dev/selenium-ide/docs/en/api/commands
SELENIUM_IDE = """
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


def command(name, target="", value="", **more):
    return {"id": "1", "comment": "", "command": name, "target": target, "targets": [], "value": value, **more}


def project(*commands, **more):
    tests = [{"id": "t1", "name": "first", "commands": list(commands)}]
    return json.dumps(
        {"id": "p", "version": "3.0", "name": "p", "url": "http://a/", "tests": tests, "suites": [], **more}
    )


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


def test_every_command_of_selenium_ide_but_control_flow_is_played(imported_flat):
    assert set(SELENIUM_IDE.split()) <= side.COMMANDS
    assert frozenset(imported_flat(Path(side.__file__).parent / "commands.py").COMMANDS) == side.COMMANDS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not the JSON"),
        ("[]", "not the JSON"),
        ("{" * 100_000, "not the JSON"),
        ('{"tests": 3}', "not a list"),
        ('{"tests": [{"name": "a", "commands": [3]}]}', "not a list of objects"),
        ('{"tests": []}', "no test"),
        (project(), "no command"),
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
    error = refusal(project(command("open", "/"), command("while", "true")))
    assert (error.reason, error.line) == ("unsupported_command", 2) and "“while”" in str(error)
