"""The pages of one analysis and its URLs, in a real browser: the engine's log, findings, older entries of the log."""

import pytest

from scans import transitions
from scans.models import Actor, SystemPart
from scans.results.curl import curl_of
from tests import factories
from tests.end_to_end.remote import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
IS_AT_ITS_END = """() => {
    const log = document.getElementById("log-text");
    return log.scrollHeight > log.clientHeight + 100 && log.scrollTop + log.clientHeight > log.scrollHeight - 24;
}"""
SCROLL_TOP = "document.getElementById('log-text').scrollTop"


@pytest.fixture(autouse=True)
def _parts_alive():
    """All is well: no banner comes between."""
    for kind in SystemPart.Kind:
        SystemPart.report(kind, kind.value)


@pytest.fixture
def running_scan(settings, tmp_path):
    """A URL scan that runs, with room for its files."""
    settings.VAR_DIR = tmp_path
    scan = factories.running().url_scans.get()
    scan.directory.mkdir(parents=True)
    return scan


def write(scan, *lines):
    with (scan.directory / "engine.log").open("a") as log:
        log.writelines(f"{line}\n" for line in lines)


def test_the_log_follows_its_end_until_one_scrolls_up_and_goes_on_from_a_button(open_page, running_scan):
    page = open_page(f"{running_scan.get_absolute_url()}log/", role="Reviewer")
    log, jump = page.locator("#log-text"), page.get_by_role("button", name="Paused; jump to the end")
    expect(page.locator(".engine-log-empty")).to_be_visible()
    expect(log).to_be_hidden()
    write(running_scan, "the first line")
    expect(log).to_be_visible()
    expect(page.locator(".engine-log-empty")).to_be_hidden()
    write(running_scan, *(f"line {number}" for number in range(200)))
    transitions.renew(running_scan, requests=1)  # as each second of a scan: the page is drawn anew, with room for a log
    expect(log).to_contain_text("line 199")
    page.wait_for_function(IS_AT_ITS_END)
    write(running_scan, "one more <b>line</b>")
    expect(log).to_contain_text("one more <b>line</b>")
    page.wait_for_function(IS_AT_ITS_END)
    expect(jump).to_be_hidden()

    page.evaluate(f"{SCROLL_TOP} = 40")
    expect(jump).to_be_visible()
    write(running_scan, "written meanwhile")
    expect(log).to_contain_text("written meanwhile")
    transitions.pause(running_scan, by=Actor.COMMAND)
    expect(page.locator("main [data-status=pausing]").first).to_be_visible()  # the page was drawn anew around it
    expect(log).to_contain_text("line 0\n")
    assert page.evaluate(SCROLL_TOP) == 40

    jump.click()
    expect(jump).to_be_hidden()
    page.wait_for_function(IS_AT_ITS_END)
    assert page.evaluate("document.activeElement.id") == "log-text"
    assert log.text_content().count("line 199\n") == 1


@pytest.mark.parametrize("role", ["Reviewer"])
def test_without_a_script_the_log_is_its_end_and_a_link_to_the_whole(open_page, running_scan, role):
    write(running_scan, "the first line", *("a line that fills a piece" for _ in range(3000)), "the last line")
    page = open_page(f"{running_scan.get_absolute_url()}log/", role=role, java_script_enabled=False)
    expect(page.locator("#log-text")).to_contain_text("the last line")
    expect(page.locator("#log-text")).not_to_contain_text("the first line")
    whole = page.get_by_role("link", name="Download full log").get_attribute("href")
    assert "the first line" in page.request.get(whole).text()


