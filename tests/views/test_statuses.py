"""The legend."""

import pytest

from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES
from tests.views.page import elements, text, values

pytestmark = pytest.mark.django_db


def test_legend_explains_every_status_at_its_anchor(client):
    response = client.get("/statuses/")
    ids, shown = values(response, "id"), text(response)
    for kind, catalogue in (("analysis", ANALYSIS_STATUSES), ("url-scan", URL_SCAN_STATUSES)):
        for status in catalogue.values():
            assert f"{kind}-{status.code}" in ids
            assert status.label in shown
            assert status.description.replace("'", "&#x27;") in shown
            assert status.next_step.replace("'", "&#x27;") in shown


def test_warnings_are_marked(client):
    warned = [s for s in (*ANALYSIS_STATUSES.values(), *URL_SCAN_STATUSES.values()) if s.warning]
    assert len(elements(client.get("/statuses/"), "data-warning")) == len(warned)


def test_roles(as_role):
    assert as_role("Viewer").get("/statuses/").status_code == 200
    assert as_role("").get("/statuses/").status_code == 403


def test_number_of_queries(client, django_assert_num_queries):
    with django_assert_num_queries(3):
        client.get("/statuses/")
