"""Findings and coverage for programs."""

import pytest

from scans.models import CrawledUrl
from tests import factories

pytestmark = pytest.mark.django_db


def address(analysis) -> str:
    return f"/api/v1/analyses/{analysis.pk}/findings/"


def test_findings_come_page_by_page_and_filtered(program):
    analysis = factories.published(number_of_findings=3)
    client = program()
    items = client.get(address(analysis)).json()["items"]
    assert len(items) == 3 and items[0]["mark"] == "unreviewed" and items[0]["is_new"] is True
    first = client.get(address(analysis), {"limit": 2}).json()
    second = client.get(address(analysis), {"limit": 2, "cursor": first["next"]}).json()
    assert first["items"] + second["items"] == items and second["next"] is None
    assert client.get(address(analysis), {"q": "page2"}).json()["items"] == items[1:2]
    assert client.get(address(analysis), {"severity": "low"}).json()["items"] == []
    assert client.get(address(analysis), {"severity": "x"}).json()["errors"][0]["field"] == "severity"
    assert client.get(address(analysis), {"category": items[0]["category"]}).json()["items"] == items


def test_a_finding_has_its_evidence(program):
    analysis = factories.published()
    client = program()
    [row] = client.get(address(analysis)).json()["items"]
    whole = client.get(f"{address(analysis)}{row['id']}/").json()
    assert row.items() <= whole.items()
    assert whole["http_request"].startswith("GET /page1") and whole["response_body"] == "<p><script></p>"


def test_findings_under_verification_are_the_reviewers_with_that_scope(program):
    analysis = factories.ended()
    [row] = program("Reviewer").get(address(analysis)).json()["items"]
    for client in (program("Viewer"), program("Reviewer", ["read"])):
        assert client.get(address(analysis)).json()["items"] == []
        assert client.get(f"{address(analysis)}{row['id']}/").status_code == 404


def test_a_list_of_findings_takes_the_same_queries_for_one_and_for_many(program, django_assert_num_queries):
    client = program()
    client.get("/api/v1/me/")  # which writes that the token was used
    for number in (1, 4):
        analysis = factories.published(number_of_findings=number)
        with django_assert_num_queries(6):
            client.get(address(analysis))


def test_coverage_comes_page_by_page_and_filtered(program):
    scan = factories.running().url_scans.get()
    for number in range(3):
        CrawledUrl.objects.create(
            url_scan=scan, identity=str(number), method="GET", url=f"http://127.0.0.1:9/{number}", answer=200
        )
    client, where = program(), f"/api/v1/analyses/{scan.analysis_id}/scans/{scan.pk}/coverage/"
    first = client.get(where, {"limit": 2}).json()
    second = client.get(where, {"limit": 2, "cursor": first["next"]}).json()
    assert [item["url"][-1] for item in first["items"] + second["items"]] == ["0", "1", "2"]
    assert client.get(where, {"answer": "4"}).json()["items"] == []
    assert client.get(where, {"reach": "far"}).status_code == 400
