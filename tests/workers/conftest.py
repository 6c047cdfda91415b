"""The site of scans that play a script."""

import pytest

from scans.workers import supervision
from tests.sites.controllable import ControllableSite


@pytest.fixture
def site():
    with ControllableSite() as site:
        yield site


@pytest.fixture
def no_shutdown_left():
    """A shut-down that the test asked for does not reach the next test."""
    yield
    supervision.shutdown_requested.clear()
