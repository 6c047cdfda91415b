"""The rules of a live page, each in a real browser: what changes by itself, when, and what a person never loses."""

import re

import pytest
from django.contrib.auth.models import User

from scans import transitions
from scans.models import PersonSettings, ScanSettings, SystemPart, UrlScan
from scans.statuses import EndedBy
from tests import factories
from tests.end_to_end.remote import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
A_MINUTE = 60_000  # milliseconds


@pytest.fixture(autouse=True)
def _parts_alive():
    """All is well, unless a test says otherwise."""
    for kind in SystemPart.Kind:
        SystemPart.report(kind, kind.value)


def end(analysis, ended_by=EndedBy.ITSELF):
    """Its scans end by themselves, with nothing found: results are published when `verify` says so."""
    for scan in UrlScan.objects.filter(analysis=analysis):
        transitions.end(scan, ended_by)


def row(page, analysis):
    return page.locator(f"#analysis-{analysis.pk}")


def rows(page):
    return page.locator("[data-rows] > tr").evaluate_all("rows => rows.map(row => row.dataset.name)")


def status(code):
    return f"[data-status={code}]"


def polls(page):
    """The polls of this page so far; the list grows while it polls."""
    seen = []
    page.on("request", lambda request: seen.append(request.url) if "v=" in request.url else None)
    return seen


# --- What changes, and what is never lost -----------------------------------------------------------


def test_a_status_changes_in_place_and_focus_selection_menu_and_scroll_survive(open_page):
    for number in range(30):
        factories.published(name=f"Old {number:02}")
    older, newer = factories.running(name="Older"), factories.running(name="Newer")
    page = open_page("/analyses/", viewport={"width": 1000, "height": 400})
    assert rows(page)[:2] == ["Newer", "Older"]
    page.evaluate("scrollTo(0, 60)")
    row(page, newer).locator("details > summary").click()
    row(page, older).locator("th a").evaluate("link => getSelection().selectAllChildren(link)")
    row(page, newer).locator("th a").focus()
    page.mouse.move(5, 5)

    end(older)
    expect(row(page, older).locator(status("completed_verifying_results"))).to_be_visible()
    expect(page.locator("#pending-rows")).to_have_text("Show 1 change")
    assert rows(page)[:2] == ["Newer", "Older"]
    assert page.evaluate("getSelection().toString()") == "Older"
    assert page.evaluate("document.activeElement.textContent") == "Newer"
    assert page.evaluate("scrollY") == 60
    expect(row(page, newer).locator("details")).to_have_attribute("open", "")

    page.keyboard.press("Escape")
    page.evaluate("getSelection().empty(); document.activeElement.blur()")
    expect(page.locator("#pending-rows")).to_be_hidden()
    assert rows(page)[:2] == ["Older", "Newer"]


def test_rows_wait_while_one_points_at_the_list_or_types_and_come_when_asked_for(open_page):
    first = factories.running(name="First")
    page = open_page("/analyses/")
    row(page, first).hover()
    factories.submitted(name="Second")
    factories.submitted(name="Third")
    held = page.locator("#pending-rows")
    expect(held).to_have_text("Show 2 changes")
    assert rows(page) == ["First"]
    held.click()
    expect(held).to_be_hidden()
    assert rows(page) == ["Third", "Second", "First"]

    page.mouse.move(5, 5)
    page.locator("[data-find]").focus()
    factories.submitted(name="Fourth")
    transitions.delete(factories.fresh(_finished(first)), by=User.objects.get())
    expect(held).to_have_text("Show 2 changes")
    page.locator("[data-find]").blur()
    expect(held).to_be_hidden()
    assert rows(page) == ["Fourth", "Third", "Second"]


def _finished(analysis):
    transitions.stop_analysis(analysis, by=User.objects.get(), mode="delete", reason="")
    for scan in UrlScan.objects.filter(analysis=analysis):
        transitions.conclude_deletion(scan)
    return analysis


def test_what_is_half_typed_on_a_live_page_stays(open_page):
    analysis = factories.ended(publication="reviewer")
    scan = analysis.url_scans.get()
    page = open_page(scan.findings.get().get_absolute_url(), role="Reviewer")
    page.locator("textarea[name=comment]").fill("Half a sen")
    page.locator("textarea[name=comment]").blur()
    page.locator("select[name=mark]").select_option("confirmed")
    factories.verify(scan)
    expect(page.locator("main")).to_contain_text("said by the test")
    expect(page.locator("textarea[name=comment]")).to_have_value("Half a sen")
    expect(page.locator("select[name=mark]")).to_have_value("confirmed")


# --- When it asks -------------------------------------------------------------------------------------


def test_it_asks_soon_while_something_moves_seldom_on_a_quiet_list_and_never_where_all_has_ended(open_page):
    finished = factories.published()

    def asked_in_a_minute(address):
        page = open_page(address, ready=lambda page: page.clock.install())
        asked, answered = polls(page), []
        page.on("requestfinished", lambda request: answered.append(request.url) if "v=" in request.url else None)
        for _ in range(60):
            page.clock.run_for(1000)
            while len(answered) < len(asked):  # the page's minute may take less than an answer does
                page.wait_for_timeout(20)
        page.wait_for_load_state("networkidle")
        return len(asked)

    assert asked_in_a_minute(finished.get_absolute_url()) == 0
    assert asked_in_a_minute("/analyses/") in (3, 4)
    page = open_page(factories.running().get_absolute_url(), ready=lambda page: page.clock.install())
    asked = polls(page)
    for _ in range(3):
        with page.expect_response(re.compile("v=")):
            page.clock.run_for(2500)
    assert len(asked) == 3
    page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden'})")
    page.clock.run_for(A_MINUTE)
    assert len(asked) == 3


