"""Checks of pages that need a real browser: accessibility, width, weight, and use without JavaScript."""

import json
import re
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, resolve
from playwright.sync_api import expect

from scans import urls
from scans.api.reference import ReferenceView
from scans.views import bulk, url_scan_bulk
from tests.end_to_end.visits import Problems, log_in, visit
from tests.sites.serving import free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.engine,
    pytest.mark.timeout(300),
    pytest.mark.together("product"),
]


@pytest.fixture(scope="module")
def finished(product, waited_for):
    """A finished analysis of the demo site, as data."""
    which = "from scans.models import Analysis; print(Analysis.objects.get(name='Waited for').pk)"
    return product.show(int(product.ask("shell", "-v0", "-c", which).stdout))


@pytest.fixture(scope="module")
def saved(product):
    """An analysis that was saved for later, with a schedule."""
    options = ("--repeat", "weekly", "--blackout", "Sat,Sun", "--save", "--json")
    return json.loads(product.ask("submit", "--name", "Saved", product.demo_url, *options).stdout)


@pytest.fixture(scope="module")
def made(browser, product):
    """The addresses of pages that a person made by acting: a view's, a bulk action's, and what was edited at length."""
    with visit(browser, Problems(), base_url=product.url) as page:
        log_in(page)
        page.goto("/analyses/views/new/?query=%3Fq%3Dshop")
        page.fill("[name=name]", "Shops")
        page.locator("main").get_by_role("button", name="Save").click()
        expect(page.locator("#messages")).to_be_visible()
        page.goto("/analyses/views/")
        view = page.get_by_role("link", name="Change Shops").get_attribute("href")
        gone = json.loads(product.ask("submit", "--name", "Gone", product.demo_url, "--save", "--json").stdout)
        page.goto(f"/analyses/bulk/delete/?chosen={gone['id']}")
        page.locator("main").get_by_role("button", name="Delete").click()
        which = page.get_by_role("link", name="Which ones").get_attribute("href")
        edited = json.loads(product.ask("submit", "--name", "Edited", product.demo_url, "--save", "--json").stdout)
        page.goto(f"/analyses/{edited['id']}/edit/")
        page.fill("[name=urls]", f"{product.demo_url}{'long' * 40}/")
        page.check("[name=authorised]")
        page.locator("main").get_by_role("button", name="Save").click()
        expect(page.locator("#activity-log, .activity-log").first).to_contain_text("Changed the configuration")
        return [view, which, f"/analyses/{edited['id']}/", *webhook_pages(page, product)]


def webhook_pages(page, product) -> list[str]:
    """The addresses of a webhook's pages, and of one delivery that failed."""
    page.goto("/settings/webhooks/new/")
    page.fill("[name=name]", "Chat")
    page.fill("[name=url]", f"{product.demo_url}{'long' * 40}/")
    page.locator("[name=events]").first.check()
    page.locator("main").get_by_role("button", name="Save").click()
    page.locator("main").get_by_role("link", name="Done").click()
    page.locator("main").get_by_role("button", name="Send a test").click()
    delivery = page.locator("[data-delivery] a").get_attribute("href")
    webhook = delivery.split("deliveries")[0]
    return [webhook, delivery, *(f"{webhook}{name}/" for name in ("edit", "new-secret", "delete"))]


