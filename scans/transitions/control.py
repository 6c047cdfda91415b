"""Verbs with which users control scans: pause, resume, stop, extend. They raise NotPermitted, TransitionRefused."""

from datetime import timedelta

from scans.database import clock
from scans.models import Actor, Analysis, PausedBy, ScanSettings, StopMode, UrlScan
from scans.reasons import NO_REASON, Reason
from scans.statuses import PAUSABLE, Action, EndedBy, Results
from scans.transitions.capacity import FreeSlots, free_slots, refuse_in_blackout
from scans.transitions.claim import claim
from scans.transitions.core import RELEASED, By, TransitionRefused, U, locked_scan, move, roll_up, scans_in, verb
from scans.transitions.run import end_scan
from scans.transitions.setup import prescan_over

LONGEST_DURATION = timedelta(days=25)


@verb
def pause(url_scan: UrlScan, *, by: By, reason: Reason | str = NO_REASON) -> None:
    """Pause one URL scan: its engine saves the session and stops. One that has not started yet waits."""
    scan = claim(url_scan, Action.PAUSE, by)
    pause_scan(scan, PausedBy.USER, by, reason)
    roll_up(scan.analysis, by)


def pause_scan(scan: UrlScan, paused_by: PausedBy, by: By, reason: Reason | str) -> None:
    """Move a URL scan, which is in one of PAUSABLE, to Pausing or Paused."""
    columns = {"paused_by": paused_by}
    engine_at_work = scan.status == U.IN_PROGRESS or (scan.status == U.RESUMING and scan.lease_holder)
    if engine_at_work:
        move(scan, U.PAUSING, "url_scan.paused", by, reason=reason, columns=columns)
    else:  # a worker that has only just taken it loses the lease, and stops
        move(scan, U.PAUSED, "url_scan.paused", by, reason=reason, columns={**RELEASED, **columns})


@verb
def resume(url_scan: UrlScan, *, by: By, reason: Reason | str = NO_REASON) -> None:
    """Resume one paused URL scan from its session, as soon as a slot and a worker are free. Refused in a blackout."""
    free = free_slots()
    scan = claim(url_scan, Action.RESUME, by)
    refuse_in_blackout(scan.analysis)
    resume_scans([scan], free, by, reason)
    roll_up(scan.analysis, by)


def resume_scans(scans: list[UrlScan], free: FreeSlots, by: By, reason: Reason | str = NO_REASON) -> None:
    """Resume paused URL scans; they get the slots that are free. One that never started is queued again."""
    for scan in scans:
        has_slot, columns = free.take(scan), {"paused_by": "", "unserved_since": free.unserved_since(scan)}
        if scan.started_at:
            to, columns["slot_since"] = U.RESUMING, clock.now() if has_slot else None
        else:
            to = U.QUEUED if has_slot else U.QUEUED_WITH_WARNING
        move(scan, to, "url_scan.resumed", by, reason=reason, columns=columns)


@verb
def stop(url_scan: UrlScan, mode: StopMode, *, by: By, reason: Reason | str = NO_REASON) -> None:
    """Stop one URL scan, and keep or delete what it found."""
    scan = claim(url_scan, Action.STOP_SAVE if mode == StopMode.SAVE else Action.STOP_DELETE, by)
    stop_scan(scan, mode, by, reason)
    roll_up(scan.analysis, by)


def stop_scan(scan: UrlScan, mode: StopMode, by: By, reason: Reason | str) -> None:
    """Move a URL scan in any status to the status that follows a stop."""
    never_ran = scan.started_at is None
    data = {"by": by, "reason": reason, "mode": mode}
    if never_ran:
        move(scan, U.STOPPED, "url_scan.stopped", columns=RELEASED, **data)
    elif mode == StopMode.DELETE:
        # A running verification ends because it loses the lease. A running engine is ended by its worker.
        columns = RELEASED if scan.info.results != Results.NONE else None
        move(scan, U.STOPPING_DELETING_RESULTS, "url_scan.stopped", columns=columns, **data)
    else:
        move(scan, U.STOPPING_SAVING_RESULTS, "url_scan.stopped", **data)
        if not scan.lease_holder:  # paused, or waiting for a worker: its results are stored already
            end_scan(scan, EndedBy.USER, by, reason)


