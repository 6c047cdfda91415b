"""The list of analyses."""

import re
import sys
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scans import transitions
from scans.analysis_list import search
from scans.analysis_list.filterset import AnalysisFilterSet
from scans.models import Actor, Analysis, ScanSettings, StopMode
from scans.statuses import ANALYSIS_STATUSES, UrlScanStatus
from tests import factories
from tests.views.page import elements, text, values, version

pytestmark = pytest.mark.django_db
LIST = "/analyses/"


def test_list_needs_a_login(client):
    client.logout()
    assert client.get(LIST)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("role", ["Viewer", "Submitter", "Reviewer", "Administrator"])
def test_every_role_sees_the_list(as_role, role):
    assert as_role(role).get(LIST).status_code == 200


def test_account_without_a_role_is_told_who_gives_one(as_role):
    response = as_role("").get(LIST)
    assert response.status_code == 403
    assert "An administrator gives roles" in text(response)


def test_empty_list_teaches_the_first_step(client, as_role):
    assert "Submit the first analysis" in text(client.get(LIST))
    assert "need the role Submitter" in text(as_role("Viewer").get(LIST))


def test_row_holds_its_status_and_numbers(client):
    analysis = factories.published(name="Shop", number_of_findings=2)
    response = client.get(LIST)
    assert values(response, "data-analysis-id") == [str(analysis.pk)]
    assert "completed_results_available" in values(response, "data-status")
    assert "1 / 1" in text(response)
    assert 'title="2 high"' in text(response)


def test_capacity_line_counts_running_scans(client):
    ScanSettings.objects.update(capacity=4)
    factories.running()
    assert "<strong>1 of 4</strong> URL scans running" in text(client.get(LIST))


def test_warning_is_marked_and_said(client):
    _with_a_failed_url()
    response = client.get(LIST)
    assert "in_progress_with_warning" in values(response, "data-status")
    assert elements(response, "data-warning")
    assert "with a warning" in text(response)


