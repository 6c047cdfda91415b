"""The commands of recordings, as Playwright executes them. Runs in the child process, without Django."""

import json
import re
from urllib.parse import urljoin

from locators import Failed, quoted, selector
from playwright.sync_api import Error
from script import ANSWERS_AFTERWARDS, SECONDS_FOR_AN_ELEMENT

LONGEST_PAUSE = 20
SMALLEST_WINDOW, LARGEST_WINDOW = 100, 4000
KEYS = {"ENTER": "Enter", "TAB": "Tab", "ESC": "Escape", "ESCAPE": "Escape", "BACKSPACE": "Backspace", "SPACE": " ",
        "DELETE": "Delete", "UP": "ArrowUp", "DOWN": "ArrowDown", "LEFT": "ArrowLeft", "RIGHT": "ArrowRight",
        "HOME": "Home", "END": "End", "PAGE_UP": "PageUp", "PAGE_DOWN": "PageDown", "BKSP": "Backspace",
        "DEL": "Delete", "PGUP": "PageUp", "PGDN": "PageDown", "INSERT": "Insert",
        **{f"F{number}": f"F{number}" for number in range(1, 13)}}  # fmt: skip


def _open(script, step, target, value):
    script.player.go(urljoin(script.base, target))
    script.frame = script.player.page.main_frame


def _click(script, step, target, value, **how):
    script.element(step, target).click(timeout=script.milliseconds(), **how)
    _after_a_click(script)


def _after_a_click(script):
    """Wait until the page has loaded that a click may have opened; the next command needs it."""
    script.player.page.wait_for_timeout(50)
    try:
        script.player.page.wait_for_load_state("domcontentloaded", timeout=script.milliseconds())
    except Error:
        pass


def _type(script, step, target, value):
    element = script.element(step, target, "attached")
    if element.get_attribute("type") == "file":
        raise Failed("no_files")
    _keep_secret(script, element, value)
    element.fill(value, timeout=script.milliseconds())


def _keep_secret(script, element, typed: str):
    """Remember a text typed into a password field, so that no message contains it."""
    if typed and (element.get_attribute("type") or "").lower() == "password":
        script.player.secrets.add(typed)


def _send_keys(script, step, target, value):
    element = script.element(step, target)
    element.focus()
    for text, key in re.findall(r"((?:(?!\$\{KEY_).)+)|\$\{KEY_(\w+)\}", value, re.DOTALL):
        _keep_secret(script, element, text)
        if key and key not in KEYS:
            raise Failed("key_unknown", key=key)
        element.press(KEYS[key]) if key else element.press_sequentially(text)
    _after_a_click(script)


def _select(script, step, target, value):
    script.element(step, target).select_option(**_options(script, step, target, value), timeout=script.milliseconds())


def _options(script, step, target, value) -> dict:
    """Return the option that a recorder names, such as `label=…`, as an argument for Playwright."""
    kind, _, rest = value.partition("=")
    if kind == "index":
        return {"index": int(rest)}
    if kind == "id":
        option = script.element(step, target).locator(f"option[id={quoted(rest)}]")
        return {"element": option.element_handle(timeout=script.milliseconds())}
    return {kind: rest} if kind in ("label", "value") else {"label": value}


def _choose(wanted: bool):
    """Return a command that selects, or deselects, one option of a list with several selected ones."""

    def command(script, step, target, value):
        element = script.element(step, target)
        before = element.evaluate("list => [...list.options].map(option => option.selected)")
        element.select_option(**_options(script, step, target, value), timeout=script.milliseconds())
        element.evaluate(
            """(list, [before, wanted]) => {
                [...list.options].forEach((option, n) => {
                    option.selected = option.selected ? wanted : before[n];
                });
                list.dispatchEvent(new Event("change", {bubbles: true}));
            }""",
            [before, wanted],
        )

    return command


def _submit(script, step, target, value):
    script.element(step, target, "attached").evaluate("form => (form.form || form).requestSubmit()")
    _after_a_click(script)


def _pause(script, step, target, value):
    wanted = target or value
    script.player.page.wait_for_timeout(script.player.left(min(int(wanted) / 1000 if wanted else 1, LONGEST_PAUSE)))


