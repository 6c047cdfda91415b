"""Error pages say what happened and what to do, lead back, and need nothing that may be broken."""

import re

import pytest
from django.db import OperationalError, connection
from django.test import Client

from scans.models import Analysis, SecurityEvent
from scans.views.statuses import StatusListView
from tests import factories
from tests.views.page import text

pytestmark = pytest.mark.django_db


def breaking(error):
    """Something that raises it, whatever it is called with."""

    def fail(*args, **kwargs):
        raise error

    return fail


@pytest.fixture
def client(as_role):
    client = as_role()
    client.raise_request_exception = False
    return client


def test_what_breaks_is_found_in_the_log_by_its_number(client, monkeypatch, caplog):
    monkeypatch.setattr(StatusListView, "get", breaking(ZeroDivisionError("a bug")))
    response = client.get("/statuses/?from=here")
    assert response.status_code == 500
    number = re.search(r"<code>([0-9a-f]{8})</code>", response.content.decode())[1]
    assert response["X-Error-Number"] == number
    assert f"Error {number}: GET /statuses/" in caplog.text
    assert "a bug" in caplog.text and "a bug" not in text(response)
    assert 'href="/statuses/?from=here"' in text(response)


def test_what_was_sent_is_not_offered_to_be_sent_again(client, monkeypatch):
    monkeypatch.setattr(StatusListView, "post", breaking(ZeroDivisionError), raising=False)
    page = text(client.post("/statuses/"))
    assert "Something went wrong" in page and "Try again</a>" not in page


def test_a_database_that_is_gone_is_told_apart_from_our_own_faults(client, monkeypatch):
    monkeypatch.setattr(connection, "cursor", breaking(OperationalError("gone")))
    response = client.get("/analyses/")
    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert "The database is not available" in text(response) and "Traceback" not in text(response)


def test_a_locked_database_breaks_no_page_in_the_middle(client, monkeypatch):
    monkeypatch.setattr(Analysis.objects._queryset_class, "present", breaking(OperationalError("database is locked")))
    response = client.get("/analyses/", headers={"HX-Request": "true"})
    assert response.status_code == 503


def test_no_table_of_ours_is_named_where_nothing_is_found(client):
    response = client.get("/analyses/999999/")
    assert response.status_code == 404
    assert "The address may be mistyped" in text(response) and "matches the given query" not in text(response)


@pytest.mark.parametrize("language", ["en", "de"])
def test_error_pages_are_written_in_the_reader_s_language(client, monkeypatch, language):
    monkeypatch.setattr(StatusListView, "get", breaking(ZeroDivisionError))
    page = client.get("/statuses/", headers={"accept-language": language}).content.decode()
    assert ("Etwas ist schiefgegangen" in page) == (language == "de")


def test_a_refused_attempt_is_one_event_whether_a_verb_or_the_page_refuses_it(as_role):
    analysis, browser = factories.running(), as_role("Viewer", username="bob")
    assert browser.post(f"/analyses/{analysis.pk}/pause/").status_code == 403
    assert browser.get("/settings/security-log/").status_code == 403
    assert browser.get("/admin/auth/user/").status_code in (302, 403)
    events = SecurityEvent.objects.filter(kind="refused").order_by("pk")
    assert [(event.event, event.who) for event in events][:2] == [("refused.action", "bob"), ("refused.page", "bob")]
    assert events[1].facts == {"method": "GET", "path": "/settings/security-log/"}


def test_a_form_without_the_token_of_its_page_is_an_event():
    assert Client(enforce_csrf_checks=True).post("/accounts/login/", {}).status_code == 403
    assert SecurityEvent.objects.get().event == "refused.form"
