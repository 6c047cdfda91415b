"""Files as they come from an address: their text, and their lines as rows."""

import csv
from io import StringIO


def body(response):
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment;")
    return b"".join(response.streaming_content).decode("utf-8-sig")


def listed(response):
    return list(csv.DictReader(StringIO(body(response), newline="")))
