"""Findings: who sees them, what a reviewer decides about them, and what became of them since the run before."""

import pytest

from scans import transitions
from scans.models import Actor, Mark, TriageMark
from tests import factories
from tests.pages.page import text

pytestmark = pytest.mark.django_db


def first_finding(analysis):
    return analysis.url_scans.get().findings.first()


def mark(browser, finding, **typed):
    return browser.post(
        f"{finding.get_absolute_url()}mark/", {"mark": "false_positive", "comment": "a test page", **typed}
    )


def test_a_reviewer_marks_a_finding_with_a_comment(as_role):
    analysis = factories.ended(publication="reviewer")
    finding = first_finding(analysis)
    reviewer = as_role("Reviewer")
    assert mark(reviewer, finding).status_code == 303
    page = text(reviewer.get(finding.get_absolute_url()))
    assert "False positive" in page and "a test page" in page
    entry = analysis.activity.get(action="url_scan.finding_marked")
    assert (entry.data["before"], entry.data["after"], entry.reason) == ("unreviewed", "false_positive", "a test page")
    assert entry.user is not None


def test_marking_takes_the_role_reviewer(as_role):
    finding = first_finding(factories.published())
    submitter = as_role("Submitter")
    assert "Marking takes the role Reviewer" in text(submitter.get(finding.get_absolute_url()))
    assert mark(submitter, finding).status_code == 403
    assert not TriageMark.objects.exists()


def test_what_is_under_verification_cannot_even_be_named_by_others(as_role):
    finding = first_finding(factories.ended(publication="reviewer"))
    assert mark(as_role("Submitter"), finding).status_code == 404


def test_an_unknown_mark_is_refused(as_role):
    assert mark(as_role("Reviewer"), first_finding(factories.published()), mark="x").status_code == 400


def test_a_mark_survives_the_next_run_of_the_series(as_role):
    first = factories.published(name="Shop")
    transitions.mark(first_finding(first), mark=Mark.ACCEPTED, by=Actor.COMMAND)
    second, other = factories.published(name="Shop"), factories.published(name="Another")
    reviewer = as_role("Reviewer")
    assert "Accepted" in text(reviewer.get(f"{second.url_scans.get().get_absolute_url()}findings/?mark=accepted"))
    assert "None of the 1 findings matches" in text(
        reviewer.get(f"{other.url_scans.get().get_absolute_url()}findings/?mark=accepted")
    )


def test_findings_are_new_still_there_or_gone_since_the_run_before(client):
    factories.published(name="Shop", number_of_findings=2)
    second = factories.ended(name="Shop", number_of_findings=0)
    scan = second.url_scans.get()
    factories.find(scan, 1)
    factories.find(scan, 1, parameter="other")
    factories.verify(scan)
    listed = text(client.get(f"{scan.get_absolute_url()}findings/"))
    assert "new" in listed and "still there" in listed
    summary = text(client.get(second.get_absolute_url()))
    assert "1 new" in summary and "1 still there" in summary and "Fixed, or not found any more" in summary
    assert "/page2" in summary
