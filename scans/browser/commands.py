"""The commands of recordings, as Playwright executes them. Runs in the child process, without Django."""

import re

from checks import CHECKS
from dialogs import ANSWERS, ANSWERS_BEFORE, ANSWERS_OF_OLD
from listening import shown
from locators import Failed, matches, number, unescaped
from mouse import MOUSE, position, send_keys
from playwright.sync_api import Error
from variables import plain_name
from wall import place

LONGEST_PAUSE = 20
SMALLEST_WINDOW, LARGEST_WINDOW = 100, 4000


def _open(script, step, target, value):
    script.player.go(script.address(target.strip()))
    script.frame = script.player.page.main_frame


def _click(script, step, target, value, **how):
    element = script.element(step, target)
    if step["command"].endswith("At") and (inside := _inside(element, value)):
        how["position"] = inside
    element.click(timeout=script.milliseconds(), **how)
    _after_a_click(script)


def _inside(element, value: str) -> dict | None:
    """Return a position such as `10,5` inside of an element; None if there is none, or it is outside."""
    given, box = position(value), element.bounding_box()
    if not given or not box:
        return None
    x, y = given
    return {"x": x, "y": y} if 0 <= x < box["width"] and 0 <= y < box["height"] else None


def _after_a_click(script):
    """Wait until the page has loaded that a click may have opened; the next command needs it."""
    script.player.page.wait_for_timeout(50)
    try:
        script.player.page.wait_for_load_state("domcontentloaded", timeout=script.milliseconds())
    except Error:
        pass


def _type(script, step, target, value):
    element = script.element(step, target, "attached")
    kind = _kind(element)
    if kind == "password":
        script.player.secrets.add(value)
    else:  # a text may name its line breaks; a password never does
        value = unescaped(value)
    element.fill(value, timeout=script.milliseconds())


def _kind(element) -> str:
    """Return the type of a field. Raises Failed for one that takes files."""
    kind = (element.get_attribute("type") or "").lower()
    if kind == "file":
        raise Failed("no_files")
    return kind


def _send_keys(script, step, target, value):
    element = script.element(step, target)
    secret = _kind(element) == "password"
    for text in send_keys(script.player.page, element, value if secret else unescaped(value)):
        if secret:
            script.player.secrets.add(text)
    _after_a_click(script)


def _option(script, step, target, value) -> int:
    """Wait for the option that a recorder names, such as `label=…`, and return its index. Raises Failed."""
    kind, equals, wanted = value.partition("=")
    if kind not in ("label", "value", "id", "index") or not equals:
        kind, wanted = "label", value
    every = "list => [...list.options].map(({text, textContent, value, id}) => ({text, textContent, value, id}))"

    def found() -> list[int]:
        options = script.element(step, target, "attached").evaluate(every)
        if kind == "index":
            return [int(number(wanted))] if number(wanted) < len(options) else []
        if kind != "label":
            return [index for index, option in enumerate(options) if option[kind] == wanted]
        texts = [option["text"].replace("\u00a0", " ") for option in options]
        exactly = [index for index, text in enumerate(texts) if text == " ".join(wanted.split())]
        return exactly or [index for index, text in enumerate(texts) if matches(text, wanted)]

    if not (indexes := script.wait(found)):
        raise Failed("no_option", text=value[:100])
    return indexes[0]


def _select(script, step, target, value):
    index = _option(script, step, target, value)
    script.element(step, target, "attached").select_option(index=index, timeout=script.milliseconds())


def _choose(wanted: bool):
    """Return a command that selects, or deselects, one option of a list with several selected ones."""

    def command(script, step, target, value):
        index = _option(script, step, target, value)
        script.element(step, target, "attached").evaluate(
            """(list, [index, wanted]) => {
                if (list.options[index].selected === wanted) return;
                list.options[index].selected = wanted;
                list.dispatchEvent(new Event("input", {bubbles: true}));
                list.dispatchEvent(new Event("change", {bubbles: true}));
            }""",
            [index, wanted],
        )

    return command


def _submit(script, step, target, value):
    script.element(step, target, "attached").evaluate("form => (form.form || form).requestSubmit()")
    _after_a_click(script)


