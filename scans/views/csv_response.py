"""CSV files that are generated while they are sent, so that a long one needs no memory."""

from collections.abc import Iterable

from django.http import StreamingHttpResponse

from scans.exports.tables import csv_lines


def csv_file(name: str, head: list[str], rows: Iterable[list]) -> StreamingHttpResponse:
    """The file `name`.csv with the head and the rows. Spreadsheets see no text as a formula."""
    return StreamingHttpResponse(
        csv_lines(head, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
