"""The log is counted from where the last reading ended, and nothing is missed or counted twice."""

from types import SimpleNamespace

import pytest

from dashboard import log_counts
from dashboard.log_counts import LogCounts
from scans import activity, transitions
from scans.models import Actor, UrlScan
from scans.reasons import Reason
from scans.statuses import EndedBy
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def counts(monkeypatch):
    """A function that waits until everything has settled, and counts; and what it has counted."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(log_counts, "monotonic", lambda: now.seconds)
    counted = LogCounts()

    def read(wait=log_counts.SECONDS_TO_SETTLE):
        now.seconds += 1
        counted.read_on()
        now.seconds += wait
        counted.read_on()
        return counted

    return read


def test_what_was_there_before_is_not_counted(counts):
    factories.scheduled()
    assert not counts().moves and counts().leases_lost == 0


def test_each_change_of_a_status_is_counted_once(counts):
    counts()
    factories.scheduled("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    for _ in range(3):
        moves = counts().moves
        assert moves["url_scan", "scheduled"] == 2 and moves["analysis", "scheduled"] == 1


def test_an_entry_counts_only_once_no_earlier_one_can_appear(counts):
    counts()
    factories.scheduled()
    assert not counts(wait=log_counts.SECONDS_TO_SETTLE - 2).moves
    assert counts(wait=2).moves["url_scan", "scheduled"] == 1


def test_many_entries_are_read_in_pieces(counts, monkeypatch):
    counts()
    factories.scheduled(*(f"http://127.0.0.1:9/{number}" for number in range(30)))
    monkeypatch.setattr(log_counts, "MOST_AT_A_TIME", 20)
    assert 0 < counts().moves.total() <= 20
    for _ in range(5):
        counts()
    assert counts().moves["url_scan", "scheduled"] == 30


def test_a_scan_that_moved_on_and_one_that_ended_after_its_worker_was_lost_are_leases_lost(counts):
    counts()
    scan = factories.running().url_scans.get()
    UrlScan.objects.filter(pk=scan.pk).update(lease_until="2020-01-01T00:00Z")
    transitions.recover(scan)
    other = factories.running().url_scans.get()
    lost = {"by": Actor.SCHEDULER, "reason": Reason("worker_lost", count=3)}
    transitions.end(other, EndedBy.TECHNICAL, **lost)
    activity.record("analysis.status_changed", analysis=other.analysis, **lost)
    assert counts().leases_lost == 2


def test_counting_continues_after_an_older_copy_of_the_database_was_restored(counts):
    counts()._read_to = 10**9  # an entry that the copy does not have
    counts()
    factories.scheduled()
    assert counts().moves["url_scan", "scheduled"] == 1
