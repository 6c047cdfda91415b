"""The list in a real browser: filters and the browser's buttons, ticked rows, views, a person's settings."""

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.engine,
    pytest.mark.timeout(300),
    pytest.mark.together("product"),
]
ROWS = "[data-analysis-id]"


@pytest.fixture(scope="module")
def saved(product):
    """The ids of some analyses that were saved for later."""
    return [_save(product, f"Ticked {number:02}") for number in range(1, 5)]


def _save(product, name: str) -> int:
    answer = product.ask("submit", "--name", name, product.demo_url, "--save", "--json")
    return json.loads(answer.stdout)["id"]


def test_filters_live_in_the_address_and_the_browsers_buttons_walk_through_them(page, saved):
    page.goto("/analyses/?q=ticked")
    expect(page.locator(ROWS)).to_have_count(len(saved))
    page.locator("#filter-by-status > summary").click()
    page.check("[name=status][value=paused]")
    expect(page).to_have_url(re.compile(r"\?q=ticked&status=paused$"))
    expect(page.locator(ROWS)).to_have_count(0)
    page.keyboard.press("Escape")
    page.locator("#more-filters > summary").click()
    page.check("[name=latest]")
    expect(page).to_have_url(re.compile(r"&latest=1$"))
    # What was left is loaded anew: the next step has to wait for that.
    with page.expect_event("load"):
        page.go_back()
    expect(page).to_have_url(re.compile(r"\?q=ticked&status=paused$"))
    with page.expect_event("load"):
        page.go_back()
    expect(page).to_have_url(re.compile(r"\?q=ticked$"))
    expect(page.locator(ROWS)).to_have_count(len(saved))
    with page.expect_event("load"):
        page.go_forward()
    expect(page.locator(ROWS)).to_have_count(0)
    page.locator(".chip", has_text="Paused").click()
    expect(page.locator(ROWS)).to_have_count(len(saved))
    page.goto(page.url)  # what the address says is what was seen
    expect(page.locator(ROWS)).to_have_count(len(saved))


def test_find_waits_for_a_pause_and_escape_clears_it(page, saved):
    page.goto("/analyses/")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "q=ticked" in request.url else None)
    page.keyboard.press("/")
    page.keyboard.type("ticked", delay=20)
    expect(page).to_have_url(re.compile(r"\?q=ticked$"))
    assert len(asked) == 1
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/analyses/$"))


def test_rows_are_ticked_one_by_one_in_a_range_and_all_at_once(page, saved):
    page.goto("/analyses/?q=ticked&order=name")
    boxes, bar = page.locator("[name=chosen]"), page.locator("#bulk")
    expect(bar).to_be_hidden()
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.locator("[name=chosen]:checked")).to_have_count(3)
    expect(bar).to_contain_text("3 selected")
    expect(bar.locator("[data-needs=submit]")).to_be_enabled()
    expect(bar.locator("[data-needs=pause]")).to_be_disabled()  # what is saved for later cannot be paused
    page.locator("[data-choose-page]").click()
    expect(page.locator("[name=chosen]:checked")).to_have_count(len(saved))
    page.locator("[data-choose-none]").click()
    expect(bar).to_be_hidden()


def test_all_that_match_are_acted_on_from_one_dialog(page, product):
    page.goto("/settings/")
    page.select_option("[name=page_size]", "25")
    page.get_by_role("button", name="Save", exact=True).click()
    for number in range(27):
        _save_quickly(page, f"Matching {number:02}", product.demo_url)
    page.goto("/analyses/?q=matching")
    page.locator("[data-choose-page]").click()
    page.check("[name=all]")
    page.locator("[data-needs=delete]").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("Delete 27 analyses?")
    dialog.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile(r"/analyses/bulk/\d+/$"))
    expect(page.locator("#bulk-action h1")).to_contain_text("27 done", timeout=60_000)  # without a reload
    page.goto("/analyses/?q=matching")
    expect(page.locator(ROWS)).to_have_count(0)


def _save_quickly(page, name: str, url: str) -> None:
    """Save an analysis for later as the form does it, without drawing its page."""
    form = page.request.get("/analyses/new/").text()
    fields = dict(re.findall(r'name="(csrfmiddlewaretoken|key)" value="([^"]+)"', form))
    data = {**fields, "name": name, "urls": url, "authorised": "on", "depth": "1", "duration": "60", "then": "save"}
    answer = page.request.post("/analyses/new/", form=data, headers={"Referer": page.url})
    assert answer.ok, answer.text()


def test_a_view_is_saved_chosen_first_and_left_again(page, saved):
    page.goto("/analyses/?q=ticked&order=name")
    page.get_by_role("link", name="Save this view").click()
    page.fill("[name=name]", "My ticked ones")
    page.get_by_role("button", name="Save", exact=True).click()
    tab = page.locator(".view-tabs a", has_text="My ticked ones")
    expect(tab).to_have_attribute("aria-current", "page")
    page.goto("/settings/")
    page.select_option("[name=default_view]", label="My ticked ones")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/analyses/")
    expect(page).to_have_url(re.compile(r"\?q=ticked&order=name$"))
    page.locator(".view-tabs a", has_text="All").click()
    expect(page).to_have_url(re.compile(r"\?view=all$"))
    page.goto("/settings/")
    page.select_option("[name=default_view]", "")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Your settings were saved.")).to_be_visible()


@pytest.mark.parametrize(
    "page", [{"color_scheme": "light", "timezone_id": "Asia/Tokyo"}], ids=["in Tokyo"], indirect=True
)
def test_theme_and_time_zone_hold_from_the_first_byte_on(page):
    page.goto("/settings/")
    page.get_by_role("button", name="Use this browser's").click()
    page.check("[name=theme][value=dark]")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[name=time_zone]")).to_have_value("Asia/Tokyo")
    # What the server sends is dark already: no script has to make it so, and nothing flashes.
    assert '<html lang="en-gb" data-theme="dark"' in page.request.get("/analyses/").text()
    assert page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")
    red = int(re.search(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[0])
    assert red < 64
    page.goto("/analyses/")
    expect(page.locator("time[title*=JST]").first).to_be_visible()
    page.goto("/settings/")
    page.fill("[name=time_zone]", "UTC")
    page.check("[name=theme][value=auto]")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[name=time_zone]")).to_have_value("UTC")
