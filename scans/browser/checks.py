"""The commands that look at a page: they compare, wait and store. Runs in the child process, without Django."""

import json

from dialogs import TEXTS
from locators import Failed, matches, number
from script import SECONDS_FOR_AN_ELEMENT
from variables import as_text, plain_name

SECONDS_TO_CHANGE = 2  # for a box that a script of the page checks


def _both(name: str) -> list[str]:
    """Return the names of the two commands that check something: in Selenium IDE, one of them may fail."""
    return [f"assert{name}", f"verify{name}"]


def _present(wanted: bool, state: str):
    def command(script, step, target, value):
        seconds = number(value) / 1000 if value.strip() else SECONDS_FOR_AN_ELEMENT
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


def _text(script, step, target):
    return script.element(step, target, "attached").inner_text()


def _value(script, step, target):
    return script.element(step, target, "attached").evaluate("element => String(element.value ?? '')")


def _value_is(wanted: bool):
    """Return a command that compares the value of a field; that of a box may be called on or off."""
    compare = _is(_value, wanted, "value")

    def command(script, step, target, value):
        state = "element => ['checkbox', 'radio'].includes(element.type) ? (element.checked ? 'on' : 'off') : ''"
        if value in ("on", "off") and (seen := script.element(step, target, "attached").evaluate(state)):
            if (seen == value) != wanted:
                raise Failed("value_is_not" if wanted else "value_is", text=value)
        else:
            compare(script, step, target, value)

    return command


def _title(script, step, target):
    return script.player.page.title()


def _selected(what: str):
    """Return a function that reads the value or the label of the selected option of a list."""

    def read(script, step, target):
        chosen = f"list => list.selectedOptions.length ? list.selectedOptions[0].{what} : ''"
        return script.element(step, target, "attached").evaluate(chosen)

    return read


def _label_is(wanted: bool):
    """Return a command that compares the label of the selected option; recorders write it as for `select`."""
    compare = _is(_selected("label"), wanted, "label")
    return lambda script, step, target, value: compare(script, step, target, value.removeprefix("label="))


def _same(script, step, target, value):
    """Compare a variable with a value."""
    name = plain_name(step["target"])
    if not script.variables.has(name):
        raise Failed("not_stored", target=name[:100])
    seen = script.variables.look_up(name)
    if value.strip() not in _spellings(seen):
        raise Failed("stored_otherwise", target=name[:100], text=value[:100])


def _spellings(value) -> set[str]:
    """Return the texts that stand for a stored value."""
    if value is None:
        return {"", "null", "undefined"}
    texts = {as_text(value), json.dumps(value, ensure_ascii=False), json.dumps(value, separators=(",", ":"))}
    return {text.strip() for text in texts} if not isinstance(value, str) else {value.strip()}


def _editable(wanted: bool):
    def command(script, step, target, value):
        seconds = number(value) / 1000 if value.strip() else SECONDS_FOR_AN_ELEMENT
        element = script.element(step, target, "attached")
        if not script.wait(lambda: (element.is_enabled() and element.is_editable()) == wanted, seconds):
            raise Failed("not_editable_element" if wanted else "still_editable", target=target[:100])

    return command


def _checked(wanted: bool):
    def command(script, step, target, value):
        element = script.element(step, target, "attached")
        if not script.wait(lambda: element.is_checked() == wanted, SECONDS_TO_CHANGE):
            raise Failed("not_checked" if wanted else "is_checked", target=target[:200])

    return command


def _store(read):
    """Return a command that stores what `read(script, step, target)` gives, under the name in the value or alone."""

    def command(script, step, target, value):
        script.variables[plain_name(step["value"] or step["target"])] = read(script, step, target)

    return command


def _json(script, step, target):
    return json.loads(target)


def _count(script, step, target):
    return script.located(target)[0].count()


def _attribute(script, step, target):
    """Return an attribute, `locator@name`; that of a field as it is now, as browsers' drivers do."""
    locator, _, name = target.rpartition("@")
    element = script.element({**step, "alternatives": []}, locator.rstrip("/"), "attached")
    now = "(element, name) => ['value', 'checked', 'selected'].includes(name) ? element[name] ?? null : null"
    state = element.evaluate(now, name)
    if isinstance(state, bool):
        return "true" if state else None
    return element.get_attribute(name) if state is None else state


CHECKS = {
    "waitForElementPresent": _present(True, "attached"),
    "waitForElementVisible": _present(True, "visible"),
    "waitForElementNotPresent": _present(False, "attached"),
    "waitForElementNotVisible": _present(False, "visible"),
    "waitForElementEditable": _editable(True),
    "waitForElementNotEditable": _editable(False),
    "waitForText": _is(_text),
    **dict.fromkeys(_both("Editable"), _editable(True)),
    **dict.fromkeys(_both("NotEditable"), _editable(False)),
    **dict.fromkeys(_both("ElementPresent"), _present(True, "attached")),
    **dict.fromkeys(_both("ElementNotPresent"), _present(False, "attached")),
    **dict.fromkeys(_both("Text"), _is(_text)),
    **dict.fromkeys(_both("NotText"), _is(_text, wanted=False)),
    **dict.fromkeys(_both("Title"), _is(_title, what="title")),
    **dict.fromkeys(_both("Value"), _value_is(True)),
    **dict.fromkeys(_both("NotValue"), _value_is(False)),
    **dict.fromkeys(_both("SelectedValue"), _is(_selected("value"), what="value")),
    **dict.fromkeys(_both("NotSelectedValue"), _is(_selected("value"), wanted=False, what="value")),
    **dict.fromkeys(_both("SelectedLabel"), _label_is(True)),
    **dict.fromkeys(_both("NotSelectedLabel"), _label_is(False)),
    **dict.fromkeys(_both("Checked"), _checked(True)),
    **dict.fromkeys(_both("NotChecked"), _checked(False)),
    **dict.fromkeys(_both(""), _same),
    **dict.fromkeys(TEXTS, lambda script, step, target, value: script.dialogs.has_text(target)),
    "store": _store(lambda script, step, target: target),
    "storeText": _store(_text),
    "storeValue": _store(_value),
    "storeTitle": _store(_title),
    "storeJson": _store(_json),
    **dict.fromkeys(["storeXpathCount", "storeElementCount"], _store(_count)),
    "storeAttribute": _store(_attribute),
}
