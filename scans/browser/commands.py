"""What each command of a recording does in the browser. Runs in the child process; knows playwright, not Django."""

from __future__ import annotations

import json
import re
import time
from urllib.parse import urljoin

from playwright.sync_api import Error

SECONDS_FOR_AN_ELEMENT = 10
SECONDS_BETWEEN_LOOKS = 0.1
LONGEST_PAUSE = 20
KEYS = {"ENTER": "Enter", "TAB": "Tab", "ESC": "Escape", "ESCAPE": "Escape", "BACKSPACE": "Backspace", "SPACE": " ",
        "DELETE": "Delete", "UP": "ArrowUp", "DOWN": "ArrowDown", "LEFT": "ArrowLeft", "RIGHT": "ArrowRight",
        "HOME": "Home", "END": "End", "PAGE_UP": "PageUp", "PAGE_DOWN": "PageDown"}  # fmt: skip


class Halt(Exception):
    """The task cannot go on; `line` and `command` say where in a recording."""

    def __init__(self, reason: str, detail: str, line: int = 0, command: str = ""):
        super().__init__(detail)
        self.reason, self.detail, self.line, self.command = reason, detail, line, command


class Failed(Exception):
    """What a command wanted is not so."""


class Script:
    """A recording being played: the frame it is in, what it stored, how it answers dialogs."""

    def __init__(self, player, base: str):
        self.player, self.base = player, base
        self.frame = player.page
        self.variables: dict[str, str] = {}
        self.accepts, self.answer, self.said = True, "", ""
        self.windows = player.context.pages
        player.context.on("page", self._watch)
        self._watch(player.page)

    def _watch(self, page) -> None:
        page.on("dialog", self._dialog)

    def _dialog(self, dialog) -> None:
        self.said = dialog.message
        dialog.accept(self.answer) if self.accepts else dialog.dismiss()
        self.accepts, self.answer = True, ""

    def play(self, steps: list[dict]) -> None:
        """Do one after the other; raises Halt at the first that fails."""
        for step in steps:
            self.player.left(1)
            try:
                COMMANDS[step["command"]](self, step, self.filled_in(step["target"]), self.filled_in(step["value"]))
            except Halt as halt:
                raise Halt(halt.reason, self._placed(step, halt.detail), step["line"], step["command"]) from None
            except (Failed, Error) as failure:
                detail = str(failure).split("\n")[0][:300]
                raise Halt(
                    "step_failed", self._placed(step, self._hidden(step, detail)), step["line"], step["command"]
                ) from None

    @staticmethod
    def _placed(step: dict, detail: str) -> str:
        return f"Command {step['line']}, {step['command']}: {detail}"

    @staticmethod
    def _hidden(step: dict, detail: str) -> str:
        """The detail without what was typed: that may be a password."""
        secret = step["value"] if step["command"] in ("type", "sendKeys", "editContent") else ""
        return detail.replace(secret, "***") if secret else detail

    def filled_in(self, text: str) -> str:
        """With the variables that were stored before."""
        return re.sub(r"\$\{(\w+)\}", lambda match: self.variables.get(match[1], match[0]), text)

    # --- Finding things

    def candidates(self, step: dict, target: str) -> list:
        """The elements that the step's locator may mean, and, where that finds nothing, its alternatives."""
        return [self.frame.locator(selector(one)) for one in dict.fromkeys([target, *step["alternatives"]])]

    def element(self, step: dict, target: str, state: str = "visible"):
        """The element, once it is there; raises Failed when it does not come."""
        found = self.wait(lambda: self._first(step, target, state))
        if not found:
            raise Failed(f"there is no element {target}")
        return found

    def _first(self, step: dict, target: str, state: str):
        for locator in self.candidates(step, target):
            if locator.count() and (state == "attached" or locator.first.is_visible()):
                return locator.first
        return None

    def wait(self, look, seconds: float = SECONDS_FOR_AN_ELEMENT):
        """What `look()` gives as soon as it gives something; else what it gives at the end of the time."""
        until = time.monotonic() + self.player.left(seconds) / 1000
        while True:
            try:
                if result := look():
                    return result
            except Error:
                result = None
            if time.monotonic() > until:
                return result
            self.player.page.wait_for_timeout(SECONDS_BETWEEN_LOOKS * 1000)

    def milliseconds(self) -> float:
        """How long one action may take."""
        return self.player.left(SECONDS_FOR_AN_ELEMENT)