def _on(method: str):
    def command(script, step, target, value):
        getattr(script.element(step, target, "attached"), method)(timeout=script.milliseconds())

    return command


def _edit(script, step, target, value):
    script.element(step, target).evaluate("(element, html) => { element.innerHTML = html }", value)


def _pause(script, step, target, value):
    seconds = number(target or value) / 1000 if (target or value).strip() else 1
    script.player.page.wait_for_timeout(script.player.left(max(0.0, min(seconds, LONGEST_PAUSE))))


def _select_frame(script, step, target, value):
    target = target.strip()
    if target == "relative=top":
        script.frame = script.player.page.main_frame
    elif target in ("relative=parent", "relative=up"):
        script.frame = script.frame.parent_frame or script.frame
    elif target.startswith("index="):
        for part in target.removeprefix("index=").split("\\"):
            script.frame = (
                (script.frame.parent_frame or script.frame) if part == ".." else _frame(script, int(number(part)))
            )
    else:
        frame = script.element(step, target, "attached").element_handle().content_frame()
        if frame is None:
            raise Failed("not_a_frame", target=target[:100])
        script.frame = frame


def _enter_frame(script, step, target, value):
    """Select a frame and wait for its document. Raises Failed where that may not be visited."""
    _select_frame(script, step, target, value)
    frame = script.frame
    if frame.parent_frame:
        frame.wait_for_load_state("domcontentloaded", timeout=script.milliseconds())
        wanted = frame.frame_element().evaluate("frame => frame.src || frame.data || ''")
        is_outside = frame.url.startswith("http") and place(frame.url) not in script.player.wall.places
        if is_outside or frame.url.startswith("chrome-error:"):
            raise Failed("frame_outside", url=shown(wanted or frame.url))


def _frame(script, index: int):
    """Wait for the frame with this number in the current one, and return it. Raises Failed."""
    frames = script.wait(lambda: script.frame.child_frames[index:])
    if not frames:
        raise Failed("no_frame", number=index)
    return frames[0]


def _select_window(script, step, target, value):
    pages = script.player.context.pages
    name = target.strip().removeprefix("handle=")
    numbered = re.fullmatch(r"win_ser_(\d+)", name)
    if name in script.windows:
        if script.windows[name].is_closed():
            raise Failed("window_closed")
        script.show(script.windows[name])
    elif "win_ser_local" in name or name.endswith("root}"):
        script.show(pages[0])
    else:
        index = int(numbered[1]) if numbered else 1
        script.wait(lambda: len(script.player.context.pages) > index)
        pages = script.player.context.pages
        script.show(pages[index] if numbered and index < len(pages) else pages[-1])


def _store_window(script, step, target, value):
    script.remember(plain_name(step["target"] or step["value"]), script.player.page)


def _size(script, step, target, value):
    width, height = (max(SMALLEST_WINDOW, min(int(number(size)), LARGEST_WINDOW)) for size in target.lower().split("x"))
    script.player.page.set_viewport_size({"width": width, "height": height})


def _close(script, step, target, value):
    if len(script.player.context.pages) > 1:
        script.player.page.close()
        script.show(script.player.context.pages[-1])


def _run(script, step, target, value):
    """Run a script. Stored values are passed as arguments, not inserted into its text."""
    code, arguments = script.variables.in_script(step["target"])
    result = script.frame.evaluate(f"arguments => {{ {code}\n }}", arguments)
    if name := plain_name(step["value"]):
        script.variables[name] = result


def _nothing(script, step, target, value):
    pass


COMMANDS = {
    **CHECKS,
    **MOUSE,
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
    **dict.fromkeys(["echo", "setSpeed", "debugger"], _nothing),
    "setWindowSize": _size,
    "selectFrame": _enter_frame,
    "selectWindow": _select_window,
    "storeWindowHandle": _store_window,
    "close": _close,
    **dict.fromkeys(["executeScript", "executeAsyncScript", "runScript"], _run),
    **dict.fromkeys(ANSWERS_BEFORE, lambda script, step, target, value: script.dialogs.note(step, target)),
    **dict.fromkeys(
        [*ANSWERS, *ANSWERS_OF_OLD],
        lambda script, step, target, value: script.dialogs.answered(script.position, step["command"]),
    ),
}
