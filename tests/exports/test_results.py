"""Results as a file, as far as one may see them."""

import json
import re

import pytest

from scans import transitions
from scans.engines.events import ModuleFailed, Severity
from scans.exports import results as module
from scans.models import Mark
from scans.results import module_errors
from scans.statuses import EndedBy
from tests import factories
from tests.exports.reading import body, listed

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9/"


def test_json_holds_every_finding_worst_first_with_its_evidence(client):
    analysis = factories.running(URL, name="Shop")
    scan = analysis.url_scans.get()
    reports = [factories.reported(number, severity=severity) for number, severity in enumerate(reversed(Severity))]
    factories.findings.store(scan, reports)
    transitions.end(scan, EndedBy.ITSELF)
    factories.verify(scan)
    results = json.loads(body(client.get(f"/analyses/{analysis.pk}/results.json")))
    assert (results["format"], results["version"], results["state"]) == ("dynamic-analyses/results", 2, "complete")
    assert [finding["severity"] for finding in results["findings"]] == [
        name for name in results["counts"] if name != "dismissed"
    ]
    assert results["findings"][0]["response_body"] == "<p><script></p>"
    assert results["url_scans"][0]["url"] == URL and results["analysis"]["name"] == "Shop"


def test_csv_has_one_line_for_each_finding_with_its_mark(client):
    analysis = factories.published(number_of_findings=2)
    first = analysis.url_scans.get().findings.first()
    transitions.mark(first, by=factories.user("Reviewer"), mark=Mark.ACCEPTED, comment="Known.")
    rows = listed(client.get(f"/analyses/{analysis.pk}/results.csv"))
    assert [(row["url"], row["mark"], row["mark_comment"]) for row in rows] == [
        ("http://127.0.0.1:9/page1", "accepted", "Known."),
        ("http://127.0.0.1:9/page2", "unreviewed", ""),
    ]
    assert rows[0]["url_scan_status"] == "Completed - Results Available"


def test_one_url_scan_can_be_had_alone(client):
    analysis = factories.published(f"{URL}a", f"{URL}b")
    one, other = analysis.url_scans.order_by("position")
    results = json.loads(body(client.get(f"/analyses/{analysis.pk}/scans/{other.pk}/results.json")))
    assert [scan["url"] for scan in results["url_scans"]] == [f"{URL}b"]
    assert {finding["url_scan"] for finding in results["findings"]} == {other.pk}


@pytest.mark.parametrize(
    ("make", "state", "says"),
    [
        (lambda: factories.ended(), "under-verification", "left out until they are published"),
        (lambda: factories.published(ended_by=EndedBy.DURATION), "partial", "did not finish"),
        (lambda: factories.running(), "partial", "has not ended"),
    ],
    ids=["under verification", "partial", "running"],
)
def test_what_is_missing_is_said_in_the_file_and_in_its_name(as_role, make, state, says):
    analysis = make()
    response = as_role("Viewer").get(f"/analyses/{analysis.pk}/results.json")
    assert f"results-{analysis.pk}-{state}.json" in response["Content-Disposition"]
    results = json.loads(body(response))
    assert results["state"] == state and says in " ".join(results["notices"])
    assert results["findings"] == [] or state == "partial"


def test_errors_inside_the_engine_are_in_the_file(client):
    analysis = factories.running()
    failure = ModuleFailed(module="xss", method="GET", url=URL, error="page_too_large")
    module_errors.store(analysis.url_scans.get(), [failure])
    results = json.loads(body(client.get(f"/analyses/{analysis.pk}/results.json")))
    [error] = results["url_scans"][0]["module_errors"]
    assert (error["module"], error["method"], error["url"]) == ("xss", "GET", URL)
    assert (error["error"], error["error_code"]) == (
        "The page is larger than 2 MB. Links and forms beyond that were not seen.",
        "page_too_large",
    )


def test_notices_of_url_scans_are_in_the_file_though_it_is_complete(client):
    results = json.loads(body(client.get(f"/analyses/{factories.noticed().pk}/results.json")))
    [notice] = results["url_scans"][0]["notices"]
    assert (results["state"], notice["code"], notice["facts"]) == ("complete", "one_page", {"url": URL})
    assert results["notices"] == [f"{URL}: {notice['text']} {notice['next_step']}"]


# --- Weaknesses at many places ------------------------------------------------------------------------------


def test_json_has_a_weakness_once_with_every_place_and_its_evidence(client):
    analysis = factories.on_every_page("", "about", "help", replays=(("about", "not_reproduced"),))
    results = json.loads(body(client.get(f"/analyses/{analysis.pk}/results.json")))
    (finding,) = results["findings"]
    assert (results["counts"]["info"], results["places"], results["url_scans"][0]["findings"]) == (1, 3, 1)
    assert [place["url"] for place in finding["places"]] == [f"{URL}{page}" for page in ("", "help", "about")]
    assert [place["replay"] for place in finding["places"]] == ["confirmed", "confirmed", "not_reproduced"]
    assert [place["info"] for place in finding["places"]] == ["methods on /", "methods on /help", "methods on /about"]
    for place in finding["places"]:
        assert place["http_request"].startswith("GET ") and place["response_body"] and place["target"] == URL
    assert finding["url"] == finding["places"][0]["url"] and finding["id"] == finding["places"][0]["id"]


def test_csv_has_one_line_for_a_weakness_with_the_list_of_its_places(client):
    analysis = factories.on_every_page("", "about")
    (row,) = listed(client.get(f"/analyses/{analysis.pk}/results.csv"))
    assert (row["places"], row["place_list"]) == ("2", f"GET {URL}\nGET {URL}about")


def test_a_cell_of_places_stays_below_what_a_spreadsheet_holds(client, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_CELL", 60)
    analysis = factories.on_every_page("", "about", "help", "imprint")
    (row,) = listed(client.get(f"/analyses/{analysis.pk}/results.csv"))
    assert row["places"] == "4" and row["place_list"] == f"GET {URL}\nGET {URL}about\n(2 more)"


def test_a_weakness_of_two_url_scans_is_one_in_the_analysis_and_one_in_each(client):
    analysis = factories.on_every_page("", "about", urls=(f"{URL}a", f"{URL}b"))
    results = json.loads(body(client.get(f"/analyses/{analysis.pk}/results.json")))
    assert results["counts"]["info"] == 1 and [scan["findings"] for scan in results["url_scans"]] == [1, 1]
    (finding,) = results["findings"]
    assert {place["url_scan"] for place in finding["places"]} == {scan["id"] for scan in results["url_scans"]}
    assert len(finding["places"]) == results["places"] == 4
    one = json.loads(body(client.get(f"/analyses/{analysis.pk}/scans/{results['url_scans'][0]['id']}/results.json")))
    assert len(one["findings"][0]["places"]) == 2


# --- The language of files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "csv", "sarif"])
def test_a_file_for_programs_is_the_same_in_every_language(client, form):
    for analysis in (factories.noticed(), factories.published(ended_by=EndedBy.DURATION)):
        address = f"/analyses/{analysis.pk}/results.{form}"
        english, german = (
            re.sub('"made_at": .*', "", body(client.get(address, headers={"accept-language": language})))
            for language in ("en", "de")
        )
        assert english == german


def test_a_report_is_in_the_language_of_its_reader(client):
    address = f"/analyses/{factories.noticed().pk}/results.html"
    assert "Gescannte URLs" in body(client.get(address, headers={"accept-language": "de"}))
