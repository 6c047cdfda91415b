"""The formatters of the log: no text inside a record can forge another record or command a terminal."""

import json
import logging
from copy import copy
from datetime import UTC, datetime

from scans.harmless import harmless
from scans.origin import current_request, request_id_of
from scans.working_on import ids_in_work, ids_of_error

REFUSED = 500  # answers with a lower status are no errors of ours, and need no traceback
CONTINUED = "    | "  # begins each further line of a record, so that none can pass for a record of its own
LONGEST_MESSAGE, LONGEST_TRACEBACK = 4_000, 16_000  # characters in a line of JSON


class RecordFormatter(logging.Formatter):
    """Formats a record, and makes it harmless as a whole: message, traceback and stack."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's lines. A line break in a message stays visible as the end of a line.

        A refused request has no traceback, or strangers could fill the log.
        """
        lines = harmless(super().format(_without_refusal(record))).replace("\r\n", "\n").split("\n")
        return f"\n{CONTINUED}".join(lines)


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON in ASCII, with the ids of what is being worked on."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. Long messages lose their end, long tracebacks their beginning."""
        record = _without_refusal(record)
        values = {
            "log": "process",
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage()[:LONGEST_MESSAGE],
        }
        values |= _ids(record)
        trace = [self.formatException(record.exc_info)] if record.exc_info else []
        if trace := "\n".join(trace + [self.formatStack(record.stack_info)] * bool(record.stack_info)):
            values["traceback"] = trace[-LONGEST_TRACEBACK:]
        return json.dumps(values).replace("\x7f", r"\u007f")


def _without_refusal(record: logging.LogRecord) -> logging.LogRecord:
    if getattr(record, "status_code", REFUSED) < REFUSED:
        record = copy(record)
        record.exc_info = record.exc_text = None
    return record


def _ids(record: logging.LogRecord) -> dict[str, str | int]:
    """The ids of the thread that logs, of the errors that the record is about, and of the request."""
    ids = dict(ids_in_work())
    told = record.args if isinstance(record.args, tuple) else ()
    for error in (*told, record.exc_info and record.exc_info[1]):
        ids |= ids_of_error(error)
    if request := current_request():
        ids["request_id"] = request_id_of(request)
    return ids