def _select_frame(script, step, target, value):
    if target == "relative=top":
        script.frame = script.player.page.main_frame
    elif target in ("relative=parent", "relative=up"):
        script.frame = script.frame.parent_frame or script.frame
    elif target.startswith("index="):
        index = int(target.partition("=")[2])
        if not script.wait(lambda: len(script.frame.child_frames) > index):
            raise Failed("no_frame", number=index)
        script.frame = script.frame.child_frames[index]
    else:
        frame = script.element(step, target, "attached").element_handle().content_frame()
        if frame is None:
            raise Failed("not_a_frame", target=target[:100])
        script.frame = frame


def _select_window(script, step, target, value):
    pages = script.player.context.pages
    name = target.removeprefix("handle=")
    if name in script.windows:
        if script.windows[name].is_closed():
            raise Failed("window_closed")
        script.show(script.windows[name])
    elif "win_ser_local" in target or target.endswith("root}"):
        script.show(pages[0])
    else:
        script.wait(lambda: len(script.player.context.pages) > 1)
        script.show(script.player.context.pages[-1])


def _store_window(script, step, target, value):
    script.remember(target or value, script.player.page)


def _size(script, step, target, value):
    width, height = (max(SMALLEST_WINDOW, min(int(size), LARGEST_WINDOW)) for size in target.lower().split("x"))
    script.player.page.set_viewport_size({"width": width, "height": height})


def _close(script, step, target, value):
    if len(script.player.context.pages) > 1:
        script.player.page.close()
        script.show(script.player.context.pages[-1])


def _run(script, step, target, value):
    """Run a script. Stored texts are passed as values, not inserted into its text: they may contain quotes."""
    names = [name for name in dict.fromkeys(re.findall(r"\$\{(\w+)\}", step["target"])) if name in script.variables]
    code = step["target"]
    for number, name in enumerate(names):
        code = code.replace(f"${{{name}}}", f"arguments[{number}]")
    result = script.frame.evaluate(f"arguments => {{ {code} }}", [script.variables[name] for name in names])
    if value:
        script.variables[value] = result if isinstance(result, str) else json.dumps(result)


def _nothing(script, step, target, value):
    pass


def _dialogs(kind: str, accepts: bool):
    def command(script, step, target, value):
        script.accepts[kind] = accepts
        script.answer = target if step["command"] == "answerOnNextPrompt" else script.answer

    return command


def _dialog_has_text(script, step, target, value):
    if not script.wait(lambda: target in script.dialog_texts):
        raise Failed("no_dialog", text=target[:100])


def _present(wanted: bool, state: str):
    def command(script, step, target, value):
        seconds = int(value) / 1000 if value else SECONDS_FOR_AN_ELEMENT
        step = step if wanted else {**step, "alternatives": []}  # alternatives may find another element
        if not script.wait(lambda: bool(script.first(step, target, state)) == wanted, seconds):
            raise Failed("element_not_there" if wanted else "element_still_there", target=target[:200])

    return command


def _is(read, wanted: bool = True, what: str = "text"):
    """Return a command that compares the result of `read(script, step, target)` with the expected value."""

    def command(script, step, target, value):
        expected = value if what != "title" else target
        if not script.wait(lambda: matches(read(script, step, target), expected) == wanted):
            raise Failed(f"{what}_is_not" if wanted else f"{what}_is", text=expected[:100])

    return command


def matches(seen: str, expected: str) -> bool:
    """Return whether a text is as expected: equal but for white space, or matching a pattern with * or `regexp:`."""
    seen = " ".join(seen.split())
    if expected.startswith("regexp:"):
        return re.search(expected.removeprefix("regexp:"), seen) is not None
    expected = " ".join(expected.removeprefix("exact:").split())
    pattern = ".*".join(map(re.escape, expected.removeprefix("glob:").split("*")))
    return seen == expected or re.fullmatch(pattern, seen, re.DOTALL) is not None


def _text(script, step, target):
    return script.element(step, target).inner_text()


def _value(script, step, target):
    return script.element(step, target, "attached").input_value()


def _title(script, step, target):
    return script.player.page.title()


def _selected(what: str):
    """Return a function that reads the value or the label of the selected option of a list."""

    def read(script, step, target):
        chosen = f"list => list.selectedOptions.length ? list.selectedOptions[0].{what} : ''"
        return script.element(step, target, "attached").evaluate(chosen)

    return read


