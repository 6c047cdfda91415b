"""The site that is logged in to."""

import pytest

from tests.sites.guarded import GuardedSite


@pytest.fixture
def site():
    with GuardedSite() as site:
        yield site
