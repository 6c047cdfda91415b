"""Analyses and findings as plain data."""

import json

import pytest

from scans.exports.data import analysis_data, catalogue_data, evidence_data, finding_data
from scans.exports.masking import Mask
from scans.models import Finding
from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES, Action
from tests import factories


def test_the_catalogue_has_every_status_analyses_first_and_is_plain_data():
    entries = catalogue_data()
    codes = [(entry["model"], entry["code"]) for entry in entries]
    assert codes == [("Analysis", code) for code in ANALYSIS_STATUSES] + [
        ("UrlScan", code) for code in URL_SCAN_STATUSES
    ]
    paused = next(entry for entry in entries if entry["code"] == "paused")
    assert paused["label"] == "Paused" and Action.RESUME.value in paused["actions"]
    json.dumps([{**entry, **{key: str(value) for key, value in entry.items()}} for entry in entries])


@pytest.mark.django_db
def test_an_analysis_comes_with_its_scans_findings_and_log():
    analysis = factories.published(number_of_findings=2)
    data = analysis_data(analysis)
    json.dumps({**data, "description": str(data["description"])}, default=str)
    assert data["counts"] == {"critical": 0, "high": 2, "medium": 0, "low": 0, "info": 0, "dismissed": 0}
    assert [finding["mark"] for finding in data["findings"]] == ["unreviewed"] * 2
    (scan,) = data["url_scans"]
    assert (scan["engine"], scan["engine_version"], scan["reason_code"]) == ("Fake", "1", "")
    assert data["log"][-1]["action"] == analysis.activity.earliest("pk").action


@pytest.mark.django_db
def test_a_reason_is_a_sentence_and_beside_it_a_code_with_its_facts():
    finding = analysis_data(factories.published())["findings"][0]
    assert finding["replay_reason"] == "said by the test"
    assert (finding["replay_reason_code"], finding["replay_reason_facts"]) == ("text", {"text": "said by the test"})


@pytest.mark.django_db
def test_a_finding_that_was_not_replayed_has_no_time_of_a_replay():
    factories.find(factories.running().url_scans.get())
    finding = Finding.objects.get()
    finding.mark = "unreviewed"
    assert finding_data(finding, Mask())["replayed_at"] is None


@pytest.mark.django_db
def test_evidence_hides_the_credentials_in_headers_and_names_no_status_where_there_was_no_answer():
    factories.find(factories.running().url_scans.get())
    finding = Finding.objects.get()
    finding.evidence_headers, finding.evidence_status = [["Set-Cookie", "sid=0wl5ecret; Path=/"]], 0
    data = evidence_data(finding, Mask())
    assert "0wl5ecret" not in str(data) and data["response_headers"][0][0] == "Set-Cookie"
    assert data["response_status"] is None
