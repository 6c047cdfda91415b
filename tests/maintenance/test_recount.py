"""Counting again what is kept: no difference whatever happened."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.maintenance.recount import recount
from scans.models import Actor, Analysis, ScanSettings, StopMode, UrlScan
from scans.sample_data import loading
from scans.statuses import EndedBy, UrlScanStatus
from tests import factories

pytestmark = pytest.mark.django_db
TWO = ("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")


def everything_that_happens():
    """Analyses on many ways, each by the verbs."""
    ScanSettings.objects.update(capacity=99)
    factories.submitted(*TWO)
    saved = transitions.save(factories.submission(*TWO), by=Actor.COMMAND)
    transitions.change(saved, factories.submission("http://127.0.0.1:9/c"), by=Actor.COMMAND)
    factories.published(*TWO, number_of_findings=3)
    ended = factories.ended(publication="reviewer", ended_by=EndedBy.DURATION)
    transitions.publish(_verified(ended), by=Actor.COMMAND)
    transitions.stop_analysis(factories.ended(), StopMode.DELETE, by=Actor.COMMAND)
    running = factories.running(*TWO)
    factories.find(running.url_scans.first(), 2)
    transitions.stop_analysis(running, StopMode.SAVE, by=Actor.COMMAND)
    transitions.delete(factories.published(), by=Actor.COMMAND)
    transitions.run_again(factories.published(), by=Actor.COMMAND)


def _verified(analysis):
    analysis.url_scans.update(verified_at=timezone.now())
    return analysis


def test_whatever_happened_there_is_no_difference():
    everything_that_happens()
    assert list(recount()) == []
    assert set(Analysis.objects.values_list("urls", flat=True)) == {1, 2}
    assert Analysis.objects.filter(findings_all__gt=0, findings_shown=0).exists()
    assert Analysis.objects.filter(findings_shown__gt=0, run_time__gt=timedelta(0)).exists()


def test_a_count_of_findings_that_its_rows_deny_is_corrected_with_all_sums_of_it():
    right = factories.published(number_of_findings=3)
    scan, version = right.url_scans.get(), right.version
    wrong = {"findings_high": 0, "findings_low": 7}
    UrlScan.objects.filter(pk=scan.pk).update(**wrong)
    Analysis.objects.filter(pk=right.pk).update(findings_all=0, findings_shown=0)
    differences = {one["what"]: (one["kept"], one["counted"]) for one in recount()}
    assert differences[f"findings_high of URL scan {scan.pk}"] == (0, 3)
    assert differences[f"findings_low of URL scan {scan.pk}"] == (7, 0)
    corrected = factories.fresh(right)
    assert (corrected.findings_all, corrected.findings_shown) == (right.findings_all, right.findings_shown)
    assert corrected.version > version and factories.fresh(scan).findings_high == 3
    assert list(recount()) == []


@pytest.mark.parametrize("deleted", [False, True])
def test_counts_of_results_that_are_being_removed_are_left_alone(deleted):
    scan = factories.published().url_scans.get()
    if deleted:
        transitions.delete(scan.analysis, by=Actor.COMMAND)
    else:
        UrlScan.objects.update(status=UrlScanStatus.STOPPING_DELETING_RESULTS)
    scan.findings.all().delete()
    assert not [one for one in recount() if "URL scan" in one["what"]]


def test_sample_data_differs_nowhere():
    loading.create(300, seed=2, now=timezone.now())
    assert list(recount()) == []
