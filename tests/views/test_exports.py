"""The pages offer their files."""

import pytest

from scans.exports.formats import FORMATS
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_page_links_to_the_export_of_what_it_shows(client):
    factories.scheduled(name="Shop")
    page = client.get("/analyses/?q=shop").content.decode()
    assert "/analyses/export.csv?q=shop" in page and "/analyses/export.json?q=shop" in page


def test_the_summary_offers_every_format(client):
    analysis = factories.published()
    page = client.get(f"/analyses/{analysis.pk}/").content.decode()
    for form in FORMATS:
        assert f"/analyses/{analysis.pk}/results.{form}" in page
