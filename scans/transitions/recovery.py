"""Recovering a URL scan whose lease ran out, because its worker was lost."""

from scans import activity
from scans.models import Actor, UrlScan
from scans.reasons import Reason
from scans.statuses import PUBLISHED_AS, EndedBy
from scans.transitions.core import RELEASED, U, enqueue, enqueue_for, locked_scan, move, roll_up, verb
from scans.transitions.run import confirm_pause, end

MAX_ATTEMPTS = 2  # how often a scan is given to another worker after its worker was lost


@verb
def recover(url_scan: UrlScan) -> None:
    """Recover a URL scan whose lease ran out: give it to another worker, twice at most, or end it.

    Does nothing if the lease was renewed meanwhile.
    """
    scan = locked_scan(url_scan)
    if not UrlScan.objects.abandoned().filter(pk=scan.pk).exists():
        return
    if scan.status == U.STOPPING_DELETING_RESULTS:
        UrlScan.objects.filter(pk=scan.pk).update(**RELEASED)
        enqueue("delete_results", scan.pk, owner=scan.analysis.owner_id)
    elif scan.status == U.STOPPING_SAVING_RESULTS:
        end(scan, EndedBy.USER, by=Actor.SCHEDULER)
    elif scan.status == U.PAUSING:
        _note_lost_worker(scan)
        confirm_pause(scan, by=Actor.SCHEDULER)
    elif scan.status in (*PUBLISHED_AS, *PUBLISHED_AS.values()):
        _note_lost_worker(scan)
        UrlScan.objects.filter(pk=scan.pk).update(**RELEASED)
        enqueue_for(scan, "verify_again" if scan.verified_at else "verify")
        roll_up(scan.analysis, Actor.SCHEDULER)
    elif scan.attempts >= MAX_ATTEMPTS:
        reason = Reason("worker_lost", count=MAX_ATTEMPTS + 1)
        end(scan, EndedBy.TECHNICAL, by=Actor.SCHEDULER, reason=reason)
    else:
        _give_to_another_worker(scan)


def _give_to_another_worker(scan: UrlScan) -> None:
    columns = {**RELEASED, "attempts": scan.attempts + 1}
    if scan.status == U.IN_PROGRESS:
        move(scan, U.RESUMING, "url_scan.worker_lost", Actor.SCHEDULER, reason=Reason("worker_silent"), columns=columns)
    else:
        _note_lost_worker(scan)
        UrlScan.objects.filter(pk=scan.pk).update(**columns)
        enqueue_for(scan, "scan_url")
    roll_up(scan.analysis, Actor.SCHEDULER)


def _note_lost_worker(scan: UrlScan) -> None:
    """Log that the worker was lost, if no move of the URL scan does."""
    lost = {"analysis": scan.analysis, "url_scan": scan, "by": Actor.SCHEDULER}
    activity.record("url_scan.worker_lost", reason=Reason("worker_silent"), **lost)
