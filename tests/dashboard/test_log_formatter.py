"""The log: one record cannot pass for two."""

import logging

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from dashboard.log_formatter import RecordFormatter
from scans.harmless import harmless

FORGED = "2026-01-01 00:00:00,000 INFO scans nothing happened"
LINE_BREAKS = ["\n", "\r\n", "\r", "\v", "\x85", "\u2028", "\u2029"]


def written(message, *arguments, error=None, stack=None):
    """What the formatter of the settings makes of a record."""
    given = dict(settings.LOGGING["formatters"]["line"])
    formatter = import_string(given.pop("()"))(given["format"])
    trace = (type(error), error, error.__traceback__) if error else None
    return formatter.format(
        logging.LogRecord("scans", logging.ERROR, "file", 1, message, arguments, trace, None, stack)
    )


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
