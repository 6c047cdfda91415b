"""The main job in a real browser: from a URL to published results, and what a person sees on the way."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.sites.weak import WeakSite

pytestmark = [
    pytest.mark.browser,
    pytest.mark.engine,
    pytest.mark.timeout(300),
    pytest.mark.together("product"),
]

A_SCAN = 120_000  # milliseconds that a scan may take at most, on a busy machine


def submit(page, url, name):
    """Fill in and send the form; leaves the browser on the summary page."""
    page.goto("/analyses/new/")
    page.fill("[name=name]", name)
    page.fill("[name=urls]", url)
    page.check("[name=authorised]")
    page.locator("form:has([name=urls]) button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/analyses/\d+/$"))
    page.wait_for_load_state()


def status(page, code):
    return page.locator(f"main [data-status={code}]").first


@pytest.fixture
def site():
    """A small weak site: the demo site has three times as much to scan."""
    site = WeakSite(pages=0, form=False)
    yield site
    site.stop()


def test_from_submit_to_published_results_without_a_reload(page, site):
    name = f"Weak site {uuid4().hex[:6]}"
    submit(page, site.url, name)
    pk = page.url.rstrip("/").rpartition("/")[2]
    listed = page.context.new_page()
    listed.goto("/analyses/")
    row = listed.locator(f"[data-analysis-id='{pk}']")
    for watched in (page, listed):  # no page that we watch may load again
        watched.evaluate("window.loadedOnce = true")

    expect(row.locator("[data-status=in_progress]")).to_be_visible(timeout=30_000)
    expect(page.locator("[data-url-scan-id] [data-status=in_progress]")).to_be_visible()
    for where in (row, page.locator("[data-url-scan-id]")):
        expect(where.locator("[data-status=completed_results_available]")).to_be_visible(timeout=A_SCAN)
    for watched in (page, listed):
        assert watched.evaluate("window.loadedOnce")

    log = page.locator("#activity-log")
    expect(log.locator("[data-action='analysis.submitted']")).to_have_count(1)
    expect(log.locator("[data-action='url_scan.published']")).to_have_count(1)

    page.locator("[data-url-scan-id] a").first.click()
    expect(page.get_by_text("Scan Details").first).to_be_visible()
    expect(page.get_by_text("Wapiti").first).to_be_visible()
    page.get_by_role("link", name=re.compile("^Findings")).first.click()
    page.get_by_role("link", name=re.compile("SQL Injection")).first.click()
    expect(page.locator("main")).to_contain_text("GET /item")

    listed.fill("input[name=q]", site.url[7:-1])
    listed.get_by_role("button", name="Find").click()
    expect(row).to_be_visible()
    listed.goto("/analyses/?status=completed_results_available")
    expect(row).to_be_visible()
    listed.goto("/analyses/?status=in_progress")
    expect(row).to_have_count(0)


@pytest.mark.parametrize(
    ("choice", "ends_as"),
    [
        ("Stop and save results", "stopped_partial_results_available"),
        ("Stop and delete results", "stopped"),
    ],
)
def test_a_running_scan_is_stopped_both_ways(page, product, choice, ends_as):
    submit(page, product.demo_url, f"To be stopped {uuid4().hex[:6]}")
    expect(status(page, "in_progress")).to_be_visible(timeout=30_000)
    page.locator("main").get_by_role("button", name="Stop").or_(
        page.locator("main").get_by_role("link", name="Stop")
    ).first.click()
    page.locator("[name=reason]:visible").fill("The test says so.")
    page.get_by_role("button", name=choice).click()
    expect(status(page, ends_as)).to_be_visible(timeout=60_000)
    expect(page.locator("#activity-log")).to_contain_text("The test says so.")
    pk = int(page.url.rstrip("/").rpartition("/")[2])
    data = product.show(pk)
    if ends_as == "stopped":
        assert data["findings"] == [] and data["url_scans"][0]["requests"] == 0
    assert data["status"] == ends_as
