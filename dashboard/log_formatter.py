"""The formatter of the log: no text inside a record can forge another record or command a terminal."""

import logging

from scans.harmless import harmless

CONTINUED = "    | "  # begins each further line of a record, so that none can pass for a record of its own


class RecordFormatter(logging.Formatter):
    """Formats a record, and makes it harmless as a whole: message, traceback and stack."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's lines. A line break in a message stays visible as the end of a line."""
        lines = harmless(super().format(record)).replace("\r\n", "\n").split("\n")
        return f"\n{CONTINUED}".join(lines)
