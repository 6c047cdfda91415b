"""The verbs of a running engine: how a URL scan ends."""

import pytest

from scans import transitions
from scans.engines.events import ModuleFailed
from scans.models import ScanSettings, StopMode
from scans.reasons import Notice
from scans.results import module_errors
from scans.statuses import EndedBy, Results
from scans.statuses import UrlScanStatus as U
from tests import factories as make
from tests.rows import only_scan, statuses, tasks

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("ended_by", "found", "expected"),
    [
        (EndedBy.ITSELF, 0, U.COMPLETED_VERIFYING_RESULTS),
        (EndedBy.ITSELF, 2, U.COMPLETED_VERIFYING_RESULTS),
        (EndedBy.SITE, 0, U.SITE_UNREACHABLE_STOPPED),
        (EndedBy.SITE, 1, U.SITE_UNREACHABLE_VERIFYING_RESULTS),
        (EndedBy.DURATION, 0, U.TIME_EXPIRED_STOPPED),
        (EndedBy.DURATION, 1, U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS),
        (EndedBy.ENGINE, 0, U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS),
        (EndedBy.ENGINE, 1, U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS),
        (EndedBy.LOGINS, 1, U.KILLED_VERIFYING_PARTIAL_RESULTS),
        (EndedBy.TECHNICAL, 0, U.TECHNICAL_ISSUE_STOPPED),
        (EndedBy.TECHNICAL, 1, U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS),
    ],
)
def test_each_ending_leads_to_its_status_and_releases_the_worker(ended_by, found, expected):
    scan = only_scan(make.ended(ended_by=ended_by, number_of_findings=found))
    assert scan.status == expected and scan.ended_at and not scan.lease_holder
    assert tasks("verify") == ([scan.pk] if expected.info.results == Results.VERIFYING else [])


def test_an_ended_duration_ends_what_waits(clock):
    ScanSettings.objects.update(capacity=1)
    analysis = make.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    clock.shift(analysis.duration)
    transitions.expire_waiting(analysis)
    assert statuses(analysis) == [U.IN_PROGRESS, U.TIME_EXPIRED_STOPPED]


def test_a_notice_is_kept_once_for_each_code_with_its_last_facts_and_logged_once():
    scan = only_scan(make.running())
    transitions.add_notice(scan, Notice("one_page", url="http://a/"))
    version = make.fresh(scan.analysis).version
    transitions.add_notice(scan, Notice("one_page", url="http://b/"))
    assert make.fresh(scan).notices == [Notice("one_page", url="http://b/")]
    assert make.fresh(scan.analysis).version > version  # so that open pages show it
    [entry] = scan.activity.filter(action="url_scan.noticed")
    assert "http://a/" in str(entry.reason)


def test_a_worker_that_lost_its_lease_adds_no_notice():
    scan = only_scan(make.running())
    scan.lease_holder = "another"
    with pytest.raises(transitions.LeaseLost):
        transitions.add_notice(scan, Notice("one_page", url=scan.url))
    assert make.fresh(scan).notices == []


def test_notices_and_module_errors_go_with_deleted_results():
    scan = only_scan(make.running())
    transitions.add_notice(scan, Notice("one_page", url=scan.url))
    module_errors.store(scan, [ModuleFailed(module="xss", error="TypeError: owl")])
    transitions.stop(scan, StopMode.DELETE, by=make.user())
    assert transitions.end(scan, EndedBy.USER) == U.STOPPING_DELETING_RESULTS  # files first, which the worker deletes
    transitions.conclude_deletion(scan)
    assert make.fresh(scan).status == U.STOPPED and make.fresh(scan).notices == []
    assert not scan.module_errors.exists()