def selector(target: str) -> str:
    """A recorder's locator as playwright writes it; raises Failed for one of no known kind."""
    kind, _, rest = target.partition("=")
    if target.startswith(("//", "(//")):
        return f"xpath={target}"
    text = json.dumps(rest)
    kinds = {
        "id": f"[id={text}]",
        "name": f"[name={text}]",
        "css": f"css={rest}",
        "xpath": f"xpath={rest}",
        "class": f".{rest}",
        "className": f".{rest}",
        "tagName": f"css={rest}",
        "linkText": f"a:text-is({text})",
        "link": f"a:text-is({text})",
        "partialLinkText": f"a:has-text({text})",
    }
    if kind not in kinds:
        raise Failed(f"{target[:100]} is no locator that is known")
    return kinds[kind]


def _open(script, step, target, value):
    script.player.go(urljoin(script.base, target))
    script.frame = script.player.page


def _click(script, step, target, value, **how):
    script.element(step, target).click(timeout=script.milliseconds(), **how)
    _after_a_click(script)


def _after_a_click(script):
    """A click may begin to load another page: the next command is about that one."""
    script.player.page.wait_for_timeout(50)
    try:
        script.player.page.wait_for_load_state("domcontentloaded", timeout=script.milliseconds())
    except Error:
        pass


def _type(script, step, target, value):
    element = script.element(step, target, "attached")
    if element.get_attribute("type") == "file":
        raise Failed("files cannot be chosen: a script has no access to local files")
    element.fill(value, timeout=script.milliseconds())


def _send_keys(script, step, target, value):
    element = script.element(step, target)
    element.focus()
    for text, key in re.findall(r"((?:(?!\$\{KEY_).)+)|\$\{KEY_(\w+)\}", value, re.DOTALL):
        if key and key not in KEYS:
            raise Failed(f"the key {key} is not known")
        element.press(KEYS[key]) if key else element.press_sequentially(text)
    _after_a_click(script)


def _select(script, step, target, value):
    kind, _, rest = value.partition("=")
    options = {
        "label": {"label": rest},
        "value": {"value": rest},
        "index": {"index": int(rest) if rest.isdigit() else 0},
    }
    element = script.element(step, target)
    if kind == "id":
        element.locator(f"option[id={json.dumps(rest)}]").evaluate("option => option.selected = true")
    else:
        element.select_option(**options.get(kind, {"label": value}), timeout=script.milliseconds())


def _submit(script, step, target, value):
    script.element(step, target, "attached").evaluate("form => (form.form || form).requestSubmit()")
    _after_a_click(script)


def _pause(script, step, target, value):
    wanted = target or value
    script.player.page.wait_for_timeout(
        script.player.left(min(int(wanted) / 1000 if wanted.isdigit() else 1, LONGEST_PAUSE))
    )


def _select_frame(script, step, target, value):
    if target in ("relative=parent", "relative=top", "relative=up"):
        script.frame = script.player.page
        return
    if target.startswith("index="):
        frames = script.wait(lambda: script.player.page.main_frame.child_frames)
        index = int(target.partition("=")[2] or 0)
        if index >= len(frames or []):
            raise Failed(f"there is no frame {index}")
        script.frame = frames[index]
        return
    script.frame = script.element(step, target, "attached").element_handle().content_frame() or script.frame


def _select_window(script, step, target, value):
    pages = script.player.context.pages
    if "win_ser_local" in target or target.endswith("root}"):
        script.player.page = pages[0]
    else:
        script.player.page = (
            script.wait(lambda: script.player.context.pages[1:] and script.player.context.pages[-1]) or pages[-1]
        )
    script.frame = script.player.page


def _close(script, step, target, value):
    if len(script.player.context.pages) > 1:
        script.player.page.close()
        script.player.page = script.frame = script.player.context.pages[-1]


def _run(script, step, target, value):
    result = script.frame.evaluate(f"() => {{ {target} }}")
    if value:
        script.variables[value] = str(result)


def _nothing(script, step, target, value):
    pass


def _dialogs(accept: bool):
    def command(script, step, target, value):
        script.accepts, script.answer = accept, target if step["command"] == "answerOnNextPrompt" else ""

    return command


def _dialog_said(script, step, target, value):
    if not script.wait(lambda: script.said == target):
        raise Failed(f"no dialog says “{target[:100]}”")


def _present(wanted: bool, state: str):
    def command(script, step, target, value):
        seconds = int(value) / 1000 if value.isdigit() else SECONDS_FOR_AN_ELEMENT
        if not script.wait(lambda: bool(script._first(step, target, state)) == wanted, seconds):
            raise Failed(f"the element {target} is {'not there' if wanted else 'still there'}")

    return command


def _is(read, wanted: bool = True, what: str = "text"):
    """A command that compares what `read(script, step, target)` gives with what was expected."""

    def command(script, step, target, value):
        expected = value if what != "title" else target
        if not script.wait(lambda: matches(read(script, step, target), expected) == wanted):
            raise Failed(f"the {what} is {'not' if wanted else ''} “{expected[:100]}”")

    return command


