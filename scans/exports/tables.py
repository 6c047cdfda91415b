"""CSV that is made while it is sent, and that no spreadsheet runs."""

import csv
from collections.abc import Iterable, Iterator

# A spreadsheet takes text that begins like this for a formula (OWASP, "CSV Injection").
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """A file of one line: what the CSV writer writes, it gives back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(head: list[str], rows: Iterable[list]) -> Iterator[str]:
    """The file, line by line; None becomes an empty cell."""
    writer = csv.writer(_Line())
    yield writer.writerow(head)
    for row in rows:
        yield writer.writerow([harmless(cell) for cell in row])


def harmless(cell):
    """The cell; a text that a spreadsheet would take for a formula begins with an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_MARKS) else cell
