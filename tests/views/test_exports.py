"""Files to take away: the whole list as it is found and filtered, and results as far as one may see them."""

import csv
import json

import pytest

from scans import transitions
from scans.engines.base import Severity
from scans.exports.formats import FORMATS
from scans.login.base import Login, Method
from scans.models import Mark, TargetLogin
from scans.statuses import EndedBy
from scans.transitions import Access
from tests import factories

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9/"


def body(response):
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment;")
    return b"".join(response.streaming_content).decode()


EVERY_FORMAT = [pytest.param(form, marks=pytest.mark.browser) if form == "pdf" else form for form in FORMATS]
TEXTS = [form for form in FORMATS if form != "pdf"]  # which is printed from one of them


def listed(response):
    return list(csv.DictReader(body(response).splitlines()))


# --- The list


def test_the_list_is_exported_whole_with_what_the_query_asks_for_and_in_its_order(client):
    for number in range(60):
        factories.scheduled(name=f"Shop {number:02}")
    factories.scheduled(name="Wiki")
    factories.running(name="Shop running")
    query = "?q=shop&status=scheduled&order=name&page=2"
    names = [f"Shop {number:02}" for number in range(60)]
    assert [row["name"] for row in listed(client.get(f"/analyses/export.csv{query}"))] == names
    exported = json.loads(body(client.get(f"/analyses/export.json{query}")))
    assert [row["name"] for row in exported["analyses"]] == names
    assert exported["query"] == "?q=shop&status=scheduled&order=name" and exported["notices"] == []


def test_a_row_holds_what_the_list_shows(client):
    factories.published(name="Shop", number_of_findings=2)
    [row] = listed(client.get("/analyses/export.csv"))
    assert row["label"] == "Completed - Results Available" and row["status"] == "completed_results_available"
    assert (row["urls"], row["urls_ended"], row["high"], row["critical"]) == ("1", "1", "2", "0")
    assert row["address"] == f"http://testserver/analyses/{row['id']}/"
    [same] = json.loads(body(client.get("/analyses/export.json")))["analyses"]
    assert same["high"] == 2 and same["ended_at"] == row["ended_at"]


def test_findings_under_verification_are_counted_for_reviewers_alone(as_role):
    factories.ended()
    for role, seen in (("Viewer", ("0", "1")), ("Reviewer", ("1", "0"))):
        [row] = listed(as_role(role).get("/analyses/export.csv"))
        assert (row["high"], row["urls_under_verification"]) == seen


def test_the_number_of_queries_grows_by_five_for_500_analyses(client, django_assert_num_queries):
    for _ in range(3):
        factories.scheduled()
    # Session and user; the order, the rows, and what their URL scans add up to; two to go on.
    with django_assert_num_queries(5):
        assert len(listed(client.get("/analyses/export.csv"))) == 3


def test_what_a_spreadsheet_would_run_is_made_harmless(client):
    factories.scheduled(name="=1+1")
    assert listed(client.get("/analyses/export.csv"))[0]["name"] == "'=1+1"


def test_what_was_not_understood_is_said_in_the_file(client):
    exported = json.loads(body(client.get("/analyses/export.json?status=none_such")))
    assert exported["analyses"] == [] and "none_such" in exported["notices"][0]


def test_the_page_links_to_the_export_of_what_it_shows(client):
    factories.scheduled(name="Shop")
    page = client.get("/analyses/?q=shop").content.decode()
    assert "/analyses/export.csv?q=shop" in page and "/analyses/export.json?q=shop" in page


# --- Results


@pytest.mark.parametrize("form", EVERY_FORMAT)
def test_every_format_takes_a_role_and_a_present_analysis(as_role, form):
    analysis = factories.published()
    scan = analysis.url_scans.get()
    for address in (
        f"/analyses/{analysis.pk}/results.{form}",
        f"/analyses/{analysis.pk}/scans/{scan.pk}/results.{form}",
    ):
        assert as_role("").get(address).status_code == 403
        assert as_role("Viewer").get(address).status_code == 200
    assert as_role("Viewer").get(f"/analyses/999999/results.{form}").status_code == 404


def test_json_holds_every_finding_worst_first_with_its_evidence(client):
    analysis = factories.running(URL, name="Shop")
    scan = analysis.url_scans.get()
    reports = [factories.reported(number, severity=severity) for number, severity in enumerate(reversed(Severity))]
    transitions.renew(scan, **factories.findings.store(scan, reports))
    transitions.end(scan, EndedBy.ITSELF)
    factories.verify(scan)
    results = json.loads(body(client.get(f"/analyses/{analysis.pk}/results.json")))
    assert (results["format"], results["version"], results["state"]) == ("dynamic-analyses/results", 1, "complete")
    assert [finding["severity"] for finding in results["findings"]] == list(results["counts"])
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
        (lambda: factories.published(ended_by=EndedBy.DURATION), "partial", "did not run to its end"),
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


@pytest.mark.parametrize("form", TEXTS)
def test_no_secret_of_a_login_is_in_any_file(as_role, form):
    password, token = "owls-fly-at-night", "session-of-alice"
    login = TargetLogin.of(Login(method=Method.FORM, username="alice", password=password))
    analysis = factories.running(URL, access={URL: Access(login=login)})
    scan = analysis.url_scans.get()
    factories.find(
        scan,
        info=f"The password {password} is shown",
        http_request=f"POST /?{password} HTTP/1.1\nCookie: sid={token}\nAuthorization: Bearer {token}\n\n{password}",
        curl=f"curl 'http://127.0.0.1:9/' -H 'Cookie: sid={token}' -d 'x={password}'",
        evidence_headers=(("Set-Cookie", f"sid={token}; Path=/"), ("X-Echo", password)),
        evidence_body=f"<p>{password}</p>",
    )
    transitions.end(scan, EndedBy.SITE, reason=f"No answer to {password}")
    file = body(as_role("Reviewer").get(f"/analyses/{analysis.pk}/results.{form}"))
    assert "is shown" in file
    assert password not in file and token not in file


def test_the_summary_offers_every_format(client):
    analysis = factories.published()
    page = client.get(f"/analyses/{analysis.pk}/").content.decode()
    for form in FORMATS:
        assert f"/analyses/{analysis.pk}/results.{form}" in page
