"""Reading recorded scripts: what is played, and what is refused with its line."""

import json

import pytest

from scans.browser import ScriptError, parse


def command(name, target="", value="", **more):
    return {"id": "1", "comment": "", "command": name, "target": target, "targets": [], "value": value, **more}


def project(*commands, **more):
    tests = [{"id": "t1", "name": "first", "commands": list(commands)}]
    return json.dumps(
        {"id": "p", "version": "3.0", "name": "p", "url": "http://a/", "tests": tests, "suites": [], **more}
    )


def refusal(text):
    with pytest.raises(ScriptError) as caught:
        parse(text)
    return caught.value


def test_steps_keep_their_numbers_and_alternatives_and_disabled_ones_are_left_out():
    recording = parse(
        project(
            command("open", "/"),
            command("//click", "id=a"),
            command("click", "id=b", targets=[["css=.b", "css:finder"], ["xpath=//b", "xpath:position"]]),
        )
    )
    assert [(step.line, step.command) for step in recording.steps] == [(1, "open"), (3, "click")]
    assert recording.steps[1].alternatives == ("css=.b", "xpath=//b") and recording.url == "http://a/"


def test_the_first_test_of_the_first_suite_is_played_with_the_tests_it_runs():
    tests = [
        {"id": "t1", "name": "log in", "commands": [command("open", "/login")]},
        {"id": "t2", "name": "walk", "commands": [command("run", "log in"), command("open", "/b")]},
    ]
    recording = parse(json.dumps({"url": "http://a/", "tests": tests, "suites": [{"id": "s", "tests": ["t2"]}]}))
    assert [step.target for step in recording.steps] == ["/login", "/b"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not the JSON"),
        ("[]", "not the JSON"),
        ("{" * 100_000, "not the JSON"),
        ('{"tests": 3}', "not a list"),
        ('{"tests": [{"name": "a", "commands": [3]}]}', "not a list of objects"),
        ('{"tests": []}', "no test"),
        (project(), "no command"),
        (project(*[command("open", "/")] * 1001), "1001 commands"),
        (project(command("open", 3)), "something else than texts"),
        (project(command("run", "nothing")), "is not there"),
        (project(command("run", "first")), "on and on"),
        (" " * (5 * 1024**2 + 1), "larger than 5 MB"),
    ],
)
def test_what_no_recorder_writes_is_refused(text, says):
    error = refusal(text)
    assert error.reason == "script_malformed" and says in str(error)


def test_a_command_that_is_not_known_is_named_with_its_number():
    error = refusal(project(command("open", "/"), command("while", "true")))
    assert (error.reason, error.line) == ("unsupported_command", 2) and "“while”" in str(error)
