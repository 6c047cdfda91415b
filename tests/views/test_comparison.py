"""A run beside an earlier one of its series."""

import pytest

from scans.statuses import EndedBy
from scans.views import comparison as views
from tests import factories
from tests.views.page import text

pytestmark = pytest.mark.django_db


def page(analysis) -> str:
    return f"{analysis.get_absolute_url()}comparison/"


def listed(response) -> dict[str, list[str]]:
    """The paths of the findings in each of the three lists."""
    return {
        name: sorted({finding.url.rpartition("/")[2] for finding in findings})
        for name, _, _, findings in response.context["parts"]
    }


@pytest.fixture
def runs():
    """Three runs: the first found page1 and page2, the second page1, the third page1 and page3."""
    first = factories.published(name="Shop", number_of_findings=2)
    second = factories.published(name="Shop", number_of_findings=1)
    third = factories.ended(name="Shop", number_of_findings=0)
    factories.find(third.url_scans.get())
    factories.find(third.url_scans.get(), url="http://127.0.0.1:9/page3")
    factories.verify(third.url_scans.get())
    return first, second, third


def test_a_run_is_compared_with_the_last_one_unless_another_is_chosen(client, runs):
    third = runs[2]
    assert listed(client.get(page(third))) == {"new": ["page3"], "still": ["page1"], "gone": []}
    assert listed(client.get(page(third), {"against": 1})) == {"new": ["page3"], "still": ["page1"], "gone": ["page2"]}


@pytest.mark.parametrize("against", ["3", "9", "x", "-1"])
def test_a_run_that_is_no_earlier_one_is_not_found(client, runs, against):
    response = client.get(page(runs[2]), {"against": against})
    assert response.status_code == 404 and "no earlier run" in text(response)


def test_a_first_run_has_nothing_to_be_compared_with(client, runs):
    assert "no earlier run with published results" in text(client.get(page(runs[0])))


def test_a_partial_run_does_not_say_that_anything_is_gone(client, runs):
    partial = factories.published(name="Shop", ended_by=EndedBy.ENGINE)
    shown = text(client.get(page(partial)))
    assert "may still exist" in shown and "Not seen in this partial run" in shown


def test_findings_under_verification_are_compared_for_reviewers_alone(as_role):
    factories.published(name="Shop", number_of_findings=1)
    second = factories.ended(name="Shop", number_of_findings=2, publication="reviewer")
    assert listed(as_role("Reviewer").get(page(second)))["new"] == ["page2"]
    assert listed(as_role("Viewer").get(page(second)))["new"] == []
    assert as_role("").get(page(second)).status_code == 403


def test_what_is_still_under_verification_is_neither_called_partial_nor_gone(as_role):
    factories.published(name="Shop", number_of_findings=2)
    second = factories.ended(name="Shop", number_of_findings=1, publication="reviewer")
    reviewer, viewer = text(as_role("Reviewer").get(page(second))), text(as_role("Viewer").get(page(second)))
    assert "No longer found: 1" in reviewer and "partial run" not in reviewer and "did not find" not in reviewer
    assert "appear here when the results are published" in viewer
    assert not any(said in viewer for said in ("No longer found", "partial run", "did not find"))


def test_one_weakness_is_listed_once_and_long_lists_are_cut(client, runs, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(views, "MAX_LISTED", 1)
    with django_assert_num_queries(13):
        response = client.get(page(runs[1]), {"against": 1})
    assert listed(response)["gone"] == ["page2"]


def test_the_summary_leads_to_the_comparison(client, runs):
    assert f'href="{page(runs[2])}"' in text(client.get(runs[2].get_absolute_url()))