def _with_a_failed_url():
    analysis = factories.submitted("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    first = analysis.url_scans.first()
    transitions.fail_checks(first, UrlScanStatus.CONNECTION_ERROR, step="connect", reason="refused")
    transitions.schedule(analysis)
    transitions.start(analysis)
    factories.begin(analysis.url_scans.last())
    return analysis


def test_filter_offers_every_status_and_its_count(client):
    factories.scheduled()
    response = client.get(LIST)
    offered = [box["value"] for box in elements(response, "name") if box["name"] == "status"]
    assert sorted(offered) == sorted(ANALYSIS_STATUSES)
    assert ">Filter by Status<" in text(response)


def test_filter_by_several_statuses(client):
    scheduled, running, _ = factories.scheduled(), factories.running(), factories.submitted()
    response = client.get(LIST, {"status": ["scheduled", "in_progress"]})
    assert set(values(response, "data-analysis-id")) == {str(scheduled.pk), str(running.pk)}
    assert "<strong>2</strong> of 3" in text(response)


def test_counts_are_those_under_the_other_filters(client):
    factories.scheduled(name="apple")
    factories.scheduled(name="pear")
    response = client.get(LIST, {"q": "apple", "status": "in_progress"})
    phases = response.context["filterset"].phases()
    counts = {status.code: count for _, entries in phases for status, count, _ in entries}
    assert counts["scheduled"] == 1
    assert "No analysis matches" in text(response)


@pytest.mark.parametrize("words", ["hop", "SHOP", "exam", "127.0.0.1:9/shop"])
def test_find_looks_for_parts_of_names_and_urls_in_any_case(client, words):
    shop = factories.submitted("http://127.0.0.1:9/shop", name="Shop example")
    factories.submitted("http://127.0.0.1:9/other", name="Other")
    assert values(client.get(LIST, {"q": words}), "data-analysis-id") == [str(shop.pk)]


@pytest.mark.parametrize("wildcard", ["%", "_", "\\"])
def test_find_takes_wildcards_literally(client, wildcard):
    factories.submitted(name="plain")
    found = factories.submitted(name=f"with {wildcard} in it")
    assert values(client.get(LIST, {"q": wildcard}), "data-analysis-id") == [str(found.pk)]


@pytest.mark.parametrize(
    ("query", "notice"),
    [
        ("status=bogus", "Ignored “bogus”: not a valid value for “status”."),
        ("order=bogus", "Ignored “bogus”: not a valid value for “order”."),
        ("page=bogus", "There is no page “bogus”"),
        ("page=-1", "There is no page “-1”"),
        ("page=21", "There is no page “21”"),
        ("page=after~0~yesterday~7", "There is no page “after~0~yesterday~7”"),
        ("page=after~9~2026-01-01T00:00:00Z~7", "There is no page"),
        ("page=before~0~2026-01-01T00:00:00Z~99999999999999999999", "There is no page"),
        ("page=after~0~99999999999999999999~7&order=urls", "There is no page"),
        ("page=after~0~%00~7&order=name", "There is no page"),
        ("page=999999999999999999999", "There is no page"),
        ("q=%00", "characters that no name has"),
    ],
)
def test_an_invalid_value_is_a_notice_on_a_normal_page(client, query, notice):
    factories.submitted()
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    assert notice in text(response)
    assert len(values(response, "data-analysis-id")) == 1


def test_unknown_status_does_not_undo_the_known_one(client):
    factories.submitted()
    scheduled = factories.scheduled()
    response = client.get(f"{LIST}?status=bogus&status=scheduled")
    assert values(response, "data-analysis-id") == [str(scheduled.pk)]


def test_page_after_the_last_shows_the_last(client):
    analysis = factories.submitted()
    assert values(client.get(LIST, {"page": 7}), "data-analysis-id") == [str(analysis.pk)]


@pytest.mark.parametrize("column", ["name", "status", "urls", "findings", "start", "duration", "changed"])
def test_every_column_sorts_both_ways(client, column):
    small = factories.submitted(name="a")
    large = factories.published("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", name="b")
    up = values(client.get(LIST, {"order": column}), "data-analysis-id")
    down = values(client.get(LIST, {"order": f"-{column}"}), "data-analysis-id")
    assert set(up) == set(down) == {str(small.pk), str(large.pk)}
    if column not in ("start", "duration", "findings"):  # these keep what has nothing there last
        assert up == down[::-1]


def test_pages_hold_fifty(client):
    for _ in range(51):
        factories.submitted()
    assert len(values(client.get(LIST), "data-analysis-id")) == 50
    response = client.get(LIST, {"page": 2})
    assert len(values(response, "data-analysis-id")) == 1
    assert "<strong>51</strong> of 51" in text(response)


def links(response) -> dict[str, str]:
    """The addresses of the pager, by relation."""
    return {link["rel"]: link["href"] for link in elements(response, "rel") if link["rel"] in RELATIONS}


RELATIONS = ("first", "prev", "next", "last")


@pytest.fixture
def pages_of_25(client):
    client.post("/settings/", {"time_zone": "UTC", "theme": "auto", "page_size": "25"})


def test_pages_lead_to_each_other_and_back(client, pages_of_25):
    every = [str(factories.submitted(name=f"Number {number:03}").pk) for number in range(51)]
    first = client.get(LIST, {"order": "name"})
    second = client.get(LIST + links(first)["next"])
    third = client.get(LIST + links(second)["next"])
    shown = [values(response, "data-analysis-id") for response in (first, second, third)]
    assert shown == [every[:25], every[25:50], every[50:]]
    assert (set(links(first)), set(links(third))) == ({"next", "last"}, {"first", "prev"})
    assert values(client.get(LIST + links(third)["prev"]), "data-analysis-id") == every[25:50]
    assert values(client.get(LIST + links(second)["prev"]), "data-analysis-id") == every[:25]
    assert values(client.get(LIST + links(second)["last"]), "data-analysis-id") == every[-25:]
    assert links(third)["first"] == "?order=name"


def test_the_next_page_neither_skips_nor_repeats_when_the_list_changes_meanwhile(client, pages_of_25):
    every = [factories.submitted(name=f"Number {number:03}") for number in range(30)]
    first = client.get(LIST, {"order": "name"})
    factories.submitted(name="Number 000 b")
    transitions.fail_submission(every[3], reason="…")
    second = client.get(LIST + links(first)["next"])
    assert values(second, "data-analysis-id") == [str(analysis.pk) for analysis in every[25:]]


def test_a_page_that_is_empty_by_now_is_the_last(client, pages_of_25):
    for number in range(25):
        factories.submitted(name=f"Number {number:03}")
    last = factories.published(name="Number 025")
    first = client.get(LIST, {"order": "name"})
    transitions.delete(last, by=Actor.COMMAND)
    assert len(values(client.get(LIST + links(first)["next"]), "data-analysis-id")) == 25


def test_active_filters_are_links_without_them(client):
    response = client.get(LIST, {"q": "x", "status": ["queued", "paused"], "order": "name"})
    removals = [a["href"] for a in elements(response, "title") if a["title"] == "Remove this filter"]
    assert removals == [
        "?status=queued&status=paused&order=name",
        "?q=x&status=paused&order=name",
        "?q=x&status=queued&order=name",
    ]


def test_names_are_escaped(client):
    factories.submitted(name="<script>alert(1)</script>")
    page = text(client.get(LIST, {"q": "<script>"}))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_deleted_analyses_are_not_listed(client):
    analysis = factories.published()
    transitions.delete(analysis, by=Actor.COMMAND)
    response = client.get(LIST)
    assert values(response, "data-analysis-id") == []


def test_findings_under_verification_are_for_reviewers(as_role):
    factories.ended(publication="reviewer", number_of_findings=3)
    assert 'title="3 high"' in text(as_role("Reviewer").get(LIST))
    seen = text(as_role("Submitter").get(LIST))
    assert 'title="3 high"' not in seen
    assert "under verification" in seen


def test_actions_are_those_of_status_and_role(as_role):
    analysis = factories.running()
    stop = f"/analyses/{analysis.pk}/stop/"
    assert stop in text(as_role("Submitter").get(LIST))
    assert stop not in text(as_role("Viewer").get(LIST))
    transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND)
    assert stop not in text(as_role("Submitter").get(LIST))


