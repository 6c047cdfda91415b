"""Verbs for blackout windows and recurring schedules."""

from dataclasses import replace
from datetime import datetime

from scans import activity
from scans.configuration.submission import once_more
from scans.database import clock
from scans.models import Actor, Analysis, PausedBy, RecurringSchedule
from scans.reasons import NO_REASON, Reason
from scans.statuses import ANALYSIS_STATUSES, PAUSABLE, AnalysisStatus, Phase, in_phase
from scans.transitions.capacity import free_slots
from scans.transitions.control import pause_scan, resume_scans
from scans.transitions.core import By, TransitionRefused, U, locked, permit, roll_up, scans_in, switch_off, verb
from scans.transitions.quotas import OverLimit
from scans.transitions.submission import submit_new


@verb
def begin_blackout(analysis: Analysis, *, until: datetime) -> None:
    """Pause all URL scans of this analysis, because a blackout window has begun or is about to. It ends at `until`."""
    analysis = locked(analysis.pk)
    scans = scans_in(analysis, *PAUSABLE)
    if not scans:
        return
    reason = Reason("blackout_until", until=until)
    for scan in scans:
        pause_scan(scan, PausedBy.WINDOW, Actor.SCHEDULER, reason)
    columns = {"blackout_since": analysis.blackout_since or clock.now()}
    roll_up(analysis, Actor.SCHEDULER, "analysis.blackout_began", columns=columns, until=until.isoformat())


@verb
def end_blackout(analysis: Analysis) -> None:
    """Resume what a blackout window paused. The time of the window does not count as scan duration.

    Does nothing while an engine is still saving its session; the scheduler tries again at its next tick.
    """
    free = free_slots()
    analysis = locked(analysis.pk)
    if not analysis.blackout_since or any(scan.paused_by == PausedBy.WINDOW for scan in scans_in(analysis, U.PAUSING)):
        return
    paused = clock.now() - analysis.blackout_since
    columns = {"blackout_since": None, "expires_at": analysis.expires_at and analysis.expires_at + paused}
    scans = [scan for scan in scans_in(analysis, U.PAUSED) if scan.paused_by == PausedBy.WINDOW]
    resume_scans(scans, free, Actor.SCHEDULER)
    roll_up(analysis, Actor.SCHEDULER, "analysis.blackout_ended", columns=columns)


# Runs that keep the next run from starting. One that waits for a person does not: perhaps nobody ever comes.
_UNDER_WAY = frozenset(in_phase(ANALYSIS_STATUSES, Phase.WAITING, Phase.ACTIVE)) - {
    AnalysisStatus.SAVED_FOR_LATER,
    AnalysisStatus.NOT_SUBMITTED,
}


@verb
def run_recurring(schedule: RecurringSchedule) -> Analysis | None:
    """Submit the next run of a series, or skip it while the previous run is under way. Returns the new run, if any.

    Does nothing if the schedule is switched off, or its next start is still to come.
    """
    runs = schedule.series.runs.order_by("-run").values_list("pk", flat=True)
    last = locked(runs.filter(status__in=_UNDER_WAY).first() or runs.first())
    schedule = RecurringSchedule.objects.select_for_update().select_related("template").get(pk=schedule.pk)
    at, now = schedule.next_at, clock.now()
    if schedule.switched_off_at or at is None or at > now:
        return None
    if last.status in _UNDER_WAY:
        activity.record("analysis.run_skipped", analysis=last, by=Actor.SCHEDULER, starts=at.isoformat())
        new_run = None
    else:
        new_run = _submit_next(schedule, last, at)
        schedule.runs_made += new_run is not None
    schedule.next_at = schedule.start_after(now)
    schedule.save(update_fields=["runs_made", "next_at"])
    return new_run


def _submit_next(schedule: RecurringSchedule, last: Analysis, at: datetime) -> Analysis | None:
    """Submit the run that starts at this moment. If that is over a limit, log it with the last run instead."""
    submission = replace(once_more(schedule.template), start_at=at)
    try:
        return submit_new(submission, Actor.SCHEDULER, owner=schedule.template.owner)
    except OverLimit as refusal:
        facts = {"reason": refusal.why, "starts": at.isoformat()}
        activity.record("analysis.run_over_limit", analysis=last, by=Actor.SCHEDULER, **facts)
        return None


@verb
def switch_schedule_off(analysis: Analysis, *, by: By, reason: Reason | str = NO_REASON) -> None:
    """Switch the schedule of an analysis' series off: it makes no further runs. Refused if none is switched on."""
    permit(by, "submit_analysis")
    analysis = locked(analysis.pk)
    schedule = RecurringSchedule.objects.switched_on().filter(series=analysis.series).first()
    if schedule is None:
        raise TransitionRefused("no_schedule_on", analysis=analysis)
    switch_off(schedule, analysis, by, reason or Reason("schedule_switched_off"))
    roll_up(analysis, by)


@verb
def switch_schedule_on(analysis: Analysis, *, by: By) -> None:
    """Switch the schedule of an analysis' series on again, from its next start on. Refused if none is switched off."""
    permit(by, "submit_analysis")
    analysis = locked(analysis.pk)
    schedule = RecurringSchedule.objects.filter(series=analysis.series, switched_off_at__isnull=False).first()
    if schedule is None:
        raise TransitionRefused("no_schedule_off", analysis=analysis)
    schedule.switched_off_at, schedule.switched_off_reason = None, NO_REASON
    schedule.switched_on_at = clock.now()
    schedule.next_at = schedule.start_after(schedule.switched_on_at)
    schedule.save(update_fields=["switched_off_at", "switched_off_reason", "switched_on_at", "next_at"])
    roll_up(analysis, by, "analysis.schedule_switched_on")
