"""Submitting a new analysis."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from scans.models import Analysis
from tests import factories
from tests.pages.page import elements, text

pytestmark = pytest.mark.django_db
NEW = "/analyses/new/"
FILLED = {
    "name": "Shop",
    "urls": "http://127.0.0.1:9/",
    "authorised": "on",
    "depth": "5",
    "duration": "90m",
    "prescan": "on",
    "publication": "automatic",
}


def test_form_has_the_fields(client):
    names = {element["name"] for element in elements(client.get(NEW), "name")}
    assert names >= {*FILLED, "url_file", "start_at", "key", "csrfmiddlewaretoken"}


def test_submitting_leads_to_the_summary(client):
    response = client.post(NEW, FILLED)
    analysis = Analysis.objects.get()
    assert response["Location"] == analysis.get_absolute_url()
    assert (analysis.name, analysis.depth, analysis.duration.total_seconds()) == ("Shop", 5, 5400)
    assert "was submitted" in text(client.get(response["Location"]))


def test_sending_a_form_twice_submits_once(client):
    key = client.get(NEW).context["form"]["key"].value()
    first, second = (client.post(NEW, {**FILLED, "key": str(key)}) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Analysis.objects.count() == 1


def test_errors_stand_beside_their_fields_with_what_was_typed(client):
    response = client.post(NEW, {**FILLED, "urls": "ftp://x/<b>\nhttp://127.0.0.1:9/", "name": "x"})
    page = text(response)
    assert response.status_code == 422
    assert "Line 1: “ftp://x/&lt;b&gt;” must start with http:// or https://." in page
    assert 'href="#id_urls"' in page
    assert 'value="x"' in page
    assert "ftp://x/&lt;b&gt; http://127.0.0.1:9/</textarea>" in page
    assert not Analysis.objects.exists()


def test_urls_may_come_from_a_file(client):
    file = SimpleUploadedFile("urls.txt", b"http://127.0.0.1:9/a\r\n\r\nhttp://127.0.0.1:9/b\r\n")
    client.post(NEW, {**FILLED, "urls": "", "url_file": file})
    urls = Analysis.objects.get().url_scans.values_list("url", flat=True)
    assert list(urls) == ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"]


def test_authorisation_is_required(client):
    without = {name: value for name, value in FILLED.items() if name != "authorised"}
    assert "Tick this" in text(client.post(NEW, without))


@pytest.mark.parametrize("method", ["get", "post"])
def test_viewer_may_not_submit(as_role, method):
    response = getattr(as_role("Viewer"), method)(NEW, FILLED)
    assert response.status_code == 403
    assert "takes the role Submitter" in text(response)


def test_number_of_queries(client, django_assert_num_queries):
    with django_assert_num_queries(5):
        client.get(NEW)


def test_second_run_of_a_name_joins_the_series(client):
    factories.published(name="Shop")
    client.post(NEW, FILLED)
    assert Analysis.objects.latest("pk").run == 2
