"""Headers of every answer, and requests that are refused before anything reads them."""

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from whitenoise.middleware import WhiteNoiseMiddleware

from dashboard.requests import HEADERS, AnswerHeaders, NoBodyForHead, OnlyProxiesSayHttps, OnlyUtf8
from dashboard.wsgi import application
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/healthz", "/readyz", "/nowhere/", "/admin/login/"])
def test_every_answer_has_the_headers_that_protect_it(client, address):
    answer = client.get(address)
    assert HEADERS.items() - {("Cache-Control", "no-store")} <= answer.headers.items()
    assert "no-store" in answer.headers["Cache-Control"]
    assert (answer["X-Content-Type-Options"], answer["Referrer-Policy"]) == ("nosniff", "same-origin")
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert not any("unsafe" in directive or "*" in directive for directive in policy)


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


def test_behind_https_every_answer_tells_browsers_to_use_nothing_else(settings):
    settings.BEHIND_HTTPS = True
    for address in ("/healthz", "/accounts/login/", "/nowhere/"):
        policy = Client().get(address, secure=True)["Strict-Transport-Security"]
        assert policy == "max-age=31536000; includeSubDomains"
    told = []
    environ = RequestFactory()._base_environ(CONTENT_TYPE="text/plain; charset=utf-7")
    OnlyUtf8(application)(environ, lambda status, headers: told.extend(headers))
    assert {"Strict-Transport-Security", "Content-Security-Policy", *HEADERS} <= dict(told).keys()
    assert dict(told)["Content-Type"] == "text/plain; charset=utf-8"


def test_without_https_no_browser_is_told_to_use_it(client):
    assert "Strict-Transport-Security" not in client.get("/accounts/login/")


@pytest.mark.parametrize(
    ("proxies", "peer", "secure"),
    [
        ([], "192.0.2.9", True),
        (["10.0.0.0/8"], "10.1.2.3", True),
        (["10.0.0.0/8"], "192.0.2.9", False),
        (["10.0.0.0/8"], "", False),
    ],
)
def test_only_a_trusted_proxy_says_that_a_request_came_by_https(settings, proxies, peer, secure):
    settings.SCANS_TRUSTED_PROXIES = proxies
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = RequestFactory().get("/", headers={"X-Forwarded-Proto": "https"}, REMOTE_ADDR=peer)
    assert OnlyProxiesSayHttps(HttpRequest.is_secure)(request) is secure


@pytest.mark.parametrize("address", ["/.git/config", "/static/", "/static/css/", "/static/../.git/config", "/media/"])
def test_neither_folders_nor_files_of_the_repository_are_served(as_role, address):
    assert as_role("Administrator").get(address).status_code == 404


@pytest.mark.parametrize("address", ["/", "/analyses/", "/accounts/login/", "/healthz", "/statuses/", "/admin/"])
def test_trace_is_refused(as_role, address):
    answer = as_role("Viewer").generic("TRACE", address, headers={"X-Secret": "owl"})
    assert answer.status_code == 405 and answer["Allow"] == "GET, HEAD, OPTIONS, POST" and b"owl" not in answer.content


@pytest.mark.parametrize("method", ["TRACK", "PROPFIND", "PUT", "DELETE", "DEBUG"])
def test_a_method_that_no_page_has_is_refused_of_anybody(client, method):
    answer = client.generic(method, "/accounts/login/")
    assert answer.status_code == 405 and HEADERS.items() <= answer.headers.items()


def test_nothing_is_made_of_the_body_that_head_leaves_out():
    said, closed = [], []

    class Answer:
        def __iter__(self):
            raise AssertionError("the file was made")

        def close(self):
            closed.append(True)

    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/csv")])
        return Answer()

    assert NoBodyForHead(application)({"REQUEST_METHOD": "HEAD"}, lambda *begin: said.append(begin)) == []
    assert said == [("200 OK", [("Content-Type", "text/csv")])] and closed
