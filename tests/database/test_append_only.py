"""The database's own guard of the activity log, and the one door in it: what has expired may be deleted."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from scans import activity
from scans.models import ActivityLogEntry, Actor, Analysis, SecurityEvent
from tests import factories
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def analysis():
    """An analysis whose log is kept."""
    return factories.published()


def expire(analysis):
    """Its log has expired; what is written from now on has not: the entry that says so."""
    Analysis.objects.filter(pk=analysis.pk).update(log_expired_at=timezone.now())
    activity.record("analysis.log_expired", analysis=analysis, by=Actor.SCHEDULER, count=1)
    return ActivityLogEntry.objects.get(analysis=analysis, action="analysis.log_expired")


def refused(act):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act()
    return True


def test_an_entry_of_a_log_that_is_kept_cannot_be_deleted(analysis):
    entries = ActivityLogEntry.objects.filter(analysis=analysis)
    assert refused(entries.delete) and entries.exists()


def test_an_entry_of_a_log_that_has_expired_can_be_deleted_and_younger_ones_cannot(analysis):
    entries = ActivityLogEntry.objects.filter(analysis=analysis)
    older = list(entries.values_list("pk", flat=True))
    said = expire(analysis)
    assert refused(entries.delete)
    entries.filter(pk__in=older).delete()
    assert list(entries) == [said]
    assert refused(entries.delete)


def test_other_analyses_logs_stay(analysis):
    other = factories.published()
    expire(analysis)
    assert refused(ActivityLogEntry.objects.filter(analysis=other).delete)


def test_a_deleted_analysis_alone_opens_nothing(analysis):
    Analysis.objects.filter(pk=analysis.pk).update(deleted_at=timezone.now())
    assert refused(ActivityLogEntry.objects.filter(analysis=analysis).delete)


def test_no_entry_can_be_changed_whether_or_not_it_has_expired(analysis):
    entries = ActivityLogEntry.objects.filter(analysis=analysis)
    assert refused(lambda: entries.update(reason="another"))
    expire(analysis)
    assert refused(lambda: entries.update(reason="another"))
    assert refused(lambda: entries.update(at=timezone.now() - timedelta(days=9)))
    assert not entries.filter(reason="another").exists()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE scans_activitylogentry SET reason = 'never happened'", "DELETE FROM scans_activitylogentry"],
)
def test_the_database_refuses_to_change_the_log(statement):
    make.submitted()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_event_of_the_security_log_never_changes():
    event = activity.note("login.ended")
    assert refused(lambda: SecurityEvent.objects.filter(pk=event.pk).update(who="somebody else"))
    assert refused(SecurityEvent.objects.filter(pk=event.pk).delete)


def test_events_of_the_security_log_go_once_a_later_one_says_so():
    old, last, young = (activity.note("login.ended") for _ in range(3))
    mark = activity.note("log.expired", by=Actor.SCHEDULER, subject=last, until=timezone.now(), count=2)
    assert refused(SecurityEvent.objects.filter(pk=young.pk).delete)
    assert refused(SecurityEvent.objects.all().delete)
    SecurityEvent.objects.filter(pk__lte=last.pk).delete()
    assert list(SecurityEvent.objects.all()) == [mark, young] and old.pk < last.pk
