"""The stories have the averages of a real load, and every status occurs."""

import pytest
from django.db.models import Count, Max, Min
from django.utils import timezone

from scans.models import ActivityLogEntry, Analysis, Series, UrlScan
from scans.sample_data import loading
from scans.statuses import (
    AnalysisStatus,
    UrlScanStatus,
)

pytestmark = pytest.mark.django_db


def test_averages_are_those_of_the_load():
    loading.create(1000, seed=7, now=timezone.now())
    assert UrlScan.objects.count() == 2195
    assert ActivityLogEntry.objects.count() > 6000
    sizes = Analysis.objects.annotate(size=Count("url_scans")).aggregate(least=Min("size"), most=Max("size"))
    assert sizes == {"least": 1, "most": 250}
    with_findings = UrlScan.objects.filter(findings__isnull=False).values("analysis").distinct().count()
    assert 80 <= with_findings <= 130
    assert Analysis.objects.filter(ended_at__isnull=False).count() > 900
    words = [len(name.split()) for name in Series.objects.values_list("name", flat=True)]
    assert min(words) == 2 and max(words) == 6


def test_every_status_is_there():
    loading.create(2000, seed=3, now=timezone.now())
    assert set(Analysis.objects.values_list("status", flat=True)) == set(AnalysisStatus.values)
    assert set(UrlScan.objects.values_list("status", flat=True)) == set(UrlScanStatus.values)
