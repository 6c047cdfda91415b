"""Verbs for a running scan: it begins, its session is saved, a login fails, it ends."""

from scans import activity
from scans.database import clock
from scans.models import Actor, Analysis, UrlScan
from scans.reasons import NO_REASON, Notice, Reason
from scans.statuses import EndedBy, UrlScanStatus
from scans.statuses.moves import ENDINGS_WITH_RESULTS, ENDINGS_WITHOUT_FINDINGS
from scans.transitions.core import RELEASED, By, U, locked, move, roll_up, verb
from scans.transitions.holder import by_holder


@by_holder
def begin(scan: UrlScan, *, engine: str, version: str, continues: bool = True, reason: Reason = NO_REASON) -> None:
    """Move a URL scan to In Progress, because its engine is running now.

    If it ran before or continues another one, the engine says whether it `continues` from the session; otherwise
    `reason` is why it begins again. Raises LeaseLost if another worker holds the scan, TransitionRefused if a user
    stopped it meanwhile.
    """
    now = clock.now()
    has_session = scan.started_at is not None or scan.continues_id is not None
    action = ("url_scan.went_on" if continues else "url_scan.began_again") if has_session else "url_scan.started"
    columns = {"engine": engine, "engine_version": version, "started_at": scan.started_at or now}
    move(
        scan,
        U.IN_PROGRESS,
        action,
        Actor.WORKER,
        reason=reason if action == "url_scan.began_again" else NO_REASON,
        columns=columns,
        engine=engine,
        version=version,
    )
    analysis = scan.analysis
    times = {"started_at": analysis.started_at or now, "expires_at": analysis.expires_at or now + analysis.duration}
    roll_up(analysis, Actor.WORKER, columns=times)


@by_holder
def end(scan: UrlScan, ended_by: EndedBy, *, by: By = Actor.WORKER, reason: Reason | str = NO_REASON) -> UrlScanStatus:
    """End a URL scan whose engine has ended and whose findings are stored. Returns the new status.

    If a user stopped it meanwhile, it ends as stopped. If its results are to be deleted, it stays as it is: the holder
    deletes them, files first. Raises LeaseLost if another worker holds the scan.
    """
    if scan.status == U.STOPPING_DELETING_RESULTS:
        return U.STOPPING_DELETING_RESULTS
    if scan.status == U.STOPPING_SAVING_RESULTS:
        ended_by, reason = EndedBy.USER, scan.reason
    ending = end_scan(scan, ended_by, by, reason)
    roll_up(scan.analysis, by)
    return ending


def end_scan(scan: UrlScan, ended_by: EndedBy, by: By, reason: Reason | str) -> UrlScanStatus:
    """Move a URL scan to its ending, which depends on whether it has findings. Returns the new status."""
    found = sum(scan.findings.count_by_severity().values())
    ending = ENDINGS_WITH_RESULTS[ended_by] if found else ENDINGS_WITHOUT_FINDINGS.get(ended_by)
    ending = ending or ENDINGS_WITH_RESULTS[ended_by]
    if scan.started_at is None:
        ending = {EndedBy.USER: U.STOPPED, EndedBy.DURATION: U.TIME_EXPIRED_STOPPED}.get(
            ended_by, U.TECHNICAL_ISSUE_STOPPED
        )
    move(scan, ending, "url_scan.ended", by, reason=reason, columns=RELEASED, findings=found)
    return ending


@by_holder
def note_failed_login(scan: UrlScan, *, reason: Reason) -> None:
    """Log that logging in again failed. Called once for all failures in a row; the counts say how many."""
    activity.record("url_scan.login_failed", analysis=scan.analysis, url_scan=scan, by=Actor.WORKER, reason=reason)
    roll_up(scan.analysis, Actor.WORKER)


@by_holder
def note_pace(scan: UrlScan, action: str, *, reason: Reason = NO_REASON) -> None:
    """Log that the site slows the scan down, makes it wait, or no longer does: a `url_scan.…` action of the log."""
    activity.record(action, analysis=scan.analysis, url_scan=scan, by=Actor.WORKER, reason=reason)
    roll_up(scan.analysis, Actor.WORKER)


@by_holder
def add_notice(scan: UrlScan, notice: Notice) -> None:
    """Add a notice to a URL scan, in place of its notice with the same code. The first of a code is logged.

    Raises LeaseLost if another worker holds the scan.
    """
    before = {kept.code: kept for kept in scan.notices}
    if before.get(notice.code) == notice:
        return
    scan.notices = list({**before, notice.code: notice}.values())
    UrlScan.objects.filter(pk=scan.pk).update(notices=scan.notices)
    if notice.code not in before:
        activity.record("url_scan.noticed", analysis=scan.analysis, url_scan=scan, by=Actor.WORKER, reason=notice)
    roll_up(scan.analysis, Actor.WORKER)


@by_holder
def confirm_pause(scan: UrlScan, *, by: Actor = Actor.WORKER) -> None:
    """Move a URL scan to Paused: its engine has saved its session and stopped. The reason of the pause stays."""
    columns = {**RELEASED, "reason": scan.reason}
    move(scan, U.PAUSED, "url_scan.session_saved", by, columns=columns)
    roll_up(scan.analysis, by)


@verb
def expire_waiting(analysis: Analysis) -> None:
    """End the URL scans that wait or are paused, because the duration has ended. Workers end those that run."""
    locked(analysis.pk)  # so that nobody extends the duration meanwhile
    for scan in UrlScan.objects.out_of_time(clock.now()).filter(analysis=analysis.pk).order_by("position"):
        end(scan, EndedBy.DURATION, by=Actor.SCHEDULER, reason=Reason("duration_ended"))