@pytest.fixture
def addresses(finished, saved, made):
    """Every page there is, of that analysis."""
    form = f"/analyses/{saved['id']}/"
    forms = [form, f"{form}edit/", f"{form}scans/{saved['url_scans'][0]['id']}/login/"]
    analysis = f"/analyses/{finished['id']}/"
    scan = f"{analysis}scans/{finished['url_scans'][0]['id']}/"
    finding = f"{scan}findings/{finished['findings'][0]['id']}/"
    tabs = [scan, f"{scan}findings/", finding, f"{scan}coverage/", f"{scan}log/", f"{scan}configuration/"]
    return [
        "/",
        "/analyses/",
        "/analyses/?q=nothing+has+this",
        "/analyses/?owner=me&severity=low&latest=1",
        "/analyses/views/",
        "/analyses/views/new/?query=%3Fq%3Dshop",
        *(f"/analyses/bulk/{name}/?chosen={saved['id']}" for name in bulk.QUESTIONS),
        *made,
        "/settings/",
        "/settings/password/",
        "/settings/security-log/",
        "/settings/workers/",
        "/settings/webhooks/",
        "/settings/webhooks/new/",
        "/settings/tokens/new/",
        "/api/v1/",
        "/analyses/new/",
        analysis,
        f"{analysis}findings/?group=category",
        f"{analysis}comparison/",
        f"{analysis}stop/",
        f"{analysis}delete/",
        f"{analysis}extend/",
        f"{analysis}edit-and-run-again/",
        f"{analysis}duplicate/",
        f"{scan}stop/",
        *(f"{analysis}scans/{name}/?all=1" for name in url_scan_bulk.QUESTIONS),
        *tabs,
        *forms,
        "/schedules/",
        "/statuses/",
        "/nowhere/",
    ]


# What is no page: a file, a piece of a page, or an action that is sent.
NO_PAGE = re.compile(
    r"(.+-)?results-\w+|analysis-list-(csv|json)|.+-file|starts|review|submitters|engine-log-piece|screenshot"
)


def test_every_page_is_among_those_that_are_looked_at(addresses):
    looked_at = {resolve(urlsplit(address).path).url_name for address in addresses if address != "/nowhere/"}
    pages = [pattern for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)]
    views = {pattern.name: pattern.callback.view_class for pattern in pages} | {"reference": ReferenceView}
    assert {name for name, view in views.items() if hasattr(view, "get") and not NO_PAGE.fullmatch(name)} == looked_at


# axe is injected into the page, which the content security policy rightly forbids otherwise.
SHOWN_AS = [(320, 16, "en-GB"), (320, 16, "de-DE"), (640, 16, "en-GB"), (1280, 32, "en-GB")]
BY_AXE = {"bypass_csp": True}


# A region drops its poll while something of it is under way; what is inside inherits that, unless it says otherwise.
DROPPED_FOR_A_POLL = """() => [...document.querySelectorAll("[hx-get], [hx-post]")]
    .filter((one) => !one.matches("[data-live]") && one.closest("[hx-sync]")?.matches("[data-live]"))
    .map((one) => ["is dropped while a poll is under way", one.outerHTML.slice(0, 120)])"""


def rules_broken(page, addresses) -> dict[str, list]:
    """By address the rules of accessibility that the page breaks in a theme, with the first element that does.

    And which of its links and buttons do nothing while the page is asking for news.
    """
    broken = {}
    for address in addresses:
        page.goto(address)
        if dropped := page.evaluate(DROPPED_FOR_A_POLL):
            broken[address] = dropped
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            for violation in Axe().run(page).response["violations"]:
                broken.setdefault(address, []).append((theme, violation["id"], violation["nodes"][0]["html"][:120]))
    return broken


@pytest.mark.parametrize("page", [BY_AXE], ids=["in both themes"], indirect=True)
def test_no_page_breaks_a_rule_of_accessibility(page, addresses):
    assert not rules_broken(page, addresses)


def test_the_login_page_breaks_no_rule_of_accessibility(browser, product, problems):
    with visit(browser, problems, base_url=product.url, viewport={"width": 320, "height": 700}, **BY_AXE) as page:
        assert not rules_broken(page, ["/accounts/login/"])
        assert page.evaluate("document.documentElement.scrollWidth") == 320


