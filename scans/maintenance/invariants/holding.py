"""Leases and slots: only what a worker may hold is held, and what runs has a worker."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings

from scans.maintenance.invariants.base import (
    CHECK_CLOCKS,
    NO_WORKER,
    RECOVERED_WITHIN,
    REPORT,
    START_SCHEDULER,
    Batch,
    Violation,
    of_scan,
)
from scans.statuses import MAY_HOLD_SLOT, PUBLISHED_AS
from scans.statuses import UrlScanStatus as U

_MAY_BE_HELD = {*MAY_HOLD_SLOT, *PUBLISHED_AS, *PUBLISHED_AS.values()}  # by an engine, or by a verification
_MUST_BE_HELD = {U.IN_PROGRESS, U.PAUSING, U.STOPPING_SAVING_RESULTS}
_MUST_HOLD_SLOT = {U.QUEUED, U.IN_PROGRESS, U.PAUSING, U.STOPPING_SAVING_RESULTS}


def leases_are_whole(batch: Batch) -> Iterator[Violation]:
    """A lease has a holder and an end, or neither."""
    for scan in batch.all_scans:
        if bool(scan.lease_holder) != bool(scan.lease_until):
            kept = f"its lease has {'a holder and no end' if scan.lease_holder else 'an end and no holder'}"
            yield of_scan(scan, kept, "a lease has both or neither")


def leases_are_where_they_may_be(batch: Batch) -> Iterator[Violation]:
    """Only a URL scan for which a worker has work is held by one."""
    for scan in batch.all_scans:
        if not scan.lease_holder or scan.lease_holder == NO_WORKER:
            continue
        kept = f"the worker of task {scan.lease_holder} holds it"
        if batch.analyses[scan.analysis_id].deleted_at:
            yield of_scan(scan, kept, "its analysis is deleted")
        elif scan.status not in _MAY_BE_HELD:
            yield of_scan(scan, kept, f"in the status {scan.status} no worker has anything to do")


def what_runs_has_a_worker(batch: Batch) -> Iterator[Violation]:
    """A URL scan that runs is held by a worker that renews its lease, or is recovered soon after that ran out."""
    for scan in batch.all_scans:
        if scan.status in _MUST_BE_HELD and not scan.lease_holder:
            yield of_scan(scan, f"its status is {scan.status}", "no worker holds it")
        elif scan.lease_until and scan.lease_until < batch.now - RECOVERED_WITHIN:
            kept = f"the lease of its worker ran out at {scan.lease_until.isoformat()}"
            yield of_scan(scan, kept, "nobody recovered it", START_SCHEDULER)


def leases_end_soon(batch: Batch) -> Iterator[Violation]:
    """No lease lasts longer than SCANS_LEASE_SECONDS, so that a lost worker is noticed."""
    longest = timedelta(seconds=settings.SCANS_LEASE_SECONDS) + RECOVERED_WITHIN
    for scan in batch.all_scans:
        if scan.lease_until and scan.lease_holder != NO_WORKER and scan.lease_until > batch.now + longest:
            kept = f"the lease of its worker lasts until {scan.lease_until.isoformat()}"
            should = f"at {batch.now.isoformat()} none lasts longer than {settings.SCANS_LEASE_SECONDS:g} seconds"
            yield of_scan(scan, kept, should, CHECK_CLOCKS)


def slots_are_where_they_may_be(batch: Batch) -> Iterator[Violation]:
    """A capacity slot belongs to a URL scan that is queued, runs or is being ended; what runs has one."""
    for scan in batch.all_scans:
        if scan.slot_since and scan.status not in MAY_HOLD_SLOT:
            kept = f"it holds a capacity slot since {scan.slot_since.isoformat()}"
            yield of_scan(scan, kept, f"in the status {scan.status} it needs none", REPORT)
        elif scan.status in _MUST_HOLD_SLOT and not scan.slot_since and scan.lease_holder != NO_WORKER:
            yield of_scan(scan, f"its status is {scan.status}", "it holds no capacity slot", REPORT)
