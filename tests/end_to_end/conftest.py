"""One product and one browser for all end-to-end tests; and a browser for tests that make what it shows themselves."""

from contextlib import ExitStack

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from tests import factories
from tests.conftest import CHROMIUM
from tests.end_to_end.product import running_product
from tests.end_to_end.remote import remote_browser
from tests.end_to_end.visits import Problems, log_in, visit

# Chromium may not run as root inside its sandbox; the rest keeps it from calling home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
expect.set_options(timeout=15_000)  # milliseconds; Playwright's own five were too few on a busy machine


@pytest.fixture(scope="package")
def product():
    """The running product. Gone after the last test here: what it costs while it idles, other tests would wait for."""
    with running_product() as product:
        yield product


@pytest.fixture(scope="package")
def waited_for(product):
    """What the command said that submitted the demo site as “Waited for” and waited for its results."""
    return product.manage("submit", "--name", "Waited for", product.demo_url, "--wait", "--depth", "1")


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium, headless. Gone after the module: where it was started, Django refuses its database."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def problems():
    """Where pages are watched; the test fails if one of them had anything to complain about."""
    found = Problems()
    yield found
    assert not found


@pytest.fixture
def page(browser, product, request, problems):
    """A page of a logged-in administrator, watched; options of its context are the test's `indirect` parameter."""
    with visit(browser, problems, base_url=product.url, **getattr(request, "param", {})) as page:
        log_in(page)
        yield page


@pytest.fixture(scope="package")
def own_browser():
    """A browser for tests that use the database as well."""
    with remote_browser(executable_path=str(CHROMIUM), args=FLAGS) as browser:
        yield browser


@pytest.fixture
def open_page(own_browser, live_server, problems):
    """A function that opens an address in a browser of its own, logged in with a role."""
    visits = ExitStack()

    def open_at(address: str, role: str = "Submitter", ready=lambda page: None, **options):
        client = Client()
        client.force_login(factories.user(role))
        page = visits.enter_context(visit(own_browser, problems, base_url=live_server.url, **options))
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        ready(page)
        page.goto(address)
        return page

    with visits:
        yield open_at
