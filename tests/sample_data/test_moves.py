"""Made-up URL scans move as real ones do."""

import pytest
from django.db.models import F, Max, Min, Q
from django.utils import timezone

from scans.activity import sentence
from scans.models import ActivityLogEntry, Analysis, UrlScan
from scans.statuses import (
    URL_SCAN_MOVES,
    UrlScanStatus,
)

pytestmark = pytest.mark.django_db


def test_the_log_leads_by_allowed_moves_to_the_present_status(three_hundred):
    analyses, scans = {}, {}
    for entry in ActivityLogEntry.objects.order_by("pk"):
        assert "{" not in sentence(entry)
        if not entry.to_status:
            continue
        current, pk = (scans, entry.url_scan_id) if entry.url_scan_id else (analyses, entry.analysis_id)
        assert entry.from_status == current.get(pk, "")
        if entry.url_scan_id and entry.from_status:
            assert entry.to_status in URL_SCAN_MOVES[UrlScanStatus(entry.from_status)]
        current[pk] = entry.to_status
    assert analyses == dict(Analysis.objects.values_list("pk", "status"))
    submitted = UrlScan.objects.filter(analysis__submitted_at__isnull=False)
    assert scans == dict(submitted.values_list("pk", "status"))


def test_moments_follow_each_other(three_hundred):
    for model in (Analysis, UrlScan):
        assert not model.objects.filter(started_at__gt=F("ended_at")).exists()
    assert not Analysis.objects.filter(submitted_at__lt=F("created_at")).exists()
    assert not Analysis.objects.filter(started_at__lt=F("submitted_at")).exists()
    assert not Analysis.objects.filter(Q(changed_at__lt=F("ended_at")) | Q(changed_at__gt=timezone.now())).exists()
    assert not UrlScan.objects.filter(started_at__lt=F("queued_at")).exists()
    spread = Analysis.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
    assert (spread["last"] - spread["first"]).days > 1000
