"""A finding whose replay kills the worker is replayed last, and skipped after the second worker."""

import pytest

from scans import transitions
from scans.models import Replay, UrlScan
from scans.results import suspects, verification
from scans.results.verdicts import confirmed
from scans.statuses import UrlScanStatus as U
from scans.transitions import TurnOver
from tests import factories as make
from tests.sites.controllable import ControllableSite

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The worker is gone: nothing of ours runs any more."""


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.SCANS_REPLAYS_PER_SECOND = 0


@pytest.fixture
def replayed(monkeypatch):
    """The numbers of the findings that were replayed, in order. Number 1 kills its worker each time."""
    numbers = []

    def judge(finding, ask, **options):
        numbers.append(int(finding.parameter))
        if finding.parameter == "1":
            raise Killed
        return confirmed("file_there")

    monkeypatch.setattr(verification, "judge", judge)
    return numbers


@pytest.fixture
def scan():
    """An ended URL scan with three findings."""
    with ControllableSite() as site:
        analysis = make.running(site.url)
        scan = analysis.url_scans.get()
        for number in (1, 2, 3):
            make.find(scan, url=site.url, parameter=str(number), info=str(number), http_request="GET / HTTP/1.1\n")
        transitions.end(scan, "itself")
        yield make.fresh(scan)


def killed(scan, verify=verification.verify):
    """Verify with a worker that may be killed; whether it was. Another one can take the scan afterwards."""
    try:
        verify(scan.pk, holder="worker")
    except Killed:
        make.lose(scan)
        transitions.recover(scan)
        return True
    return False


def test_a_finding_that_kills_its_worker_keeps_no_other_from_its_outcome_and_is_named(scan, replayed):
    assert [killed(scan), killed(scan), killed(scan)] == [True, True, False]
    assert replayed == [1, 2, 3, 1]
    assert make.fresh(scan).status == U.COMPLETED_RESULTS_AVAILABLE
    first, *others = scan.findings.order_by("parameter")
    assert first.replay == Replay.NOT_REPLAYABLE and "2 workers in a row" in str(first.replay_reason)
    assert {finding.replay for finding in others} == {Replay.CONFIRMED}
    assert set(scan.findings.values_list("replay_attempts", flat=True)) == {None}


def test_verifying_again_skips_it_too_and_its_outcome_stays(scan, replayed):
    make.verify(scan)
    scan.findings.update(replay=Replay.CONFIRMED)
    transitions.verify_again(make.fresh(scan), by=make.user("Submitter"))
    again = [killed(scan, verification.verify_again) for _ in range(3)]
    assert again == [True, True, False]
    first = scan.findings.get(parameter="1")
    assert first.replay == Replay.CONFIRMED and "2 workers in a row" in str(first.replay_reason)
    assert not scan.findings.waiting_for_verification().exists()


def test_a_finding_whose_turn_ended_before_its_outcome_is_no_suspect(scan, monkeypatch):
    def makes_way(finding, ask, **options):
        raise TurnOver

    monkeypatch.setattr(verification, "judge", makes_way)
    verification.verify(scan.pk, holder="worker")
    assert set(scan.findings.values_list("replay_attempts", flat=True)) == {None}
    assert UrlScan.objects.get().lease_holder == ""


def test_only_the_holder_leaves_a_note(scan):
    held = transitions.take(scan.pk, "worker", among=[scan.status])
    UrlScan.objects.update(lease_holder="another")
    with pytest.raises(transitions.LeaseLost):
        suspects.note(held, scan.findings.first())
