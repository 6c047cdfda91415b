"""Each request has an id; the access log says who asked for what, on lines that nobody can forge."""

import json
import logging

import pytest
from django.test import override_settings

from dashboard.request_log import access_line, is_worth_a_line
from scans.models import SecurityEvent
from scans.origin import current_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(client):
    """A function: the line of the answer to a GET, whose request is changed by `change` before it is logged."""

    def written(address, change=None):
        answer = client.get(address)
        if change:
            change(answer.wsgi_request)
        return access_line(answer.wsgi_request, answer, 0.012)

    return written


@pytest.mark.parametrize("address", ["/healthz", "/analyses/", "/nothing-here", "/static/none.css", "/accounts/login/"])
def test_each_answer_has_the_id_of_its_request(as_role, address):
    browser = as_role("Viewer")
    first, second = (browser.get(address) for _ in range(2))
    assert len(first["X-Request-ID"]) == 16 and first["X-Request-ID"] != second["X-Request-ID"]
    assert current_request() is None


@override_settings(SCANS_TRUSTED_PROXIES=["127.0.0.1"])
def test_a_trusted_proxy_gives_the_id(client):
    assert client.get("/healthz", headers={"X-Request-ID": "edge-01234567"})["X-Request-ID"] == "edge-01234567"
    assert client.get("/healthz", headers={"X-Request-ID": "a\tb"})["X-Request-ID"] != "a\tb"


def test_the_access_log_names_the_user_and_the_request(as_role, capsys, caplog):
    with caplog.at_level(logging.INFO, "dashboard.access"):
        answer = as_role("Viewer", username="bob").get("/analyses/?q=shop")
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["user"], told["address"], told["path"]) == ("bob", "127.0.0.1", "/analyses/?q=shop")
    assert (told["request_id"], told["status"]) == (answer["X-Request-ID"], 200) and told["ms"] >= 0


def test_an_event_of_the_security_log_has_the_id_of_its_line(as_role):
    answer = as_role("Viewer").get("/analyses/new/")
    assert answer.status_code == 403
    assert SecurityEvent.objects.get(event="refused.page").request_id == answer["X-Request-ID"]


def test_the_query_of_a_login_is_not_logged(line):
    assert "code" not in line("/accounts/login/?code=secret")


def test_nobody_forges_a_line(line):
    hostile = 'x"\r\n{"log": "access"}\x1b[2J\x7f\u202e'
    written = line("/healthz", lambda request: vars(request).update(path_info=hostile, method=hostile))
    assert written.isascii() and written.isprintable() and json.loads(written)["path"].isprintable()


@pytest.mark.parametrize(
    ("path", "status", "worth"),
    [
        ("/analyses/", 200, True),
        ("/analyses/", 204, False),
        ("/static/a.css", 200, False),
        ("/static/a.css", 404, True),
        ("/healthz", 200, False),
        ("/healthz", 503, True),
    ],
)
def test_polls_without_news_files_and_probes_are_left_out(path, status, worth):
    assert is_worth_a_line(path, status) is worth
