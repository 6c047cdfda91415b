"""The site that browsers visit, and the end of the browser that tests share."""

import pytest

from tests.browser.playing import shared
from tests.sites.guarded import GuardedSite


@pytest.fixture(scope="module")
def site():
    with GuardedSite(pages={"/favicon.ico": ""}) as site:
        yield site


@pytest.fixture(scope="session", autouse=True)
def _end_of_the_shared_browser():
    yield
    shared.end()
