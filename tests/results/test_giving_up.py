"""A verification that is given up keeps what is known and names the reason for the rest."""

import pytest

from scans import transitions
from scans.models import Actor, Finding, Replay
from scans.reasons import Reason
from scans.results import giving_up
from scans.statuses import UrlScanStatus as U
from tests import factories as make

pytestmark = pytest.mark.django_db
LOST = Reason("worker_lost", count=5)


def test_what_is_known_is_published():
    scan = make.ended(number_of_findings=2).url_scans.get()
    Finding.objects.filter(pk=scan.findings.first().pk).update(replay=Replay.CONFIRMED)
    giving_up.give_up(scan, LOST)
    assert make.fresh(scan).status == U.COMPLETED_RESULTS_AVAILABLE and make.fresh(scan).verified_at
    known, rest = scan.findings.order_by("pk")
    assert known.replay == Replay.CONFIRMED
    assert rest.replay == Replay.NOT_REPLAYABLE and "lost 5 times" in str(rest.replay_reason)
    entry = scan.activity.get(action="url_scan.verified")
    assert (entry.data["confirmed"], entry.data["not_replayable"]) == (1, 1)


def test_outcomes_stay_when_it_was_asked_for_again():
    scan = make.published().url_scans.get()
    transitions.verify_again_analysis(scan.analysis, by=Actor.COMMAND)
    Finding.objects.update(replay=Replay.CONFIRMED)
    giving_up.give_up_again(make.fresh(scan), LOST)
    finding = scan.findings.get()
    assert finding.replay == Replay.CONFIRMED and "lost 5 times" in str(finding.replay_reason)
    assert not scan.findings.waiting_for_verification()
    assert "lost 5 times" in str(scan.activity.get(action="url_scan.verified_again").reason)
