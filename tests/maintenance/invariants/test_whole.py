"""Counts, triggers and contents that are not as they should be are noticed."""

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.activity import note
from scans.database import append_only, status_counts
from scans.maintenance.invariants import checking, whole
from scans.models import (
    Actor,
    BulkAction,
    CrawlScript,
    ScanSettings,
    StatusCount,
    StopMode,
    UrlScan,
)
from tests import factories
from tests.maintenance.invariants.spoiling import LONG_AGO, Spoilers, named, published

pytestmark = pytest.mark.django_db
spoils = Spoilers()


@spoils("statuses_are_counted")
def a_wrong_count():
    StatusCount.objects.create(status="paused", count=3)


@spoils("capacity_is_kept")
def more_slots_than_capacity():
    factories.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    ScanSettings.objects.update(capacity=1)


@spoils("each_task_holds_one_scan")
def a_task_that_holds_two():
    scans = factories.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b").url_scans.all()
    UrlScan.objects.filter(pk__in=scans).update(lease_holder=str(DBTaskResult.objects.first().pk))


@spoils("logs_are_append_only")
def no_trigger():
    append_only.remove(None, connection.schema_editor())


@spoils("logs_are_append_only")
def no_trigger_of_the_security_log():
    append_only.remove_security(None, connection.schema_editor())


@spoils("logs_are_append_only")
def no_trigger_that_counts():
    status_counts.remove(connection)


@spoils("contents_are_referred_to")
def a_script_that_nobody_needs():
    CrawlScript.of("a.side", "{}").save()


@spoils("what_is_owed_has_a_task")
def a_set_up_without_a_task():
    factories.submitted()
    DBTaskResult.objects.all().delete()


@spoils("what_is_owed_has_a_task")
def a_queued_scan_without_a_task():
    factories.started()
    DBTaskResult.objects.all().delete()


@spoils("what_is_owed_has_a_task")
def a_verification_whose_task_ended_long_ago():
    factories.ended()
    DBTaskResult.objects.update(status="SUCCESSFUL", finished_at=timezone.now() - LONG_AGO)


@spoils("what_is_owed_has_a_task")
def a_deletion_that_nobody_makes():
    transitions.stop_analysis(factories.ended("http://a.test/", "http://b.test/"), StopMode.DELETE, by=Actor.COMMAND)
    DBTaskResult.objects.all().delete()


@spoils("what_is_owed_has_a_task")
def findings_that_nobody_verifies_again():
    scan = published()
    transitions.verify_again(scan, by=Actor.COMMAND)
    DBTaskResult.objects.all().delete()


@spoils("what_is_owed_has_a_task")
def a_bulk_action_that_nobody_carries_out():
    bulk = BulkAction.objects.create(user=factories.user(), verb="delete", key="0b3f3b5c-9f0a-4d39-9c5b-9f4f4a4c1c11")
    bulk.items.create(analysis=factories.scheduled())


@pytest.mark.parametrize("spoiled", spoils.of)
def test_a_spoiled_row_is_noticed(spoiled):
    assert spoils.is_noticed(spoiled)


def test_every_invariant_was_seen_to_fail():
    assert spoils.invariants() == named(whole)


def test_a_capacity_that_was_lowered_is_no_violation_until_a_scan_gets_a_slot():
    factories.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    ScanSettings.objects.update(capacity=1)
    note("settings.changed", by=Actor.COMMAND, subject=ScanSettings.current(), field="capacity", before="2", after="1")
    assert [*checking.check(0).found] == []
    UrlScan.objects.filter(pk=UrlScan.objects.last().pk).update(slot_since=timezone.now())
    assert [one.row for one in checking.check(0).found] == ["Capacity"]