def test_htmx_gets_the_fragment_and_the_clean_address(client, htmx_headers):
    factories.scheduled()
    response = client.get(f"{LIST}?q=&status=scheduled&page=1", headers=htmx_headers)
    assert "<html" not in text(response)
    assert 'id="analysis-list"' in text(response)
    assert response["HX-Push-Url"] == f"{LIST}?status=scheduled"
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_boosted_and_restored_pages_are_whole(client, htmx_headers, header):
    response = client.get(LIST, headers={**htmx_headers, header: "true"})
    assert "<html" in text(response)
    assert "HX-Request" in response["Vary"]


def test_poll_is_answered_with_204_until_something_changes(client, htmx_headers):
    analysis = factories.running()
    poll = {"v": version(client.get(LIST))}
    unchanged = client.get(LIST, poll, headers=htmx_headers)
    assert (unchanged.status_code, unchanged.content) == (204, b"")
    transitions.pause_analysis(analysis, by=Actor.COMMAND)
    changed = client.get(LIST, poll, headers=htmx_headers)
    assert changed.status_code == 200
    assert client.get(LIST, {"v": changed["X-List-Version"]}, headers=htmx_headers).status_code == 204


def test_poll_brings_the_row_that_changed_and_no_other(client, htmx_headers):
    analyses = [factories.running() if number == 20 else factories.submitted() for number in range(50)]
    whole = client.get(LIST, {"order": "name"}, headers=htmx_headers)
    transitions.stop_analysis(analyses[20], StopMode.SAVE, by=Actor.COMMAND)
    changes = client.get(LIST, {"order": "name", "v": version(whole)}, headers=htmx_headers)
    assert values(changes, "data-analysis-id") == [str(analyses[20].pk)]
    assert (changes["X-List-Change"], changes["HX-Reswap"]) == ("rows", "none")
    assert "1 of 2</strong> URL scans running" in text(changes)
    replaced = {element["id"] for element in elements(changes, "hx-swap-oob")}
    assert {f"analysis-{analyses[20].pk}", "capacity", "filter-count", "choice-count-in_progress"} <= replaced
    assert len(changes.content) < len(whole.content) / 10