def matches(seen: str, expected: str) -> bool:
    """Whether a text is as expected: the same but for white space, or fitting a pattern with * in it."""
    seen, expected = " ".join(seen.split()), " ".join(expected.removeprefix("exact:").split())
    pattern = ".*".join(map(re.escape, expected.removeprefix("glob:").split("*")))
    return seen == expected or re.fullmatch(pattern, seen, re.DOTALL) is not None


def _text(script, step, target):
    return script.element(step, target).inner_text()


def _value(script, step, target):
    return script.element(step, target, "attached").input_value()


def _title(script, step, target):
    return script.player.page.title()


def _checked(wanted: bool):
    def command(script, step, target, value):
        if script.element(step, target, "attached").is_checked() != wanted:
            raise Failed(f"{target} is {'not ' if wanted else ''}checked")

    return command


def _store(read):
    def command(script, step, target, value):
        script.variables[value or target] = read(script, step, target)

    return command


def _attribute(script, step, target):
    locator, _, name = target.rpartition("@")
    return script.element({**step, "alternatives": []}, locator, "attached").get_attribute(name) or ""


def _on(method: str):
    def command(script, step, target, value):
        getattr(script.element(step, target, "attached"), method)(timeout=script.milliseconds())

    return command


def _event(name: str):
    def command(script, step, target, value):
        script.element(step, target, "attached").dispatch_event(name)

    return command


def _drag(script, step, target, value):
    script.element(step, target).drag_to(script.frame.locator(selector(value)), timeout=script.milliseconds())


def _edit(script, step, target, value):
    script.element(step, target).evaluate("(element, html) => { element.innerHTML = html }", value)


COMMANDS = {
    "open": _open,
    **dict.fromkeys(["click", "clickAt"], _click),
    **dict.fromkeys(["doubleClick", "doubleClickAt"], lambda *args: _click(*args, click_count=2)),
    "type": _type,
    "sendKeys": _send_keys,
    "editContent": _edit,
    **dict.fromkeys(["select", "addSelection"], _select),
    "check": _on("check"),
    "uncheck": _on("uncheck"),
    "submit": _submit,
    "pause": _pause,
    "mouseOver": _on("hover"),
    **dict.fromkeys(["mouseOut"], _event("mouseout")),
    **dict.fromkeys(["mouseDown", "mouseDownAt"], _event("mousedown")),
    **dict.fromkeys(["mouseUp", "mouseUpAt"], _event("mouseup")),
    "mouseMoveAt": _event("mousemove"),
    "dragAndDropToObject": _drag,
    **dict.fromkeys(["setWindowSize", "echo", "setSpeed", "debugger"], _nothing),
    "selectFrame": _select_frame,
    "selectWindow": _select_window,
    "close": _close,
    "waitForElementPresent": _present(True, "attached"),
    "waitForElementVisible": _present(True, "visible"),
    "waitForElementEditable": _present(True, "visible"),
    "waitForElementNotPresent": _present(False, "attached"),
    "waitForElementNotVisible": _present(False, "visible"),
    **dict.fromkeys(["assertElementPresent", "verifyElementPresent"], _present(True, "attached")),
    **dict.fromkeys(["assertElementNotPresent", "verifyElementNotPresent"], _present(False, "attached")),
    **dict.fromkeys(["waitForText", "assertText", "verifyText"], _is(_text)),
    **dict.fromkeys(["assertNotText", "verifyNotText"], _is(_text, wanted=False)),
    **dict.fromkeys(["assertTitle", "verifyTitle"], _is(_title, what="title")),
    **dict.fromkeys(["assertValue", "verifyValue"], _is(_value, what="value")),
    **dict.fromkeys(["assertChecked", "verifyChecked"], _checked(True)),
    **dict.fromkeys(["assertNotChecked", "verifyNotChecked"], _checked(False)),
    "store": _store(lambda script, step, target: target),
    "storeText": _store(_text),
    "storeValue": _store(_value),
    "storeTitle": _store(_title),
    "storeAttribute": _store(_attribute),
    **dict.fromkeys(["executeScript", "runScript"], _run),
    **dict.fromkeys(["assertAlert", "assertConfirmation"], _dialog_said),
    **dict.fromkeys(
        ["chooseOkOnNextConfirmation", "webdriverChooseOkOnVisibleConfirmation", "answerOnNextPrompt"], _dialogs(True)
    ),
    "webdriverAnswerOnVisiblePrompt": _nothing,
    "chooseCancelOnNextConfirmation": _dialogs(False),
}
