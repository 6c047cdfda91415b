"""CSV that is written while it is sent, with cells that no spreadsheet runs as formulas.

A spreadsheet may split the file at other places than we do: with a German Excel at semicolons, and after "Text to
columns" at tabs. So no text may begin a formula after a semicolon, a tab or a line break either. Quotes around every
cell are not enough for that: read with semicolons, they stand in the middle of a cell and protect nothing.
"""

import csv
import re
from collections.abc import Iterable, Iterator

from scans.harmless import harmless

# Without it, Excel takes the file for one in the encoding of its country, and spoils every ü.
BYTE_ORDER_MARK = "\ufeff"
# A text that begins like this is run as a formula (OWASP, "CSV Injection"); wide and small forms count as the usual.
FORMULA_MARKS = "=＝﹦+＋﹢-－﹣−@＠﹫"
# Where a cell may begin, with the blanks and quotes after it that a spreadsheet drops.
_BEGINNING = re.compile(r'(?:^|[;\t\n])[\s"]*+')
_BREAKS = ("\t", "\r", "\n")  # dropped by some spreadsheets at the beginning of a cell


class _Line:
    """A file of one line: it returns the line that the CSV writer writes."""

    def write(self, line: str) -> str:
        return line


def csv_lines(head: list[str], rows: Iterable[list]) -> Iterator[str]:
    """Return the file line by line, every cell in quotes; None becomes an empty cell."""
    writer = csv.writer(_Line(), quoting=csv.QUOTE_ALL)
    yield BYTE_ORDER_MARK + writer.writerow(head)
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row])


def safe_cell(cell):
    """Return the cell. A text is made harmless, and gets an apostrophe wherever a spreadsheet could begin a formula."""
    if not isinstance(cell, str):
        return cell
    safe = _BEGINNING.sub(_with_apostrophe, harmless(cell))
    return f"'{safe}" if safe.startswith(_BREAKS) else safe


def _with_apostrophe(beginning: re.Match) -> str:
    following = beginning.string[beginning.end() : beginning.end() + 1]
    return f"{beginning[0]}'" if following and following in FORMULA_MARKS else beginning[0]