def test_poll_brings_no_numbers_where_only_a_row_changed(client, htmx_headers):
    scan = factories.running().url_scans.get()
    poll = {"v": version(client.get(LIST))}
    transitions.renew(factories.fresh(scan), requests=5)
    changes = client.get(LIST, poll, headers=htmx_headers)
    assert values(changes, "data-analysis-id") == [str(scan.analysis_id)]
    assert 'id="capacity"' not in text(changes)


def test_poll_brings_the_whole_list_when_rows_enter_leave_or_move(client, htmx_headers):
    analyses = [factories.running(), factories.submitted(), factories.submitted()]

    def change_after(act) -> str:
        poll = {"v": version(client.get(LIST))}
        act()
        answer = client.get(LIST, poll, headers=htmx_headers)
        assert 'id="analysis-list"' in text(answer)
        assert (answer["HX-Push-Url"], "X-List-Version" in answer) == ("false", False)
        return answer["X-List-Change"]

    assert change_after(factories.submitted) == "whole; 1"
    assert change_after(lambda: transitions.pause_analysis(analyses[0], by=Actor.COMMAND)) == "whole; 1"
    ended = factories.published()
    assert change_after(lambda: transitions.delete(ended, by=Actor.COMMAND)) == "whole; 1"


@pytest.mark.parametrize("v", ["", "x", "1.2", "1.2.x", "1.99999999999999999999.1", "\u0663"])
def test_poll_with_a_version_that_is_none_gets_the_whole_list(client, htmx_headers, v):
    factories.submitted()
    response = client.get(LIST, {"v": v}, headers=htmx_headers)
    assert 'id="analysis-list"' in text(response)


def test_poll_sees_progress_deletion_and_capacity(client, htmx_headers):
    scan = factories.running().url_scans.get()
    ended = factories.published()

    def moved(change) -> bool:
        before = {"v": version(client.get(LIST))}
        change()
        return client.get(LIST, before, headers=htmx_headers).status_code == 200

    assert moved(lambda: transitions.renew(factories.fresh(scan), requests=5))
    assert moved(lambda: transitions.delete(ended, by=Actor.COMMAND))
    assert moved(lambda: ScanSettings.objects.update(capacity=9))


def test_poll_is_frequent_only_while_something_can_change(client):
    factories.published()
    assert values(client.get(LIST), "data-live") == ["15"]
    factories.running()
    assert values(client.get(LIST), "data-live") == ["2"]


# Session and user, who comes with permissions and settings, are two of each. A poll adds the header
# with the rows' versions, in one; a page has both apart, the rows, the totals of their URL scans, the counts per status
# and the views.
QUERIES = [
    ({}, 8, 3),
    ({"status": "in_progress"}, 8, 3),
    ({"status": ["in_progress", "scheduled", "completed_results_available"], "order": "-findings"}, 8, 3),
    ({"order": "status"}, 8, 3),
    ({"order": "start"}, 10, 6),  # its three parts are three walks, where a page reaches over all of them
    ({"order": "-duration"}, 10, 6),
    ({"page": 2}, 9, 5),  # which is empty, and so the last
    ({"page": "last", "order": "name"}, 8, 4),
    ({"q": "analysis"}, 11, 6),  # how many there are to look among, a sample, and which statuses these have
    ({"q": "nothing"}, 7, 5),  # no walk, no rows and no totals
]


