"""Sessions of the version before."""

import pytest

from scans.people import WithSettings
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_session_of_an_older_version_stays_and_nobody_logs_in_through_its_backend(client):
    ada = factories.user(username="ada")
    client.force_login(ada, backend="scans.people.WithSettings")
    assert client.get("/analyses/").context["user"] == ada
    assert WithSettings().authenticate(None, username="ada", password="password") is None
