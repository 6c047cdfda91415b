"""The browser of who looks at pages."""

import pytest


@pytest.fixture
def client(as_role):
    """A submitter's browser."""
    return as_role("Submitter")