@verb
def stop_analysis(analysis: Analysis, mode: StopMode, *, by: By, reason: Reason | str = NO_REASON) -> None:
    """Stop every URL scan of an analysis that has not ended, and keep or delete what was found.

    Deleting also deletes the results of URL scans that have ended, published ones included. Only the log stays. Of an
    analysis that is saved for later, this ends the prescan.
    """
    analysis = claim(analysis, Action.STOP_SAVE if mode == StopMode.SAVE else Action.STOP_DELETE, by)
    if analysis.submitted_at is None:
        columns = {"prescan_asked_at": None, **prescan_over(analysis)}
        roll_up(analysis, by, "analysis.prescan_stopped", reason=reason, columns=columns)
        return
    Analysis.objects.filter(pk=analysis.pk).update(stop_mode=mode)
    analysis.stop_mode = mode
    for scan in scans_in(analysis, *U):
        waits_or_runs = scan.info.allows(Action.STOP_SAVE)
        has_results = scan.info.results != Results.NONE
        if waits_or_runs or (mode == StopMode.DELETE and has_results):
            stop_scan(scan, mode, by, reason)
    columns = prescan_over(analysis)
    roll_up(analysis, by, "analysis.stopped", reason=reason, columns=columns, mode=mode)


@verb
def pause_analysis(analysis: Analysis, *, by: By, reason: Reason | str = NO_REASON) -> None:
    """Pause every URL scan that runs, or waits for a slot or a worker."""
    analysis = claim(analysis, Action.PAUSE, by)
    scans = scans_in(analysis, *PAUSABLE)
    if not scans:
        raise TransitionRefused("nothing_to_pause", analysis=analysis)
    for scan in scans:
        pause_scan(scan, PausedBy.USER, by, reason)
    roll_up(analysis, by, "analysis.paused", reason=reason)


@verb
def resume_analysis(analysis: Analysis, *, by: By, reason: Reason | str = NO_REASON) -> None:
    """Resume every paused URL scan of an analysis. Refused in a blackout window."""
    free = free_slots()
    analysis = claim(analysis, Action.RESUME, by)
    refuse_in_blackout(analysis)
    resume_scans(scans_in(analysis, U.PAUSED), free, by, reason)
    roll_up(analysis, by, "analysis.resumed", reason=reason)


@verb
def extend(analysis: Analysis, *, by: By, extra: timedelta, reason: Reason | str = NO_REASON) -> None:
    """Give a running analysis `extra` time, up to 25 days in all."""
    analysis = claim(analysis, Action.EXTEND, by)
    if analysis.time_left(clock.now()) == timedelta(0):
        raise TransitionRefused("duration_ended")  # its engines are being ended
    duration = extended(analysis.duration, extra)
    columns = {"duration": duration, "expires_at": analysis.expires_at and analysis.expires_at + extra}
    facts = {"before": str(analysis.duration), "after": str(duration)}
    roll_up(analysis, by, "analysis.extended", reason=reason, columns=columns, **facts)


def extended(duration: timedelta, extra: timedelta) -> timedelta:
    """Return the duration with `extra` added. Raises TransitionRefused for no extra time, and for more than 25 days."""
    total = duration + extra
    if extra <= timedelta(0) or total > LONGEST_DURATION:
        raise TransitionRefused("duration_out_of_range", duration=total, before=duration)
    return total


@verb
def end_long_pause(url_scan: UrlScan) -> None:
    """End a URL scan that was paused for longer than an administrator allows, and keep its results."""
    scan = locked_scan(url_scan)
    limit = ScanSettings.current().pause_limit
    if scan.status == U.PAUSED and scan.status_at < clock.now() - limit:
        stop_scan(scan, StopMode.SAVE, Actor.SCHEDULER, Reason("paused_too_long", limit=limit))
        roll_up(scan.analysis, Actor.SCHEDULER)
