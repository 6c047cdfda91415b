"""One product and one browser for all end-to-end tests; and a browser for tests that make what it shows themselves."""

import pytest
from django.conf import settings
from django.test import Client

from tests import factories
from tests.conftest import CHROMIUM
from tests.end_to_end.product import PASSWORD, running_product
from tests.end_to_end.remote import remote_browser

# Chromium may not run as root inside its sandbox; the rest keeps it from calling home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def product():
    """The running product."""
    with running_product() as product:
        yield product


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium, headless. Gone after the module: where it was started, Django refuses its database."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


class Problems(list):
    """What pages complained about: errors on their console, and breaches of the policy for content."""

    def watch(self, page) -> None:
        """Collect what this page complains about from now on; that its own address is an error is no complaint."""
        page.on("console", lambda message: self.append(_where_and_what(message)) if _is_problem(message) else None)
        page.on("pageerror", lambda error: self.append(str(error)))


@pytest.fixture
def problems():
    """Where pages are watched; the test fails if one of them had anything to complain about."""
    found = Problems()
    yield found
    assert not found


@pytest.fixture
def page(browser, product, problems):
    """A page of a logged-in administrator, watched."""
    context = browser.new_context(base_url=product.url)
    page = context.new_page()
    problems.watch(page)
    page.goto("/accounts/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    yield page
    context.close()


@pytest.fixture(scope="session")
def own_browser():
    """A browser for tests that use the database as well."""
    with remote_browser(executable_path=str(CHROMIUM), args=FLAGS) as browser:
        yield browser


@pytest.fixture
def open_page(own_browser, live_server, problems):
    """A function that opens an address in a browser of its own, logged in with a role."""
    contexts = []

    def open_at(address: str, role: str = "Submitter", ready=lambda page: None, **options):
        client = Client()
        client.force_login(factories.user(role))
        context = own_browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        problems.watch(page)
        ready(page)
        page.goto(address)
        return page

    yield open_at
    for context in contexts:
        context.close()


def _is_problem(message) -> bool:
    asked_for = message.text.startswith("Failed to load resource") and message.location.get("url") == message.page.url
    return message.type == "error" and not asked_for


def _where_and_what(message):
    return f"{message.page.url}: {message.text} {message.location.get('url', '')}"
