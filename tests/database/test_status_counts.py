"""The kept count of analyses per status: always what a count would give, whoever writes, and how."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from scans import transitions
from scans.models import Actor, Analysis, Series, StatusCount, StopMode
from tests import factories

pytestmark = pytest.mark.django_db


def assert_exact():
    assert StatusCount.totals() == Analysis.objects.present().count_by_status()


def raw(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_verbs_are_counted():
    for make in (factories.scheduled, factories.running, factories.published):
        make()
    assert StatusCount.totals() == {"scheduled": 1, "in_progress": 1, "completed_results_available": 1}


def test_deleted_analyses_are_not_counted():
    analysis = factories.published()
    transitions.delete(analysis, by=Actor.COMMAND)
    assert StatusCount.totals() == {}


def test_a_transaction_that_is_undone_counts_nothing():
    with transaction.atomic():
        factories.submitted()
        transaction.set_rollback(True)
    assert StatusCount.totals() == {}


def test_bulk_changes_and_plain_sql_are_counted():
    for _ in range(4):
        factories.submitted()
    assert_exact()
    Analysis.objects.update(status="queued")  # no product code may do this: a stranger with SQL might
    assert StatusCount.totals() == {"queued": 4}
    raw("UPDATE scans_analysis SET deleted_at = changed_at WHERE id = (SELECT min(id) FROM scans_analysis)")
    assert StatusCount.totals() == {"queued": 3}
    raw("UPDATE scans_analysis SET status = 'paused', deleted_at = NULL")
    assert StatusCount.totals() == {"paused": 4}
    assert_exact()


def test_rows_made_and_deleted_in_bulk_are_counted():
    now = timezone.now()
    every = {"duration": timedelta(hours=1), "created_at": now, "changed_at": now}
    series = Series.objects.create(name="bulk")
    Analysis.objects.bulk_create(Analysis(series=series, name="bulk", run=run, **every) for run in range(1, 8))
    assert StatusCount.totals() == {"saved_for_later": 7}
    Analysis.objects.filter(run__lt=3).delete()
    assert StatusCount.totals() == {"saved_for_later": 5}


@pytest.mark.django_db(transaction=True)
def test_counts_stay_exact_while_many_write_delete_and_fold():
    analyses = [factories.scheduled() for _ in range(12)]

    def live(analysis):
        """What happens to one analysis, each step a transaction, beside the others."""
        try:
            transitions.start(analysis)
            StatusCount.fold()
            transitions.pause_analysis(analysis, by=Actor.COMMAND)
            transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND)
            if analysis.pk % 2:
                transitions.delete(analysis, by=Actor.COMMAND)
            return StatusCount.totals()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(live, analyses))
    assert all(count >= 0 for totals in seen for count in totals.values())
    assert sum(StatusCount.totals().values()) == 12 - sum(analysis.pk % 2 for analysis in analyses)
    assert_exact()
