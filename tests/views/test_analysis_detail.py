"""The summary of one analysis, and its activity log."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.encryption import seal
from scans.models import ActivityLogEntry, Actor, Finding, ScanSettings, UrlScan
from scans.results import findings
from scans.statuses import AnalysisStatus, EndedBy
from scans.views import analysis_detail
from tests import factories
from tests.memory import most_memory_of
from tests.views.page import elements, text, values, version

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


def test_what_was_decided_about_a_finding_is_told_once_the_finding_may_be_seen(as_role):
    analysis = factories.ended(publication="reviewer")
    finding = Finding.objects.get()
    transitions.mark(finding, by=factories.user("Reviewer"), mark="confirmed", comment="The page echoes q.")
    viewer, addresses = as_role("Submitter"), (page(analysis), f"{page(analysis)}activity-log.csv")

    def told(client):
        return ["The page echoes q." in client.get(address).getvalue().decode() for address in addresses]

    assert told(as_role("Reviewer")) == [True, True] and told(viewer) == [False, False]
    factories.verify(finding.url_scan)
    transitions.publish(factories.fresh(analysis), by=factories.user("Reviewer"))
    assert told(viewer) == [True, True]


def test_the_log_as_a_file_gives_its_reasons_in_english_whoever_reads_it(as_role):
    ScanSettings.objects.update(capacity=1)
    factories.running()
    address, viewer = f"{page(factories.started())}activity-log.csv", as_role("Viewer")
    german = viewer.get(address, headers={"accept-language": "de"}).getvalue().decode()
    assert "The capacity is used up" in german and "Kapazität" not in german


def entries_of(response) -> list[str]:
    return [each for each in values(response, "id") if each.startswith("entry-")]


def address_of_older(response) -> str:
    link = next(e for e in elements(response, "href") if e.get("id") == "older-entries")
    return link["href"].split("#")[0]


def test_older_entries_are_added_below(client):
    analysis = factories.running(*(f"http://127.0.0.1:9/{number}" for number in range(20)))
    newest = client.get(page(analysis))
    assert len(values(newest, "data-action")) == 50
    grown = client.get(page(analysis) + address_of_older(newest))
    everything = [f"entry-{pk}" for pk in analysis.activity.values_list("pk", flat=True)]
    assert entries_of(grown) == everything and entries_of(newest) == everything[:50]
    assert "older-entries" not in values(grown, "id")


def test_a_page_that_has_grown_enough_leads_to_a_page_of_older_entries(client, monkeypatch):
    monkeypatch.setattr(analysis_detail, "LOG_PAGE_SIZE", 5)
    monkeypatch.setattr(analysis_detail, "MAX_LOG_ENTRIES", 10)
    analysis = factories.running(*(f"http://127.0.0.1:9/{number}" for number in range(5)))
    everything = [f"entry-{pk}" for pk in analysis.activity.values_list("pk", flat=True)]
    grown = client.get(page(analysis), {"entries": 10**6})
    assert entries_of(grown) == everything[:10]
    older = client.get(page(analysis) + address_of_older(grown))
    assert entries_of(older) == everything[10:15]


def test_an_entry_has_an_address_of_its_own_however_old_it_is(client, monkeypatch):
    monkeypatch.setattr(analysis_detail, "LOG_PAGE_SIZE", 5)
    analysis = factories.running(*(f"http://127.0.0.1:9/{number}" for number in range(5)))
    first = analysis.activity.last()
    state = next(e["href"] for e in elements(client.get(page(analysis)), "href") if f"#entry-{first.pk}" in e["href"])
    assert entries_of(client.get(state.split("#")[0])) == [f"entry-{first.pk}"]


def test_entries_of_one_moment_are_one_line_that_holds_each_of_them(client):
    analysis = factories.started(*(f"http://127.0.0.1:9/{number}" for number in range(3)))
    shown = client.get(page(analysis))
    assert entries_of(shown) == [f"entry-{pk}" for pk in analysis.activity.values_list("pk", flat=True)]
    merged = text(shown).partition('id="moment-')[2].partition("</summary>")[0]
    assert "analysis and 3 URLs" in re.sub(r"\s+", " ", text(shown)) and "Scheduled" in merged
    scan = analysis.url_scans.last()
    of_url = client.get(page(analysis), {"log_url": scan.pk})
    assert values(of_url, "data-action")[-1] == "url_scan.submitted" and 'id="moment-' not in text(of_url)


def test_the_address_of_an_entry_opens_the_line_that_holds_it(client):
    analysis = factories.started("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    assert " open>" not in text(client.get(page(analysis))).partition('id="activity-log"')[2]
    entry = analysis.activity.filter(action="url_scan.queued").first()
    opened = text(client.get(page(analysis), {"before": entry.pk + 1}))
    assert re.search(r'<details id="moment-\d+" open>', opened)


def test_the_next_step_is_the_only_primary_button(client):
    for analysis, label in (
        (factories.published(), "Open the findings"),
        (factories.scheduled(), None),
        (transitions.save(factories.submission(), by=Actor.COMMAND), "Submit"),
    ):
        main = text(client.get(page(analysis))).partition("<main")[2].partition("</main>")[0]
        buttons = re.findall(r'class="button button--primary"[^>]*>.*?</svg>([^<]+)<', main)
        assert buttons == ([label] if label else [])


def test_what_changed_stands_with_the_severities_before_the_timeline(client):
    published_run(1, 2)
    shown = text(client.get(page(published_run(2, 3))))
    places = [shown.index(f'id="{name}"') for name in ("results", "changes", "timeline", "urls", "activity-log")]
    assert places == sorted(places)


def test_what_waits_for_a_slot_says_how_many_have_waited_longer(client, htmx_headers):
    ScanSettings.objects.update(capacity=1)
    _, first, second = (factories.started() for _ in range(3))
    assert "No analysis has waited longer." in text(client.get(page(first)))
    shown = client.get(page(second))
    assert "1 analysis has waited longer." in text(shown)
    poll = {"v": version(shown)}
    assert client.get(page(second), poll, headers=htmx_headers).status_code == 204
    transitions.stop_analysis(first, by=Actor.COMMAND, mode="delete")
    assert "No analysis has waited longer." in text(client.get(page(second), poll, headers=htmx_headers))


def test_the_usual_duration_is_that_of_the_last_complete_run_before(client, clock):
    for minutes, ended_by in ((12, EndedBy.ITSELF), (3, EndedBy.ENGINE)):
        analysis = factories.running(name="Shop")
        clock.shift(timedelta(minutes=minutes))
        scan = analysis.url_scans.get()
        findings.store(scan, [factories.reported(1)])
        transitions.end(scan, ended_by)
        factories.verify(scan)
    latest = factories.running(name="Shop")
    assert "run 1 took 12 min" in text(client.get(page(latest)))
    assert "run 1 took 12 min" in text(client.get("/analyses/")) and "run 2 took" not in text(client.get("/analyses/"))
    assert "usual-duration" not in text(client.get(page(factories.running(name="Another"))))


def test_what_should_have_moved_on_holds_the_amber_words(client):
    assert "data-overdue" in text(client.get(page(factories.submitted())))
    assert "data-overdue" not in text(client.get(page(factories.running())))


def test_refused_attempts_are_marked_and_can_be_had_alone(client):
    analysis = factories.published()
    client.post(f"{page(analysis)}pause/")
    refused = client.get(page(analysis), {"log_kind": "refused"})
    assert values(refused, "data-action") == ["analysis.refused"]
    assert "log-entry--refused" in text(refused)


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
    assert "need the role Submitter" in seen
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
    assert "The address may be mistyped" in text(response)


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
    with django_assert_num_queries(11):
        response = client.get(page(small))
    with django_assert_num_queries(4):
        client.get(page(small), {"v": version(response)}, headers=htmx_headers)
    large = factories.running(*(f"http://127.0.0.1:9/{number}" for number in range(20)))
    with django_assert_num_queries(11):
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
    assert "2 new" in shown and "1 still there" in shown and "1 no longer found" in shown


def test_a_partial_run_does_not_claim_that_anything_is_gone(client):
    published_run(1, 2)
    shown = text(client.get(page(published_run(2, complete=False))))
    assert "1 not seen in this partial run" in shown and "no longer found" not in shown


def test_the_timeline_shows_each_state_with_how_long_it_lasted(client, clock):
    analysis = factories.running()
    clock.shift(timedelta(minutes=7))
    shown = client.get(page(analysis)).content.decode().partition('id="timeline"')[2].partition("</section>")[0]
    assert [info.label for info in (AnalysisStatus.SUBMITTED.info, AnalysisStatus.IN_PROGRESS.info)] == [
        label for label in ("Submitted", "In Progress") if f">{label}</a>" in shown
    ]
    assert shown.count("data-since") == 1 and shown.count("<rect") == shown.count('<li class="timeline-state')


def test_elapsed_and_time_left_are_shown_only_while_it_runs(client):
    running = text(client.get(page(factories.running())))
    assert "Elapsed" in running and "Time left" in running
    for other in (factories.scheduled(), factories.published()):
        shown = text(client.get(page(other)))
        assert "Elapsed" not in shown and "Time left" not in shown


def test_the_clock_of_the_duration_stands_still_in_a_blackout_window(client, clock):
    analysis = factories.running(duration=timedelta(hours=1))
    transitions.begin_blackout(analysis, until=timezone.now() + timedelta(hours=8))
    clock.shift(timedelta(hours=3))
    shown = text(client.get(page(analysis)))
    assert "paused during the blackout window" in shown and "59 min 5" in shown
    used, _, of_at_most = shown.partition("Run time")[2].partition("<dd>")[2].partition("of at most")
    assert re.match(r"\d s ", used) and of_at_most.startswith(" 1 h")


def test_waiting_for_a_reviewer_is_no_part_of_the_duration(client, clock):
    analysis = factories.ended(publication="reviewer", duration=timedelta(hours=1))
    clock.shift(timedelta(hours=3))
    shown = text(client.get(page(analysis)))
    assert "of at most" not in shown and "including waiting and verification; scanning takes at most 1 h" in shown


def test_the_log_says_until_when_a_window_lasts_on_the_reader_s_clock(client):
    client.post("/settings/", {"time_zone": "Asia/Tokyo", "theme": "auto", "page_size": "25"})
    analysis = factories.running()
    transitions.begin_blackout(analysis, until=datetime(2027, 1, 6, 16, 0, tzinfo=UTC))
    assert "keeps the analysis from scanning until 2027-01-07 01:00 JST" in text(client.get(page(analysis)))


def test_blackout_windows_of_the_coming_week_are_drawn_and_told(client):
    assert "The coming week" not in text(client.get(page(factories.scheduled())))
    start = timezone.now() + timedelta(days=2)
    windows = {"blackout": "daily 12:00-13:00", "time_zone": "Asia/Tokyo"}
    shown = text(client.get(page(factories.scheduled(start_at=start, **windows))))
    assert shown.count("calendar-strip-closed") >= 6 and "Starts:" in shown
    assert "12:00 –" in shown and "13:00" in shown and "Asia/Tokyo" in shown


def test_only_a_page_of_many_urls_is_shown_and_they_can_be_narrowed_by_phase(client, monkeypatch):
    monkeypatch.setattr(analysis_detail, "URL_PAGE_SIZE", 2)
    analysis = factories.running(*(f"http://127.0.0.1:9/{number}" for number in range(5)))
    ids = [str(pk) for pk in analysis.url_scans.order_by("position").values_list("pk", flat=True)]
    first = client.get(page(analysis))
    assert values(first, "data-url-scan-id") == ids[:2] and "1–2 of 5" in text(first)
    assert values(client.get(page(analysis), {"url_page": 3}), "data-url-scan-id") == ids[4:]
    running = [str(scan.pk) for scan in analysis.url_scans.filter(status="in_progress").order_by("position")]
    assert values(client.get(page(analysis), {"urls": "active"}), "data-url-scan-id") == running
    for bogus in ({"urls": "bogus"}, {"url_page": "bogus"}):
        assert values(client.get(page(analysis), bogus), "data-url-scan-id") == ids[:2]


@pytest.fixture
def scan():
    return factories.published().url_scans.get()


@pytest.fixture
def viewer(client):
    client.force_login(factories.user("Viewer"))
    return client


def test_the_summary_of_250_urls_and_10_000_log_entries_holds_little_more_than_one_of_60_and_200(scan, viewer):
    analysis = scan.analysis
    address = analysis.get_absolute_url()

    def held_with(urls, entries):
        positions = range(analysis.url_scans.count(), urls)
        UrlScan.objects.bulk_create(another(scan, position=number, url=f"{scan.url}{number}") for number in positions)
        entry = analysis.activity.last()
        ActivityLogEntry.objects.bulk_create(another(entry) for _ in range(analysis.activity.count(), entries))
        viewer.get(address)
        return most_memory_of(lambda: viewer.get(address))

    few = held_with(60, 200)
    assert held_with(250, 10_000) < 1.5 * few
    assert (analysis.url_scans.count(), analysis.activity.count()) == (250, 10_000)


def another(thing, **fields):
    """A row like this one."""
    values = {field.attname: getattr(thing, field.attname) for field in thing._meta.concrete_fields}
    return type(thing)(**(values | {"id": None} | fields))


def test_the_configuration_shows_left_out_addresses_and_the_names_of_headers(client):
    headers = {"X-Team": seal("red"), "X-Scan-Id": seal("owl-77")}
    analysis = factories.running(left_out="/logout\n*delete*", headers=headers)
    page = text(client.get(analysis.get_absolute_url()))
    assert "<code>/logout</code> <code>*delete*</code>" in page and "<code>X-Scan-Id</code> <code>X-Team</code>" in page
    assert "owl-77" not in page and analysis.headers["X-Scan-Id"] not in page


def test_a_review_says_whether_findings_are_checked_and_how_many_are_reviewed(as_role):
    analysis = factories.ended(number_of_findings=2, publication="reviewer")
    reviewer, viewer = as_role("Reviewer"), as_role("Viewer")
    for client in (reviewer, viewer):
        assert "Checking each finding again, usually under 5 minutes" in text(client.get(analysis.get_absolute_url()))
    factories.verify(analysis.url_scans.get())
    page = text(reviewer.get(analysis.get_absolute_url()))
    assert "Checked. Waiting for a reviewer" in page and "0 of 2 reviewed" in page and "Review 2 findings" in page
    seen = text(viewer.get(analysis.get_absolute_url()))
    assert "Checked. Waiting for a reviewer" in seen and "reviewed" not in seen and "Review 2" not in seen
    for finding in Finding.objects.all():
        transitions.mark(finding, by=Actor.COMMAND, mark="confirmed")
    page = text(reviewer.get(analysis.get_absolute_url()))
    assert "2 of 2 reviewed" in page and "Review 2" not in page and "Everything is reviewed" in page
    transitions.publish(factories.fresh(analysis), by=Actor.COMMAND)
    assert "review-state" not in text(reviewer.get(analysis.get_absolute_url()))