def test_number_of_queries_does_not_grow(client, htmx_headers, django_assert_num_queries, monkeypatch):
    # Find judges by the last id how many there are. On PostgreSQL, ids count on from test to test.
    monkeypatch.setattr(search, "SAMPLE", sys.maxsize)
    factories.running()
    for _ in range(2):
        for _ in range(3):
            factories.published()
        for query, page, poll in QUERIES:
            with django_assert_num_queries(page, info=f"the page {query}"):
                response = client.get(LIST, query)
            with django_assert_num_queries(poll, info=f"a poll of {query}"):
                unchanged = client.get(LIST, {**query, "v": version(response)}, headers=htmx_headers)
            assert unchanged.status_code == 204


@pytest.mark.parametrize(("frequent", "page", "poll"), [(0, 15, 10), (sys.maxsize, 16, 11)])
def test_number_of_queries_of_find_among_many_does_not_grow(
    client, htmx_headers, django_assert_max_num_queries, monkeypatch, frequent, page, poll
):
    for name, value in {"SAMPLE": 1, "FREQUENT": frequent, "RUNS": 1}.items():
        monkeypatch.setattr(search, name, value)
    for _ in range(2):
        for _ in range(3):
            factories.published()
        with django_assert_max_num_queries(page):
            response = client.get(LIST, {"q": "analysis"})
        with django_assert_max_num_queries(poll):
            unchanged = client.get(LIST, {"q": "analysis", "v": version(response)}, headers=htmx_headers)
        assert unchanged.status_code == 204


