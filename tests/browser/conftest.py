"""The site that browsers visit."""

import pytest

from tests.sites.guarded import GuardedSite


@pytest.fixture(scope="module")
def site():
    with GuardedSite(pages={"/favicon.ico": ""}) as site:
        yield site
