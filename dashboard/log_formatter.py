"""The formatter of the log: no text inside a record can forge another record or command a terminal."""

import logging
from copy import copy

from scans.harmless import harmless

REFUSED = 500  # answers with a lower status are no errors of ours, and need no traceback
CONTINUED = "    | "  # begins each further line of a record, so that none can pass for a record of its own


class RecordFormatter(logging.Formatter):
    """Formats a record, and makes it harmless as a whole: message, traceback and stack."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's lines. A line break in a message stays visible as the end of a line.

        A refused request has no traceback, or strangers could fill the log.
        """
        if getattr(record, "status_code", REFUSED) < REFUSED:
            record = copy(record)
            record.exc_info = record.exc_text = None
        lines = harmless(super().format(record)).replace("\r\n", "\n").split("\n")
        return f"\n{CONTINUED}".join(lines)
