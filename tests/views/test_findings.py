"""One finding: its page, who sees it, what a reviewer decides about it, and verifying it again."""

from html import unescape

import pytest

from scans import transitions
from scans.encryption import seal
from scans.models import Actor, Finding, Mark, TriageMark
from scans.views import findings as views
from tests import factories
from tests.views.page import text, values
from tests.views.triage import first_finding, is_verified_again, mark, posted, two_urls

pytestmark = pytest.mark.django_db


def test_a_reviewer_marks_a_finding_with_a_comment(as_role):
    analysis = factories.ended(publication="reviewer")
    finding = first_finding(analysis)
    reviewer = as_role("Reviewer")
    assert mark(reviewer, finding).status_code == 303
    page = text(reviewer.get(finding.get_absolute_url()))
    assert "False positive" in page and "a test page" in page
    entry = analysis.activity.get(action="url_scan.finding_marked")
    assert (entry.data["before"], entry.data["after"]) == ("unreviewed", "false_positive")
    assert str(entry.reason) == "a test page"
    assert entry.user is not None


def test_marking_takes_the_role_reviewer(as_role):
    finding = first_finding(factories.published())
    submitter = as_role("Submitter")
    assert "Marking needs the role Reviewer" in text(submitter.get(finding.get_absolute_url()))
    assert mark(submitter, finding).status_code == 403
    assert not TriageMark.objects.exists()


def test_what_is_under_verification_cannot_even_be_named_by_others(as_role):
    finding = first_finding(factories.ended(publication="reviewer"))
    assert mark(as_role("Submitter"), finding).status_code == 404


def test_an_unknown_mark_is_refused(as_role):
    assert mark(as_role("Reviewer"), first_finding(factories.published()), mark="x").status_code == 400


def test_a_mark_survives_the_next_run_of_the_series(as_role):
    first = factories.published(name="Shop")
    transitions.mark(first_finding(first), mark=Mark.ACCEPTED, by=Actor.COMMAND)
    second, other = factories.published(name="Shop"), factories.published(name="Another")
    reviewer = as_role("Reviewer")
    assert "Accepted" in text(reviewer.get(f"{second.url_scans.get().get_absolute_url()}findings/?mark=accepted"))
    assert "None of the 1 findings match" in text(
        reviewer.get(f"{other.url_scans.get().get_absolute_url()}findings/?mark=accepted")
    )


def test_one_mark_is_for_all_places(as_role):
    analysis, reviewer = factories.on_every_page("", "about"), as_role("Reviewer")
    first, second = analysis.url_scans.get().findings.all()
    mark(reviewer, first, mark="accepted")
    assert "<strong>Accepted</strong>" in text(reviewer.get(second.get_absolute_url()))


def test_many_places_come_a_page_at_a_time(client, monkeypatch):
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    finding = factories.on_every_page("a", "b", "c").url_scans.get().findings.first()
    pages = [text(client.get(finding.get_absolute_url(), {"places": number})) for number in (1, 2)]
    assert "1–2 of 3" in pages[0] and "3–3 of 3" in pages[1] and "9/c</code>" in pages[1]


# --- Verifying again ---------------------------------------------------------------------------------------


def test_one_finding_is_verified_again_from_its_page(as_role):
    finding = first_finding(factories.published())
    submitter = as_role("Submitter")
    address = f"{finding.get_absolute_url()}verify-again/"
    assert address in values(submitter.get(finding.get_absolute_url()), "formaction")
    answer = posted(submitter, address)
    assert "is being verified again" in text(answer) and is_verified_again(finding)
    page = submitter.get(finding.get_absolute_url())
    assert "data-verifying" in text(page) and address not in values(page, "formaction")
    assert 'data-live="2"' in text(page)  # until the outcome is there
    again = text(posted(submitter, address))
    assert "already being verified again" in again


def test_a_viewer_sees_no_button_and_is_refused(as_role):
    finding = first_finding(factories.published())
    viewer, address = as_role("Viewer"), f"{finding.get_absolute_url()}verify-again/"
    assert address not in values(viewer.get(finding.get_absolute_url()), "formaction")
    assert viewer.post(address).status_code == 403 and not is_verified_again(finding)


