"""Counting again what is kept: no difference whatever happened."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.maintenance.recount import recount
from scans.models import Actor, Analysis, ScanSettings, StopMode
from scans.sample_data import loading
from scans.statuses import EndedBy
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


def test_sample_data_differs_nowhere():
    loading.create(300, seed=2, now=timezone.now())
    assert list(recount()) == []
