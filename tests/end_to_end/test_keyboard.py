"""With no mouse at all: rows, Find, the sheet of shortcuts, submitting, stopping, reviewing; and the theme."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from scans import transitions
from scans.models import PersonSettings, ScanSettings
from scans.statuses import EndedBy
from tests import factories
from tests.end_to_end.remote import Remote, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def focused(page) -> str:
    return page.evaluate("document.activeElement.textContent.trim()")


def tab_to(page, selector: str) -> None:
    """Press Tab until that has the focus."""
    for _ in range(80):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {selector}")


def test_rows_are_walked_ticked_and_opened_and_ticks_survive_what_changes(open_page):
    ScanSettings.objects.update(capacity=9)
    for name in ("Third", "Second", "First"):
        last = factories.running(name=name)
    page = open_page("/analyses/")
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    assert focused(page) == "First"
    page.keyboard.press("x")
    box = page.locator(f"input[name=chosen][value='{last.pk}']")
    expect(box).to_be_checked()
    transitions.end(last.url_scans.get(), EndedBy.ITSELF)
    expect(page.locator(f"#analysis-{last.pk} [data-status=completed_verifying_results]")).to_be_visible()
    expect(box).to_be_checked()
    assert focused(page) == "First"
    page.keyboard.press("/")
    page.keyboard.type("jx?")
    expect(page.locator("[data-find]")).to_have_value("jx?")
    expect(page.locator("main")).to_contain_text("No analysis matches")
    page.keyboard.press("Escape")
    expect(page.locator("[data-find]")).to_have_value("")
    expect(page.locator(f"#analysis-{last.pk}")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(last.get_absolute_url()))


def test_the_sheet_of_shortcuts_opens_closes_and_breaks_no_rule(open_page):
    page = open_page("/analyses/", bypass_csp=True)
    page.keyboard.press("?")
    sheet = page.locator("#shortcuts")
    expect(sheet).to_be_visible()
    assert not violations(page)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.locator("#account-menu > summary").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(sheet).to_be_visible()


def test_keys_lead_to_pages_and_the_palette_to_any_page_or_analysis(open_page):
    analysis = factories.running(name="Customer portal")
    page = open_page("/statuses/", bypass_csp=True)
    for keys, address in (
        (("g", "a"), r"/analyses/$"),
        (("g", "s"), "/schedules/$"),
        (("g", "h"), r":\d+/$"),
        (("n",), "/new/$"),
    ):
        for key in keys:
            page.keyboard.press(key)
        expect(page).to_have_url(re.compile(address))
        page.wait_for_load_state()
    page.locator("[name=name]").focus()
    page.keyboard.press("Control+k")  # even while typing
    expect(page.locator("#palette")).to_be_visible()
    assert not violations(page)
    page.keyboard.type("statu")
    expect(page.locator("#palette nav a:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/statuses/$"))
    page.keyboard.press("Control+k")
    page.keyboard.press("ArrowDown")
    assert focused(page) != "" and page.evaluate("document.activeElement.closest('#palette nav') !== null")
    page.keyboard.press("ArrowUp")
    page.keyboard.type("portal")
    page.keyboard.press("Enter")
    expect(page.locator(f"#analysis-{analysis.pk}")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press(".")
    expect(page.locator(f"#menu-{analysis.pk}")).to_have_attribute("open", "")


def test_no_key_does_anything_once_switched_off(open_page):
    page = open_page("/statuses/")
    page.evaluate("document.body.dataset.shortcuts = 'off'")
    for key in ("n", "Control+k", "?"):
        page.keyboard.press(key)
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.url.endswith("/statuses/")


def violations(page) -> list[str]:
    return [found["id"] for found in Remote(Axe()).run(page).response["violations"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_open_dialogs_hints_menus_and_wrong_forms_break_no_rule(open_page, problems, theme):
    analysis = factories.running()
    page = open_page(analysis.get_absolute_url(), bypass_csp=True, color_scheme=theme)
    page.locator(".page-actions a[href*='/stop/']").click()
    expect(page.locator("#dialog")).to_be_visible()
    assert not violations(page)
    page.goto("/analyses/")
    page.keyboard.press("Tab")  # the keyboard is in use
    page.locator(f"#analysis-{analysis.pk} [data-hint] a").focus()
    hint = page.locator(f"#analysis-{analysis.pk} [role=tooltip]")
    expect(hint).to_have_css("opacity", "1")  # what is half seen has half the contrast
    assert not violations(page)
    page.keyboard.press("Escape")
    expect(hint).to_be_hidden()
    page.locator(f"#menu-{analysis.pk} > summary").click()
    assert not violations(page)
    page.goto("/analyses/new/")
    page.get_by_role("button", name="Submit analysis").click()
    expect(page.locator("[role=alert]").first).to_be_visible()
    assert not violations(page)
    problems.clear()  # a browser calls the 422 one


def test_a_theme_is_chosen_at_once_and_kept(open_page):
    page = open_page("/analyses/", bypass_csp=True)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#account-menu > summary").click()
    with page.expect_response("**/settings/theme/"):
        page.get_by_role("button", name="Dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert not violations(page)
    assert PersonSettings.objects.get().theme == "dark"
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_submitting_stopping_and_reviewing_take_nothing_but_keys(open_page):
    page = open_page("/analyses/new/")
    tab_to(page, "[name=name]")
    page.keyboard.type("By keys alone")
    tab_to(page, "[name=urls]")
    page.keyboard.type("http://127.0.0.1:9/")
    tab_to(page, "[name=authorised]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/analyses/\d+/$"))
    page.wait_for_load_state()  # before its scripts have run, the link leads to a page of its own
    tab_to(page, ".page-actions a[href*='/stop/']")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_visible()
    tab_to(page, "#dialog [name=mode][value=delete]")
    page.keyboard.press("Enter")
    expect(page.locator("main [data-status=stopped]").first).to_be_visible()

    finding = factories.published().url_scans.get().findings.get()
    reviewer = open_page(finding.get_absolute_url(), role="Reviewer")
    tab_to(reviewer, "select[name=mark]")
    reviewer.keyboard.press("c")
    tab_to(reviewer, "#mark .form-actions button:not([name])")
    reviewer.keyboard.press("Enter")
    expect(reviewer.locator("#mark")).to_contain_text("Confirmed")
