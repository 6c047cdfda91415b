"""The file formats of results."""

from collections.abc import Callable, Iterator

from scans.exports import report, results, sarif
from scans.exports.results import Results

# The ending of the file, and the function that yields it in pieces.
FORMATS: dict[str, Callable[[Results], Iterator[str | bytes]]] = {
    "sarif": sarif.as_sarif,
    "json": results.as_json,
    "csv": results.as_csv,
    "html": report.as_html,
    "pdf": report.as_pdf,
}

# How many findings a file holds at most, where its readers refuse more.
LIMITS: dict[str, int] = {"sarif": sarif.MOST_RESULTS}