def test_the_switch_turns_live_off_for_this_person_and_refresh_looks_once(open_page):
    analysis = factories.running()
    page = open_page("/analyses/", ready=lambda page: page.clock.install())
    switch = page.get_by_role("switch", name="Live")
    expect(switch).to_be_checked()
    with page.expect_response(lambda response: "/settings/live/" in response.url):
        switch.click()
    expect(switch).not_to_be_checked()
    assert not PersonSettings.objects.get().live
    page.reload()
    expect(switch).not_to_be_checked()
    asked = polls(page)
    end(analysis)
    page.clock.run_for(A_MINUTE)
    assert not asked
    page.get_by_role("button", name="Refresh").click()
    expect(row(page, analysis).locator(status("completed_verifying_results"))).to_be_visible()
    with page.expect_response(lambda response: "/settings/live/" in response.url):
        switch.click()
    assert PersonSettings.objects.get().live


# --- What it says ---------------------------------------------------------------------------------------


def test_a_banner_says_since_when_updates_fail_and_what_starts_the_dashboard(open_page, problems):
    factories.running()
    page = open_page("/analyses/")
    page.route("**/analyses/?v=*", lambda route: route.abort())
    banner = page.locator("#updates-failed")
    expect(banner).to_contain_text(re.compile(r"has not answered since \d+:\d\d:\d\d.*make run"))
    expect(page.locator("#live")).to_have_attribute("data-state", "stale")
    assert page.title().startswith("⚠")
    page.unroute("**/analyses/?v=*")
    expect(banner).to_have_count(0)
    page.route("**/analyses/?v=*", lambda route: route.fulfill(status=502, body="Bad gateway"))
    expect(banner).to_contain_text("error (502)")
    problems.clear()  # these were asked for


def test_a_request_that_gives_way_to_a_click_or_to_the_next_page_is_no_error(open_page, problems):
    factories.running()
    page = open_page("/analyses/")
    page.route("**/analyses/?v=*", lambda route: None)  # asked, and never answered
    with page.expect_request("**/analyses/?v=*"):
        pass
    page.locator("th a").first.click()  # in its place
    page.wait_for_url("**/analyses/?order=*")
    page.route("**/submitters/", lambda route: None)
    with page.expect_request("**/submitters/"):
        page.locator("#more-filters > summary").click()
    page.goto("/analyses/")
    assert not problems


def test_banners_for_what_is_not_running_come_and_go_by_themselves(open_page):
    factories.running()
    page = open_page("/analyses/")
    banners = page.locator("#banners")
    expect(banners).not_to_contain_text("No ")
    parts = {"scheduler": "manage.py run_scheduler", "scans_worker": "manage.py run_worker --queue scans"}
    SystemPart.objects.filter(kind__in=parts).delete()
    for command in parts.values():
        expect(banners).to_contain_text(command)
    for kind in parts:
        SystemPart.report(kind, kind)
    expect(banners).not_to_contain_text("No ")


def test_title_and_icon_carry_the_worst_state_of_what_is_shown(open_page):
    first, second = factories.running(name="One"), factories.running(name="Two")
    page = open_page("/analyses/")
    icon = page.locator("link[rel=icon]")
    expect(page).to_have_title("(2 running) Analyses · Dynamic Analyses")
    expect(icon).to_have_attribute("href", re.compile("favicon-progress"))
    end(first, EndedBy.TECHNICAL)
    expect(page).to_have_title("⚠ (1 running) Analyses · Dynamic Analyses")
    expect(icon).to_have_attribute("href", re.compile("favicon-danger"))
    end(second)
    page.goto(second.get_absolute_url())
    expect(page).to_have_title("Two · Dynamic Analyses")
    expect(icon).to_have_attribute("href", re.compile("favicon[.]svg|favicon[.][0-9a-f]+[.]svg"))


def test_transitions_are_announced_polls_are_not_and_many_in_one_sentence(open_page):
    analyses = [factories.running(name=f"Number {number}") for number in range(2)]
    page = open_page("/analyses/")
    voice = page.locator("#announcements")
    for _ in range(2):
        page.wait_for_event("response", lambda response: "v=" in response.url)
    expect(voice).to_have_text("")
    end(analyses[0])
    expect(voice).to_have_text("Number 0 is now Completed - Verifying Results.")
    ScanSettings.objects.update(capacity=9)
    more = [factories.running(name=f"More {number}") for number in range(5)]
    page.goto("/analyses/")
    page.route("**/analyses/?v=*", lambda route: route.abort())
    for analysis in more:
        end(analysis)
    page.unroute("**/analyses/?v=*")
    expect(voice).to_have_text("5 statuses changed.")


def test_of_two_browsers_that_change_the_same_analysis_the_second_is_refused_with_the_fresh_state(open_page, problems):
    analysis = factories.running()
    first, second = (open_page(analysis.get_absolute_url()) for _ in range(2))
    second.route("**/?v=*", lambda route: route.abort())  # it has not heard yet
    first.locator(".page-actions").get_by_role("button", name="Pause").click()
    expect(first.locator("#messages")).to_contain_text("is being paused")
    with second.expect_response("**/pause/") as answer:
        second.locator(".page-actions").get_by_role("button", name="Pause").click()
    assert answer.value.status == 409
    expect(second.locator("[data-url-scan-id] [data-status=pausing]")).to_be_visible()
    expect(second.locator("#messages [role=alert]")).to_be_visible()
    second.goto("about:blank")  # before its next poll is cut off, too
    problems.clear()  # a browser calls every 409 one
