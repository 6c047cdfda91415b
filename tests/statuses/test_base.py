"""Rules for each status, of URL scans and analyses alike."""

import pytest

from scans.statuses import (
    ANALYSIS_STATUSES,
    URL_SCAN_STATUSES,
    AnalysisStatus,
    UrlScanStatus,
)

URL_SCAN_LABELS = """
Submitted | Submit Failed | Scheduled | Queued | Queued with warning | In Progress | Pausing | Paused | Resuming |
Stopping - Saving Results | Stopping - Deleting Results | Stopped | Verification Failed | Connection Error |
Authentication Error | Crawl Script Error | Site unreachable - Stopped | Site unreachable - Verifying Results |
Site unreachable - Results Available | Time Expired - Stopped | Time Expired - Verifying Partial Results |
Time Expired - Partial Results Available | Technical Issue - Stopped | Stopped - Verifying Partial Results |
Stopped - Partial Results Available | Scan Error - Verifying Partial Results |
Scan Error - Partial Results Available | Killed - Verifying Partial Results | Killed - Partial Results Available |
Completed - Verifying Results | Completed - Results Available
"""
ANALYSIS_LABELS = """
Submitted | Not Submitted | Prescanning | Scheduled | Queued | In Progress | In Progress | All Verifications Failed |
Completed - Verifying Results | Completed - Verifying Partial Results | Completed - Results Available |
Completed - Partial Results Available | Stopped - Saving Results | Stopped - Deleting Results |
Stopped - Verifying Results | Stopped - Verifying Partial Results | Stopped - Partial Results Available |
Stopped - Scan Duration Ended | Stopped - Scan Duration Ended With Partial Results |
Time Expired - Verifying Partial Results | Stopped - Technical Issue | Saved for Later | Paused | Stopped
"""


def labels(text):
    return sorted(label.strip() for label in text.replace("\n", " ").split("|"))


@pytest.mark.parametrize(
    ("catalogue", "expected"), [(URL_SCAN_STATUSES, URL_SCAN_LABELS), (ANALYSIS_STATUSES, ANALYSIS_LABELS)]
)
def test_the_labels_are_exactly_those_people_know(catalogue, expected):
    assert sorted(status.label for status in catalogue.values()) == labels(expected)


@pytest.mark.parametrize("enum", [UrlScanStatus, AnalysisStatus])
def test_every_status_has_an_entry_with_meaning_next_step_and_icon(enum):
    for status in enum:
        entry = status.info
        assert entry.code == status.value
        assert len(entry.description) > 20 and len(entry.next_step) > 20
        assert entry.icon and entry.tone in {"neutral", "info", "progress", "success", "warning", "danger"}


@pytest.mark.parametrize("enum", [UrlScanStatus, AnalysisStatus])
def test_a_code_is_the_label_in_lower_case_words(enum):
    for status in enum:
        words = status.label.lower().replace(" - ", " ").replace(" ", "_")
        assert status.value in (words, f"{words}_with_warning")
