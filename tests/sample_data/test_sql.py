"""The rows agree with each other."""

import pytest

from scans.models import ActivityLogEntry, Analysis, Finding, UrlScan
from scans.severities import SEVERITIES
from scans.statuses.rollup import Facts, rollup

pytestmark = pytest.mark.django_db


def facts_of(analysis):
    return Facts(
        submitted=analysis.submitted_at is not None,
        prescanning=analysis.prescan_started_at is not None and analysis.prescan_ended_at is None,
        started=analysis.started_at is not None,
        stop_mode=analysis.stop_mode,
    )


def test_every_status_is_the_rollup_of_its_url_scans(three_hundred):
    for analysis in Analysis.objects.prefetch_related("url_scans"):
        assert analysis.status == rollup([scan.status for scan in analysis.url_scans.all()], facts_of(analysis))


def test_the_log_is_in_order_of_time_and_ends_with_the_last_change(three_hundred):
    for analysis in Analysis.objects.prefetch_related("activity"):
        moments = [entry.at for entry in sorted(analysis.activity.all(), key=lambda entry: entry.pk)]
        assert moments == sorted(moments)
        assert (moments[0], moments[-1]) == (analysis.created_at, analysis.changed_at)


def test_counts_of_findings_equal_the_rows(three_hundred):
    assert Finding.objects.exists()
    for scan in UrlScan.objects.prefetch_related("findings"):
        severities = [finding.severity for finding in scan.findings.all()]
        for severity in SEVERITIES:
            assert getattr(scan, f"findings_{severity}") == severities.count(severity)
    for entry in ActivityLogEntry.objects.filter(action="url_scan.ended").exclude(url_scan__status="stopped"):
        assert entry.data["findings"] == entry.url_scan.findings_total
