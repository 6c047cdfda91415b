"""A program with a token."""

from types import SimpleNamespace

import pytest
from django.test import Client

from scans.accounts import tokens
from scans.api import rates
from scans.models import Scope
from tests import factories


@pytest.fixture(autouse=True)
def _nobody_asked_before():
    """No test uses up the requests of another: databases of tests give ids again."""
    rates.forget()


@pytest.fixture
def program(db):
    """A function from a role and scopes to a client that sends a token; it knows `user`, `token` and `text`."""

    def make(role: str = "Submitter", scopes=tuple(Scope), *, user=None, days: int = 90, name: str = "ci") -> Client:
        person = user or factories.user(role)
        token, text = tokens.make(person, name, scopes, days, request=None)
        client = Client(headers={"Authorization": f"Bearer {text}"})
        client.known = SimpleNamespace(user=person, token=token, text=text)
        return client

    return make


@pytest.fixture
def asked_about(db):
    """The numbers that addresses of the API take: those of an analysis with findings."""
    analysis = factories.published(number_of_findings=2)
    scan = analysis.url_scans.get()
    return {"analysis": analysis.pk, "scan": scan.pk, "finding": scan.findings.earliest("pk").pk}
