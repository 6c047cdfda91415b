"""Browsers that are logged in, one for each role."""

import pytest
from django.test import Client

from tests import factories


@pytest.fixture
def as_role(db):
    """A function from a role's name to a client logged in with it; "" is an account without a role."""

    def log_in(role: str = "Submitter", **fields) -> Client:
        client = Client()
        client.force_login(factories.user(role, **fields))
        return client

    return log_in


@pytest.fixture
def client(as_role):
    """A submitter's browser."""
    return as_role("Submitter")


@pytest.fixture
def htmx_headers():
    """What htmx sends along."""
    return {"HX-Request": "true"}
