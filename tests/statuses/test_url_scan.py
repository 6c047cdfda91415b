"""The catalogue of a URL scan's statuses."""

import pytest

from scans.statuses import FAILED_VERIFICATION, URL_SCAN_STATUSES, Phase, Results, UrlScanStatus


@pytest.mark.parametrize("status", UrlScanStatus)
def test_a_status_knows_its_entry(status):
    assert status.info is URL_SCAN_STATUSES[status] and status.info.code == status.value


def test_failed_checks_are_ends_without_results():
    assert all(status.info.phase == Phase.FINAL for status in FAILED_VERIFICATION)
    assert all(status.info.results == Results.NONE for status in FAILED_VERIFICATION)
