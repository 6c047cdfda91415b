"""A person's settings: the page, the switches, and what they do to every other page."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from scans.models import PersonSettings
from tests import factories
from tests.views.page import elements, text

pytestmark = pytest.mark.django_db
SETTINGS = "/settings/"
VALID = {"time_zone": "Europe/Berlin", "theme": "dark", "language": "", "page_size": "25", "live": "on"}


def stored() -> PersonSettings:
    return PersonSettings.objects.get()


def root(response) -> dict:
    return elements(response, "data-theme")[0]


def test_who_set_nothing_has_the_defaults_and_no_row(client):
    response = client.get(SETTINGS)
    assert response.status_code == 200
    assert (root(response)["lang"], root(response)["data-theme"]) == ("en-gb", "auto")
    body = elements(response, "data-shortcuts")[0]
    assert (body["data-live-switch"], body["data-shortcuts"]) == ("on", "on")
    assert not PersonSettings.objects.exists()


@pytest.mark.parametrize("role", ["", "Viewer"])
def test_every_account_may_set_how_pages_look_for_it(as_role, role):
    assert as_role(role).post(SETTINGS, VALID).status_code == 302
    assert stored().theme == "dark"


def test_settings_need_a_login(db):
    for address in (SETTINGS, "/settings/theme/"):
        assert Client().post(address, VALID)["Location"].startswith("/accounts/login/")


def test_what_is_saved_holds_on_every_page(client):
    client.post(SETTINGS, VALID)
    response = client.get("/analyses/")
    assert root(response)["data-theme"] == "dark"
    body = elements(response, "data-shortcuts")[0]
    assert (body["data-live-switch"], body["data-shortcuts"]) == ("on", "off")
    assert "Your settings were saved." in text(response)


def test_settings_are_those_of_one_person(client, as_role):
    client.post(SETTINGS, VALID)
    assert root(as_role("Viewer").get("/analyses/"))["data-theme"] == "auto"


def test_pages_ask_no_query_for_settings(client, django_assert_num_queries):
    client.get("/statuses/")
    # Session, account with its settings, two for permissions, and what keeps scans from running.
    with django_assert_num_queries(3):
        client.get("/statuses/")
    client.post(SETTINGS, VALID)
    client.get("/statuses/")
    with django_assert_num_queries(3):
        client.get("/statuses/")


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_zone", "Mars/Olympus"), ("time_zone", ""), ("theme", "pink"), ("language", "tlh"), ("page_size", "9999")],
)
def test_what_cannot_be_is_refused_beside_its_field(client, field, value):
    response = client.post(SETTINGS, {**VALID, field: value})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert "field-error" in text(response)
    assert not PersonSettings.objects.exists()


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [("theme", "light", "light"), ("live", "", False), ("shortcuts", "", False), ("language", "de", "de")],
)
def test_a_switch_sets_one_thing_and_leads_back(client, name, value, kept):
    client.post(SETTINGS, VALID)
    response = client.post(f"/settings/{name}/", {"value": value, "next": "/statuses/"})
    assert (response.status_code, response["Location"]) == (303, "/statuses/")
    assert getattr(stored(), name) == kept
    assert stored().time_zone == "Europe/Berlin"


def test_a_switch_answers_a_script_with_nothing(client, htmx_headers):
    assert client.post("/settings/theme/", {"value": "dark"}, headers=htmx_headers).status_code == 204
    assert stored().theme == "dark"


def test_a_switch_takes_no_value_that_does_not_exist(client):
    assert client.post("/settings/theme/", {"value": "pink"}).status_code == 400
    assert client.get("/settings/theme/").status_code == 405
    assert not PersonSettings.objects.exists()


def test_a_switch_leads_nowhere_else(client):
    for address in ("//evil.example/", "https://evil.example/", "javascript:alert(1)"):
        assert client.post("/settings/theme/", {"value": "dark", "next": address})["Location"] == SETTINGS


def test_times_are_the_persons_with_the_zone_named(client, clock):
    clock.move_to(datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    analysis = factories.submitted()
    page = f"/analyses/{analysis.pk}/"
    assert 'title="2026-07-01 22:30:00 UTC"' in text(client.get(page))
    client.post(SETTINGS, VALID)
    shown = text(client.get(page))
    assert 'title="2026-07-02 00:30:00 CEST · 2026-07-01 22:30:00 UTC"' in shown


def test_one_persons_zone_does_not_stay_for_the_next(client, as_role, clock):
    clock.move_to(datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    factories.submitted()
    client.post(SETTINGS, VALID)
    client.get("/analyses/")
    assert "CEST" not in text(as_role("Viewer").get("/analyses/"))
    assert "CEST" not in text(Client().get("/accounts/login/"))


def test_a_new_analysis_is_scheduled_in_the_persons_zone(client):
    client.post(SETTINGS, VALID)
    field = next(box for box in elements(client.get("/analyses/new/"), "name") if box["name"] == "time_zone")
    assert field["value"] == "Europe/Berlin"


def test_language_is_the_persons_before_the_browsers(client):
    german = {"Accept-Language": "de"}
    assert root(client.get("/statuses/", headers=german))["lang"] == "de"
    assert root(client.get("/statuses/", headers={"Accept-Language": "fr"}))["lang"] == "en-gb"
    client.post("/settings/language/", {"value": "en-gb"})
    assert root(client.get("/statuses/", headers=german))["lang"] == "en-gb"


def test_header_leads_to_the_settings(client):
    assert any(link["href"] == SETTINGS for link in elements(client.get("/analyses/"), "href"))