# A window of 1280 pixels, enlarged to 200 %, is 640 wide to the page.
@pytest.mark.parametrize(
    ("page", "text"),
    [({"viewport": {"width": width, "height": 700}, "locale": language}, text) for width, text, language in SHOWN_AS],
    ids=["320 pixels wide", "320 pixels wide in German", "1280 pixels at 200 %", "text alone at 200 %"],
    indirect=["page"],
)
def test_no_page_scrolls_sideways_on_a_phone_or_enlarged(page, text, addresses):
    # What a browser's setting for text does: it counts for queries of media, too.
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": text, "fixed": text}})
    too_wide = {}
    for address in addresses:
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > page.viewport_size["width"]:
            too_wide[address] = width
    assert not too_wide
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == f"{text}px"


def test_the_first_load_of_the_list_is_light(page, finished):
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    transferred = []
    session.on("Network.loadingFinished", lambda event: transferred.append(event["encodedDataLength"]))
    page.goto("/analyses/", wait_until="networkidle")
    assert len(transferred) > 5 and sum(transferred) < 100_000


def test_times_are_said_relatively_and_written_out_on_paper(page, finished):
    changed = page.locator(f"[data-analysis-id='{finished['id']}'] time[data-relative]").last
    page.goto("/analyses/")
    expect(changed).to_have_text(re.compile(r"^(now|\d+ (second|minute|hour)s? ago)$"))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    written = changed.text_content()
    assert re.fullmatch(r"\d+ \w{3,4} 20\d\d, \d\d:\d\d", written)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(changed).not_to_have_text(written)


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], ids=["no JavaScript"], indirect=True)
def test_submit_find_filter_and_stop_work_without_javascript(page, product):
    name = f"Without script {uuid4().hex[:6]}"
    page.goto("/analyses/new/")
    page.fill("[name=name]", name)
    page.fill("[name=urls]", f"http://127.0.0.1:{free_port()}/")
    page.locator("form:has([name=urls]) button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("authorised")  # nothing was ticked: the form says so
    page.check("[name=authorised]")
    page.fill("[name=start_at]", "2999-01-01T00:00")
    page.locator("form:has([name=urls]) button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("90 days")
    page.fill("[name=start_at]", "")
    page.locator("form:has([name=urls]) button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/analyses/\d+/$"))
    pk = page.url.rstrip("/").rpartition("/")[2]

    page.goto("/analyses/")
    page.fill("input[name=q]", name[5:])
    page.get_by_role("button", name="Find").click()
    row = page.locator(f"[data-analysis-id='{pk}']")
    expect(row).to_have_count(1)
    expect(row.locator("time").last).to_have_text(re.compile(r"\d\d:\d\d$"))
    page.locator("details:has([name=status]) > summary").click()
    page.check("[name=status][value=paused]")
    page.get_by_role("button", name="Find").or_(page.get_by_role("button", name="Apply")).first.click()
    expect(row).to_have_count(0)


def test_a_bad_address_is_answered_on_a_normal_page(page):
    page.goto("/analyses/?status=no_such_status&order=sideways&page=minus-one")
    expect(page.locator("main")).to_contain_text("no_such_status")
    expect(page.locator("form[role=search]")).to_be_visible()


def test_the_admin_shows_what_happened_and_lets_nobody_change_it(page, finished):
    for model in ("analysis", "urlscan", "activitylogentry", "finding", "allowedtarget", "scansettings", "systempart"):
        page.goto(f"/admin/scans/{model}/")
        expect(page.locator("#changelist, #content").first).to_be_visible()
    page.goto(f"/admin/scans/analysis/{finished['id']}/change/")
    expect(page.locator("#content")).to_contain_text("Completed - Results Available")
    expect(page.locator("#content select[name=status], #content input[name=status]")).to_have_count(0)


def test_what_pages_complain_about_is_heard(page, problems):
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">No inline style</p>')")
    with page.context.expect_event("weberror"):
        page.evaluate("setTimeout(() => { throw Error('thrown') })")
    policy, thrown = problems
    problems.clear()
    assert "Content Security Policy" in policy and "thrown" in thrown
