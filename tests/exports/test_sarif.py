"""SARIF: valid against the schema of the standard, taken by code hosts, and honest."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft4Validator, FormatChecker

from scans import transitions
from scans.engines.events import Severity
from scans.exports import formats
from scans.exports import sarif as module
from scans.exports.results import Results
from scans.exports.sarif import FINGERPRINT, as_sarif
from scans.models import Mark
from scans.reasons import Reason
from scans.statuses import EndedBy
from tests import factories
from tests.exports.code_hosts import complaints
from tests.exports.reading import body

pytestmark = pytest.mark.django_db
SCHEMA = json.loads((Path(__file__).parents[1] / "samples/sarif-schema-2.1.0.json").read_text())


def sarif(analysis, user=None):
    """The run, once the log is known to be valid, and code hosts are known to take it."""
    text = "".join(as_sarif(Results(analysis, user)))
    assert complaints(text) == []
    log = json.loads(text)
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
    factories.findings.store(scan, reports)
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
    [location] = result["locations"]
    file = {"uri": "127.0.0.1%3A9/%C3%A4%20b", "uriBaseId": "%SRCROOT%"}
    assert location["physicalLocation"]["artifactLocation"] == file
    assert location["message"]["text"] == result["properties"]["url"] == "http://127.0.0.1:9/ä b?q=<x>|"
    assert result["locations"][0]["logicalLocations"] == [{"name": "q", "kind": "parameter"}]
    assert result["webRequest"]["method"] == "GET" and result["webRequest"]["headers"] == {"host": "127.0.0.1:9"}
    assert result["webResponse"]["statusCode"] == 200 and result["webResponse"]["reasonPhrase"] == "OK"
    assert len(result["partialFingerprints"][FINGERPRINT]) == 64
    assert (
        result["partialFingerprints"]["primaryLocationLineHash"][:16] == result["partialFingerprints"][FINGERPRINT][:16]
    )
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


EVIL_ADDRESSES = [
    "http://127.0.0.1:9/100%/[x]?a[]=%zz&b=%41#c#d",
    "http://127.0.0.1:9/?only=a+query",
    "http://127.0.0.1:9",
    "http://[::1]:9/größe/ä b\\c\t\n",
    "http://127.0.0.1:9/../%2e%2e/..%2f..%2fetc/passwd",
    f"http://127.0.0.1:9/{'ü' * 900}?{'x' * 3000}",
]


def test_code_hosts_take_whatever_a_site_or_an_engine_says():
    analysis = factories.running(name="Shop / [north]: 100%")
    scan = analysis.url_scans.get()
    reports = [
        factories.reported(
            number,
            url=url,
            category=f"{number} {'Weakness ' * 40}"[:200],
            description="It is long. " * 200,
            info="  \n",
            cwe=tuple(range(1, 60)),
            references=(("OWASP", "https://owasp.example/[x] 100%"),),
            severity=Severity.CRITICAL,
        )
        for number, url in enumerate(EVIL_ADDRESSES)
    ]
    factories.findings.store(scan, reports)
    transitions.end(scan, EndedBy.ITSELF)
    factories.verify(scan)
    run = sarif(factories.fresh(analysis))
    assert sorted(result["properties"]["url"] for result in run["results"]) == sorted(EVIL_ADDRESSES)
    full = run["tool"]["driver"]["rules"][0]
    assert full["fullDescription"]["text"].endswith("…") and full["help"]["text"].count("It is long.") == 200


def test_two_weaknesses_of_one_page_are_two_alerts():
    analysis = factories.running()
    scan = analysis.url_scans.get()
    for parameter in ("id", "name"):
        factories.find(scan, parameter=parameter)
    results = sarif(factories.fresh(analysis))["results"]
    assert len({result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}) == 1
    assert len({result["partialFingerprints"]["primaryLocationLineHash"] for result in results}) == 2


def test_files_of_single_urls_do_not_replace_each_other(client):
    analysis = factories.published("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", name="Shop")
    files = [body(client.get(f"{scan.get_absolute_url()}results.sarif")) for scan in analysis.url_scans.all()]
    files.append(body(client.get(f"/analyses/{analysis.pk}/results.sarif")))
    assert [complaints(file) for file in files] == [[], [], []]
    ids = [json.loads(file)["runs"][0]["automationDetails"]["id"] for file in files]
    assert ids == ["Shop/http://127.0.0.1:9/a/run 1", "Shop/http://127.0.0.1:9/b/run 1", "Shop/run 1"]


def test_findings_beyond_the_limit_of_code_hosts_are_left_out_and_the_file_says_so(client, monkeypatch):
    monkeypatch.setitem(formats.LIMITS, "sarif", 2)
    analysis = factories.published(number_of_findings=5)
    response = client.get(f"/analyses/{analysis.pk}/results.sarif")
    assert "-partial.sarif" in response["Content-Disposition"]
    run = json.loads(body(response))["runs"][0]
    assert len(run["results"]) == 2 and run["properties"]["state"] == "partial"
    assert "worst 2 of 5 findings" in run["properties"]["notices"][0]
    assert len(json.loads(body(client.get(f"/analyses/{analysis.pk}/results.json")))["findings"]) == 5


def test_evidence_is_shortened_where_the_file_would_be_too_large(monkeypatch):
    analysis = factories.running()
    scan = analysis.url_scans.get()
    factories.find(
        scan, number_of=5, evidence_body="x" * 10_000, http_request=f"POST / HTTP/1.1\nhost: h\n\n{'y' * 10_000}"
    )
    whole = sarif(factories.fresh(analysis))["results"][0]
    assert len(whole["webResponse"]["body"]["text"]) == len(whole["webRequest"]["body"]["text"]) == 10_000
    monkeypatch.setattr(module, "MOST_EVIDENCE", 1000)
    for result in sarif(factories.fresh(analysis))["results"]:
        assert len(result["webResponse"]["body"]["text"]) == len(result["webRequest"]["body"]["text"]) == 100


def test_a_weakness_at_many_places_is_one_result_with_related_locations():
    run = sarif(factories.on_every_page("", "about", "help"))
    (result,) = run["results"]
    assert result["occurrenceCount"] == 3 and len(result["locations"]) == 1
    related = [location["message"]["text"] for location in result["relatedLocations"]]
    assert related == ["http://127.0.0.1:9/about", "http://127.0.0.1:9/help"]
    assert run["properties"]["places"] == 3


def test_fingerprints_tell_two_cookies_of_one_page_apart():
    analysis = factories.ended(number_of_findings=0)
    for name in ("level", "session"):
        factories.find(analysis.url_scans.get(), subject=name, info=f"the cookie {name}", site_wide=True)
    factories.verify(analysis.url_scans.get())
    results = sarif(analysis)["results"]
    assert len({result["partialFingerprints"][FINGERPRINT] for result in results}) == 2
    assert {result["properties"]["subject"] for result in results} == {"level", "session"}
