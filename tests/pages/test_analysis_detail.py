"""The summary of one analysis, and its activity log."""

import pytest

from scans import findings, transitions
from scans.models import ActivityLogEntry, Actor
from scans.statuses import AnalysisStatus, EndedBy
from tests import factories
from tests.pages.page import elements, text, values, version

pytestmark = pytest.mark.django_db


def page(analysis) -> str:
    return f"/analyses/{analysis.pk}/"


def test_status_is_explained_with_the_next_step(client):
    analysis = factories.running(name="Shop")
    shown = text(client.get(page(analysis)))
    info = AnalysisStatus.IN_PROGRESS.info
    assert "<h1>Shop</h1>" in shown
    assert info.description in shown
    assert info.next_step in shown


def test_each_url_scan_holds_its_own_status(client):
    analysis = factories.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    first = analysis.url_scans.first()
    transitions.pause(first, by=Actor.COMMAND)
    transitions.confirm_pause(first)
    response = client.get(page(analysis))
    ids = [str(pk) for pk in analysis.url_scans.order_by("position").values_list("pk", flat=True)]
    assert values(response, "data-url-scan-id") == ids
    rows = response.content.decode().split("data-url-scan-id")[1:]
    assert 'data-status="paused"' in rows[0]
    assert 'data-status="in_progress"' in rows[1].split("</tr>")[0]


def test_log_is_newest_first_with_sentence_actor_and_reason(client):
    analysis = factories.running()
    transitions.pause_analysis(analysis, by=factories.user(username="ada"), reason="Backup <b>runs</b>")
    response = client.get(page(analysis))
    actions = values(response, "data-action")
    assert actions[:2] == ["analysis.paused", "url_scan.paused"]
    assert actions[-1] == "analysis.submitted"
    shown = text(response)
    assert "Asked to pause the analysis" in shown
    assert "ada" in shown
    assert "Backup &lt;b&gt;runs&lt;/b&gt;" in shown
    assert 'id="activity-log"' in shown


def test_log_can_be_narrowed_to_a_url_and_a_kind(client):
    analysis = factories.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    scan = analysis.url_scans.first()
    of_url = values(client.get(page(analysis), {"log_url": scan.pk}), "data-action")
    assert set(of_url) == {"url_scan.submitted", "url_scan.scheduled", "url_scan.queued", "url_scan.started"}
    assert values(client.get(page(analysis), {"log_kind": "people"}), "data-action") == []


@pytest.mark.parametrize("query", ["log_url=bogus", "log_kind=bogus", "before=bogus", "before=99999999999999999999"])
def test_log_filter_that_is_not_understood_is_passed_over(client, query):
    analysis = factories.running()
    response = client.get(f"{page(analysis)}?{query}")
    assert response.status_code == 200
    assert "analysis.submitted" in values(response, "data-action")


def test_older_entries_are_a_page_further(client):
    analysis = factories.running(*(f"http://127.0.0.1:9/{number}" for number in range(20)))
    newest = client.get(page(analysis))
    assert len(values(newest, "data-action")) == 50
    older = next(e["href"] for e in elements(newest, "href") if "before=" in e["href"])
    rest = client.get(page(analysis) + older.split("#")[0])
    everything = ActivityLogEntry.objects.filter(analysis=analysis).count()
    assert len(values(rest, "data-action")) == everything - 50
    assert not set(values(newest, "id")) & {i for i in values(rest, "id") if i.startswith("entry-")}


def test_other_runs_of_the_series_are_linked(client):
    first = factories.published(name="Shop")
    second = transitions.run_again(first, by=Actor.COMMAND)
    assert f'href="{page(first)}">Run 1</a>' in text(client.get(page(second)))


def test_results_under_verification_are_for_reviewers(as_role):
    analysis = factories.ended(publication="reviewer", number_of_findings=3)
    assert 'title="3 high"' in text(as_role("Reviewer").get(page(analysis)))
    seen = text(as_role("Viewer").get(page(analysis)))
    assert 'title="3 high"' not in seen
    assert "<strong>under verification</strong>" in seen


def test_viewer_is_told_why_there_are_no_buttons(as_role):
    seen = text(as_role("Viewer").get(page(factories.running())))
    assert "take the role Submitter" in seen
    assert "/pause/" not in seen


def test_urls_and_reasons_are_escaped(client):
    analysis = factories.submitted("http://127.0.0.1:9/?q=<script>alert(1)</script>", name="<i>name</i>")
    transitions.fail_submission(analysis, reason="<script>alert(2)</script>")
    shown = text(client.get(page(analysis)))
    assert "<script>alert" not in shown
    assert "<i>name" not in shown


def test_deleted_analysis_answers_404_and_says_so(client):
    analysis = factories.published(name="Shop")
    transitions.delete(analysis, by=Actor.COMMAND)
    response = client.get(page(analysis))
    assert response.status_code == 404
    assert "was deleted on" in text(response)


@pytest.mark.parametrize("pk", [0, 4711, 10**25])
def test_unknown_analysis_answers_404(client, pk):
    response = client.get(f"/analyses/{pk}/")
    assert response.status_code == 404
    assert "No page has this address" in text(response)


def test_poll_is_answered_with_204_until_something_changes(client, htmx_headers):
    analysis = factories.running()
    poll = {"v": version(client.get(page(analysis)))}
    assert client.get(page(analysis), poll, headers=htmx_headers).status_code == 204
    factories.find(analysis.url_scans.get())
    changed = client.get(page(analysis), poll, headers=htmx_headers)
    assert changed.status_code == 200
    assert "<html" not in text(changed)


def test_number_of_queries_does_not_grow(client, htmx_headers, django_assert_num_queries):
    small = factories.running()
    with django_assert_num_queries(9):
        response = client.get(page(small))
    with django_assert_num_queries(4):
        client.get(page(small), {"v": version(response)}, headers=htmx_headers)
    large = factories.running(*(f"http://127.0.0.1:9/{number}" for number in range(20)))
    with django_assert_num_queries(9):
        client.get(page(large))


def published_run(*numbers, complete=True):
    """A published run of one series, in which these findings were made."""
    analysis = factories.running(name="Shop")
    scan = analysis.url_scans.get()
    findings.store(scan, [factories.reported(number) for number in numbers])
    transitions.end(scan, EndedBy.ITSELF if complete else EndedBy.ENGINE)
    factories.verify(scan)
    return factories.fresh(analysis)


def test_a_run_is_compared_with_the_one_before(client):
    first = published_run(1, 2)
    assert "Since" not in text(client.get(page(first)))
    shown = text(client.get(page(published_run(2, 3, 4))))
    assert "2 new" in shown and "1 still there" in shown and "1 not found any more" in shown


def test_a_partial_run_does_not_claim_that_anything_is_gone(client):
    published_run(1, 2)
    shown = text(client.get(page(published_run(2, complete=False))))
    assert "1 not seen in this partial run" in shown and "any more" not in shown
