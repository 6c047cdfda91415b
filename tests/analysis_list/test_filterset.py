"""Reading the list's query string, and writing it again."""

import pytest
from django.http import QueryDict
from django.test import RequestFactory

from scans.analysis_list.filterset import AnalysisFilterSet
from scans.models import Analysis
from scans.statuses import ANALYSIS_STATUSES
from tests import factories

pytestmark = pytest.mark.django_db


def filterset(query: str = "", role: str = "Viewer") -> AnalysisFilterSet:
    request = RequestFactory().get(f"/analyses/?{query}")
    request.user = factories.user(role)
    return AnalysisFilterSet(QueryDict(query), Analysis.objects.present(), request=request)


def listed(filterset: AnalysisFilterSet) -> list[Analysis]:
    """The analyses of the page, in order."""
    return [Analysis.objects.get(pk=row.pk) for row in filterset.page.rows]


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("", ""),
        ("q=&page=1&order=-changed", ""),
        ("v=7&utm=x&status=queued&status=paused", "?status=queued&status=paused"),
        ("order=name&q=a%26b", "?q=a%26b&order=name"),
        ("status=bogus&order=bogus", ""),
    ],
)
def test_address_is_the_shortest_that_means_the_same(query, address):
    assert filterset(query).address() == address


def test_a_change_of_the_filter_starts_at_the_first_page():
    assert filterset("page=3").address(status=["queued"]) == "?status=queued"
    assert filterset("status=queued").address(page=3) == "?status=queued&page=3"


def test_heads_turn_the_order_round():
    heads = {head["name"]: head for head in filterset("order=name").columns()}
    assert (heads["name"]["sorted"], heads["name"]["address"]) == ("ascending", "?order=-name")
    assert (heads["changed"]["sorted"], heads["changed"]["address"]) == ("", "?")


def test_dropdown_has_every_status_once_grouped_by_phase():
    factories.scheduled()
    phases = filterset("status=paused").phases()
    entries = [entry for _, group in phases for entry in group]
    assert sorted(status.code for status, _, _ in entries) == sorted(ANALYSIS_STATUSES)
    found = {status.code: (count, chosen) for status, count, chosen in entries}
    assert (found["paused"], found["scheduled"]) == ((0, True), (1, False))
    assert [label for label, _ in phases] == ["Waiting", "Active", "Under verification", "Ended"]


def test_status_sorts_in_the_order_of_life():
    running, submitted = factories.running(), factories.submitted()
    assert listed(filterset("order=status")) == [submitted, running]


def test_findings_sort_by_the_worst_severity_first():
    many_low = factories.published(number_of_findings=0)
    scan = factories.running().url_scans.get()
    factories.find(scan, 1)
    assert listed(filterset("order=-findings", role="Reviewer")) == [scan.analysis, many_low]


def test_order_does_not_give_away_findings_under_verification():
    hidden = factories.ended(publication="reviewer", number_of_findings=9)
    shown = factories.published(number_of_findings=1)
    assert listed(filterset("order=-findings")) == [shown, hidden]
    assert listed(filterset("order=-findings", role="Reviewer")) == [hidden, shown]


def test_what_has_no_start_comes_last_either_way():
    running, submitted = factories.running(), factories.submitted()
    for order in ("start", "-start", "duration", "-duration"):
        assert listed(filterset(f"order={order}")) == [running, submitted]
