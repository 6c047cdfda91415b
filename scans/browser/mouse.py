"""The commands of mouse and keyboard. Runs in the child process, without Django."""

import re
from collections.abc import Iterator

from keys import KEYS, MODIFIERS, pieces
from locators import Failed

# Focus as a person would: what is typed comes after the text that is there.
_FOCUS = """element => {
    if (element.getRootNode().activeElement === element) return;
    element.focus();
    try { element.setSelectionRange(element.value.length, element.value.length); } catch {}
}"""


def send_keys(page, element, value: str) -> Iterator[str]:
    """Press keys on an element. Yields each text before it is typed. Raises Failed for an unknown key."""
    held = []
    element.evaluate(_FOCUS)
    try:
        for text, key in pieces(value):
            yield text
            if key in MODIFIERS:
                page.keyboard.down(MODIFIERS[key])
                held.append(MODIFIERS[key])
            elif key in KEYS:
                page.keyboard.press(KEYS[key])
            elif key:
                _let_go(page, held)
            elif held:
                for letter in text:
                    page.keyboard.press(letter)
            else:
                page.keyboard.type(text)
    finally:
        _let_go(page, held)


def _let_go(page, held: list[str]) -> None:
    while held:
        page.keyboard.up(held.pop())


def position(text: str) -> tuple[float, float] | None:
    """Return the two numbers of a text such as `10,5`; None for any other text."""
    numbers = re.findall(r"-?\d+(?:\.\d+)?", text)
    return tuple(map(float, numbers)) if len(numbers) == 2 else None


def _point(script, step, target, value) -> tuple[float, float]:
    """Return the place in the window that a command means: `x,y` from the element's corner, or its middle."""
    element = script.element(step, target)
    element.scroll_into_view_if_needed(timeout=script.milliseconds())
    if not (box := element.bounding_box()):
        raise Failed("no_element", target=target[:200])
    x, y = position(value) or (box["width"] / 2, box["height"] / 2)
    return box["x"] + x, box["y"] + y


def _mouse(does: str):
    """Return a command that moves the mouse to an element and presses or releases its button there, or nothing."""

    def command(script, step, target, value):
        mouse = script.player.page.mouse
        mouse.move(*_point(script, step, target, value), steps=2)
        if does:
            getattr(mouse, does)()

    return command


def _leave(script, step, target, value):
    """Move the mouse out of an element, on the side where there is room."""
    x, y = _point(script, step, target, "0,0")
    box = script.element(step, target).bounding_box()
    window = script.player.page.viewport_size
    outside = [
        (x + box["width"] / 2, y - 2),
        (x + box["width"] + 2, y + box["height"] / 2),
        (x + box["width"] / 2, y + box["height"] + 2),
        (x - 2, y + box["height"] / 2),
    ]
    inside_window = [(x, y) for x, y in outside if 0 <= x < window["width"] and 0 <= y < window["height"]]
    script.player.page.mouse.move(*(inside_window or [(0, 0)])[0], steps=2)


def _drag(script, step, target, value):
    goal = script.element({**step, "alternatives": step["value_alternatives"]}, value)
    script.element(step, target).drag_to(goal, timeout=script.milliseconds())


MOUSE = {
    **dict.fromkeys(["mouseOver", "mouseMoveAt"], _mouse("")),
    "mouseOut": _leave,
    **dict.fromkeys(["mouseDown", "mouseDownAt"], _mouse("down")),
    **dict.fromkeys(["mouseUp", "mouseUpAt"], _mouse("up")),
    "dragAndDropToObject": _drag,
}