def test_a_whole_scan_is_verified_again_from_scan_details(as_role):
    analysis = factories.published(number_of_findings=2)
    scan, submitter = analysis.url_scans.get(), as_role("Submitter")
    address = f"{scan.get_absolute_url()}verify-again/"
    assert address in values(submitter.get(scan.get_absolute_url()), "formaction")
    assert "are being verified again" in text(posted(submitter, address))
    assert all(map(is_verified_again, scan.findings.all()))
    told = text(submitter.get(analysis.get_absolute_url()))
    assert "Asked to verify findings again (places: 2)" in told


def test_a_whole_analysis_is_verified_again_from_its_summary(as_role):
    analysis, submitter = two_urls(), as_role("Submitter")
    page, address = analysis.get_absolute_url(), f"{analysis.get_absolute_url()}verify-again/"
    assert address in values(submitter.get(page), "formaction")
    assert 'data-live="0"' in text(submitter.get(page))
    told = posted(submitter, address)
    assert "are being verified again" in text(told) and all(map(is_verified_again, Finding.objects.all()))
    assert "Asked to verify all findings of the analysis again" in text(told)
    assert "data-verifying" in text(told) and 'data-live="2"' in text(told)  # until the outcomes are there
    assert "already being verified again" in text(posted(submitter, address))


def test_a_viewer_finds_no_button_to_verify_a_whole_analysis_again_and_is_refused(as_role):
    analysis, viewer = two_urls(), as_role("Viewer")
    address = f"{analysis.get_absolute_url()}verify-again/"
    assert address not in values(viewer.get(analysis.get_absolute_url()), "formaction")
    assert viewer.post(address).status_code == 403 and not any(map(is_verified_again, Finding.objects.all()))
    refused = analysis.activity.get(action="analysis.refused")
    assert refused.data["asked"] == "verify again"


@pytest.mark.parametrize(
    "made",
    [lambda: factories.published(number_of_findings=0), factories.running, lambda: factories.ended()],
    ids=["no findings", "running", "first verification"],
)
def test_the_summary_has_no_button_if_nothing_can_be_verified_again(as_role, made):
    page = as_role("Reviewer").get(made().get_absolute_url())
    assert "verify-again/" not in "".join(values(page, "formaction"))


@pytest.mark.parametrize("fresh", [factories.running, lambda: factories.ended(publication="reviewer")])
def test_there_is_no_button_before_the_first_verification(as_role, fresh):
    analysis = fresh()
    factories.find(analysis.url_scans.get()) if fresh is factories.running else None
    page = as_role("Reviewer").get(analysis.url_scans.get().get_absolute_url())
    assert "verify-again/" not in "".join(values(page, "formaction"))


def test_a_deleted_scan_is_gone_when_somebody_verifies_it_again(as_role):
    analysis = factories.published()
    scan = analysis.url_scans.get()
    transitions.delete(analysis, by=Actor.COMMAND)
    answer = as_role("Submitter").post(f"{scan.get_absolute_url()}verify-again/")
    assert answer.status_code == 404 and "was deleted" in text(answer)


def test_long_evidence_is_shown_whole_on_demand(client, monkeypatch):
    monkeypatch.setattr(views, "LONGEST_EVIDENCE", 5)
    finding = first_finding(factories.published())
    cut, whole = (text(client.get(finding.get_absolute_url() + query)) for query in ("", "?all"))
    assert "Show all" in cut and "&lt;p&gt;<mark>&lt;s</mark></pre>" in cut
    assert "Show all" not in whole and "&lt;p&gt;<mark>&lt;script&gt;</mark>&lt;/p&gt;</pre>" in whole


def test_the_request_can_be_copied_as_curl(client):
    page = client.get(first_finding(factories.published()).get_absolute_url())
    assert values(page, "data-copy") == ["curl"] and "curl" in values(page, "id")


