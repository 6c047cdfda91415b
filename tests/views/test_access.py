"""Roles: who may see a page, and what everybody else is told."""

import re

import pytest

from scans import transitions
from scans.statuses import EndedBy
from tests import factories
from tests.views.page import text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["edit/", "scans/{scan}/login/"])
def test_who_may_see_nothing_learns_no_name(as_role, page):
    running = factories.running(name="Secret target")
    deleted = factories.published(name="Secret target")
    transitions.delete(deleted, by=factories.user())
    nobody = as_role("")
    for analysis in (running, deleted):
        address = analysis.get_absolute_url() + page.format(scan=analysis.url_scans.get().pk)
        answer = nobody.get(address)
        assert answer.status_code == 403 and "Secret" not in text(answer)
    assert "Secret" not in text(nobody.get("/settings/"))


def test_what_was_deleted_says_when_instead_of_a_bare_404(client):
    analysis = factories.published()
    client.post(f"/analyses/{analysis.pk}/delete/")
    page = text(client.get(analysis.get_absolute_url(), headers={"accept-language": "de"}))
    assert "gelöscht" in page and analysis.name in page


def test_who_may_not_is_told_who_gives_roles(as_role):
    for client in (as_role("Viewer"), as_role("")):
        response = client.get("/analyses/new/")
        assert response.status_code == 403
        assert "An administrator" in text(response) and "in the admin under Users" in text(response)
        assert 'href="/analyses/"' in text(response)


FOUND = 137  # a number that stands on no page for another reason
EXPORTS = [f"results.{form}" for form in ("json", "csv", "html", "sarif", "xml")]
QUESTIONS = ["stop/", "delete/", "scans/stop/?all=1"]


@pytest.fixture
def hidden():
    """Addresses that concern an analysis whose findings are verified and wait for a reviewer, beside a running scan."""
    analysis = factories.running("http://127.0.0.1:9/", "http://127.0.0.1:9/b", publication="reviewer")
    scan = analysis.url_scans.order_by("pk").first()
    factories.find(scan, FOUND)
    transitions.end(scan, EndedBy.ITSELF)
    factories.verify(factories.fresh(scan))
    of_analysis = ["", "activity-log.csv", "findings/", "comparison/", *EXPORTS, *QUESTIONS]
    of_scan = ["", "findings/", "coverage/", "log/", "configuration/", "stop/", *EXPORTS]
    base = analysis.get_absolute_url()
    return [
        *("/", "/analyses/", "/analyses/?severity=high", "/analyses/export.csv", "/analyses/export.json"),
        *(f"/analyses/bulk/stop/?chosen={analysis.pk}", *(base + page for page in of_analysis)),
        *(f"{base}scans/{scan.pk}/{page}" for page in of_scan),
    ]


def tells(answer):
    return re.search(rf"\b{FOUND}\b", answer.getvalue().decode()) is not None


@pytest.mark.parametrize("role", ["Viewer", "Submitter"])
def test_nobody_but_reviewers_learns_how_many_findings_wait_for_review(as_role, hidden, role):
    client = as_role(role)
    assert [page for page in hidden if tells(client.get(page)) or tells(client.post(page))] == []


def test_reviewers_see_how_many_findings_wait_for_them(as_role, hidden):
    client = as_role("Reviewer")
    assert {page for page in hidden if "stop/" in page} <= {page for page in hidden if tells(client.get(page))}


def test_a_member_of_the_staff_who_is_no_reviewer_sees_no_numbers_of_findings_in_the_admin(as_role):
    analysis = factories.ended(number_of_findings=3)
    pages = [
        f"/admin/scans/analysis/{analysis.pk}/change/",
        f"/admin/scans/urlscan/{analysis.url_scans.get().pk}/change/",
    ]
    staff, reviewer = as_role("Viewer", is_staff=True), as_role("Reviewer", is_staff=True)
    for page in pages:
        assert "field-findings_" not in text(staff.get(page)) and "field-findings_" in text(reviewer.get(page))
