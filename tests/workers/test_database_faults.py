"""A database that fails decides nothing: work continues when it is back, or is taken up again by another worker."""

import threading

import pytest

from scans import transitions
from scans.database import patience
from scans.models import Replay
from scans.results import verification
from scans.statuses import UrlScanStatus as U
from scans.workers import runner, setup
from tests import factories as make
from tests.engines.fake.adapter import FakeEngine
from tests.eventually import meanwhile
from tests.workers.failing import ADDRESS, TEXT, Outage
from tests.workers.playing import ANSWERED, FINDING, OFTEN, REPORT, STARTED, queued, run, run_for

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_shutdown_left")]


@pytest.fixture
def outage(monkeypatch):
    monkeypatch.setattr(patience, "SHORTEST_PAUSE", 0.01)
    return Outage(monkeypatch)


def in_progress_then(scan, outage, until):
    """Let the database fail once the scan has findings, until this is true."""

    def fail():
        outage.is_on = True
        until()
        outage.is_on = False

    return meanwhile(lambda: make.fresh(scan).findings.exists(), fail)


def test_a_scan_continues_when_the_database_is_back(site, outage):
    scan = queued(site)
    failed_thrice = threading.Event()

    def wait():
        while outage.failures < 3 and not failed_thrice.wait(0.01):
            pass

    thread = in_progress_then(scan, outage, wait)
    scan = run(scan, STARTED, FINDING, run_for(2), ANSWERED, REPORT)
    thread.join()
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS and not scan.reason and outage.failures >= 3
    assert scan.findings_medium == 1 and scan.attempts == 0


def test_a_scan_is_taken_up_again_if_the_database_fails_for_longer_than_the_lease(site, outage, settings):
    settings.SCANS_LEASE_SECONDS = 2
    scan = queued(site)
    over = threading.Event()
    thread = in_progress_then(scan, outage, over.wait)
    runner.run(scan.pk, holder="worker", engine=FakeEngine([STARTED, FINDING, run_for(60)]), timing=OFTEN)
    over.set()
    thread.join()
    scan = make.fresh(scan)
    assert scan.status == U.IN_PROGRESS and not scan.reason and scan.findings_medium == 1
    make.lose(scan)
    transitions.recover(scan)
    scan = run(make.fresh(scan), STARTED, ANSWERED, REPORT)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS and not scan.reason


def test_a_verification_is_not_ended_by_the_database(site, outage, monkeypatch, settings):
    settings.SCANS_LEASE_SECONDS = 2
    scan = make.ended(site.url, number_of_findings=2).url_scans.get()
    looks = []

    def look(replays, client, finding):
        looks.append(finding)
        outage.is_on = True

    monkeypatch.setattr(verification.Replays, "_verdict", look)
    verification.verify(scan.pk, holder="me", timing=OFTEN)
    outage.is_on = False
    assert len(looks) == 1 and make.fresh(scan).status == U.COMPLETED_VERIFYING_RESULTS
    assert set(scan.findings.values_list("replay", flat=True)) == {Replay.UNVERIFIED}


def test_a_set_up_is_not_ended_by_the_database(outage, monkeypatch):
    analysis = make.submitted()

    def fail(*args):
        outage.is_on = True
        analysis.refresh_from_db()

    monkeypatch.setattr(setup, "why_not", fail)
    with pytest.raises(Exception, match=ADDRESS):  # the task fails, and is queued again
        setup.set_up(analysis, engine=None)
    outage.is_on = False
    assert analysis.url_scans.get().status == U.SUBMITTED


@pytest.mark.parametrize("raised_from_it", [False, True])
def test_no_reason_names_the_address_of_the_database(raised_from_it):
    try:
        try:
            raise patience.DataError(TEXT)
        except patience.DataError as error:
            if raised_from_it:
                raise RuntimeError(f"could not store: {error}") from error
            raise
    except Exception as error:
        assert ADDRESS not in str(setup.broken(error)) and type(error).__name__ in str(setup.broken(error))
    assert "no such file" in str(setup.broken(FileNotFoundError("no such file")))
