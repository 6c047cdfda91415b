"""A lease or a slot where none may be is noticed, and so is one that is missing."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from scans import transitions
from scans.maintenance.invariants import holding
from scans.models import (
    Actor,
)
from tests import factories
from tests.maintenance.invariants.spoiling import LONG_AGO, Spoilers, change, named, published, running

pytestmark = pytest.mark.django_db
spoils = Spoilers()


@spoils("leases_are_whole")
def a_holder_without_an_end():
    change(running(), lease_until=None)


@spoils("leases_are_where_they_may_be")
def a_lease_of_what_only_waits():
    change(factories.scheduled().url_scans.get(), lease_holder="w", lease_until=timezone.now())


@spoils("leases_are_where_they_may_be")
def a_lease_in_a_deleted_analysis():
    scan = published()
    transitions.delete(scan.analysis, by=Actor.COMMAND)
    change(scan, lease_holder="w", lease_until=timezone.now())


@spoils("what_runs_has_a_worker")
def a_scan_that_runs_without_a_worker():
    change(running(), lease_holder="", lease_until=None)


@spoils("what_runs_has_a_worker")
def a_lease_that_nobody_recovers():
    change(running(), lease_until=timezone.now() - LONG_AGO)


@spoils("leases_end_soon")
def a_lease_by_a_clock_that_is_ahead():
    longest = timedelta(seconds=settings.SCANS_LEASE_SECONDS)
    change(running(), lease_until=timezone.now() + longest + LONG_AGO)


@spoils("slots_are_where_they_may_be")
def a_slot_of_what_has_ended():
    change(published(), slot_since=timezone.now())


@spoils("slots_are_where_they_may_be")
def a_scan_that_runs_without_a_slot():
    change(running(), slot_since=None)


@pytest.mark.parametrize("spoiled", spoils.of)
def test_a_spoiled_row_is_noticed(spoiled):
    assert spoils.is_noticed(spoiled)


def test_every_invariant_was_seen_to_fail():
    assert spoils.invariants() == named(holding)
