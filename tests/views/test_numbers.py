"""One rule for numbers: every page, file and command says the same about the same weaknesses."""

import io
import json
import re

import pytest
from django.core.management import call_command

from scans import transitions
from scans.engines.events import Severity
from scans.models import Actor, Finding, Mark, OpenFindings
from scans.results.findings import store
from scans.severities import DISMISSED, DISMISSING_MARKS, SEVERITIES
from scans.statuses import EndedBy
from tests import factories
from tests.exports.reading import body, listed
from tests.views.page import text

pytestmark = pytest.mark.django_db

OPEN = {"critical": 0, "high": 2, "medium": 1, "low": 0, "info": 1}
DISMISSED_ONES = 3
PLACES = 5  # of the open ones: the information is on two pages


@pytest.fixture
def runs():
    """Two runs with the same weaknesses, some at two places, of which three are dismissed after the second run."""
    first, second = run("Shop"), run("Shop")
    for number, mark in enumerate(DISMISSING_MARKS, 1):
        finding = Finding.objects.filter(url_scan__analysis=second, url__endswith=f"/page{number}").first()
        transitions.mark(finding, by=Actor.COMMAND, mark=Mark(mark), comment="said by the test")
    return factories.fresh(first), factories.fresh(second)


def run(name: str):
    """One published run: four high weaknesses, two medium ones, and one on two pages."""
    analysis = factories.running(name=name)
    scan = analysis.url_scans.get()
    found = [factories.reported(number) for number in (1, 2, 4, 5)]
    found += [factories.reported(number, Severity.MEDIUM) for number in (3, 6)]
    anywhere = {"category": "HTTP Methods", "module": "methods", "parameter": "", "site_wide": True}
    found += [factories.reported(number, Severity.INFO, **anywhere) for number in (7, 8)]
    store(scan, found)
    transitions.end(scan, EndedBy.ITSELF)
    factories.verify(scan)
    return factories.fresh(analysis)


def shown(html: str) -> dict[str, int]:
    """The counts of a line of severities: from the names that screen readers hear."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for number, name in re.findall(r'title="(\d+) (critical|high|medium|low|info)"', html):
        counts[name] = int(number)
    dismissed = re.search(r"(\d+) dismissed", html)
    return {**counts, DISMISSED: int(dismissed[1]) if dismissed else 0}


def test_every_page_file_and_command_counts_the_same_for_both_runs(runs, as_role):
    expected, client = {**OPEN, DISMISSED: DISMISSED_ONES}, as_role("Reviewer")
    page = text(client.get("/analyses/"))
    rows = dict(re.findall(r'data-analysis-id="(\d+)"(.*?)</tr>', page))
    exported = {row["id"]: row for row in listed(client.get("/analyses/export.csv"))}
    for analysis in runs:
        address = analysis.get_absolute_url()
        assert shown(rows[str(analysis.pk)]) == expected, "list"
        assert {name: int(exported[str(analysis.pk)][name]) for name in expected} == expected, "CSV of the list"
        summary = client.get(address)
        assert summary.context["severities"] == OPEN and summary.context["dismissed"] == DISMISSED_ONES
        assert "4 open weaknesses</a> at 5 places · 3 dismissed" in text(summary), "summary"
        assert shown(text(summary).split('id="urls"')[1].split("</table>")[0]) == expected, "URLs of the summary"
        details = text(client.get(analysis.url_scans.get().get_absolute_url()))
        assert shown(details) == expected, "Scan Details"
        results = json.loads(body(client.get(f"{address}results.json")))
        assert results["counts"] == expected and results["places"] == PLACES, "JSON"
        (scan,) = results["url_scans"]
        assert (scan["findings"], scan["dismissed"]) == (sum(OPEN.values()), DISMISSED_ONES), "URL scan in JSON"
        report = body(client.get(f"{address}results.html"))
        cover = re.search(r'<table class="counts">.*?</table>', report, re.DOTALL)[0]
        numbers = [int(number) for number in re.findall(r"<td>(\d+)</td>", cover)]
        assert numbers == [*OPEN.values(), sum(OPEN.values())] and "4 at 5 places" in cover and "3 dismissed" in cover
        printed = io.StringIO()
        call_command("show", str(analysis.pk), json=True, stdout=printed)
        assert json.loads(printed.getvalue())["counts"] == expected, "manage.py show"
    assert "4 still there" in text(client.get(runs[1].get_absolute_url()))
    comparison = client.get(f"{runs[1].get_absolute_url()}comparison/")
    assert {name: count for name, _, count, _ in comparison.context["parts"]} == {"new": 0, "still": 4, "gone": 0}
    assert "3 weaknesses of this run are dismissed" in text(comparison)


def test_home_counts_the_same_as_the_last_run(runs, as_role):
    OpenFindings.count()
    home = as_role("Viewer").get("/")
    assert home.context["trend"].counts == OPEN


def test_a_dismissed_weakness_counts_again_once_it_is_confirmed(runs):
    finding = Finding.objects.filter(url_scan__analysis=runs[0], url__endswith="/page1").get()
    before = factories.fresh(runs[1])
    transitions.mark(finding, by=Actor.COMMAND, mark=Mark.CONFIRMED)
    for analysis in map(factories.fresh, runs):
        assert analysis.count_findings() == {**OPEN, "high": 3, DISMISSED: 2}
    after = factories.fresh(runs[1])
    assert after.version > before.version and after.changed_at == before.changed_at


def test_results_under_verification_are_dismissed_for_nobody_who_does_not_see_them():
    analysis = factories.ended(number_of_findings=2, publication="reviewer")
    transitions.mark(Finding.objects.first(), by=Actor.COMMAND, mark=Mark.ACCEPTED)
    viewer = factories.user("Viewer")
    assert factories.fresh(analysis).count_findings(viewer)[DISMISSED] == 0
    assert factories.fresh(analysis).count_findings()[DISMISSED] == 1


def test_the_marks_that_dismiss_are_marks():
    assert set(DISMISSING_MARKS) < set(Mark.values)
