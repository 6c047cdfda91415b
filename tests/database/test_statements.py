"""Our own SQL statements for verbs and polls."""

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from scans import transitions
from scans.database.statements import row, series_state, totals_by_status
from scans.models import Actor, Analysis, ScanSettings, UrlScan
from scans.reasons import Reason
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_version_of_a_series_differs_after_any_change_in_any_of_its_runs():
    first = factories.running(name="Shop")
    seen = {series_state(first.pk).version}
    second = factories.submitted(name="Shop")
    seen.add(series_state(first.pk).version)
    transitions.pause_analysis(first, by=Actor.COMMAND)
    seen.add(series_state(first.pk).version)
    assert len(seen) == 3 and series_state(first.pk).version == series_state(second.pk).version
    factories.submitted(name="Another")
    assert series_state(first.pk).version in seen


def test_what_waits_longer_for_a_slot_is_counted_and_part_of_the_version():
    ScanSettings.objects.update(capacity=1)
    running, first, second = (factories.started() for _ in range(3))
    assert [series_state(each.pk).ahead for each in (running, first, second)] == [0, 0, 1]
    before = series_state(second.pk).version
    transitions.stop_analysis(first, by=Actor.COMMAND, mode="delete")
    assert series_state(second.pk).ahead == 0 and series_state(second.pk).version != before


def test_a_row_is_read_as_django_reads_it():
    scan = factories.ended(number_of_findings=3).url_scans.get()
    UrlScan.objects.filter(pk=scan.pk).update(reason=Reason("runs_failed", count=5), responses={"200": 7})
    for model, pk in ((UrlScan, scan.pk), (Analysis, scan.analysis_id)):
        read, expected = row(model, pk, lock=True), model.objects.get(pk=pk)
        names = [field.attname for field in model._meta.concrete_fields]
        assert [getattr(read, name) for name in names] == [getattr(expected, name) for name in names]
        assert read == expected and not read.get_deferred_fields()


def test_a_row_that_does_not_exist_is_an_error():
    with pytest.raises(UrlScan.DoesNotExist, match="There is no URL scan 1000000"):
        row(UrlScan, 10**6)


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction():
    analysis = factories.submitted()
    with pytest.raises(TransactionManagementError):
        row(Analysis, analysis.pk, lock=True)
    with transaction.atomic(), CaptureQueriesContext(connection) as ran:
        assert row(Analysis, analysis.pk, lock=True) == analysis
    assert ("FOR UPDATE" in ran[-1]["sql"]) == connection.features.has_select_for_update


@pytest.mark.parametrize("pk", [10**6, 2**63, 10**40])
def test_an_analysis_that_does_not_exist_has_a_version_too(pk):
    assert not Analysis.objects.exists() and series_state(pk) == ("0.0.0", 0)


def test_totals_by_status_count_urls_and_findings_of_each_status():
    analysis = factories.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    scan = analysis.url_scans.first()
    UrlScan.objects.filter(pk=scan.pk).update(status="paused", findings_high=2, findings_info=1)
    factories.running()
    none = {"critical": 0, "high": 0, "medium": 0, "low": 0, "info": 0, "dismissed": 0}
    (other,) = totals_by_status([analysis.pk])[analysis.pk].keys() - {"paused"}
    expected = {"paused": {"urls": 1, **none, "high": 2, "info": 1}, other: {"urls": 1, **none}}
    assert totals_by_status([analysis.pk]) == {analysis.pk: expected}
    assert totals_by_status([10**6, analysis.pk]) == {10**6: {}, analysis.pk: expected}
    assert totals_by_status([]) == {}


def test_a_weakness_of_several_url_scans_counts_once_and_for_a_published_one():
    analysis = factories.on_every_page("", "about", urls=("http://127.0.0.1:9/a", "http://127.0.0.1:9/b"))
    UrlScan.objects.filter(pk=analysis.url_scans.first().pk).update(status="completed_verifying_results")
    totals = totals_by_status([analysis.pk])[analysis.pk]
    assert totals["completed_results_available"]["info"] == 1
    assert totals["completed_verifying_results"]["info"] == 0
