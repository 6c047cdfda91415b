"""CSV that no spreadsheet runs."""

import pytest

from tests import factories
from tests.exports.reading import listed

pytestmark = pytest.mark.django_db


def test_what_a_spreadsheet_would_run_is_made_harmless(client):
    factories.scheduled(name="=1+1")
    assert listed(client.get("/analyses/export.csv"))[0]["name"] == "'=1+1"
