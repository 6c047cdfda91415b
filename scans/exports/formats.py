"""Every file format in which results can be had."""

from collections.abc import Callable, Iterator

from scans.exports import report, results, sarif
from scans.exports.results import Results

# The ending of the file, and what makes it, piece by piece.
FORMATS: dict[str, Callable[[Results], Iterator[str | bytes]]] = {
    "sarif": sarif.as_sarif,
    "json": results.as_json,
    "csv": results.as_csv,
    "html": report.as_html,
    "pdf": report.as_pdf,
}
