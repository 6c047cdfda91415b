"""Files that are generated while they are sent, so that a long one needs no memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from itertools import chain

from django.conf import settings
from django.http import StreamingHttpResponse
from django.utils import timezone, translation

from scans.exports.streams import as_bytes

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "sarif": "application/sarif+json",
    "txt": "text/plain; charset=utf-8",
}
READ_BY_PEOPLE = {"html", "pdf"}
MADE_AHEAD = 256 * 1024  # bytes


@contextmanager
def language_of(form: str) -> Iterator[None]:
    """Make a file of this format in here: a report in the reader's language and time zone, others in English and UTC.

    So a program, or a table of several people, finds the same texts whoever takes the file.
    """
    if form in READ_BY_PEOPLE:
        yield
        return
    with translation.override(settings.LANGUAGE_CODE), timezone.override(UTC):
        yield


def attachment(pieces: Iterator[str | bytes], name: str, form: str) -> StreamingHttpResponse:
    """Return a response that streams these pieces as a download called `name`, in this format.

    The first 256 kB are made now, while an error is still an error page: once the status is sent, it could only break
    the connection. Most files are shorter.
    """
    return StreamingHttpResponse(
        _begun(_as_now(iter(pieces))),
        content_type=CONTENT_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
    )


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Return the same pieces, of which the first ones are made."""
    made, size = [], 0
    for piece in pieces:
        made.append(piece)
        size += len(piece)
        if size > MADE_AHEAD:
            break
    return chain(made, pieces)


def _as_now(pieces: Iterator[str | bytes]) -> Iterator[bytes]:
    """Yield the pieces, each made in the language and time zone of now: both are put back before a file is sent."""
    zone, language = timezone.get_current_timezone(), translation.get_language()
    while True:
        with timezone.override(zone), translation.override(language):
            piece = next(pieces, None)
        if piece is None:
            return
        yield as_bytes(piece)
