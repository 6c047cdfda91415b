"""The variables of a recording keep their types."""

from pathlib import Path

import pytest

from scans.browser import side

STORED = {
    "n": 2,
    "half": 2.5,
    "whole": 3.0,
    "yes": True,
    "none": None,
    "text": "it's",
    "list": [1, None, "b"],
    "user": {"name": "Ada", "tags": ["a", "b"]},
}


@pytest.fixture
def variables(imported_flat):
    return imported_flat(Path(side.__file__).parent / "variables.py").Variables(STORED)


@pytest.mark.parametrize(
    ("text", "filled_in"),
    [
        ("${n} and ${half} and ${whole}", "2 and 2.5 and 3"),
        ("${yes} ${none}", "true null"),
        ("${list} ${list[2]} ${list.length} ${list}[0]", "1,,b b 3 1"),
        ("${user.name} ${user}.name ${user['name']} ${user.tags[1]}", "Ada Ada Ada b"),
        ("${user}", '{"name": "Ada", "tags": ["a", "b"]}'),
        ("${user}.owl", '{"name": "Ada", "tags": ["a", "b"]}.owl'),
        ("${text}.name ${n}.5", "it's.name 2.5"),
        ("${owl} ${user.owl} ${list[9]} $n {n}", "${owl} ${user.owl} ${list[9]} $n {n}"),
        ("a${nbsp}b", "a\u00a0b"),
    ],
)
def test_a_value_stands_in_a_text_as_javascript_writes_it(variables, text, filled_in):
    assert variables.filled_in(text) == filled_in


@pytest.mark.parametrize(
    ("code", "script", "arguments"),
    [
        ("return ${n} + 1 + ${n}", "return arguments[0] + 1 + arguments[0]", [2]),
        ("${user}.name + ${list[2]}", "arguments[0].name + arguments[1]", [STORED["user"], "b"]),
        ("return '${text}' + \"${text}\"", "return arguments[0] + arguments[0]", ["it's"]),
        ("return `${owl} ${1 + 1}`", "return `${owl} ${1 + 1}`", []),
    ],
)
def test_a_script_gets_values_as_arguments(variables, code, script, arguments):
    assert variables.in_script(code) == (script, arguments)
