"""The protocol of engine processes, line by line."""

import json
from pathlib import Path

import pytest

from scans.engines.base import Command, Job
from scans.engines.events import CrawlSeen, Ended, LogLine, ModuleFailed, Outcome, Progress, Started
from scans.engines.wire import command_to_line, event_from_line, event_to_line, job_to_line, plain_text
from tests.factories import reported

FINDING = reported(cwe=(79,), references=(("CWE", "https://cwe.mitre.org/"),))


@pytest.mark.parametrize(
    "event",
    [
        Started(engine="Fake", version="1"),
        Progress(phase="attack", requests=9, responses={"2xx": 9}),
        FINDING,
        CrawlSeen(pages=1, data=0, only_login=True, only_scripts=False, descriptions=(("Swagger", "http://a/"),)),
        ModuleFailed(module="xss", error="TypeError: owl"),
        LogLine(level="info", text="two\nlines"),
        Ended(outcome=Outcome.CRASHED, facts={"exit_code": 3, "signal": "SIGKILL"}),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_is_one_line_and_is_read_back_as_it_was(event):
    line = event_to_line(event)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert event_from_line(line) == event


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "Expecting value"),
        ("[]", "expected an object"),
        ('{"event": "owl"}', "unknown event 'owl'"),
        ('{"event": ["log"]}', "unknown event"),
        ('{"event": "started", "engine": "x"}', "started lacks 'version'"),
        ('{"event": "started", "engine": "x", "version": "1", "owl": 1}', "started has no 'owl'"),
        ('{"event": "started", "engine": 7, "version": "1"}', "expected a text, got int"),
        ('{"event": "progress", "phase": "x", "requests": true}', "expected a whole number, got bool"),
        ('{"event": "progress", "phase": "x", "requests": 1.5}', "expected a whole number, got float"),
        ('{"event": "progress", "phase": "x", "paused": 1}', "expected true or false, got int"),
        ('{"event": "progress", "phase": "x", "responses": []}', "expected an object, got list"),
        ('{"event": "ended", "outcome": "won"}', "won"),
        ("[" * 100_000, "nested too deeply"),
    ],
    ids=lambda text: text[:40],
)
def test_a_line_that_breaks_the_protocol_is_refused_by_what_is_wrong(line, problem):
    with pytest.raises(ValueError, match=problem):
        event_from_line(line.encode())


def test_a_text_is_cut_and_cleaned_of_what_no_database_takes():
    assert plain_text("a\x00b\ud800", 4) == "a\ufffdb?"
    assert plain_text("owls", 3) == "owl"


def test_a_job_and_its_commands_are_lines_of_json(tmp_path):
    job = Job(url="http://h/", directory=Path("scan"), resolve={"h": ("192.0.2.1",)})
    values = json.loads(job_to_line(job))
    assert (values["url"], values["resolve"]) == ("http://h/", {"h": ["192.0.2.1"]})
    assert Path(values["directory"]).is_absolute()
    assert json.loads(command_to_line(Command.PAUSE)) == {"command": "pause"}
