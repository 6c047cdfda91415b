"""Recovering a URL scan whose lease ran out, because its worker was lost."""

from datetime import timedelta

from scans import activity
from scans.models import Actor, UrlScan
from scans.reasons import Reason
from scans.statuses import PUBLISHED_AS, EndedBy
from scans.transitions.core import RELEASED, U, enqueue, enqueue_for, locked_scan, move, roll_up, verb
from scans.transitions.run import confirm_pause, end

MAX_ATTEMPTS = 2  # how often in a row a scan is given to another worker after its worker was lost
# A scan that kills its worker does so again at the place where it resumes, within minutes. One that ran for an hour
# under its last worker has passed that place: its losses have another cause, such as a deployment.
FORGIVEN_AFTER = timedelta(hours=1)


@verb
def recover(url_scan: UrlScan) -> None:
    """Recover a URL scan whose lease ran out: give it to another worker, twice in a row at most, or end it.

    A lost verification only loses its lease: `workers/task_watch` queues it again, ever later, or gives it up.
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
        roll_up(scan.analysis, Actor.SCHEDULER)
    elif _lost_before(scan) >= MAX_ATTEMPTS:
        reason = Reason("worker_lost", count=MAX_ATTEMPTS + 1)
        end(scan, EndedBy.TECHNICAL, by=Actor.SCHEDULER, reason=reason)
    else:
        _give_to_another_worker(scan)


def _give_to_another_worker(scan: UrlScan) -> None:
    columns = {**RELEASED, "attempts": _lost_before(scan) + 1}
    if scan.status == U.IN_PROGRESS:
        move(scan, U.RESUMING, "url_scan.worker_lost", Actor.SCHEDULER, reason=Reason("worker_silent"), columns=columns)
    else:
        _note_lost_worker(scan)
        UrlScan.objects.filter(pk=scan.pk).update(**columns)
        enqueue_for(scan, "scan_url")
    roll_up(scan.analysis, Actor.SCHEDULER)


def _lost_before(scan: UrlScan) -> int:
    """Return how many workers were lost in a row, without this one. Long progress under this one breaks the row."""
    ran = scan.lease_until - scan.status_at if scan.status == U.IN_PROGRESS else timedelta()
    return 0 if ran >= FORGIVEN_AFTER else scan.attempts


def _note_lost_worker(scan: UrlScan) -> None:
    """Log that the worker was lost, if no move of the URL scan does."""
    lost = {"analysis": scan.analysis, "url_scan": scan, "by": Actor.SCHEDULER}
    activity.record("url_scan.worker_lost", reason=Reason("worker_silent"), **lost)
