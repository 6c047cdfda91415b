"""The tabs of one URL scan: Scan Details, Findings, Engine Log, Configuration."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from scans import artifacts, transitions
from scans.encryption import seal
from scans.engines.events import AddressSeen, ModuleFailed, Reach
from scans.exports.formats import FORMATS
from scans.models import Analysis, Artifact, Finding, Screenshot, TargetCheck
from scans.results import coverage, module_errors
from scans.statuses import EndedBy, UrlScanStatus
from tests import factories
from tests.memory import MEGABYTE, most_memory_of
from tests.views.page import elements, text, values, version

pytestmark = pytest.mark.django_db
TABS = ["", "findings/", "log/", "configuration/"]


def url_scan(analysis):
    return analysis.url_scans.get()


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("make", [factories.submitted, factories.running, factories.ended, factories.published])
def test_every_tab_has_its_own_address_in_every_state(client, tab, make):
    scan = url_scan(make())
    response = client.get(scan.get_absolute_url() + tab)
    assert response.status_code == 200
    assert scan.status in values(response, "data-status")
    assert 'aria-current="page"' in text(response)


def test_details_explain_status_reason_and_checks(client):
    analysis = factories.submitted()
    scan = url_scan(analysis)
    TargetCheck.objects.create(
        url_scan=scan,
        at=timezone.now(),
        occasion="prescan",
        step="connect",
        passed=False,
        reason="refused",
        detail="<b>no</b>",
        milliseconds=41,
    )
    transitions.fail_checks(scan, UrlScanStatus.CONNECTION_ERROR, step="connect", reason="Refused <b>thrice</b>")
    shown = text(client.get(scan.get_absolute_url()))
    info = UrlScanStatus.CONNECTION_ERROR.info
    for part in (info.label, info.description, info.next_step, "Refused &lt;b&gt;thrice", "&lt;b&gt;no", "41 ms"):
        assert part in shown


def test_details_show_what_the_engine_counted(client):
    scan = url_scan(factories.running())
    counts = {"requests": 8123, "responses": {"2xx": 7001}, "network_errors": 17, "urls_crawled": 212}
    transitions.renew(scan, **counts, modules_done=3, modules_total=9)
    shown = text(client.get(scan.get_absolute_url()))
    for part in ("8123", "2xx: 7001", "17", "212", "3 of 9 modules", "Fake 1"):
        assert part in shown


def test_findings_under_verification_are_for_reviewers(as_role):
    scan = url_scan(factories.ended(publication="reviewer"))
    finding = scan.findings.get()
    address = f"{scan.get_absolute_url()}findings/"
    assert "Reflected Cross Site Scripting" in text(as_role("Reviewer").get(address))
    viewer = as_role("Viewer")
    assert "under verification" in text(viewer.get(address))
    assert "Reflected Cross Site Scripting" not in text(viewer.get(address))
    assert viewer.get(f"{address}{finding.pk}/").status_code == 404


def test_findings_can_be_narrowed_by_severity_and_replay(client):
    scan = url_scan(factories.published(number_of_findings=2))
    address = f"{scan.get_absolute_url()}findings/"
    assert "page1" in text(client.get(address, {"severity": "high", "replay": "confirmed"}))
    assert "None of the 2 findings match" in text(client.get(address, {"severity": "low"}))
    assert "Ignored the filter" in text(client.get(address, {"severity": "bogus"}))


def test_finding_shows_its_evidence_escaped(client):
    scan = url_scan(factories.published())
    shown = text(client.get(f"{scan.get_absolute_url()}findings/{scan.findings.get().pk}/"))
    assert "&lt;p&gt;<mark>&lt;script&gt;</mark>&lt;/p&gt;" in shown
    assert "curl &#x27;http://127.0.0.1:9/page1" in shown
    assert "Confirmed" in shown
    assert "<p><script></p>" not in shown


def test_reference_with_a_script_is_no_link(client):
    analysis = factories.running()
    factories.find(url_scan(analysis), references=(("Bad", "javascript:alert(1)"), ("Good", "https://owasp.example/")))
    transitions.end(url_scan(analysis), "itself")
    factories.verify(url_scan(analysis))
    scan = url_scan(analysis)
    shown = text(client.get(f"{scan.get_absolute_url()}findings/{scan.findings.get().pk}/"))
    assert 'href="https://owasp.example/"' in shown
    assert 'href="javascript' not in shown


@pytest.fixture
def reviewer(as_role):
    """The browser of somebody who may read the log of a scan that runs."""
    return as_role("Reviewer")


def test_engine_log_is_escaped_and_can_be_had_whole(reviewer, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    scan = url_scan(factories.running())
    scan.directory.mkdir(parents=True)
    (scan.directory / "engine.log").write_text("first <b>\nlast\n")
    assert "first &lt;b&gt; last" in text(reviewer.get(f"{scan.get_absolute_url()}log/"))
    whole = reviewer.get(f"{scan.get_absolute_url()}log/engine.log")
    assert whole["Content-Type"].startswith("text/plain")
    assert b"".join(whole.streaming_content) == b"first <b>\nlast\n"


def test_missing_engine_log_is_explained(reviewer, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    scan = url_scan(factories.submitted())
    assert "No log. The engine has not started" in text(reviewer.get(f"{scan.get_absolute_url()}log/"))
    assert reviewer.get(f"{scan.get_absolute_url()}log/engine.log").status_code == 404


def test_the_log_of_a_scan_that_runs_on_another_host_is_said_to_be_there(reviewer, on, remote, htmx_headers):
    scan = url_scan(factories.started())
    scan = transitions.take(scan.pk, "worker", among=[UrlScanStatus.QUEUED])
    artifacts.prepare(scan)
    transitions.begin(scan, engine="Fake", version="1")
    on("b")
    page = reviewer.get(f"{scan.get_absolute_url()}log/")
    assert "This scan runs on host a. Its log appears here when it pauses or ends." in text(page)
    assert reviewer.get(log_end(page)["hx-get"], headers=htmx_headers).status_code == 204
    whole = reviewer.get(f"{scan.get_absolute_url()}log/engine.log")
    assert whole.status_code == 404 and "runs on host a" in text(whole)


@pytest.fixture
def stored_log(on, remote):
    """A paused scan whose log is in a storage."""
    scan = url_scan(factories.running())
    name = default_storage.save("scans/log", ContentFile(b"first <b>\n"))
    Artifact.objects.create(url_scan=scan, kind="log", name=name, host="b", at=timezone.now())
    return scan


def test_a_log_in_the_storage_is_shown_and_can_be_had_whole(reviewer, stored_log):
    address = f"{stored_log.get_absolute_url()}log/"
    assert "first &lt;b&gt;" in text(reviewer.get(address))
    assert b"".join(reviewer.get(f"{address}engine.log").streaming_content) == b"first <b>\n"


def test_a_storage_that_fails_or_lost_a_file_breaks_no_page(reviewer, stored_log, remote, down):
    address, picture = f"{stored_log.get_absolute_url()}log/", Screenshot(url_scan=stored_log, shows="target")
    picture.at, picture.image.name = timezone.now(), "screenshots/gone.png"
    picture.save()
    image = f"{stored_log.get_absolute_url()}screenshots/{picture.pk}/"
    remote.broken = down
    assert "cannot be read now" in text(reviewer.get(address))
    for file in (f"{address}engine.log", image):
        response = reviewer.get(file)
        assert response.status_code == 503 and "cannot be read now" in text(response)
    remote.broken = None
    default_storage.delete("scans/log")
    assert "No log." in text(reviewer.get(address))
    assert [reviewer.get(file).status_code for file in (f"{address}engine.log", image)] == [404, 404]


def test_a_picture_whose_file_is_missing_is_said_to_be(reviewer, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    scan = url_scan(factories.running())
    TargetCheck.objects.create(url_scan=scan, at=timezone.now(), occasion="start", step="page", passed=True)
    Screenshot.objects.create(url_scan=scan, shows="target", at=timezone.now(), image="screenshots/gone.png")
    assert "The file of this picture is missing." in text(reviewer.get(scan.get_absolute_url()))


def log_end(response) -> dict:
    """The element at the log's end, which asks for more."""
    return next(element for element in elements(response, "hx-get") if "log/piece/" in element["hx-get"])


