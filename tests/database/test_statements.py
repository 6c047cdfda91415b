"""What is written once in a process says the same as the ORM, value by value."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.forms.models import model_to_dict
from django.utils import timezone

from scans.database.statements import insert, row, update
from scans.models import ActivityLogEntry, Actor, Analysis, UrlScan
from scans.statuses import UrlScanStatus
from tests import factories

pytestmark = pytest.mark.django_db
A_MOMENT = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)


def values(instance) -> dict:
    return {field.attname: getattr(instance, field.attname) for field in type(instance)._meta.concrete_fields}


@pytest.fixture
def analysis():
    """One with a value of each kind: a moment, a time span, a UUID, JSON, a person, nothing."""
    person = factories.user()
    analysis = factories.running(by=person, duration=timedelta(days=2, microseconds=7), key=uuid4())
    Analysis.objects.filter(pk=analysis.pk).update(recurrence={"every": [1, "zwei", None]}, blackout="Größe % _ ' \"")
    return analysis


@pytest.mark.parametrize("lock", [False, True])
def test_a_row_is_what_the_orm_reads(analysis, lock):
    for model, pk in ((Analysis, analysis.pk), (UrlScan, analysis.url_scans.get().pk)):
        read, known = row(model, pk, lock=lock), model.objects.get(pk=pk)
        assert values(read) == values(known) and read == known
        assert {name: type(value) for name, value in values(read).items()} == {
            name: type(value) for name, value in values(known).items()
        }
        assert not read.get_deferred_fields() and not read._state.adding


def test_a_row_that_is_not_there(analysis):
    with pytest.raises(Analysis.DoesNotExist):
        row(Analysis, analysis.pk + 1000)


def test_an_inserted_row_is_what_the_orm_stores(analysis):
    scan = analysis.url_scans.get()
    entry = {"analysis": analysis, "url_scan": scan, "at": A_MOMENT, "actor": Actor.USER, "user": analysis.owner}
    entry |= {"action": "analysis.paused", "reason": "100 % 'of' “it”", "data": {"a": [1, None], "ü": "%s"}}
    insert(ActivityLogEntry(**entry))
    ActivityLogEntry.objects.create(**entry)
    ours, known = ActivityLogEntry.objects.order_by("-pk")[:2]
    assert model_to_dict(ours, exclude="id") == model_to_dict(known, exclude="id")
    assert ours.at == A_MOMENT and ours.data == entry["data"]


def test_an_update_writes_what_it_names_and_counts_up(analysis):
    before = values(Analysis.objects.get(pk=analysis.pk))
    other = factories.running()
    changes = {"started_at": A_MOMENT, "duration": timedelta(hours=3), "ended_at": None, "recurrence": {"every": 2}}
    assert update(Analysis, analysis.pk, changes, counted_up="version")
    assert values(Analysis.objects.get(pk=analysis.pk)) == before | changes | {"version": before["version"] + 1}
    assert values(Analysis.objects.get(pk=other.pk)) == values(other)


def test_an_update_of_what_has_changed_meanwhile_writes_nothing(analysis):
    scan = analysis.url_scans.get()
    stale = {"status": UrlScanStatus.QUEUED}
    assert not update(UrlScan, scan.pk, {"reason": "late", "status_at": timezone.now()}, where=stale)
    assert values(UrlScan.objects.get(pk=scan.pk)) == values(scan)
    assert update(UrlScan, scan.pk, {"reason": "in time"}, where={"status": scan.status})
    assert UrlScan.objects.get(pk=scan.pk).reason == "in time"
