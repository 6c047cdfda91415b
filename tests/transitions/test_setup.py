"""The verbs of the set-up: checks, the prescan, and a set-up that failed."""

import pytest

from scans import transitions
from scans.models import Actor
from scans.statuses import AnalysisStatus as A
from scans.statuses import UrlScanStatus as U
from tests import factories as make
from tests.rows import only_scan, statuses, tasks

pytestmark = pytest.mark.django_db


def test_a_technical_issue_leaves_it_not_submitted_and_it_can_be_submitted_again():
    analysis = make.submitted()
    transitions.fail_submission(analysis, reason="The engine is missing.")
    assert make.fresh(analysis).status == A.NOT_SUBMITTED and statuses(analysis) == [U.SUBMIT_FAILED]
    assert str(only_scan(analysis).reason) == "The engine is missing."
    transitions.submit_again(analysis, by=Actor.COMMAND)
    assert make.fresh(analysis).status == A.SUBMITTED and tasks("set_up") == [analysis.pk] * 2


def test_prescanning_shows_while_the_checks_run():
    analysis = make.submitted("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    transitions.begin_prescan(analysis)
    assert make.fresh(analysis).status == A.PRESCANNING
    failed = analysis.url_scans.first()
    transitions.fail_checks(failed, U.CONNECTION_ERROR, step="connection", reason="refused")
    transitions.end_prescan(analysis, checked=2, passed=1)
    transitions.schedule(analysis)
    assert make.fresh(analysis).status == A.SCHEDULED and statuses(analysis) == [U.CONNECTION_ERROR, U.SCHEDULED]
    transitions.start(analysis)
    make.begin(analysis.url_scans.last())
    assert make.fresh(analysis).status == A.IN_PROGRESS_WITH_WARNING
