"""CSV that is written while it is sent, with cells that no spreadsheet runs as formulas."""

import csv
from collections.abc import Iterable, Iterator

# A spreadsheet runs text that begins like this as a formula (OWASP, "CSV Injection").
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """A file of one line: it returns the line that the CSV writer writes."""

    def write(self, line: str) -> str:
        return line


def csv_lines(head: list[str], rows: Iterable[list]) -> Iterator[str]:
    """Yield the file line by line; None becomes an empty cell."""
    writer = csv.writer(_Line())
    yield writer.writerow(head)
    for row in rows:
        yield writer.writerow([harmless(cell) for cell in row])


def harmless(cell):
    """Return the cell. A text that a spreadsheet would run as a formula gets a leading apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_MARKS) else cell