def _same(script, step, target, value):
    """Compare a variable with a value."""
    if (seen := script.variables.get(target)) != value:
        if seen is None:
            raise Failed("not_stored", target=target[:100])
        raise Failed("stored_otherwise", target=target[:100], text=value[:100])


def _editable(wanted: bool):
    def command(script, step, target, value):
        seconds = int(value) / 1000 if value else SECONDS_FOR_AN_ELEMENT
        element = script.element(step, target, "attached")
        if not script.wait(lambda: (element.is_enabled() and element.is_editable()) == wanted, seconds):
            raise Failed("not_editable_element" if wanted else "still_editable", target=target[:100])

    return command


def _checked(wanted: bool):
    def command(script, step, target, value):
        if script.element(step, target, "attached").is_checked() != wanted:
            raise Failed("not_checked" if wanted else "is_checked", target=target[:200])

    return command


def _store(read):
    def command(script, step, target, value):
        script.variables[value or target] = read(script, step, target)

    return command


def _json(script, step, target):
    json.loads(target)
    return target


def _count(script, step, target):
    return str(script.frame.locator(selector(target)).count())


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
    "select": _select,
    "addSelection": _choose(True),
    "removeSelection": _choose(False),
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
    **dict.fromkeys(["echo", "setSpeed", "debugger"], _nothing),
    "setWindowSize": _size,
    "selectFrame": _select_frame,
    "selectWindow": _select_window,
    "storeWindowHandle": _store_window,
    "close": _close,
    "waitForElementPresent": _present(True, "attached"),
    "waitForElementVisible": _present(True, "visible"),
    **dict.fromkeys(["waitForElementEditable", "assertEditable", "verifyEditable"], _editable(True)),
    **dict.fromkeys(["waitForElementNotEditable", "assertNotEditable", "verifyNotEditable"], _editable(False)),
    "waitForElementNotPresent": _present(False, "attached"),
    "waitForElementNotVisible": _present(False, "visible"),
    **dict.fromkeys(["assertElementPresent", "verifyElementPresent"], _present(True, "attached")),
    **dict.fromkeys(["assertElementNotPresent", "verifyElementNotPresent"], _present(False, "attached")),
    **dict.fromkeys(["waitForText", "assertText", "verifyText"], _is(_text)),
    **dict.fromkeys(["assertNotText", "verifyNotText"], _is(_text, wanted=False)),
    **dict.fromkeys(["assertTitle", "verifyTitle"], _is(_title, what="title")),
    **dict.fromkeys(["assertValue", "verifyValue"], _is(_value, what="value")),
    **dict.fromkeys(["assertSelectedValue", "verifySelectedValue"], _is(_selected("value"), what="value")),
    **dict.fromkeys(
        ["assertNotSelectedValue", "verifyNotSelectedValue"], _is(_selected("value"), wanted=False, what="value")
    ),
    **dict.fromkeys(["assertSelectedLabel", "verifySelectedLabel"], _is(_selected("label"), what="label")),
    **dict.fromkeys(["assert", "verify"], _same),
    **dict.fromkeys(["assertChecked", "verifyChecked"], _checked(True)),
    **dict.fromkeys(["assertNotChecked", "verifyNotChecked"], _checked(False)),
    "store": _store(lambda script, step, target: target),
    "storeText": _store(_text),
    "storeValue": _store(_value),
    "storeTitle": _store(_title),
    "storeJson": _store(_json),
    "storeXpathCount": _store(_count),
    "storeAttribute": _store(_attribute),
    **dict.fromkeys(["executeScript", "executeAsyncScript", "runScript"], _run),
    **dict.fromkeys(["assertAlert", "assertConfirmation", "assertPrompt"], _dialog_has_text),
    "chooseOkOnNextConfirmation": _dialogs("confirm", True),
    "chooseCancelOnNextConfirmation": _dialogs("confirm", False),
    "answerOnNextPrompt": _dialogs("prompt", True),
    "chooseCancelOnNextPrompt": _dialogs("prompt", False),
    **dict.fromkeys(ANSWERS_AFTERWARDS, _nothing),
}
