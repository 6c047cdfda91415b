"""The legend."""

import re

import pytest

from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_MOVES, URL_SCAN_STATUSES, AnalysisStatus
from scans.statuses.analysis_moves import analysis_moves
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


def test_each_status_leads_to_those_that_may_follow_by_the_table_of_moves(client):
    page = text(client.get("/statuses/"))
    for code, following in URL_SCAN_MOVES.items():
        listed = page.partition(f'id="after-url-scan-{code}"')[2].partition("</details>")[0]
        assert set(re.findall(r"#url-scan-(\w+)", listed)) == set(following)
    listed = page.partition('id="after-analysis-scheduled"')[2].partition("</details>")[0]
    assert set(re.findall(r"#analysis-(\w+)", listed)) == analysis_moves()[AnalysisStatus.SCHEDULED]


def test_phases_stand_in_the_order_in_which_they_are_passed(client):
    flow = text(client.get("/statuses/")).partition('class="status-flow"')[2].partition("<table")[0]
    places = [flow.index(f"#analysis-{code}") for code in ("submitted", "in_progress", "completed_verifying_results")]
    assert places == sorted(places)


def test_warnings_are_marked(client):
    warned = [s for s in (*ANALYSIS_STATUSES.values(), *URL_SCAN_STATUSES.values()) if s.warning]
    assert len(elements(client.get("/statuses/"), "data-warning")) == len(warned)


def test_roles(as_role):
    assert as_role("Viewer").get("/statuses/").status_code == 200
    assert as_role("").get("/statuses/").status_code == 403


def test_number_of_queries(client, django_assert_num_queries):
    with django_assert_num_queries(3):
        client.get("/statuses/")
