"""Each request has an id; the access log says who asked for what, on lines that nobody can forge."""

import json
import logging

import pytest
from django.test import override_settings
from django.urls import resolve

from dashboard.request_log import access_line, ids_of_address, is_worth_a_line
from scans import transitions
from scans.models import Actor, SecurityEvent
from scans.origin import current_request
from scans.working_on import ids_in_work, ids_of_error
from tests import factories

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


@pytest.mark.parametrize(
    ("address", "ids"),
    [
        ("/analyses/7/findings/", {"analysis": 7}),
        ("/analyses/7/scans/8/log/", {"analysis": 7, "url_scan": 8}),
        ("/admin/scans/analysis/7/change/", {"analysis": 7}),
        ("/admin/scans/urlscan/8/change/", {"url_scan": 8}),
        ("/admin/scans/urlscan/x/change/", {}),
        (f"/admin/scans/urlscan/{'9' * 5000}/change/", {}),
        ("/admin/scans/urlscan/3/", {}),
        ("/admin/no/such/page/", {}),
        ("/analyses/views/7/", {}),
        ("/analyses/bulk/7/", {}),
        ("/accounts/login/", {}),
    ],
)
def test_an_address_says_which_analysis_and_url_scan_it_is_about(address, ids):
    assert ids_of_address(resolve(address)) == ids


def test_the_line_of_a_page_names_its_analysis(as_role, capsys, caplog):
    analysis = factories.scheduled()
    with caplog.at_level(logging.INFO, "dashboard.access"):
        as_role("Viewer").get(f"/analyses/{analysis.pk}/")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["analysis"] == analysis.pk
    assert ids_in_work() == {}


def test_a_refused_verb_names_its_url_scan_wherever_it_is_logged():
    scan = factories.scheduled().url_scans.get()
    with pytest.raises(transitions.TransitionRefused) as refusal:
        transitions.pause(scan, by=Actor.SCHEDULER)
    assert ids_of_error(refusal.value) == {"analysis": scan.analysis_id, "url_scan": scan.pk}


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
