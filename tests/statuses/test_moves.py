"""The moves of a URL scan's status."""

from scans.statuses import (
    PUBLISHED_AS,
    URL_SCAN_STATUSES,
    Phase,
    Results,
)


def test_each_status_under_verification_has_its_published_one():
    verifying = {code for code, status in URL_SCAN_STATUSES.items() if status.results == Results.VERIFYING}
    assert set(PUBLISHED_AS) == verifying
    for code, published in PUBLISHED_AS.items():
        assert URL_SCAN_STATUSES[code].phase == Phase.REVIEW
        assert published.info.results == Results.AVAILABLE and published.info.final
        assert published.info.ended_by == URL_SCAN_STATUSES[code].ended_by