def test_a_row_is_kept_as_it_was_made_until_anything_in_it_differs(client, as_role, settings):
    settings.CACHES = {**settings.CACHES, "rows": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    analysis = factories.ended(publication="reviewer", number_of_findings=3)
    seen = [text(as_role(role).get(LIST)) for role in ("Submitter", "Reviewer", "Viewer", "Submitter")]
    assert ['title="3 high"' in page for page in seen] == [False, True, False, False]
    assert ['name="chosen"' in page for page in seen] == [True, True, False, True]
    transitions.stop_analysis(analysis, StopMode.DELETE, by=Actor.COMMAND)
    assert "stopped_deleting_results" in values(client.get(LIST), "data-status")


def test_further_filters_stand_in_their_dropdown_as_they_are(client):
    factories.user(username="ada")
    response = client.get(f"{LIST}?owner=ada&severity=high&started_from=2026-07-02&latest=1&ended_from=today")
    fields = {field["name"]: field for field in elements(response, "name")}
    assert (fields["owner"]["value"], fields["started_from"]["value"]) == ("ada", "2026-07-02")
    assert "checked" in fields["latest"] and fields["ended_from"]["type"] == "hidden"
    assert '<option value="high" selected>' in text(response)


def test_submitters_are_offered_to_who_may_see_the_list(client, as_role):
    factories.submitted(by=factories.user(username="ada"))
    factories.user(username="never-did")
    assert values(client.get(f"{LIST}submitters/"), "value") == ["me", "ada"]
    assert as_role("").get(f"{LIST}submitters/").status_code == 403


def test_row_of_what_runs_shows_its_progress_and_what_time_is_left(client):
    analysis = factories.running(duration=timedelta(hours=2))
    assert not elements(client.get(LIST), "max")  # the engine has not said how much there is
    transitions.renew(analysis.url_scans.get(), modules_done=3, modules_total=12)
    response = client.get(LIST)
    assert [(bar["value"], bar["max"]) for bar in elements(response, "max")] == [("3", "12")]
    analysis.refresh_from_db()
    (until,) = (moment["datetime"] for moment in elements(response, "data-until"))
    assert until == analysis.expires_at.isoformat() and "left: <time" in text(response)


def test_row_of_what_has_ended_shows_neither(client):
    factories.published()
    response = client.get(LIST)
    assert not elements(response, "max") and not elements(response, "data-until")


@pytest.mark.parametrize(
    "query",
    [
        {"started_to": "9999-12-31"},
        {"started_from": "0001-01-01"},
        {"page": "after~0~0001-01-01 00:00:00+14:00~5"},
        {"page": "after~0~9999-12-31 23:59:59-14:00~5"},
        {"order": "start", "page": "after~1~0001-01-01 00:00:00+14:00~5"},
        {"order": "duration", "page": "after~1~P999999999999D~5"},
        {"order": "-duration", "page": "after~1~999999999 00:00:00~5"},
    ],
)
def test_a_date_that_no_calendar_has_is_ignored_with_a_notice(client, query):
    factories.published()
    answer = client.get("/analyses/?" + urlencode(query))
    assert answer.status_code == 200
    assert "There is no page" in text(answer) or "not a valid value" in text(answer)


@pytest.mark.parametrize("shown", ["http://[", "http://[x]/"])
def test_htmx_on_a_page_of_no_address(client, htmx_headers, shown):
    analysis = factories.running()
    headers = {**htmx_headers, "HX-Current-URL": shown}
    assert client.get("/analyses/", headers=headers).status_code == 200
    assert client.post(f"{analysis.get_absolute_url()}pause/", headers=headers).status_code < 400
    assert client.post(f"{analysis.get_absolute_url()}pause/", headers=headers).status_code == 409


def test_a_row_says_that_coverage_is_low_in_words_and_without_another_query(client, django_assert_num_queries):
    factories.published(name="Whole")
    client.get(LIST)
    with CaptureQueriesContext(connection) as before:
        assert not elements(client.get(LIST), "data-low-coverage")
    low = factories.noticed(name="Low")
    with django_assert_num_queries(len(before)):
        response = client.get(LIST)
    assert len(elements(response, "data-low-coverage")) == 1
    row = text(response).partition(f'data-analysis-id="{low.pk}"')[2].partition("</tr>")[0]
    assert 'aria-label="Coverage is low: see the notices of its URL scans"' in row


def test_the_count_within_chosen_statuses_is_never_0_with_a_plus_above_rows(client, monkeypatch):
    monkeypatch.setattr(search, "COUNT_LIMIT", 3)
    for number in range(5):
        factories.submitted(name=f"Submitted {number}", start_at=None)
    factories.running(name="Running")
    shown = text(client.get(LIST, {"latest": "1", "status": "in_progress"}))
    assert "<strong>1</strong>" in shown and ">0+<" not in shown
    monkeypatch.setattr(AnalysisFilterSet, "page_size", 2)
    shown = text(client.get(LIST, {"latest": "1", "status": "submitted"}))
    assert "<strong>3+</strong>" in shown and ">0+<" not in shown


def test_a_row_says_why_an_analysis_failed_or_waits_and_which_module_runs(client):
    failed, running = factories.submitted(name="Failed"), factories.running(name="Running")
    transitions.fail_submission(failed, reason="The disk is gone.")
    transitions.renew(running.url_scans.get(), module="sql", modules_done=12, modules_total=24)
    shown = text(client.get(LIST))
    rows = dict(re.findall(r'data-name="(\w+)">(.*?)</tr>', shown))
    assert "The disk is gone." in rows["Failed"] and "module sql" not in rows["Failed"]
    assert "module sql · 12 / 24" in rows["Running"]


def test_the_view_stuck_shows_what_waits_without_progress_the_longest_waiting_first(client):
    for name, minutes in (("Fresh", 1), ("Old", 30), ("Oldest", 60)):
        analysis = factories.submitted(name=name)
        Analysis.objects.filter(pk=analysis.pk).update(changed_at=timezone.now() - timedelta(minutes=minutes))
    running = factories.running(name="Running")
    Analysis.objects.filter(pk=running.pk).update(changed_at=timezone.now() - timedelta(hours=9))
    assert ">Stuck</a>" in text(client.get(LIST))
    page = client.get(LIST, {"stuck": "1", "order": "changed"})
    assert values(page, "data-name") == ["Oldest", "Old"]
    assert "without progress for 10 minutes" in text(page)