def test_an_engine_log_grows_by_what_is_new_and_polls_of_the_page_bring_none_of_it(
    reviewer, htmx_headers, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    scan = url_scan(factories.running())
    scan.directory.mkdir(parents=True)
    log = scan.directory / "engine.log"
    log.write_text("one line\n")
    page = reviewer.get(f"{scan.get_absolute_url()}log/")
    end = log_end(page)
    assert end["data-live"] == "2"
    assert reviewer.get(end["hx-get"], headers=htmx_headers).status_code == 204
    with log.open("a") as file:
        file.write("second <b>\n")
    piece = reviewer.get(end["hx-get"], headers=htmx_headers)
    assert text(piece).startswith("second &lt;b&gt; <span") and "one line" not in text(piece)
    assert reviewer.get(log_end(piece)["hx-get"], headers=htmx_headers).status_code == 204
    poll = reviewer.get(f"{scan.get_absolute_url()}log/", {"v": "0"}, headers=htmx_headers)
    assert "data-grows" in text(poll) and "one line" not in text(poll)


def test_a_log_that_was_restarted_or_is_gone_is_no_error(reviewer, htmx_headers, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    scan = url_scan(factories.running())
    scan.directory.mkdir(parents=True)
    log = scan.directory / "engine.log"
    log.write_text("a long first line\n")
    end = log_end(reviewer.get(f"{scan.get_absolute_url()}log/"))
    log.write_text("anew\n")
    assert "restarted --- anew" in text(reviewer.get(end["hx-get"], headers=htmx_headers))
    log.unlink()
    gone = reviewer.get(end["hx-get"], headers=htmx_headers)
    assert gone.status_code == 200
    assert reviewer.get(log_end(gone)["hx-get"], headers=htmx_headers).status_code == 204


def test_the_log_of_a_scan_that_has_ended_is_asked_for_no_more(client, htmx_headers, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    scan = url_scan(factories.published())
    piece = client.get(f"{scan.get_absolute_url()}log/piece/", headers=htmx_headers)
    assert (piece.status_code, log_end(piece)["data-live"]) == (200, "0")


def test_pieces_of_a_log_are_for_who_may_see_the_page(as_role):
    address = f"{url_scan(factories.running()).get_absolute_url()}log/piece/"
    assert as_role("Reviewer").get(address).status_code == 204
    assert as_role("").get(address).status_code == 403


@pytest.mark.parametrize("state", [factories.running, factories.ended])
def test_the_log_names_what_was_found_and_is_for_reviewers_until_that_is_published(as_role, settings, tmp_path, state):
    settings.VAR_DIR = tmp_path
    scan = url_scan(state())
    scan.directory.mkdir(parents=True)
    (scan.directory / "engine.log").write_text("SQL Injection in /product via injection in the parameter id\n")
    viewer, address = as_role("Submitter"), f"{scan.get_absolute_url()}log/"
    shown = text(viewer.get(address))
    assert "SQL Injection" not in shown and "Reviewers can read it now" in shown
    assert [viewer.get(f"{address}{part}").status_code for part in ("piece/", "engine.log")] == [403, 403]
    assert "SQL Injection" in text(as_role("Reviewer").get(address))


def test_a_log_page_that_was_open_when_the_results_were_published_shows_it_then(
    as_role, htmx_headers, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    scan = url_scan(factories.published())
    scan.directory.mkdir(parents=True)
    (scan.directory / "engine.log").write_text("SQL Injection\n")
    poll = as_role("Viewer").get(f"{scan.get_absolute_url()}log/", {"v": "0"}, headers=htmx_headers)
    assert "SQL Injection" in text(poll)


@pytest.mark.parametrize("tab", TABS)
def test_roles(as_role, tab):
    address = url_scan(factories.running()).get_absolute_url() + tab
    assert as_role("Viewer").get(address).status_code == 200
    assert as_role("").get(address).status_code == 403


def test_actions_are_hidden_from_viewers(as_role):
    scan = url_scan(factories.running())
    assert f"{scan.get_absolute_url()}stop/" in text(as_role("Submitter").get(scan.get_absolute_url()))
    assert f"{scan.get_absolute_url()}stop/" not in text(as_role("Viewer").get(scan.get_absolute_url()))


def test_url_scan_of_another_or_a_deleted_analysis_is_not_found(client):
    one, other = factories.published(), factories.submitted()
    scan = url_scan(one)
    assert client.get(f"/analyses/{other.pk}/scans/{scan.pk}/").status_code == 404
    transitions.delete(one, by=factories.user())
    assert client.get(scan.get_absolute_url()).status_code == 404


def test_poll_and_number_of_queries(client, htmx_headers, django_assert_num_queries):
    scan = url_scan(factories.published(number_of_findings=5))
    with django_assert_num_queries(8):
        response = client.get(scan.get_absolute_url())
    with django_assert_num_queries(4):
        poll = client.get(scan.get_absolute_url(), {"v": version(response)}, headers=htmx_headers)
    assert poll.status_code == 204
    with django_assert_num_queries(11):
        client.get(f"{scan.get_absolute_url()}findings/")
    with django_assert_num_queries(4):
        client.get(f"{scan.get_absolute_url()}configuration/")


def test_results_can_be_taken_away_in_every_format(client):
    scan = factories.published().url_scans.get()
    links = [link for link in values(client.get(scan.get_absolute_url()), "href") if "/results." in link]
    assert links == [f"{scan.get_absolute_url()}results.{form}" for form in FORMATS]


def test_pages_say_what_the_retention_policy_removed(client):
    analysis = factories.published(ended_by=EndedBy.DURATION)
    scan = url_scan(analysis)
    address = analysis.get_absolute_url()
    assert "retention policy" not in text(client.get(address)) and "continue/" in client.get(address).text
    now = timezone.now()
    columns = {f"{part}_expired_at": now for part in ("evidence", "screenshots", "log")}
    Analysis.objects.filter(pk=analysis.pk).update(**columns)
    for page in (address, scan.get_absolute_url()):
        shown = text(client.get(page))
        assert "Removed by the retention policy: requests, answers, engine logs and saved sessions (" in shown
        assert "screenshots (" in shown and "the activity log up to then (" in shown
        assert "Earlier statuses are missing: their log entries were removed." in shown
    assert "continue/" not in client.get(address).text
    assert "no longer stored" in text(client.get(scan.findings.get().get_absolute_url()))
    assert "The log is no longer stored." in text(client.get(f"{scan.get_absolute_url()}log/"))
    results = b"".join(client.get(f"{address}results.json").streaming_content).decode()
    assert "The retention policy has removed requests and responses." in results


def test_details_say_how_many_of_the_known_urls_were_attacked(client):
    scan = url_scan(factories.running())
    assert "URLs attacked" not in text(client.get(scan.get_absolute_url()))
    told = [("a", Reach.FOUND), ("b", Reach.FOUND), ("c", Reach.BLOCKED), ("d", Reach.SKIPPED), ("a", Reach.ATTACKED)]
    coverage.store(
        scan, [AddressSeen(method="GET", url=scan.url + name, status=200, reach=reach) for name, reach in told]
    )
    page = client.get(scan.get_absolute_url())
    assert "1 of 2 known" in text(page)
    (bar,) = (bar for bar in elements(page, "max") if bar["aria-label"] == "URLs attacked")
    assert (bar["value"], bar["max"]) == ("1", "2")


@pytest.fixture
def scan():
    return factories.published().url_scans.get()


@pytest.fixture
def viewer(client):
    client.force_login(factories.user("Viewer"))
    return client


def engine_log_of(scan, megabytes, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    scan.directory.mkdir(parents=True)
    with (scan.directory / "engine.log").open("wb") as log:
        log.seek(megabytes * MEGABYTE)  # holes take no room on the disk
        log.write(b"\nthe last line\n")


def as_reported(scan, number):
    """One more finding, like the first."""
    finding = scan.findings.defer(None).first()
    finding.pk, finding.identity, finding.fingerprint = None, f"identity {number}", f"fingerprint {number}"
    finding.parameter = f"parameter-{number}"
    return finding


def test_the_page_of_an_engine_log_of_100_megabytes_reads_its_end_only(scan, viewer, settings, tmp_path):
    engine_log_of(scan, 100, settings, tmp_path)
    page = f"{scan.get_absolute_url()}log/"
    viewer.get(page)  # what is loaded once is no matter of the log
    assert most_memory_of(lambda: viewer.get(page)) < 10 * MEGABYTE
    assert "the last line" in viewer.get(page).content.decode()


def test_a_piece_of_an_engine_log_of_100_megabytes_is_a_piece(scan, viewer, settings, tmp_path):
    engine_log_of(scan, 100, settings, tmp_path)
    page = f"{scan.get_absolute_url()}log/piece/"
    viewer.get(page)
    assert most_memory_of(lambda: viewer.get(page, {"after": "1-0"})) < 2 * MEGABYTE
    assert len(viewer.get(page).content) < 2 * 64 * 1024


def test_an_engine_log_of_20_megabytes_is_streamed(scan, viewer, settings, tmp_path):
    engine_log_of(scan, 0, settings, tmp_path)
    with (scan.directory / "engine.log").open("a") as log:
        log.writelines(f"{'x' * 1023}\n" for _ in range(20 * 1024))
    sent = []
    response = viewer.get(f"{scan.get_absolute_url()}log/engine.log")
    assert most_memory_of(lambda: sent.append(sum(len(part) for part in response.streaming_content))) < MEGABYTE
    assert sent[0] > 20 * MEGABYTE


def test_a_thousand_findings_are_a_page_no_larger_than_a_hundred(scan, viewer):
    page = f"{scan.get_absolute_url()}findings/"

    def size_with(findings):
        made = [as_reported(scan, number) for number in range(scan.findings.count(), findings)]
        Finding.objects.bulk_create(made)
        return len(viewer.get(page).content)

    hundred = size_with(100)
    held = most_memory_of(lambda: viewer.get(page))
    assert size_with(1000) < 1.2 * hundred
    assert most_memory_of(lambda: viewer.get(page)) < 1.2 * held
    assert Finding.objects.count() == 1000


def test_details_and_summary_show_notices_and_details_the_next_step(client):
    analysis = factories.noticed()
    scan = url_scan(analysis)
    for address in (scan.get_absolute_url(), analysis.get_absolute_url()):
        response = client.get(address)
        assert values(response, "data-notice") == ["one_page"] and elements(response, "data-notices")
        assert "The scan saw one page only: http://127.0.0.1:9/." in text(response)
    assert "Coverage is low: 1 URL scan has notices" in text(client.get(analysis.get_absolute_url()))
    assert "crawl script that visits them" in text(client.get(scan.get_absolute_url()))
    plain = factories.published()
    for address in (url_scan(plain).get_absolute_url(), plain.get_absolute_url()):
        assert not elements(client.get(address), "data-notices")


def test_details_list_errors_inside_the_engine_with_their_address(client):
    scan = url_scan(factories.running())
    assert not elements(client.get(scan.get_absolute_url()), "data-module-error")
    failures = [
        ModuleFailed(module="xss", method="GET", url="http://127.0.0.1:9/<a>", error="TypeError: owl"),
        ModuleFailed(module="crawl", method="GET", url="http://127.0.0.1:9/big", error="page_too_large"),
    ]
    for notice in module_errors.store(scan, failures):
        transitions.add_notice(scan, notice)
    response = client.get(scan.get_absolute_url())
    assert values(response, "data-module-error") == ["xss", "crawl"]
    for part in ("GET http://127.0.0.1:9/&lt;a&gt;", "TypeError: owl", "The page is larger than 2 MB."):
        assert part in text(response)


def test_the_configuration_of_a_url_shows_what_holds_for_it_and_at_which_level(client):
    shop, cart = "http://127.0.0.1:9/shop", "http://127.0.0.1:9/cart"
    left_out = f"*delete*\n{shop} /logout\n{cart} /empty\nusual:switch"
    headers = {"X-Scan-Id": seal("owl"), f"{shop} X-Team": seal("robin"), f"{cart} X-Other": seal("wren")}
    analysis = factories.submitted(shop, cart, left_out=left_out, headers=headers)
    page = text(client.get(f"{analysis.url_scans.get(url=shop).get_absolute_url()}configuration/"))
    assert "<code>*delete*</code> <code>addresses that usually switch something on or off</code>" in page
    assert f"for {shop} alone: <code>/logout</code>" in page and f"for {shop} alone: <code>X-Team</code>" in page
    assert "<code>X-Scan-Id</code>" in page and "/empty" not in page and "X-Other" not in page
    whole = text(client.get(analysis.get_absolute_url()))
    assert f"for {cart} alone: <code>/empty</code>" in whole and "X-Other" in whole
    assert not [secret for secret in ("owl", "robin", "wren") if secret in page + whole]
