"""Publishing results."""

import pytest

from scans import transitions
from scans.statuses import AnalysisStatus as A
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from scans.transitions import TransitionRefused
from tests import factories as make
from tests.rows import only_scan

pytestmark = pytest.mark.django_db


def test_published_results_still_say_why_the_scan_ended():
    scan = only_scan(make.running())
    make.find(scan)
    transitions.end(scan, EndedBy.ENGINE, reason="the engine process was killed: SIGKILL")
    make.verify(scan)
    scan = make.fresh(scan)
    assert scan.status == U.SCAN_ERROR_PARTIAL_RESULTS_AVAILABLE
    assert str(scan.reason) == "the engine process was killed: SIGKILL"
    assert not scan.activity.get(action="url_scan.published").reason  # publishing has no reason of its own


def test_results_wait_for_a_reviewer_where_that_was_asked():
    analysis = make.ended(publication="reviewer")
    reviewer = make.user("Reviewer")
    with pytest.raises(TransitionRefused, match="still being replayed"):
        transitions.publish(analysis, by=reviewer)
    make.verify(only_scan(analysis))
    assert make.fresh(analysis).status == A.COMPLETED_VERIFYING_RESULTS
    transitions.publish(analysis, by=reviewer)
    assert make.fresh(analysis).status == A.COMPLETED_RESULTS_AVAILABLE
