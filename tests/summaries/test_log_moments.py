"""Entries of the activity log that tell the same change of one moment."""

from datetime import UTC, datetime, timedelta

import pytest

from scans.models import ActivityLogEntry, Actor, UrlScan
from scans.reasons import NO_REASON, Reason
from scans.summaries.log_moments import log_moments

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SCANS = {number: UrlScan(pk=number, url=f"http://127.0.0.1:9/{number}") for number in range(1, 5)}


def entry(pk: int, scan: int | None = None, *, seconds: float = 0, to: str = "queued", **fields) -> ActivityLogEntry:
    values = {"actor": Actor.WORKER, "from_status": "scheduled", "reason": NO_REASON, **fields}
    at = NOW + timedelta(seconds=seconds)
    return ActivityLogEntry(pk=pk, at=at, url_scan=SCANS[scan] if scan else None, to_status=to, **values)


def grouped(*entries) -> list[list[int]]:
    return [[each.pk for each in moment.entries] for moment in log_moments(entries)]


def test_the_same_change_of_an_analysis_and_its_urls_is_one_moment():
    moments = log_moments([entry(4), entry(3, 2), entry(2, 1), entry(1, 1, to="scheduled", from_status="")])
    assert [[each.pk for each in moment.entries] for moment in moments] == [[4, 3, 2], [1]]
    first, last = moments
    assert first.has_analysis and first.urls == ["http://127.0.0.1:9/2", "http://127.0.0.1:9/1"]
    assert (first.newest.pk, first.oldest.pk) == (4, 2) and first.is_merged and not last.is_merged


@pytest.mark.parametrize(
    "differing",
    [
        {"seconds": -2},
        {"actor": Actor.SCHEDULER},
        {"user_id": 7},
        {"reason": Reason("capacity_used_up")},
        {"to": "paused"},
    ],
    ids=["time", "actor", "user", "reason", "status"],
)
def test_what_differs_in_more_than_the_url_stands_alone(differing):
    assert grouped(entry(2, 2), entry(1, 1)) == [[2, 1]]
    assert grouped(entry(2, 2), entry(1, 1, **differing)) == [[2], [1]]


def test_entries_without_a_change_of_status_are_never_merged():
    assert grouped(entry(2, to="", from_status=""), entry(1, to="", from_status="")) == [[2], [1]]


def test_every_entry_is_in_exactly_one_moment_in_its_order():
    entries = [entry(number, number % 4 + 1, to=("queued", "paused")[number % 3 == 0]) for number in range(30, 0, -1)]
    assert [each.pk for moment in log_moments(entries) for each in moment.entries] == list(range(30, 0, -1))
