"""Headers of every answer, and requests that are refused before anything reads them."""

import pytest
from django.test import RequestFactory
from whitenoise.middleware import WhiteNoiseMiddleware

from dashboard.requests import HEADERS, AnswerHeaders
from dashboard.wsgi import application
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/healthz", "/readyz", "/nowhere/", "/admin/login/"])
def test_every_answer_has_the_headers_that_protect_it(client, address):
    answer = client.get(address)
    assert HEADERS.items() - {("Cache-Control", "no-store")} <= answer.headers.items()
    assert "no-store" in answer.headers["Cache-Control"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_pages_and_files_with_data_are_kept_nowhere(as_role):
    analysis = factories.published()
    for page in ("", "results.csv", "results.json", "activity-log.csv", "findings/"):
        assert as_role("Viewer").get(f"{analysis.get_absolute_url()}{page}").headers["Cache-Control"] == "no-store"


def answer(content_type, **more):
    """Status and body that the whole product answers to a POST of this type."""
    told = []
    environ = RequestFactory()._base_environ(
        REQUEST_METHOD="POST", PATH_INFO="/healthz", CONTENT_TYPE=content_type, **more
    )
    body = b"".join(application(environ, lambda status, headers: told.append(status)))
    return told[0], body


@pytest.mark.parametrize("charset", ["rot13", "idna", "utf-16", "latin-1", "no-such-charset", '"'])
def test_another_charset_than_utf_8_is_refused_before_anything_is_decoded(charset):
    status, body = answer(f"application/x-www-form-urlencoded; charset={charset}", QUERY_STRING="next=%ff")
    assert status == "415 Unsupported Media Type" and body == b"Send this in UTF-8.\n"


@pytest.mark.parametrize("charset", ["utf-8", "UTF8"])
def test_utf_8_may_be_named(charset):
    assert answer(f"application/x-www-form-urlencoded; charset={charset}")[0].startswith("405")


def test_a_wrong_host_with_a_body_that_cannot_be_read_is_a_bad_request(client):
    answer = client.post("/accounts/login/", b"--", "multipart/form-data", headers={"host": "a@b"})
    assert answer.status_code == 400 and b"could not be read" in answer.content


def test_a_number_beyond_what_a_database_holds_names_nothing(as_role):
    analysis = factories.published()
    page = f"/analyses/{2**63}/scans/{analysis.url_scans.get().pk}/"
    assert as_role("Viewer").get(page).status_code == 404


def test_static_files_allow_no_other_origin(settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path)
    (tmp_path / "page.css").write_text("p {}")
    answer = AnswerHeaders(WhiteNoiseMiddleware(lambda request: None))(RequestFactory().get("/static/page.css"))
    assert answer.getvalue() == b"p {}"
    assert "Access-Control-Allow-Origin" not in answer.headers and "max-age" in answer.headers["Cache-Control"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