def test_evidence_says_which_headers_it_leaves_out(client):
    with_headers = factories.published(headers={"X-Team": seal("red"), "X-Scan-Id": seal("owl-77")})
    told = "Headers of every request are left out here, because their values are secret: X-Scan-Id, X-Team."
    page = text(client.get(first_finding(with_headers).get_absolute_url()))
    assert told in page and "owl-77" not in page
    assert "Headers of every request" not in text(client.get(first_finding(factories.published()).get_absolute_url()))


def test_the_button_that_marks_is_a_verb_in_german_too(as_role):
    address = first_finding(factories.published()).get_absolute_url()
    page = as_role("Reviewer").get(address, headers={"accept-language": "de"})
    assert "Markieren" in text(page) and "Markierung" in text(page)


# --- The page of one finding -------------------------------------------------------------------------------


def weakness(**fields) -> Finding:
    """A published SQL injection."""
    analysis = factories.ended(number_of_findings=0, name="Shop")
    of_sql = {
        "category": "SQL Injection",
        "module": "sql",
        "kind": "error",
        "parameter": "id",
        "url": "http://127.0.0.1:9/product",
        "http_request": "GET /product?id=3%27 HTTP/1.1\nhost: 127.0.0.1:9\n\n",
        "evidence_body": "<b>You have an error in your SQL syntax</b>",
        "solution": "Use parameters.",
        "cwe": (89,),
        "wstg": ("WSTG-INPV-05",),
    }
    scan = analysis.url_scans.get()
    factories.find(scan, **{**of_sql, **fields})
    factories.verify(scan)
    return scan.findings.get()


def test_title_and_heading_name_the_weakness_and_its_subject(client):
    page = text(client.get(weakness().get_absolute_url()))
    assert "<title>SQL Injection in id" in page
    assert '<h1><span lang="en">SQL Injection</span> in <code>id</code></h1>' in page
    flag = weakness(category="Secure Flag cookie", parameter="", subject="level", kind="")
    page = text(client.get(flag.get_absolute_url()))
    assert "<title>Secure Flag cookie: level" in page and '<code lang="en">level</code></h1>' in page


def test_the_remedy_comes_first_and_then_why_it_is_a_finding(client):
    page = text(client.get(weakness().get_absolute_url()))
    places = [page.index(said) for said in ("Use parameters.", "report an error", "<h2>Evidence", "Engine report")]
    assert places == sorted(places)


def test_cwe_and_wstg_lead_to_their_official_pages(client):
    links = values(client.get(weakness().get_absolute_url()), "href")
    assert "https://cwe.mitre.org/data/definitions/89.html" in links
    assert any(link.endswith("05-Testing_for_SQL_Injection") for link in links)


def test_what_was_injected_and_what_answered_is_marked_and_the_raw_request_is_one_click_away(client):
    page = text(client.get(weakness().get_absolute_url()))
    assert "id=<mark>3&#x27;</mark> HTTP/1.1" in page and "id=<mark>3%27</mark> HTTP/1.1" in page
    assert "<mark>You have an error in your SQL syntax</mark>" in page and "It is marked in the response" in page
    assert '<details id="raw-request">' in page


def test_the_page_says_in_which_runs_the_weakness_was_seen(client):
    factories.published(name="Shop")
    again = factories.published(name="Shop", number_of_findings=2)
    old, new = again.url_scans.get().findings.order_by("pk")
    assert "Seen in 2 runs, first in run 1, last in run 2" in text(client.get(old.get_absolute_url()))
    assert "New in run 2" in text(client.get(new.get_absolute_url()))


def test_the_command_names_a_variable_for_each_secret_and_no_secret(client):
    analysis = factories.published(headers={"X-Team": seal("red-owl")})
    page = text(client.get(analysis.url_scans.get().findings.get().get_absolute_url()))
    assert "-H 'X-Team: '\"$X_TEAM\"" in unescape(page) and "Set these variables" in page and "red-owl" not in page


def test_a_finding_is_one_page_of_few_queries(client, django_assert_num_queries):
    address = weakness().get_absolute_url()
    client.get(address)
    with django_assert_num_queries(12):  # one for the history of verdicts, three for the neighbours
        client.get(address)


# --- The verdict on the page --------------------------------------------------------------------------------


