"""Files that are generated while they are sent, so that a long one needs no memory."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "sarif": "application/sarif+json",
}


def attachment(pieces: Iterator[str | bytes], name: str, form: str) -> StreamingHttpResponse:
    """Return a response that streams these pieces as a download called `name`, in this format."""
    return StreamingHttpResponse(
        pieces,
        content_type=CONTENT_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
    )
