"""A submission form as somebody filled it in."""

from django.core.files.uploadedfile import SimpleUploadedFile

from scans.forms.submission import SubmissionForm

URL = "http://127.0.0.1:9/"


def form(file: bytes | None = None, **data) -> SubmissionForm:
    files = {"url_file": SimpleUploadedFile("urls.txt", file)} if file is not None else {}
    return SubmissionForm({"name": "Shop", "urls": URL, "authorised": "on", **data}, files)


def errors(field: str, **data) -> str:
    return " ".join(form(**data).errors.get(field, []))
