"""Verbs for the set-up of an analysis: the prescan, failures of checks, and technical issues."""

from collections.abc import Iterable

from scans.database import clock
from scans.models import Actor, Analysis, UrlScan
from scans.reasons import NO_REASON, Reason
from scans.statuses import Action, UrlScanStatus
from scans.targets.zones import DEFAULT_ZONE
from scans.transitions.claim import claim
from scans.transitions.core import (
    RELEASED,
    By,
    TransitionRefused,
    U,
    enqueue,
    locked,
    move,
    roll_up,
    scans_in,
    verb,
)
from scans.transitions.holder import by_holder


@verb
def prescan_only(analysis: Analysis, *, by: By) -> None:
    """Queue a prescan of an analysis that is saved for later. It is not submitted."""
    analysis = claim(analysis, Action.PRESCAN, by)
    columns = {"prescan_asked_at": clock.now(), "prescan_started_at": None, "prescan_ended_at": None}
    forget_failed_checks(analysis)
    roll_up(analysis, by, "analysis.prescan_asked", columns=columns)
    enqueue_set_up(analysis)


def forget_failed_checks(analysis: Analysis) -> None:
    """Remove what the last prescan of an analysis that is saved for later said of its URLs: they are checked again."""
    UrlScan.objects.filter(analysis=analysis, status=U.SUBMITTED).update(reason=NO_REASON)


def _keep_as_draft(scan: UrlScan, reason: Reason, **facts) -> None:
    """Note why a check of a saved analysis failed. The URL scan stays as it is, to be corrected and checked again.

    The entry belongs to the analysis: a URL with entries of its own could not be removed from it any more.
    """
    UrlScan.objects.filter(pk=scan.pk).update(reason=reason)
    scan.reason = reason
    roll_up(scan.analysis, Actor.PRESCAN, "analysis.check_failed", reason=reason, url=scan.url, **facts)


@verb
def fail_submission(analysis: Analysis, *, reason: Reason, zone: str | None = None) -> bool:
    """Move all submitted URL scans to Submit Failed, or those of one zone, because of a technical issue.

    Returns whether submitted ones are left.
    """
    analysis = locked(analysis.pk)
    submitted = scans_in(analysis, U.SUBMITTED)
    failed = [scan for scan in submitted if zone is None or (scan.zone or DEFAULT_ZONE) == zone]
    for scan in failed:
        move(scan, U.SUBMIT_FAILED, "url_scan.submit_failed", Actor.WORKER, reason=reason)
    are_left = len(failed) < len(submitted)
    roll_up(analysis, Actor.WORKER, reason=reason, columns={} if are_left else prescan_over(analysis))
    return are_left


@verb
def give_up_set_up(analysis: Analysis, *, reason: Reason, actor: Actor = Actor.SCHEDULER) -> None:
    """Stop trying to set an analysis up. A draft only loses its prescan; what was submitted is Submit Failed."""
    analysis = locked(analysis.pk)
    if analysis.submitted_at:
        fail_submission(analysis, reason=reason)
        return
    columns = {"prescan_asked_at": None, "prescan_ended_at": clock.now()}
    roll_up(analysis, actor, "analysis.prescan_failed", reason=reason, columns=columns)


@by_holder
def fail_set_up(scan: UrlScan, *, reason: Reason) -> None:
    """Move one URL scan to Submit Failed, because a technical issue keeps it from being set up or started.

    A saved analysis stays a draft. Raises LeaseLost if another worker holds it.
    """
    if scan.analysis.submitted_at is None:
        _keep_as_draft(scan, reason, step="set-up")
        return
    move(scan, U.SUBMIT_FAILED, "url_scan.submit_failed", Actor.WORKER, reason=reason, columns=RELEASED)
    roll_up(scan.analysis, Actor.WORKER)


def prescan_over(analysis: Analysis) -> dict:
    """Return the columns that end a running prescan; none if there is no running one."""
    open_prescan = analysis.prescan_started_at and not analysis.prescan_ended_at
    return {"prescan_ended_at": clock.now()} if open_prescan else {}


@verb
def begin_prescan(analysis: Analysis) -> None:
    """Begin the prescan of an analysis. Refused if none of its URL scans waits for checks any more."""
    analysis = locked(analysis.pk)
    if not analysis.url_scans.filter(status=U.SUBMITTED).exists():
        raise TransitionRefused("nothing_to_check", analysis=analysis)
    columns = {"prescan_asked_at": None, "prescan_started_at": clock.now(), "prescan_ended_at": None}
    roll_up(analysis, Actor.PRESCAN, "analysis.prescan_started", columns=columns)


@by_holder
def fail_checks(scan: UrlScan, status: UrlScanStatus, *, step: str, reason: Reason) -> None:
    """End a URL scan because a check failed. `status` is one of those of a failed verification.

    A saved analysis stays a draft. Raises LeaseLost if another worker holds it.
    """
    if scan.analysis.submitted_at is None:
        _keep_as_draft(scan, reason, step=step)
        return
    move(scan, status, "url_scan.check_failed", Actor.PRESCAN, reason=reason, step=step, columns=RELEASED)
    roll_up(scan.analysis, Actor.PRESCAN)


@verb
def end_prescan(analysis: Analysis, *, checked: int, passed: int, reason: Reason = NO_REASON) -> None:
    """End the prescan; `schedule` then schedules what passed. Does nothing if a user stopped the analysis meanwhile.

    `reason` says why some URLs were not checked.
    """
    analysis = locked(analysis.pk)
    if analysis.prescan_ended_at:
        return
    facts = {"checked": checked, "passed": passed, "reason": reason}
    columns = {"prescan_ended_at": clock.now()}
    roll_up(analysis, Actor.PRESCAN, "analysis.prescan_ended", columns=columns, **facts)


@verb
def continue_prescan(analysis: Analysis, spent: float, left: Iterable[UrlScan]) -> None:
    """Queue the rest of a prescan, in the zone of the first URL scan that is left to check.

    It makes way for others, or has checked the URLs of one zone. It has worked for `spent` seconds so far.
    """
    analysis = locked(analysis.pk)
    first = min(left, key=lambda scan: scan.position)
    enqueue("set_up", analysis.pk, round(spent, 1), owner=analysis.owner_id, zone=first.zone or DEFAULT_ZONE)


def enqueue_set_up(analysis: Analysis) -> None:
    """Queue the set-up of an analysis, in the zone of its first submitted URL scan."""
    first = analysis.url_scans.filter(status=U.SUBMITTED).order_by("position").values_list("zone", flat=True).first()
    enqueue("set_up", analysis.pk, owner=analysis.owner_id, zone=first or DEFAULT_ZONE)


@verb
def schedule(analysis: Analysis) -> None:
    """Move all URL scans that are set up to Scheduled."""
    analysis = locked(analysis.pk)
    for scan in scans_in(analysis, U.SUBMITTED):
        move(scan, U.SCHEDULED, "url_scan.scheduled", Actor.WORKER)
    roll_up(analysis, Actor.WORKER)
