"""The catalogue is complete, and says for each status what product and people rely on."""

import json

import pytest
from django.core.management import call_command

from scans.statuses import (
    ANALYSIS_STATUSES,
    PUBLISHED_AS,
    URL_SCAN_STATUSES,
    Action,
    AnalysisStatus,
    Phase,
    Results,
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


def test_only_ended_statuses_allow_nothing_or_a_new_start():
    for status in ANALYSIS_STATUSES.values():
        if status.final:
            assert status.actions <= {Action.RUN_AGAIN, Action.CONTINUE, Action.DELETE}


def test_each_status_under_verification_has_its_published_one():
    verifying = {code for code, status in URL_SCAN_STATUSES.items() if status.results == Results.VERIFYING}
    assert set(PUBLISHED_AS) == verifying
    for code, published in PUBLISHED_AS.items():
        assert URL_SCAN_STATUSES[code].phase == Phase.REVIEW
        assert published.info.results == Results.AVAILABLE and published.info.final
        assert published.info.ended_by == URL_SCAN_STATUSES[code].ended_by


def test_the_command_prints_both_catalogues(capsys):
    call_command("statuses", "--json")
    entries = json.loads(capsys.readouterr().out)
    assert len(entries) == 24 + 31
    wanted = {"model", "code", "label", "warning", "description", "next_step", "phase", "final"}
    assert all(wanted <= entry.keys() for entry in entries)
    call_command("statuses")
    text = capsys.readouterr().out
    assert all(entry["label"] in text and entry["next_step"] in text for entry in entries)


def test_the_documentation_says_what_the_catalogue_says(capsys, settings):
    call_command("statuses", "--markdown")
    assert (settings.BASE_DIR / "docs" / "statuses.md").read_text() == capsys.readouterr().out
