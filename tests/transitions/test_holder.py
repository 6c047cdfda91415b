"""Writing as the holder of a lease: the holder first, in one transaction, and again while the database fails."""

import pytest
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

from scans import transitions
from scans.database import patience
from scans.models import UrlScan
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from tests import factories as make
from tests.rows import only_scan

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan():
    return only_scan(make.running())


@pytest.fixture
def no_pauses(monkeypatch):
    monkeypatch.setattr(patience, "SHORTEST_PAUSE", 0)


@transitions.by_holder
def count_request(scan: UrlScan) -> int:
    """Count one request; what is done twice shows."""
    transitions.renew(scan, requests=scan.requests + 1)
    return scan.requests


def lease_of(scan):
    return make.fresh(scan).lease_until


def test_one_who_lost_the_lease_does_not_reach_the_block(scan):
    UrlScan.objects.filter(pk=scan.pk).update(lease_holder="another")
    with pytest.raises(transitions.LeaseLost), transitions.held(scan):
        pytest.fail("This would write.")


def test_the_block_gets_the_scan_as_it_is_now_and_renews_the_lease(scan):
    make.lose(scan)
    before = lease_of(scan)
    UrlScan.objects.filter(pk=scan.pk).update(requests=7)
    with transitions.held(scan) as now:
        assert now.requests == 7
    assert lease_of(scan) == now.lease_until > before


def test_a_block_inside_another_is_a_part_of_it_and_costs_nothing(scan):
    with transitions.held(scan) as outer, CaptureQueriesContext(connection) as queries:
        with transitions.held(scan) as inner:
            assert inner is outer
        assert transitions.renew(scan)[0] == U.IN_PROGRESS
    assert len(queries) == 1  # the renewal


def test_a_block_after_the_scan_was_released_inside_the_same_one_is_refused(scan):
    with transitions.held(scan):
        transitions.leave(scan)
        with pytest.raises(transitions.LeaseLost), transitions.held(scan):
            pytest.fail("This would write.")


@pytest.mark.parametrize("verb", [lambda scan: transitions.end(scan, EndedBy.ITSELF), transitions.leave])
def test_a_verb_inside_the_block_is_undone_with_it(scan, verb):
    with pytest.raises(ZeroDivisionError), transitions.held(scan):
        verb(scan)
        raise ZeroDivisionError
    assert make.fresh(scan).status == U.IN_PROGRESS


@pytest.mark.django_db(transaction=True)
def test_a_write_is_tried_again_when_the_database_fails(scan, no_pauses, monkeypatch):
    wrapper, failures = connections["default"], [OperationalError("server closed the connection")] * 2
    really = wrapper.cursor
    monkeypatch.setattr(wrapper, "cursor", lambda: _raise(failures.pop()) if failures else really())
    assert count_request(scan) == 1 and make.fresh(scan).requests == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_that_nobody_confirmed_is_repeated_only_if_it_did_not_happen(scan, no_pauses, monkeypatch, committed):
    wrapper, cut = connections["default"], [True]
    really = wrapper.commit

    def commit():
        if not cut:
            return really()
        cut.pop()
        if committed:
            really()
        raise OperationalError("the connection was cut at COMMIT")

    monkeypatch.setattr(wrapper, "commit", commit)
    assert count_request(scan) == 1 and make.fresh(scan).requests == 1


@pytest.mark.django_db(transaction=True)
def test_nobody_is_patient_beyond_the_lease(scan, no_pauses):
    tried = []

    @transitions.by_holder
    def fail(scan):
        tried.append(scan)
        raise OperationalError("locked")

    scan.held_until = 1e-9  # long ago
    with pytest.raises(OperationalError):
        fail(scan)
    assert len(tried) == 1


def _raise(error):
    raise error
