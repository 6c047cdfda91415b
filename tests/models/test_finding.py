"""A finding, and its page."""

import pytest
from django.db import IntegrityError, transaction

from scans.models import Finding
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def finding():
    factories.find(factories.running().url_scans.get())
    return Finding.objects.get()


def test_its_page_is_below_its_url_scan(finding, as_role):
    scan = finding.url_scan
    expected = f"/analyses/{scan.analysis_id}/scans/{scan.pk}/findings/{finding.pk}/"
    assert finding.get_absolute_url() == expected
    assert as_role("Reviewer").get(expected).context["finding"] == finding


def test_the_database_refuses_the_same_report_twice_and_an_unknown_severity(finding):
    twin = Finding.objects.defer(None).get()
    twin.pk = None
    for wrong in ({}, {"identity": "another", "severity": "awful"}):
        for name, value in wrong.items():
            setattr(twin, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            twin.save(force_insert=True)