def test_a_finding_is_marked_in_place_and_ticks_survive_what_changes(open_page):
    analysis = factories.ended(number_of_findings=3, publication="reviewer")
    scan = analysis.url_scans.get()
    first, second, _ = scan.findings.worst_first()
    page = open_page(f"{scan.get_absolute_url()}findings/", role="Reviewer")
    page.check(f"#tick-{second.pk}")
    mark = page.locator(f"#triage-{first.pk}")
    mark.locator("summary").click()
    mark.locator("select").select_option("confirmed")
    mark.get_by_role("button", name="Mark").click()
    expect(mark.locator("summary")).to_have_text("Confirmed")
    expect(mark).not_to_have_attribute("open", "")
    assert page.evaluate("document.activeElement.parentElement.id") == f"triage-{first.pk}"
    expect(page.locator(f"#tick-{second.pk}")).to_be_checked()

    factories.verify(scan)
    expect(page.locator(f"#finding-{first.pk}")).to_contain_text("Confirmed")
    expect(page.locator(f"#finding-{second.pk} [data-label=Replay]")).to_have_text("Confirmed")
    expect(page.locator(f"#tick-{second.pk}")).to_be_checked()
    page.locator("[data-check-all]").check()
    expect(page.locator("[name=finding]:checked")).to_have_count(3)
    page.locator("#bulk-mark select").select_option("fixed")
    page.get_by_role("button", name="Mark selected").click()
    expect(page.locator(".triage-mark--fixed")).to_have_count(3)
    expect(page.locator("[name=finding]:checked")).to_have_count(0)


def test_each_button_to_verify_again_asks_without_leaving_its_page_and_the_page_follows(open_page):
    analysis = factories.published(number_of_findings=3)
    scan = analysis.url_scans.get()
    first, second, _ = scan.findings.worst_first()
    waiting = scan.findings.waiting_for_verification()
    page = open_page(first.get_absolute_url(), role="Submitter")
    under_way = page.locator("[data-verifying]")

    page.get_by_role("button", name="Verify again").click()  # the only one of this name, for this finding
    expect(under_way).to_have_count(1)
    assert waiting.get() == first

    page.goto(f"{analysis.get_absolute_url()}findings/")
    page.check(f"#tick-{second.pk}")
    page.get_by_role("button", name="Verify selected again").click()
    expect(under_way).to_have_count(2)

    for address in (scan.get_absolute_url(), analysis.get_absolute_url()):
        scan.findings.update(verify_asked_at=None)
        page.goto(address)
        page.locator(".page-actions").get_by_role("button", name="Verify again").click()
        expect(under_way).to_be_visible()
        assert waiting.count() == 3 and page.url.endswith(address)
    scan.findings.update(verify_asked_at=None)
    transitions.conclude_verify_again(
        scan, {"confirmed": 3, "not_reproduced": 0, "not_replayable": 0, "not_looked_at": 0}
    )
    expect(under_way).to_have_count(0)


def test_the_command_that_repeats_a_request_is_copied(open_page):
    finding = factories.published().url_scans.get().findings.get()
    page = open_page(finding.get_absolute_url(), permissions=["clipboard-read", "clipboard-write"])
    button = page.locator("[data-copy]")
    button.click()
    expect(button).to_have_text("Copied")
    command = curl_of(finding.url, finding.http_request)
    assert command.startswith("curl ") and page.evaluate("navigator.clipboard.readText()") == command
    assert page.evaluate("getSelection().toString()").strip() == command


def test_older_entries_of_the_log_come_on_demand_and_stay_through_what_changes(open_page):
    analysis = factories.running()
    scan = analysis.url_scans.get()
    for _ in range(15):
        transitions.pause(scan, by=Actor.COMMAND)
        transitions.confirm_pause(scan)
        transitions.resume(scan, by=Actor.COMMAND)
        factories.begin(scan)
    page = open_page(analysis.get_absolute_url())
    entries = page.locator("#activity-log [data-action]")
    expect(entries).to_have_count(50)
    page.get_by_role("link", name="Older entries").click()
    expect(entries).to_have_count(analysis.activity.count())
    transitions.pause(scan, by=Actor.COMMAND)
    expect(page.locator("main [data-status=pausing]").first).to_be_visible()
    expect(entries).to_have_count(analysis.activity.count())
