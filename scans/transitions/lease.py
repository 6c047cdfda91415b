"""The lease of a URL scan: take it, renew it, give it back."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar

from django.conf import settings
from django.db.models.functions import Now

from scans.database.statements import renew_lease, totals_by_status
from scans.models import Actor, Analysis, UrlScan
from scans.reasons import NO_REASON, Reason
from scans.statuses import UrlScanStatus
from scans.statuses.rollup import kept_columns
from scans.timing import DEFAULT_TIMING, Timing
from scans.transitions.core import RELEASED, U, enqueue_for, locked, move, roll_up, verb
from scans.transitions.holder import by_holder, lost, while_held
from scans.working_on import in_this_context

Result = TypeVar("Result")


@verb
def take(url_scan_id: int, holder: str, *, among: Iterable[UrlScanStatus]) -> UrlScan | None:
    """Lease a URL scan to `holder`. Returns None if it is in another status, has a holder, or waits for a slot.

    Tasks may run twice or late; one that gets None has nothing to do.
    """
    began, lasts = monotonic(), timedelta(seconds=settings.SCANS_LEASE_SECONDS)
    analysis_id = UrlScan.objects.filter(pk=url_scan_id).values_list("analysis_id", flat=True).first()
    if analysis_id is None:
        return None
    locked(analysis_id)  # because `stop` looks whether the scan has a holder
    free = UrlScan.objects.filter(pk=url_scan_id, status__in=list(among), lease_holder="")
    taken = free.exclude(status=U.RESUMING, slot_since=None).update(lease_holder=holder, lease_until=Now() + lasts)
    if not taken:
        return None
    scan = UrlScan.objects.select_related("analysis").get(pk=url_scan_id)
    scan.held_until = began + settings.SCANS_LEASE_SECONDS
    return scan


def renew(url_scan: UrlScan, **progress) -> tuple[UrlScanStatus, datetime | None]:
    """Renew the lease and store the engine's `progress`. Returns status and end of the duration as they are now.

    Without progress, that is one statement. Raises LeaseLost if another worker holds the scan, and the error of a
    database that fails until the lease ends.
    """
    if progress:
        return _store_progress(url_scan, progress)

    def once() -> tuple[UrlScanStatus, datetime | None]:
        began = monotonic()
        renewed = renew_lease(url_scan.pk, url_scan.lease_holder, settings.SCANS_LEASE_SECONDS)
        if renewed is None:
            raise lost(url_scan)
        url_scan.held_until = began + settings.SCANS_LEASE_SECONDS
        return U(renewed.status), renewed.expires_at

    return while_held(url_scan, once)


@by_holder
def _store_progress(scan: UrlScan, progress: dict) -> tuple[UrlScanStatus, datetime | None]:
    """Write these columns, and what the analysis keeps of them. `held` has renewed the lease."""
    UrlScan.objects.filter(pk=scan.pk).update(**progress)
    for name, value in progress.items():
        setattr(scan, name, value)
    analysis = scan.analysis
    analysis.version += 1
    kept = {"version": analysis.version}
    if any(name.startswith("findings_") for name in progress):
        kept |= kept_columns(totals_by_status([analysis.pk])[analysis.pk], analysis.status)
    Analysis.objects.filter(pk=analysis.pk).update(**kept)
    return U(scan.status), analysis.expires_at


@by_holder
def leave(scan: UrlScan, *, reason: Reason = NO_REASON, action: str = "url_scan.worker_left") -> None:
    """Give a scan to another worker, because this one is shut down. Its engine has saved its session.

    `reason` says where the session is, if not every host can read it. Another `action` of the log says why it leaves.
    """
    if scan.status in (U.QUEUED, U.RESUMING):  # its engine has not begun
        UrlScan.objects.filter(pk=scan.pk).update(**RELEASED)
        enqueue_for(scan, "scan_url")
        return
    move(scan, U.RESUMING, action, Actor.WORKER, columns=RELEASED, reason=reason)
    roll_up(scan.analysis, Actor.WORKER)


@by_holder
def make_way(scan: UrlScan, task: str, *spent: float) -> None:
    """Give a URL scan back whose findings are being verified, because others wait. The task queues up again.

    `spent` are the seconds that the verification has used so far. Raises LeaseLost.
    """
    UrlScan.objects.filter(pk=scan.pk).update(**RELEASED)
    enqueue_for(scan, task, *spent)


def run_with_lease(
    url_scan: UrlScan,
    work: Callable[[], Result],
    on_renewal: Callable[[UrlScanStatus], object] = lambda status: None,
    *,
    timing: Timing = DEFAULT_TIMING,
) -> Result:
    """Run `work` in a thread while this one keeps the lease; return what it returns, or raise what it raises.

    `work` must not query the database: its thread has no connection. The lease is renewed meanwhile and once more
    at the end, each time followed by `on_renewal` with the status. Raises LeaseLost, after the work, if another worker
    has the scan.
    """
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(in_this_context(work))
        done = None
        while not done:
            done = wait([working], timeout=timing.between_renewals).done
            status, _ = renew(url_scan)  # after the work too: this process may have been frozen for a while
            on_renewal(status)
    return working.result()
