"""Answering with rows as a CSV file that is made while it is sent, so that its length costs no memory."""

from collections.abc import Iterable

from django.http import StreamingHttpResponse

from scans.exports.tables import csv_lines


def csv_file(name: str, head: list[str], rows: Iterable[list]) -> StreamingHttpResponse:
    """The file `name`.csv with a line for the head and one for each row; no text of it is a formula."""
    return StreamingHttpResponse(
        csv_lines(head, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
