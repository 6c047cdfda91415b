"""Preparing what a scan begins from, its folder; a storage that fails is waited for."""

import logging
from time import monotonic

from scans import artifacts, transitions
from scans.database import clock
from scans.models import Installation, UrlScan
from scans.reasons import Reason
from scans.statuses import EndedBy, UrlScanStatus
from scans.timing import Timing
from scans.transitions import run_with_lease
from scans.workers import supervision

logger = logging.getLogger(__name__)
STOPPING = (UrlScanStatus.STOPPING_SAVING_RESULTS, UrlScanStatus.STOPPING_DELETING_RESULTS)


def prepared(scan: UrlScan, timing: Timing) -> Reason | None:
    """Prepare the folder of a leased scan. Returns why it begins again, if it should continue and cannot.

    While the storage cannot be read the scan keeps its status: neither does it begin again, nor does it end. Returns
    None if the scan is not to run any more: it was left to another worker, paused, stopped or out of time meanwhile.
    Raises OSError for an error of the folder, and LeaseLost.
    """
    began = monotonic()
    while True:
        try:
            why = artifacts.prepare(scan, timing=timing, wait=monotonic() - began < timing.for_delivery)
        except artifacts.NotDelivered as absent:
            logger.info("%s", absent)
        except artifacts.StorageError as error:
            logger.warning("The session of %s cannot be read now. %s", scan.url, error)
            Installation.note_storage(error.why)
        else:
            return why
        if run_with_lease(scan, lambda: supervision.shutdown_requested.wait(timing.between_checks), timing=timing):
            transitions.leave(scan)
            return None
        if _is_over(scan):
            return None


def _is_over(scan: UrlScan) -> bool:
    """Whether somebody paused or stopped the scan, or its time is over; then moves it on."""
    status, expires_at = transitions.renew(scan)
    if status == UrlScanStatus.PAUSING:
        transitions.confirm_pause(scan)
    elif status in STOPPING:
        transitions.end(scan, EndedBy.USER)
    elif expires_at and clock.now() >= expires_at:
        transitions.end(scan, EndedBy.DURATION, reason=Reason("duration_ended"))
    else:
        return status not in (UrlScanStatus.QUEUED, UrlScanStatus.RESUMING)
    return True
