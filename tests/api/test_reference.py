"""The page that describes the API, and the same as a file."""

import pytest
from django.test import Client

from scans.api.reference import groups
from tests.views.page import text

pytestmark = pytest.mark.django_db


def test_the_page_has_every_operation_and_needs_nothing_from_elsewhere(as_role):
    response = as_role("Viewer").get("/api/v1/")
    page = text(response)
    for _group, operations in groups():
        for one in operations:
            assert f'id="{one["id"]}"' in page and one["summary"] in page
    assert "<script>" not in page and "//cdn" not in page
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_page_and_file_need_a_login_or_a_token(program):
    assert Client().get("/api/v1/")["Location"].startswith("/accounts/login/")
    assert Client().get("/api/v1/schema/").status_code == 401
    response = program("Viewer", ["read"]).get("/api/v1/schema/")
    assert response.json()["openapi"] == "3.1.0"


def test_the_file_is_304_while_it_is_the_same(program):
    client = program()
    tag = client.get("/api/v1/schema/")["ETag"]
    assert client.get("/api/v1/schema/", headers={"If-None-Match": tag}).status_code == 304
