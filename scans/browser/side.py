"""Reading `.side` files, as Selenium IDE and its kin record them: which commands, in which order, all of them known."""

import json
import re
from dataclasses import dataclass
from itertools import islice

from scans.reasons import Reasoned

MAX_BYTES = 5 * 1024**2
MAX_COMMANDS = 1000
_MAX_CALLS = 5  # how deep one test may run another
# Commands that do something on the page; the player has a function for each.
COMMANDS = frozenset(
    """
    open click clickAt doubleClick doubleClickAt type sendKeys editContent select addSelection removeSelection check
    uncheck submit pause mouseOver mouseOut mouseDown mouseUp mouseDownAt mouseUpAt mouseMoveAt dragAndDropToObject
    setWindowSize selectFrame selectWindow storeWindowHandle close waitForElementPresent waitForElementVisible
    waitForElementNotPresent waitForElementNotVisible waitForElementEditable waitForElementNotEditable waitForText
    assert verify assertText verifyText assertNotText verifyNotText assertElementPresent verifyElementPresent
    assertElementNotPresent verifyElementNotPresent assertTitle verifyTitle assertValue verifyValue assertChecked
    verifyChecked assertNotChecked verifyNotChecked assertEditable verifyEditable assertNotEditable
    verifyNotEditable assertSelectedValue verifySelectedValue assertNotSelectedValue verifyNotSelectedValue
    assertSelectedLabel verifySelectedLabel store storeText storeValue storeTitle storeAttribute storeJson
    storeXpathCount echo executeScript executeAsyncScript runScript assertAlert assertConfirmation assertPrompt
    chooseOkOnNextConfirmation chooseCancelOnNextConfirmation chooseCancelOnNextPrompt answerOnNextPrompt
    webdriverChooseOkOnVisibleConfirmation webdriverAnswerOnVisiblePrompt webdriverChooseCancelOnVisibleConfirmation
    webdriverChooseCancelOnVisiblePrompt setSpeed debugger
    """.split()
)
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")  # NUL and halves of characters: no database takes them


class ScriptError(Reasoned):
    """A recording that cannot be played. `line` is the command's number in its test, from 1, or 0.

    `reason` is `script_malformed` or `unsupported_command`, `why` says more.
    """

    def __init__(self, reason: str, code: str, **facts):
        super().__init__(code, **facts)
        self.reason, self.line = reason, facts.get("line", 0)


@dataclass(frozen=True)
class Step:
    """One command. `alternatives` are other ways to find what `target` means, `opens` names the window it opens."""

    line: int
    command: str
    target: str = ""
    value: str = ""
    alternatives: tuple[str, ...] = ()
    opens: str = ""


@dataclass(frozen=True)
class Recording:
    """The steps of one test, those of the tests it runs included, and the address they are relative to."""

    url: str
    steps: tuple[Step, ...]


def parse(text: str) -> Recording:
    """The recording that a file's text holds: the first test of the first suite, else the first test.

    Raises ScriptError with the reason `script_malformed` or `unsupported_command`.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise _malformed("script_too_large", count=MAX_BYTES // 1024**2)
    try:
        project = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _malformed("script_not_json") from error
    if not isinstance(project, dict):
        raise _malformed("script_not_json")
    tests = {test["name"]: test for test in _objects(project.get("tests"), "tests") if _is_text(test.get("name"))}
    if not tests:
        raise _malformed("script_without_test")
    url = project.get("url") or ""
    if not _is_text(url):
        raise _malformed("script_url_no_text")
    # Counted as they come: a small file whose tests run each other can hold more than any memory.
    read = list(islice(_steps(_first(project, tests), tests, depth=0), MAX_COMMANDS + 1))
    if len(read) > MAX_COMMANDS:
        raise _malformed("script_too_many_commands", count=MAX_COMMANDS)
    steps = tuple(step for step in read if step)
    if not steps:
        raise _malformed("script_without_command")
    return Recording(url, steps)


def _malformed(code: str, **facts) -> ScriptError:
    return ScriptError("script_malformed", code, **facts)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not _NO_TEXT.search(value)


def _objects(value: object, name: str) -> list[dict]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _malformed("script_no_list", name=name)
    return value


def _first(project: dict, tests: dict[str, dict]) -> dict:
    """The test to play."""
    by_id = {test["id"]: test for test in tests.values() if _is_text(test.get("id"))}
    for suite in _objects(project.get("suites") or [], "suites"):
        listed = suite.get("tests") or []
        if not isinstance(listed, list):
            raise _malformed("script_suite_no_list")
        for test_id in listed:
            if _is_text(test_id) and test_id in by_id:
                return by_id[test_id]
    return next(iter(tests.values()))


def _steps(test: dict, tests: dict[str, dict], depth: int):
    """The steps of a test, in order; None for each command that does nothing itself, such as one switched off."""
    for line, command in enumerate(_objects(test.get("commands"), "commands"), start=1):
        name, target, value = (command.get(key, "") for key in ("command", "target", "value"))
        if not all(map(_is_text, (name, target, value))):
            raise _malformed("command_not_text", line=line)
        if name.removesuffix("AndWait") in COMMANDS:  # older recorders; a click waits for its page anyway
            name = name.removesuffix("AndWait")
        if name.startswith("//") or not name:
            yield None
        elif name == "run":
            yield None
            yield from _called(target, tests, depth, line)
        elif name not in COMMANDS:
            raise ScriptError("unsupported_command", "command_unknown", line=line, name=name[:60])
        else:
            opens = command.get("windowHandleName") if command.get("opensWindow") else ""
            alternatives = tuple(_alternatives(command.get("targets")))
            yield Step(line, name, target, value, alternatives, opens if _is_text(opens) else "")


def _called(name: str, tests: dict[str, dict], depth: int, line: int):
    if depth >= _MAX_CALLS:
        raise _malformed("command_nests_too_deep", line=line)
    if name not in tests:
        raise _malformed("command_runs_missing_test", line=line, name=name[:60])
    yield from _steps(tests[name], tests, depth + 1)


def _alternatives(targets: object):
    """The other locators that the recorder noted: pairs of locator and kind."""
    for pair in targets if isinstance(targets, list) else []:
        if isinstance(pair, list) and pair and _is_text(pair[0]):
            yield pair[0]