def test_a_conflict_is_answered_with_both_decisions_and_nothing_is_lost(as_role):
    finding, first, second = weakness(), as_role("Reviewer"), as_role("Reviewer")
    assert mark(first, finding, seen=0, comment="theirs").status_code == 303
    answer = mark(second, finding, seen=0, mark="confirmed", comment="mine")
    page = text(answer)
    assert answer.status_code == 409 and page.count("theirs") >= 1 and "“mine”" in page
    assert f'data-live="0" hx-get="{finding.get_absolute_url()}?next=' in page  # it polls the page, not the form
    assert TriageMark.objects.get().comment == "theirs"
    mark(second, finding, seen=1, mark="confirmed", comment="mine")  # as the button there does
    assert TriageMark.objects.get().mark == "confirmed"


def test_a_mark_is_taken_back_by_a_button_that_only_reviewers_have(as_role):
    finding, reviewer = weakness(), as_role("Reviewer")
    address = f"{finding.get_absolute_url()}take-back/"
    assert address not in values(reviewer.get(finding.get_absolute_url()), "action")
    mark(reviewer, finding, seen=0)
    assert address in values(reviewer.get(finding.get_absolute_url()), "action")
    assert address not in values(as_role("Submitter").get(finding.get_absolute_url()), "action")
    assert as_role("Submitter").post(address, {"seen": 1}).status_code == 403
    assert reviewer.get(address).status_code == 405 and reviewer.post(address, {"seen": "x"}).status_code == 400
    assert "is taken back" in text(posted(reviewer, address, seen=1))
    assert TriageMark.objects.get().mark == "unreviewed"
    assert "no decision to take back" in text(posted(reviewer, address, seen=2))


def test_the_history_of_verdicts_is_on_the_page_in_all_runs_and_only_there(as_role):
    factories.published(name="Shop", number_of_findings=2)
    again = factories.published(name="Shop", number_of_findings=2)
    first, other = again.url_scans.get().findings.order_by("pk")
    reviewer = as_role("Reviewer")
    mark(reviewer, first, seen=0, comment="a test page")
    old = Finding.objects.exclude(pk=first.pk).get(fingerprint=first.fingerprint)
    page = text(reviewer.get(old.get_absolute_url()))
    assert "History of verdicts" in page and "Marked as False positive" in page
    assert "History of verdicts" not in text(reviewer.get(other.get_absolute_url()))


def test_assignee_and_due_date_are_set_on_the_page(as_role):
    finding, reviewer, person = weakness(), as_role("Reviewer"), factories.user("Submitter")
    address = f"{finding.get_absolute_url()}assign/"
    page = text(posted(reviewer, address, assignee=person.username, due="2027-01-31"))
    assert "is assigned" in page and f"<strong>{person}</strong>" in page and "<strong>2027-01-31</strong>" in page
    assert "no active user with a role" in text(posted(reviewer, address, assignee="nobody-here"))
    assert as_role("Submitter").post(address, {"assignee": person.username}).status_code == 403
    posted(reviewer, address, assignee="", due="")
    assert (TriageMark.objects.get().assignee, TriageMark.objects.get().due) == (None, None)


def test_a_last_day_of_acceptance_is_set_and_shown(as_role):
    finding, reviewer = weakness(), as_role("Reviewer")
    mark(reviewer, finding, mark="accepted", accepted_until="2999-01-31", seen=0)
    assert "Accepted until 2999-01-31" in text(reviewer.get(finding.get_absolute_url()))
    answer = posted(
        reviewer, f"{finding.get_absolute_url()}mark/", mark="accepted", accepted_until="2020-01-01", seen=1
    )
    assert "2020-01-01 is over" in text(answer)


def test_a_fixed_weakness_that_was_found_again_says_so(as_role):
    reviewer, first = as_role("Reviewer"), factories.published(name="Shop")
    mark(reviewer, first_finding(first), mark="fixed")
    again = first_finding(factories.published(name="Shop"))
    page = text(reviewer.get(again.get_absolute_url()))
    assert "Fixed, found again" in page and "found again, so it is Unreviewed" in page.replace("Found", "found")
