"""The variables of a recording: texts, numbers, lists and objects, as Selenium IDE keeps them.

Standard library only, since it runs in the browser's child process.
"""

import json
import re

_REFERENCE = re.compile(r"\$\{([^{}]+)\}")
_WITH_PATH = re.compile(r"\$\{([^{}]+)\}((?:\.\w+|\[\w+\])*)")
_PART = re.compile(r"""\.(\w+)|\[['"]?([^\]'"]+)['"]?\]""")
_QUOTED = re.compile(r"""(['"`])(\$\{[^{}]+\})\1""")
_NOT_THERE = object()


class Variables(dict):
    """The stored values by name."""

    def filled_in(self, text: str) -> str:
        """Return a text with the values in place of `${name}`, `${list[0]}` and `${object}.name`."""

        def value(match: re.Match) -> str:
            if match[1] == "nbsp" and "nbsp" not in self:
                return f"\u00a0{match[2]}"
            found = self.look_up(match[1])
            if found is _NOT_THERE:
                return match[0]
            found, rest = _along(found, match[2])
            return as_text(found) + rest

        return _WITH_PATH.sub(value, text)

    def in_script(self, code: str) -> tuple[str, list]:
        """Return a script with `arguments[…]` in place of variables, and the arguments. Texts may hold quotes."""
        arguments = {}

        def argument(match: re.Match) -> str:
            found = self.look_up(match[1])
            if found is _NOT_THERE:
                return match[0]  # it may be part of a JavaScript template
            arguments.setdefault(match[1], found)
            return f"arguments[{list(arguments).index(match[1])}]"

        unquoted = _QUOTED.sub(lambda match: match[2] if self.has(match[2][2:-1]) else match[0], code)
        return _REFERENCE.sub(argument, unquoted), list(arguments.values())

    def has(self, name: str) -> bool:
        """Return whether there is a value of this name."""
        return self.look_up(name) is not _NOT_THERE

    def look_up(self, name: str):
        """Return the value of a name, or of a name with a path into it; `_NOT_THERE` if there is none."""
        if name in self:
            return self[name]
        base = re.match(r"\w+", name)
        if not base or base[0] not in self:
            return _NOT_THERE
        value, rest = _along(self[base[0]], name[base.end() :])
        return _NOT_THERE if rest else value


def plain_name(text: str) -> str:
    """Return the name of a variable, which some recordings write as `${name}`."""
    match = re.fullmatch(r"\s*\$\{([^{}]+)\}\s*", text)
    return match[1] if match else text.strip()


def as_text(value) -> str:
    """Return a value as JavaScript writes it; an object as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ",".join("" if item is None else as_text(item) for item in value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, default=str)


def _along(value, path: str) -> tuple[object, str]:
    """Follow a path such as `.user[0]` into a value as far as it leads; return what is there, and the rest."""
    while part := _PART.match(path):
        key = part[1] or part[2]
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, list) and key == "length":
            value = len(value)
        else:
            break
        path = path[part.end() :]
    return value, path
