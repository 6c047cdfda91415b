"""What all operations have in common."""

import pytest
from django.urls import get_resolver

from scans.api.base import ApiView

pytestmark = pytest.mark.django_db


def test_an_account_without_a_role_reads_nothing(program):
    response = program("").get("/api/v1/analyses/")
    assert (response.status_code, response.json()["code"]) == (403, "not_permitted")


def test_a_token_without_the_scope_read_reads_nothing(program):
    response = program("Submitter", ["control"]).get("/api/v1/analyses/")
    assert response.status_code == 403
    assert (response.json()["code"], response.json()["scope"]) == ("scope_missing", "read")


def test_answers_are_in_english_and_their_times_in_utc_whatever_the_person_chose(program):
    from scans.models import PersonSettings
    from tests import factories

    client, analysis = program(), factories.running()
    PersonSettings.objects.create(user=client.known.user, time_zone="Asia/Tokyo", language="de")
    data = client.get(f"/api/v1/analyses/{analysis.pk}/", headers={"Accept-Language": "de"}).json()
    assert data["label"] == "In Progress" and data["started_at"].endswith("+00:00")


def test_answers_are_kept_from_caches_and_frames(program):
    response = program().get("/api/v1/me/")
    assert response["Cache-Control"] == "no-store" and response["X-Frame-Options"] == "DENY"
    assert response["Content-Type"] == "application/json"


def test_every_method_of_every_address_is_an_operation_or_the_description():
    views = {
        pattern.callback.cls
        for pattern in get_resolver("scans.api.urls").url_patterns
        if hasattr(pattern.callback, "cls") and issubclass(pattern.callback.cls, ApiView)
    }
    plain = {
        (view.__name__, name)
        for view in views
        for name in ("get", "post", "patch", "delete")
        if hasattr(view, name) and not hasattr(getattr(view, name), "scope")
    }
    assert {view for view, _name in plain} == {"SchemaView", "NoSuchAddressView"}
