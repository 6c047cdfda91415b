"""A run compared with an earlier one of its series."""

import pytest

from scans import transitions
from scans.engines.events import Severity
from scans.results import findings
from scans.statuses import EndedBy
from scans.summaries.comparison import Comparison
from tests import factories

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9/"


def run(*numbers: int, urls=(URL,), ended_by=EndedBy.ITSELF):
    """One more run of the series, whose first URL scan reports these findings."""
    analysis = factories.running(*urls, name="Shop", publication="reviewer")
    for scan in analysis.url_scans.all():
        if scan.position == 0:
            worst = {1: Severity.LOW}
            found = [factories.reported(number, worst.get(number, Severity.HIGH)) for number in numbers]
            findings.store(scan, found)
        transitions.end(scan, ended_by)
    return factories.fresh(analysis)


def infos(found) -> list[str]:
    return [finding.info[-1] for finding in found]


def test_weaknesses_are_new_still_there_or_gone_worst_first():
    earlier, later = run(1, 2), run(1, 3)
    compared = Comparison.of(later, earlier)
    assert compared.counts() == {"new": 1, "still": 1, "gone": 1}
    assert (infos(compared.new()), infos(compared.still()), infos(compared.gone())) == (["3"], ["1"], ["2"])
    assert infos(Comparison.of(run(1, 4), factories.running(name="Other")).new()) == ["4", "1"]
    assert compared.complete


def test_a_run_that_was_broken_off_does_not_claim_that_anything_is_gone():
    assert not Comparison.of(run(1, ended_by=EndedBy.DURATION), run(1)).complete


def test_only_the_urls_that_both_runs_have_are_compared():
    earlier = run(1, urls=("http://127.0.0.1:9/other", URL))
    assert Comparison.of(run(), earlier).counts() == {"new": 0, "still": 0, "gone": 0}


def test_a_viewer_compares_published_findings_and_is_told_that_there_are_others():
    earlier, later = run(1), run(1, 2)
    viewer, reviewer = (Comparison.of(later, earlier, factories.user(role)) for role in ("Viewer", "Reviewer"))
    assert (viewer.hidden, reviewer.hidden) == (True, False)
    assert viewer.counts()["new"] == 0 and reviewer.counts()["new"] == 1
