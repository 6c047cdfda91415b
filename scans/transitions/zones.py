"""Verbs for URL scans whose zone has no worker: they hold no capacity that others could use.

`unserved_since` says since when. Such a URL scan waits for no slot, and one that holds a slot gives it back after a
while. Once a worker serves the zone, it waits for a slot as before, in its old place.
"""

from datetime import timedelta

from django_tasks_db.models import DBTaskResult

from scans import activity
from scans.database import clock
from scans.models import Actor, Analysis, AtWork, UrlScan
from scans.reasons import Reason
from scans.targets.zones import DEFAULT_ZONE, shown_zone
from scans.transitions.core import U, locked, locked_scan, move, roll_up, verb

KEEPS_SLOT_FOR = timedelta(minutes=1)  # a worker that is started again is back by then


def set_aside(analysis: Analysis, at_work: AtWork) -> None:
    """Set the URL scans of a locked analysis aside that wait for a slot, although no worker serves their zone."""
    for scan in UrlScan.objects.waiting_for_capacity().filter(analysis=analysis):
        if at_work.leaves_out(scan.zone):
            scan.analysis = analysis
            _set_aside(scan)
    roll_up(analysis, Actor.SCHEDULER)


def _set_aside(scan: UrlScan, **columns) -> None:
    reason = why_unserved(scan)
    if scan.status == U.QUEUED_WITH_WARNING:
        columns["reason"] = reason
    UrlScan.objects.filter(pk=scan.pk).update(unserved_since=clock.now(), **columns)
    about = {"analysis": scan.analysis, "url_scan": scan, "by": Actor.SCHEDULER}
    activity.record("url_scan.unserved", reason=reason, **about)


def why_unserved(scan: UrlScan) -> Reason:
    """Return the reason for which a URL scan waits whose zone has no worker."""
    return Reason("zone_unserved", zone=shown_zone(scan.zone or DEFAULT_ZONE))


def note_unserved(scans: list[int]) -> None:
    """Note of URL scans that hold a slot in the queue that no worker serves their zone."""
    in_queue = UrlScan.objects.holding_slot_in_queue()
    in_queue.filter(pk__in=scans, unserved_since=None).update(unserved_since=clock.now())


@verb
def give_back_slot(url_scan: UrlScan) -> None:
    """Take the slot from a URL scan whose zone has had no worker for a while. Does nothing if a worker came."""
    scan = locked_scan(url_scan)
    long_enough = scan.unserved_since and scan.unserved_since <= clock.now() - KEEPS_SLOT_FOR
    if not long_enough or not UrlScan.objects.holding_slot_in_queue().filter(pk=scan.pk).exists():
        return
    if scan.status == U.QUEUED:
        columns = {"unserved_since": scan.unserved_since}
        reason = why_unserved(scan)
        move(scan, U.QUEUED_WITH_WARNING, "url_scan.unserved", Actor.SCHEDULER, reason=reason, columns=columns)
    else:
        _set_aside(scan, slot_since=None)
    DBTaskResult.objects.ready().filter(task_path="scans.tasks.scan_url", args_kwargs__args__0=scan.pk).delete()
    roll_up(scan.analysis, Actor.SCHEDULER)


@verb
def zone_is_served(analysis: Analysis) -> None:
    """Let the URL scans of an analysis that waited for a worker of their zone wait for a slot again, if one runs."""
    at_work = AtWork.now()
    analysis = locked(analysis.pk)
    scans = UrlScan.objects.waiting_for_their_zone().filter(analysis=analysis)
    served = [scan for scan in scans if not at_work.leaves_out(scan.zone)]
    for scan in served:
        reason = Reason("capacity_used_up") if scan.status == U.QUEUED_WITH_WARNING else scan.reason
        UrlScan.objects.filter(pk=scan.pk).update(unserved_since=None, reason=reason)
    if served:
        roll_up(analysis, Actor.SCHEDULER)
