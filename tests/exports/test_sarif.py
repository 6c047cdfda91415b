"""SARIF: valid against the schema of the standard, and honest."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft4Validator, FormatChecker

from scans import transitions
from scans.engines.base import Severity
from scans.exports.results import Results
from scans.exports.sarif import FINGERPRINT, as_sarif
from scans.models import Mark
from scans.reasons import Reason
from scans.statuses import EndedBy
from tests import factories

pytestmark = pytest.mark.django_db
SCHEMA = json.loads((Path(__file__).parents[1] / "samples/sarif-schema-2.1.0.json").read_text())


def sarif(analysis, user=None):
    """The run, once the log is known to be valid."""
    log = json.loads("".join(as_sarif(Results(analysis, user))))
    errors = list(Draft4Validator(SCHEMA, format_checker=FormatChecker()).iter_errors(log))
    assert not errors, errors[:3]
    return log["runs"][0]


def with_all_kinds():
    """Published; a finding of each severity, one of them with everything an engine may say."""
    analysis = factories.running("http://127.0.0.1:9/", name="Shop")
    scan = analysis.url_scans.get()
    reports = [
        factories.reported(number, severity=severity, category=f"Weakness {severity}")
        for number, severity in enumerate(Severity)
    ]
    reports.append(
        factories.reported(
            9,
            url="http://127.0.0.1:9/ä b?q=<x>|",
            cwe=(79,),
            wstg=("WSTG-INPV-01",),
            description="What it is.",
            solution="What to do.",
            references=(("OWASP", "https://owasp.example/x y"), ("bad", "javascript:1")),
            evidence_headers=(("Server", "x"),),
        )
    )
    transitions.renew(scan, **factories.findings.store(scan, reports))
    transitions.end(scan, EndedBy.ITSELF)
    factories.verify(scan)
    return factories.fresh(analysis)


def test_a_log_with_everything_is_valid_and_each_finding_is_a_result():
    analysis = with_all_kinds()
    run = sarif(analysis)
    assert len(run["results"]) == 6
    levels = {result["properties"]["severity"]: result["level"] for result in run["results"]}
    assert levels == {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
    for result in run["results"]:
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
    assert run["tool"]["extensions"] == [{"name": "Fake", "version": "1"}]


def test_a_result_says_where_how_and_what_it_is_called_elsewhere():
    run = sarif(with_all_kinds())
    [result] = [result for result in run["results"] if result["ruleId"] == "reflected-cross-site-scripting"]
    assert (
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        == "http://127.0.0.1:9/%C3%A4%20b?q=%3Cx%3E%7C"
    )
    assert result["locations"][0]["logicalLocations"] == [{"name": "q", "kind": "parameter"}]
    assert result["webRequest"]["method"] == "GET" and result["webRequest"]["headers"] == {"host": "127.0.0.1:9"}
    assert result["webResponse"]["statusCode"] == 200 and result["webResponse"]["reasonPhrase"] == "OK"
    assert len(result["partialFingerprints"][FINGERPRINT]) == 64
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["help"]["text"] == "What it is.\n\nWhat to do."
    assert rule["helpUri"] == "https://owasp.example/x%20y"
    assert rule["properties"]["security-severity"] == "8.0" and "external/cwe/cwe-079" in rule["properties"]["tags"]
    assert [taxonomy["taxa"] for taxonomy in run["taxonomies"]] == [[{"id": "79"}], [{"id": "WSTG-INPV-01"}]]


def test_what_a_reviewer_passed_over_is_suppressed_with_the_comment():
    analysis = with_all_kinds()
    reviewer = factories.user("Reviewer")
    first, second = analysis.url_scans.get().findings.order_by("pk")[:2]
    transitions.mark(first, by=reviewer, mark=Mark.FALSE_POSITIVE, comment="A test page.")
    transitions.mark(second, by=reviewer, mark=Mark.FIXED)
    suppressed = [result["suppressions"] for result in sarif(analysis)["results"]]
    said = {"kind": "external", "status": "accepted", "justification": "False positive: A test page."}
    assert suppressed.count([said]) == 1 and suppressed.count([]) == 5


@pytest.mark.parametrize("ended_by", [EndedBy.DURATION, EndedBy.SITE, EndedBy.ENGINE])
def test_a_partial_scan_is_no_successful_execution(ended_by):
    run = sarif(factories.published(ended_by=ended_by))
    [invocation] = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["level"] == "error"
    assert run["properties"]["state"] == "partial" and len(run["results"]) == 1


def test_status_reason_and_meaning_are_a_sentence_each():
    analysis = factories.running()
    transitions.end(analysis.url_scans.get(), EndedBy.SITE, reason=Reason("site_silent"))
    [notification] = sarif(analysis)["invocations"][0]["toolExecutionNotifications"]
    told = "Site unreachable - Stopped. The site stopped answering, to the engine and to us. The site stopped"
    assert notification["message"]["text"].startswith(told)


def test_a_complete_one_is():
    run = sarif(factories.published())
    assert run["invocations"][0]["executionSuccessful"] is True
    assert run["properties"]["state"] == "complete" and run["properties"]["notices"] == []


def test_without_any_finding_it_is_valid_too():
    assert sarif(factories.published(number_of_findings=0))["results"] == []
    assert sarif(factories.scheduled())["invocations"][0]["executionSuccessful"] is False


def test_results_under_verification_are_for_reviewers():
    analysis = factories.ended()
    assert sarif(analysis, factories.user("Viewer"))["results"] == []
    run = sarif(analysis, factories.user("Reviewer"))
    assert len(run["results"]) == 1 and "under verification" in run["properties"]["notices"][0]
    assert len(sarif(analysis)["results"]) == 1


def test_notices_are_properties_of_the_run_and_of_the_invocation():
    run = sarif(factories.noticed())
    [notice] = run["invocations"][0]["properties"]["notices"]
    assert notice["code"] == "one_page" and notice["text"] in run["properties"]["notices"][0]
    assert run["invocations"][0]["executionSuccessful"]
