"""The keys that recordings press, by the names of Selenium IDE 3 and 4. Standard library only: for the child, too."""

import re

# What sendKeys holds: text, `${KEY_ENTER}`, or `Key['ENTER']` as exported code spells it.
KEY = re.compile(r"""\$\{KEY_(\w+)\}|\bKey\[(?:'|")(\w+)(?:'|")\]""")
KEYS = {
    **dict.fromkeys(["ENTER", "RETURN"], "Enter"),
    **dict.fromkeys(["ESC", "ESCAPE"], "Escape"),
    **dict.fromkeys(["BKSP", "BACKSPACE", "BACK_SPACE"], "Backspace"),
    **dict.fromkeys(["DEL", "DELETE"], "Delete"),
    **dict.fromkeys(["INS", "INSERT"], "Insert"),
    **dict.fromkeys(["PGUP", "PAGE_UP"], "PageUp"),
    **dict.fromkeys(["PGDN", "PAGE_DOWN"], "PageDown"),
    **dict.fromkeys(["UP", "ARROW_UP"], "ArrowUp"),
    **dict.fromkeys(["DOWN", "ARROW_DOWN"], "ArrowDown"),
    **dict.fromkeys(["LEFT", "ARROW_LEFT"], "ArrowLeft"),
    **dict.fromkeys(["RIGHT", "ARROW_RIGHT"], "ArrowRight"),
    **{"TAB": "Tab", "HOME": "Home", "END": "End", "SPACE": "Space", "PAUSE": "Pause", "CLEAR": "Clear"},
    **{"HELP": "Help", "CANCEL": "Cancel", "SEMICOLON": ";", "EQUALS": "="},
    **{f"{name}{number}": str(number) for name in ("N", "NUMPAD") for number in range(10)},
    **dict.fromkeys(["MUL", "MULTIPLY"], "NumpadMultiply"),
    **dict.fromkeys(["ADD", "PLUS"], "NumpadAdd"),
    **dict.fromkeys(["SUB", "SUBTRACT", "MINUS"], "NumpadSubtract"),
    **dict.fromkeys(["DOT", "DECIMAL"], "."),
    **dict.fromkeys(["DIV", "DIVIDE"], "NumpadDivide"),
    **dict.fromkeys(["SEP", "SEPARATOR", "COMMA"], ","),
    **{f"F{number}": f"F{number}" for number in range(1, 13)},
}
# Held down until the text ends, or NULL lets go of them.
MODIFIERS = {
    **dict.fromkeys(["CTRL", "CONTROL", "LEFT_CONTROL"], "Control"),
    **dict.fromkeys(["SHIFT", "LEFT_SHIFT"], "Shift"),
    **dict.fromkeys(["ALT", "LEFT_ALT"], "Alt"),
    **dict.fromkeys(["META", "COMMAND"], "Meta"),
}
RELEASE = "NULL"


def pieces(text: str) -> list[tuple[str, str]]:
    """Return what to type, in order: pairs of a text and the name of the key that follows it; one of them is empty."""
    found, end = [], 0
    for match in KEY.finditer(text):
        name = match[1] or match[2]
        if match[2] and not is_key(name):
            continue  # a text that merely looks like code
        found += [(text[end : match.start()], ""), ("", name)]
        end = match.end()
    return [pair for pair in (*found, (text[end:], "")) if any(pair)]


def is_key(name: str) -> bool:
    """Return whether a key has this name."""
    return name in KEYS or name in MODIFIERS or name == RELEASE
