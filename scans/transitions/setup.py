"""Setting an analysis up: the prescan, and what happens when a check or our own side fails."""

from __future__ import annotations

from django.utils import timezone

from scans.models import Actor, Analysis, UrlScan
from scans.reasons import Reason
from scans.statuses import Action, UrlScanStatus
from scans.transitions.core import (
    RELEASED,
    By,
    TransitionRefused,
    U,
    enqueue,
    locked,
    locked_scan,
    move,
    permit,
    require,
    roll_up,
    scans_in,
    verb,
)


@verb
def prescan_only(analysis: Analysis, *, by: By) -> None:
    """Check the URLs of an analysis that is saved for later; what passes waits to be submitted."""
    permit(by, "submit_analysis")
    analysis = locked(analysis.pk)
    require(analysis, Action.PRESCAN)
    roll_up(analysis, by, "analysis.prescan_asked", columns={"prescan_started_at": None, "prescan_ended_at": None})
    enqueue("set_up", analysis.pk)


@verb
def fail_submission(analysis: Analysis, *, reason: Reason) -> None:
    """A technical issue keeps its URL scans from being set up."""
    analysis = locked(analysis.pk)
    for scan in scans_in(analysis, U.SUBMITTED):
        move(scan, U.SUBMIT_FAILED, "url_scan.submit_failed", Actor.WORKER, reason=reason)
    roll_up(analysis, Actor.WORKER, reason=reason, columns=prescan_over(analysis))


@verb
def fail_set_up(url_scan: UrlScan, *, reason: Reason) -> None:
    """A technical issue keeps this one URL scan from being set up, or from being handed to the engine."""
    scan = locked_scan(url_scan)
    move(scan, U.SUBMIT_FAILED, "url_scan.submit_failed", Actor.WORKER, reason=reason, columns=RELEASED)
    roll_up(scan.analysis, Actor.WORKER)


def prescan_over(analysis: Analysis) -> dict:
    """What ends the prescan, where one has begun."""
    open_prescan = analysis.prescan_started_at and not analysis.prescan_ended_at
    return {"prescan_ended_at": timezone.now()} if open_prescan else {}


@verb
def begin_prescan(analysis: Analysis) -> None:
    """The checks of its URLs begin; refused where none of them waits for that any more."""
    analysis = locked(analysis.pk)
    if not analysis.url_scans.filter(status=U.SUBMITTED).exists():
        raise TransitionRefused("nothing_to_check", analysis=analysis)
    columns = {"prescan_started_at": timezone.now(), "prescan_ended_at": None}
    roll_up(analysis, Actor.PRESCAN, "analysis.prescan_started", columns=columns)


@verb
def fail_checks(url_scan: UrlScan, status: UrlScanStatus, *, step: str, reason: Reason) -> None:
    """A check failed: the URL scan ends here, in one of the statuses of failed verification."""
    scan = locked_scan(url_scan)
    move(scan, status, "url_scan.check_failed", Actor.PRESCAN, reason=reason, step=step, columns=RELEASED)
    roll_up(scan.analysis, Actor.PRESCAN)


@verb
def end_prescan(analysis: Analysis, *, checked: int, passed: int) -> None:
    """The checks are over; what passed is scheduled by `schedule`. Nothing where a user stopped it meanwhile."""
    analysis = locked(analysis.pk)
    if analysis.prescan_ended_at:
        return
    columns = {"prescan_ended_at": timezone.now()}
    roll_up(analysis, Actor.PRESCAN, "analysis.prescan_ended", columns=columns, checked=checked, passed=passed)


@verb
def schedule(analysis: Analysis) -> None:
    """Everything that is set up waits for the start time, or for a moment if that is now."""
    analysis = locked(analysis.pk)
    for scan in scans_in(analysis, U.SUBMITTED):
        move(scan, U.SCHEDULED, "url_scan.scheduled", Actor.WORKER)
    roll_up(analysis, Actor.WORKER)
