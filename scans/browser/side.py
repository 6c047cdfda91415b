"""Reading `.side` files, as Selenium IDE 3 and 4 and their kin record them: which commands, in which order.

All that can be known without a browser is checked here: the commands, their blocks, keys, locators, and files.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from scans.browser import flow
from scans.browser.keys import is_key, pieces
from scans.browser.locators import is_locator
from scans.reasons import Reason, Reasoned

MAX_BYTES = 5 * 1024**2
MAX_COMMANDS = 1000
_MAX_CALLS = 5  # how deep one test may run another
# Commands whose target is a locator …
FINDING = frozenset(
    """
    click clickAt doubleClick doubleClickAt type sendKeys editContent select addSelection removeSelection check
    uncheck submit mouseOver mouseOut mouseDown mouseUp mouseDownAt mouseUpAt mouseMoveAt dragAndDropToObject
    waitForElementPresent waitForElementVisible waitForElementNotPresent waitForElementNotVisible
    waitForElementEditable waitForElementNotEditable waitForText assertText verifyText assertNotText verifyNotText
    assertElementPresent verifyElementPresent assertElementNotPresent verifyElementNotPresent assertValue verifyValue
    assertNotValue verifyNotValue assertChecked verifyChecked assertNotChecked verifyNotChecked assertEditable
    verifyEditable assertNotEditable verifyNotEditable assertSelectedValue verifySelectedValue assertNotSelectedValue
    verifyNotSelectedValue assertSelectedLabel verifySelectedLabel assertNotSelectedLabel verifyNotSelectedLabel
    storeText storeValue storeXpathCount storeElementCount
    """.split()
)
# … and the others that the player has a function for.
COMMANDS = FINDING | frozenset(
    """
    open pause setWindowSize selectFrame selectWindow storeWindowHandle close assert verify assertTitle verifyTitle
    store storeTitle storeAttribute storeJson echo executeScript executeAsyncScript runScript assertAlert
    assertConfirmation assertPrompt verifyAlert verifyConfirmation verifyPrompt acceptAlert acceptConfirmation
    dismissConfirmation answerPrompt dismissPrompt chooseOkOnNextConfirmation chooseCancelOnNextConfirmation
    chooseCancelOnNextPrompt answerOnNextPrompt webdriverChooseOkOnVisibleConfirmation webdriverAnswerOnVisiblePrompt
    webdriverChooseCancelOnVisibleConfirmation webdriverChooseCancelOnVisiblePrompt setSpeed debugger
    """.split()
)
# Commands as some releases called them.
_ALSO_CALLED = {
    "waitForVisible": "waitForElementVisible",
    "waitForEditable": "waitForElementEditable",
    "declineConfirmation": "dismissConfirmation",
    "cancelPrompt": "dismissPrompt",
    "webdriverChooseOkOnNextConfirmation": "webdriverChooseOkOnVisibleConfirmation",
    "webdriverChooseCancelOnNextConfirmation": "webdriverChooseCancelOnVisibleConfirmation",
    "webdriverAnswerOnNextPrompt": "webdriverAnswerOnVisiblePrompt",
    "webdriverChooseCancelOnNextPrompt": "webdriverChooseCancelOnVisiblePrompt",
}
_CHOOSING = ("select", "addSelection", "removeSelection")
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")  # NUL and halves of characters: no database takes them
_LOCAL_FILE = re.compile(r"[A-Za-z]:\\fakepath\\", re.IGNORECASE)  # as browsers call a chosen file


class ScriptError(Reasoned):
    """A recording that cannot be played. `line` is the command's number in its test, from 1, or 0.

    `reason` is `script_malformed` or `unsupported_command`, `why` says more.
    """

    def __init__(self, reason: str, why: Reason, line: int = 0):
        super().__init__(why)
        self.reason, self.line = reason, line


@dataclass(frozen=True)
class Step:
    """One command. `alternatives` are other ways to find what `target` means, `opens` names the window it opens.

    `line` is its number in the test. `jump` is the index of the step where a command of a block may lead: the next
    branch, the end, or from there the beginning.
    """

    line: int
    command: str
    target: str = ""
    value: str = ""
    alternatives: tuple[str, ...] = ()
    value_alternatives: tuple[str, ...] = ()  # of a locator that is the value
    opens: str = ""
    test: str = ""
    jump: int = 0


@dataclass(frozen=True)
class Recording:
    """The steps of the test or tests to play, those that they run included, and the address they are relative to."""

    url: str
    steps: tuple[Step, ...]


def parse(text: str) -> Recording:
    """The recording that a file's text holds: the first test with commands, by the order of the suites.

    A suite that keeps its session between its tests is played as a whole. Raises ScriptError with the reason
    `script_malformed` or `unsupported_command`.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise _malformed("script_too_large", count=MAX_BYTES // 1024**2)
    text = text.removeprefix("\ufeff").strip()
    if text.startswith("<"):
        raise _malformed("script_is_html")
    try:
        project = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _malformed("script_not_json") from error
    if not isinstance(project, dict):
        raise _malformed("script_not_json")
    return _Project(project).recording()


class _Project:
    """The content of a file."""

    def __init__(self, project: dict):
        self.project = project
        self.tests = [_Test(test) for test in _objects(project.get("tests"), "tests")]
        if not self.tests:
            raise _malformed("script_without_test")
        by_name = {test.name: test for test in reversed(self.tests)}
        self.by_name = by_name | {test.name: test for test in reversed(self.tests) if test.does_something}
        # Selenium IDE 4 counts the options of a list from 1, its predecessors counted from 0.
        self.first_option = int(str(project.get("version", "")).startswith(("3", "4")))

    def recording(self) -> Recording:
        """Return what is to be played. Raises ScriptError."""
        url = self.project.get("url") or ""
        if not _is_text(url):
            raise _malformed("script_url_no_text")
        stored: dict[str, str] = {}
        each = (step for test in self._chosen() for step in self._steps(test, 0, stored))
        # Counted as they come: a small file whose tests run each other can hold more than any memory.
        read = list(islice(each, MAX_COMMANDS + 1))
        if len(read) > MAX_COMMANDS:
            raise _malformed("script_too_many_commands", count=MAX_COMMANDS)
        steps = [step for step in read if step]
        for index, jump in flow.jumps([step.command for step in steps]).items():
            steps[index] = replace(steps[index], jump=jump)
        return Recording(url, tuple(steps))

    def _chosen(self) -> "list[_Test]":
        """The tests to play."""
        by_id = self.by_name | {test.id: test for test in reversed(self.tests) if test.id}
        for suite in _objects(self.project.get("suites") or [], "suites"):
            listed = suite.get("tests") or []
            if not isinstance(listed, list):
                raise _malformed("script_suite_no_list")
            found = [by_id[test_id] for test_id in listed if _is_text(test_id) and test_id in by_id]
            if played := [test for test in found if test.does_something]:
                return played if suite.get("persistSession") is True else played[:1]
        for test in self.tests:
            if test.does_something:
                return [test]
        raise _malformed("script_of_empty_tests", names=", ".join(f"“{test.name}”" for test in self.tests)[:300])

    def _steps(self, test: "_Test", depth: int, stored: dict[str, str]) -> Iterator[Step | None]:
        """The steps of a test, in order; None for each command that does nothing itself, such as one switched off.

        `stored` has the texts that the steps so far store, because a test may be run by a stored name.
        """
        test.check_blocks()
        for line, command in enumerate(test.commands, start=1):
            name = _name_of(command, test, line)
            if not name:
                yield None
                continue
            step = self._step(command, name, test, line)
            if name == "run":
                yield None
                yield from self._called(step, test, depth, stored)
            else:
                _check(step)
                if name == "store":
                    stored[step.value] = step.target
                yield step

    def _step(self, command: dict, name: str, test: "_Test", line: int) -> Step:
        target, value = (command.get(key) or "" for key in ("target", "value"))
        if not _is_text(target) or not _is_text(value):
            raise test.refusal("script_malformed", line, "command_not_text")
        if name in _CHOOSING and (position := re.fullmatch(r"\s*index=(\d+)\s*", value)):
            value = f"index={max(0, int(position[1]) - self.first_option)}"
        opens = command.get("windowHandleName") if command.get("opensWindow") else ""
        return Step(
            line,
            name,
            target,
            value,
            tuple(_alternatives(command, "targets", "targetFallback", "fallbackTargets")),
            tuple(_alternatives(command, "values", "valueFallback")),
            opens if _is_text(opens) else "",
            test.name,
        )

    def _called(self, step: Step, test: "_Test", depth: int, stored: dict[str, str]) -> Iterator[Step | None]:
        """The steps of the test that a step runs."""
        if depth >= _MAX_CALLS:
            raise test.refusal("script_malformed", step.line, "command_nests_too_deep")
        name = re.sub(r"\$\{(\w+)\}", lambda match: stored.get(match[1], match[0]), step.target).strip()
        if name not in self.by_name:
            raise test.refusal("script_malformed", step.line, "command_runs_missing_test", name=name[:60])
        yield from self._steps(self.by_name[name], depth + 1, stored)


class _Test:
    """One test of a project."""

    def __init__(self, test: dict):
        self.id, name = (test.get(key) if _is_text(test.get(key)) else "" for key in ("id", "name"))
        self.name = name.strip() or "Untitled"  # as recorders call it
        self.commands = _objects(test.get("commands") or [], "commands")
        self.does_something = not all(map(_is_off, self.commands))

    def check_blocks(self) -> None:
        """Raise ScriptError where a block of commands has no beginning or no end."""
        names = [_name_of(command, self, line) for line, command in enumerate(self.commands, start=1)]
        try:
            flow.jumps(names)
        except flow.Unbalanced as error:
            name = names[error.index]
            raise self.refusal("script_malformed", error.index + 1, "command_unbalanced", name=name) from error

    def refusal(self, reason: str, line: int, code: str, **facts) -> ScriptError:
        """Return an error that names this test and the command."""
        return ScriptError(reason, Reason("in_test", test=self.name[:60], error=Reason(code, line=line, **facts)), line)


def _malformed(code: str, **facts) -> ScriptError:
    return ScriptError("script_malformed", Reason(code, **facts))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not _NO_TEXT.search(value)


def _objects(value: object, name: str) -> list[dict]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _malformed("script_no_list", name=name)
    return value


def _is_off(command: dict) -> bool:
    """Return whether a command is a comment, or switched off."""
    name = command.get("command") or ""
    off = command.get("skip") is True or command.get("isEnabled") is False or command.get("enabled") is False
    return off or (isinstance(name, str) and (not name.strip() or name.startswith("//")))


def _name_of(command: dict, test: _Test, line: int) -> str:
    """Return the name of a command as COMMANDS has it, empty if it does nothing. Raises ScriptError."""
    if _is_off(command):
        return ""
    name = command["command"]
    if not _is_text(name):
        raise test.refusal("script_malformed", line, "command_not_text")
    given = name.strip()
    name = re.sub(r" +(\w)", lambda match: match[1].upper(), given)  # “mouse over”, as lists of commands show it
    if name.removesuffix("AndWait") in COMMANDS:  # older recorders; a click waits for its page anyway
        name = name.removesuffix("AndWait")
    name = _ALSO_CALLED.get(name, name)
    if name not in COMMANDS and name not in flow.COMMANDS and name != "run":
        raise test.refusal("unsupported_command", line, "command_unknown", name=given[:60])
    return name


def _check(step: Step) -> None:
    """Raise ScriptError for a step that fails whatever the page is."""
    if problem := _problem(step):
        at_command = Reason("at_command", line=step.line, command=step.command, error=problem)
        raise ScriptError("unsupported_command", Reason("in_test", test=step.test[:60], error=at_command), step.line)


def _problem(step: Step) -> Reason | None:
    if step.command in ("type", "sendKeys") and _LOCAL_FILE.match(step.value):
        return Reason("no_files")
    if step.command == "sendKeys":
        for _, key in pieces(step.value):
            if key and not is_key(key):
                return Reason("key_unknown", key=key[:60])
    if step.command in FINDING and "${" not in step.target:
        if not any(map(is_locator, (step.target, *step.alternatives))):
            return Reason("locator_unknown", target=step.target[:100])
    return None


def _alternatives(command: dict, *keys: str) -> Iterator[str]:
    """The other locators that the recorder noted: pairs of locator and kind."""
    for key in keys:
        pairs = command.get(key)
        for pair in pairs if isinstance(pairs, list) else []:
            if isinstance(pair, list) and pair and _is_text(pair[0]):
                yield pair[0]
