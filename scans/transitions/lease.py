"""The lease of a URL scan: take it, renew it, give it back."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from scans.database.statements import totals_by_status
from scans.models import Actor, Analysis, UrlScan
from scans.statuses import UrlScanStatus
from scans.statuses.rollup import kept_columns
from scans.timing import DEFAULT_TIMING, Timing
from scans.transitions.core import RELEASED, LeaseLost, U, enqueue, held_scan, locked, move, roll_up, verb
from scans.working_on import in_this_context

Result = TypeVar("Result")


def _lease_until() -> datetime:
    return timezone.now() + timedelta(seconds=settings.SCANS_LEASE_SECONDS)


@verb
def take(url_scan_id: int, holder: str, *, among: Iterable[UrlScanStatus]) -> UrlScan | None:
    """Lease a URL scan to `holder`. Returns None if it is in another status, has a holder, or waits for a slot.

    Tasks may run twice or late; one that gets None has nothing to do.
    """
    analysis_id = UrlScan.objects.filter(pk=url_scan_id).values_list("analysis_id", flat=True).first()
    if analysis_id is None:
        return None
    locked(analysis_id)  # because `stop` looks whether the scan has a holder
    free = UrlScan.objects.filter(pk=url_scan_id, status__in=list(among), lease_holder="")
    taken = free.exclude(status=U.RESUMING, slot_since=None).update(lease_holder=holder, lease_until=_lease_until())
    return UrlScan.objects.select_related("analysis").get(pk=url_scan_id) if taken else None


@verb
def renew(url_scan: UrlScan, **progress) -> tuple[UrlScanStatus, datetime | None]:
    """Renew the lease and store the engine's `progress`. Returns status and end of the duration as they are now.

    Raises LeaseLost if another worker holds the scan.
    """
    analysis = Analysis.objects.filter(pk=url_scan.analysis_id)
    if progress:  # the analysis first, because locks are taken in this order everywhere
        analysis.update(version=F("version") + 1)
    held = UrlScan.objects.filter(pk=url_scan.pk, lease_holder=url_scan.lease_holder)
    if not held.update(lease_until=_lease_until(), **progress):
        raise LeaseLost(f"{url_scan.url} is no longer held by {url_scan.lease_holder}.")
    if any(name.startswith("findings_") for name in progress):
        totals = totals_by_status([url_scan.analysis_id])[url_scan.analysis_id]
        analysis.update(**kept_columns(totals, analysis.values_list("status", flat=True).get()))
    status, expires_at = held.values_list("status", "analysis__expires_at").get()
    return U(status), expires_at


@verb
def leave(url_scan: UrlScan) -> None:
    """Give a scan to another worker, because this one is shut down. Its engine has saved its session."""
    scan = held_scan(url_scan)
    if scan.status in (U.QUEUED, U.RESUMING):  # its engine has not begun
        UrlScan.objects.filter(pk=scan.pk).update(**RELEASED)
        enqueue("scan_url", scan.pk, owner=scan.analysis.owner_id)
        return
    move(scan, U.RESUMING, "url_scan.worker_left", Actor.WORKER, columns=RELEASED)
    roll_up(scan.analysis, Actor.WORKER)


@verb
def make_way(url_scan: UrlScan, task: str, *spent: float) -> None:
    """Give a URL scan back whose findings are being verified, because others wait. The task queues up again.

    `spent` are the seconds that the verification has used so far. Raises LeaseLost.
    """
    scan = held_scan(url_scan)
    UrlScan.objects.filter(pk=scan.pk).update(**RELEASED)
    enqueue(task, scan.pk, *spent, owner=scan.analysis.owner_id)


def run_with_lease(
    url_scan: UrlScan,
    work: Callable[[], Result],
    on_renewal: Callable[[], object] = lambda: None,
    *,
    timing: Timing = DEFAULT_TIMING,
) -> Result:
    """Run `work` in a thread while this one keeps the lease; return what it returns, or raise what it raises.

    `work` must not query the database: its thread has no connection. The lease is renewed meanwhile and once more
    at the end, each time followed by `on_renewal`. Raises LeaseLost, after the work, if another worker has the scan.
    """
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(in_this_context(work))
        done = None
        while not done:
            done = wait([working], timeout=timing.between_renewals).done
            renew(url_scan)  # after the work too: this process may have been frozen for a while
            on_renewal()
    return working.result()
