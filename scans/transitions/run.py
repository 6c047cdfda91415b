"""The life of a running scan: it begins, pauses, fails to log in, and ends."""

from __future__ import annotations

from django.utils import timezone

from scans import activity
from scans.models import Actor, Analysis, UrlScan
from scans.reasons import NO_REASON, Reason
from scans.statuses import EndedBy, UrlScanStatus
from scans.statuses.moves import ENDINGS_WITH_RESULTS, ENDINGS_WITHOUT_FINDINGS
from scans.transitions.core import RELEASED, By, U, held_scan, locked, move, roll_up, verb
from scans.transitions.deletion import delete_results


@verb
def begin(url_scan: UrlScan, *, engine: str, version: str) -> None:
    """The engine's process is running.

    Raises LeaseLost where somebody else holds the scan, TransitionRefused where a user stopped it meanwhile.
    """
    scan = held_scan(url_scan)
    now = timezone.now()
    went_on = scan.started_at is not None
    columns = {"engine": engine, "engine_version": version, "started_at": scan.started_at or now}
    move(
        scan,
        U.IN_PROGRESS,
        "url_scan.went_on" if went_on else "url_scan.started",
        Actor.WORKER,
        columns=columns,
        engine=engine,
        version=version,
    )
    analysis = scan.analysis
    times = {"started_at": analysis.started_at or now, "expires_at": analysis.expires_at or now + analysis.duration}
    roll_up(analysis, Actor.WORKER, columns=times)


@verb
def end(
    url_scan: UrlScan, ended_by: EndedBy, *, by: By = Actor.WORKER, reason: Reason | str = NO_REASON
) -> UrlScanStatus:
    """The engine has ended and everything it found is stored: release the lease and say how it ended.

    A user's stop that came in meanwhile wins: the scan then ends as stopped, and where results are to
    be deleted they go now. Returns the new status.
    """
    scan = held_scan(url_scan)
    if scan.status == U.STOPPING_DELETING_RESULTS:
        return delete_results(scan)
    if scan.status == U.STOPPING_SAVING_RESULTS:
        ended_by, reason = EndedBy.USER, scan.reason
    ending = end_scan(scan, ended_by, by, reason)
    roll_up(scan.analysis, by)
    return ending


def end_scan(scan: UrlScan, ended_by: EndedBy, by: By, reason: Reason | str) -> UrlScanStatus:
    """The move that an end means for a URL scan, by what it had found; returns the new status."""
    found = scan.findings.count()
    ending = ENDINGS_WITH_RESULTS[ended_by] if found else ENDINGS_WITHOUT_FINDINGS.get(ended_by)
    ending = ending or ENDINGS_WITH_RESULTS[ended_by]
    if scan.started_at is None:
        ending = {EndedBy.USER: U.STOPPED, EndedBy.DURATION: U.TIME_EXPIRED_STOPPED}.get(
            ended_by, U.TECHNICAL_ISSUE_STOPPED
        )
    move(scan, ending, "url_scan.ended", by, reason=reason, columns=RELEASED, findings=found)
    return ending


@verb
def note_failed_login(url_scan: UrlScan, *, reason: Reason) -> None:
    """Logging in again failed; said once for all that fail in a row, which the counts tell."""
    scan = held_scan(url_scan)
    activity.record("url_scan.login_failed", analysis=scan.analysis, url_scan=scan, by=Actor.WORKER, reason=reason)
    roll_up(scan.analysis, Actor.WORKER)


@verb
def confirm_pause(url_scan: UrlScan, *, by: Actor = Actor.WORKER) -> None:
    """The engine has saved its session and stopped; why it was to is still the reason."""
    scan = held_scan(url_scan)
    columns = {**RELEASED, "reason": scan.reason}
    move(scan, U.PAUSED, "url_scan.session_saved", by, columns=columns)
    roll_up(scan.analysis, by)


@verb
def expire_waiting(analysis: Analysis) -> None:
    """Its duration ended: what waits or is paused ends here; what runs is ended by its worker."""
    locked(analysis.pk)  # who gives it more time in this moment comes before or after
    for scan in UrlScan.objects.out_of_time(timezone.now()).filter(analysis=analysis.pk).order_by("position"):
        end(scan, EndedBy.DURATION, by=Actor.SCHEDULER, reason=Reason("duration_ended"))
