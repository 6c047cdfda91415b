"""Keeping what an engine reported until it is stored, all of it or nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scans import transitions
from scans.engines.events import LogLine, UrlCrawled
from scans.models import UrlScan
from scans.statuses import UrlScanStatus as U
from scans.workers.recording import Recording
from tests import factories as make

pytestmark = pytest.mark.django_db
LINE = LogLine(level="info", text="owl")


@pytest.fixture
def scan():
    scan = make.running().url_scans.get()
    scan.directory.mkdir(parents=True, exist_ok=True)
    (scan.directory / "engine.log").unlink(missing_ok=True)
    return scan


def heard(scan, *events):
    recording = Recording(scan)
    recording.hear(events)
    return recording


def test_what_was_heard_is_stored_once(scan):
    recording = heard(scan, make.reported(), UrlCrawled(method="GET", url="http://127.0.0.1:9/a", status=200), LINE)
    recording.note(requests=5)
    assert recording.is_urgent
    assert recording.store()[0] == U.IN_PROGRESS and not recording.is_urgent
    recording.store()
    scan = make.fresh(scan)
    assert (scan.findings.count(), scan.crawled_urls.count(), scan.findings_high, scan.requests) == (1, 1, 1, 5)
    assert (scan.directory / "engine.log").read_text().count("owl") == 1


def test_if_nothing_was_heard_one_statement_renews_the_lease(scan):
    with CaptureQueriesContext(connection) as queries:
        Recording(scan).store()
    assert len(queries) == 1


def test_one_who_lost_the_scan_stores_nothing_and_writes_no_line(scan):
    recording = heard(scan, make.reported(), UrlCrawled(method="GET", url="http://127.0.0.1:9/a", status=200), LINE)
    UrlScan.objects.update(lease_holder="another")
    with pytest.raises(transitions.LeaseLost):
        recording.store()
    assert not scan.findings.exists() and not scan.crawled_urls.exists()
    assert not (scan.directory / "engine.log").exists()


def test_a_log_that_cannot_be_written_takes_no_finding_along(scan, monkeypatch):
    monkeypatch.setattr(UrlScan, "directory", scan.directory / "missing")
    recording = heard(scan, make.reported(), LINE)
    with pytest.raises(FileNotFoundError):
        recording.store()
    assert scan.findings.count() == make.fresh(scan).findings_high == 1
