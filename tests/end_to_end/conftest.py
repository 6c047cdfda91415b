"""One product and one browser for all end-to-end tests."""

import pytest

from tests.conftest import CHROMIUM
from tests.end_to_end.product import PASSWORD, running_product

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


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, headless."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, product):
    """A page of a logged-in administrator; the test fails if the page logs an error or breaks the CSP."""
    context = browser.new_context(base_url=product.url)
    page = context.new_page()
    problems = []
    page.on("console", lambda message: problems.append(_where_and_what(message)) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto("/accounts/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    yield page
    context.close()
    assert not problems


def _where_and_what(message):
    return f"{message.page.url}: {message.text} {message.location.get('url', '')}"
