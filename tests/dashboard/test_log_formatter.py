"""The log: one record cannot pass for two."""

import json
import logging
from datetime import datetime

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from dashboard.log_formatter import JsonFormatter, RecordFormatter
from scans.harmless import harmless
from scans.origin import answering, request_id_of
from scans.working_on import working_on

FORGED = "2026-01-01 00:00:00,000 INFO scans nothing happened"
LINE_BREAKS = ["\n", "\r\n", "\r", "\v", "\x85", "\u2028", "\u2029"]


def written(message, *arguments, error=None, stack=None):
    """What the formatter of the settings makes of a record."""
    given = dict(settings.LOGGING["formatters"]["text"])
    formatter = import_string(given.pop("()"))(given["format"])
    return formatter.format(record(message, *arguments, error=error, stack=stack))


def record(message, *arguments, error=None, stack=None):
    """A record of the log."""
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("scans", logging.ERROR, "file", 1, message, arguments, trace, None, stack)


def as_json(*arguments, **values):
    """What the other formatter makes of a record, read again."""
    (line,) = JsonFormatter().format(record(*arguments, **values)).splitlines()
    assert line.isascii()
    return json.loads(line)


@pytest.mark.parametrize(("status", "lines"), [(403, 1), (500, 2)])
def test_a_refused_request_has_no_traceback(status, lines):
    formatter = RecordFormatter("%(message)s")
    record = logging.LogRecord("django.request", logging.WARNING, "file", 1, "Forbidden", (), None)
    record.exc_info, record.status_code = (ValueError, ValueError("no"), None), status
    assert len(formatter.format(record).splitlines()) == lines and record.exc_info


@pytest.mark.parametrize("line_break", LINE_BREAKS)
def test_no_message_begins_a_line_of_the_log(line_break):
    said = written("the site says %s", f"a{line_break}{FORGED}")
    assert said.count(FORGED) == 1 and not any(line.startswith("2026-01") for line in said.splitlines()[1:])


@pytest.mark.parametrize("line_break", LINE_BREAKS)
def test_no_error_begins_a_line_of_the_log(line_break):
    try:
        raise ValueError(f"a{line_break}{FORGED}")
    except ValueError as error:
        said = written("broken", error=error, stack=f"a{line_break}{FORGED}")
    assert "Traceback" in said and all(line.startswith("    | ") for line in said.splitlines()[1:])


def test_no_message_commands_a_terminal():
    said = written("\x1b[2J\u202ex %s", "\x9b")
    assert said.endswith("␛[2J\\u202ex \\u009b") and harmless(said) == said


def test_every_handler_of_the_log_uses_the_formatter():
    formatters = settings.LOGGING["formatters"]
    used = {formatters[handler["formatter"]]["()"] for handler in settings.LOGGING["handlers"].values()}
    assert used == {"dashboard.log_formatter.RecordFormatter"}


def test_a_setting_chooses_lines_of_json(read, refusal):
    def formatter(**environment):
        handlers = read(**environment)["LOGGING"]["handlers"]
        return handlers["console"]["formatter"]

    assert (formatter(), formatter(SCANS_LOG_FORMAT="json")) == ("text", "json")
    assert "SCANS_LOG_FORMAT" in refusal(SCANS_LOG_FORMAT="yaml")


def test_a_line_of_json_says_when_who_and_what():
    told = as_json("the site says %s", "no")
    assert (told["log"], told["level"], told["logger"], told["message"]) == (
        "process",
        "ERROR",
        "scans",
        "the site says no",
    )
    assert datetime.fromisoformat(told["time"]).tzinfo and "traceback" not in told


@pytest.mark.parametrize("line_break", LINE_BREAKS)
def test_a_record_is_one_line_of_json_whatever_it_holds(line_break):
    assert as_json("a%sb", line_break)["message"] == f"a{line_break}b"
    assert as_json("\x1b[2J\x7f")["message"] == "\x1b[2J\x7f"


def test_a_line_of_json_holds_a_traceback_and_is_bounded():
    try:
        raise ValueError("x" * 100_000 + "the end")
    except ValueError as error:
        told = as_json("y" * 100_000, error=error, stack="Stack (most recent call last):")
    assert told["traceback"].endswith("the end\nStack (most recent call last):") and len(told["traceback"]) == 16_000
    assert len(told["message"]) == 4_000


def test_a_refused_request_has_no_traceback_in_json():
    formatter, refused = JsonFormatter(), record("Forbidden", error=ValueError("no"))
    refused.status_code = 403
    assert "traceback" not in json.loads(formatter.format(refused)) and refused.exc_info


def test_a_line_of_json_has_the_ids_of_what_is_worked_on():
    with working_on(task="t", analysis=1), working_on(url_scan=2):
        told = as_json("hello")
    assert (told["task"], told["analysis"], told["url_scan"]) == ("t", 1, 2)
    assert not {"task", "analysis", "url_scan", "request_id"} & as_json("hello").keys()


def test_a_line_of_json_about_an_error_has_the_ids_of_where_it_came_from():
    with pytest.raises(ValueError, match="no") as caught, working_on(analysis=1), working_on(url_scan=2):
        raise ValueError("no")
    assert as_json("broken", error=caught.value)["url_scan"] == 2
    assert as_json("%s", caught.value)["analysis"] == 1


def test_a_line_of_json_has_the_id_of_its_request(rf):
    request = rf.get("/")
    with answering(request):
        assert as_json("hello")["request_id"] == request_id_of(request)
