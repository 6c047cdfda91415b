"""What all verbs share: locks, the move of a URL scan, the roll-up of its analysis, and the errors they raise.

Every verb runs in one database transaction: it locks the analysis, moves URL scans by compare-and-set,
writes one log entry for each change, rolls the analysis up, and hands follow-up work to the task queue.
A verb that is not allowed raises TransitionRefused and leaves nothing behind. Locks are taken in one
order everywhere: the settings row (where capacity matters), then one analysis.
"""

from __future__ import annotations

from datetime import datetime
from functools import wraps

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from scans import activity
from scans.database.statements import totals_by_status
from scans.models import Actor, Analysis, Finding, RecurringSchedule, UrlScan
from scans.reasons import NO_REASON, Reason, Reasoned, as_reason
from scans.statuses import (
    FAILED_RUNS,
    MAY_HOLD_SLOT,
    PUBLISHED_AS,
    Action,
    AnalysisStatus,
    Phase,
    Results,
    UrlScanStatus,
)
from scans.statuses.moves import URL_SCAN_MOVES
from scans.statuses.rollup import Facts, kept_columns, rollup

By = AbstractBaseUser | Actor


U = UrlScanStatus


FAILED_RUNS_UNTIL_OFF = 5  # in a row; then a recurring schedule is switched off


class TransitionRefused(Reasoned):
    """What was asked is not possible now; str() says why, in the language of the person who asked."""


class NotPermitted(TransitionRefused):
    """The person who asked does not have the role for it."""


class LeaseLost(Exception):
    """Somebody else was given this URL scan, since its lease ran out."""


def verb(function):
    """Run a verb in a transaction of its own or as part of the caller's, all or nothing.

    What it refuses to a user leaves one thing behind: an entry that says so.
    """

    @wraps(function)
    def run(*args, **kwargs):
        try:
            with transaction.atomic():
                return function(*args, **kwargs)
        except TransitionRefused as refusal:
            note_refusal(function.__name__, args[0] if args else None, kwargs.get("by"), refusal)
            raise

    return run


def note_refusal(name: str, thing, by: By | None, refusal: TransitionRefused) -> None:
    """Log that a user was refused. Refusals of the system's own parts, which only came too late, are not logged."""
    if by is None or isinstance(by, Actor) or not isinstance(thing, Analysis | UrlScan | Finding):
        return
    thing = thing.url_scan if isinstance(thing, Finding) else thing
    url_scan = thing if isinstance(thing, UrlScan) else None
    analysis = thing.analysis if url_scan else thing
    if analysis.submitted_at is None:
        url_scan = None  # a URL of which the log told could not be taken out of what is only saved
    asked = name.removesuffix("_analysis").replace("_", " ")
    action = f"{'url_scan' if url_scan else 'analysis'}.refused"
    activity.record(action, analysis=analysis, url_scan=url_scan, by=by, reason=refusal.why, asked=asked)
    Analysis.objects.filter(pk=analysis.pk).update(changed_at=timezone.now(), version=F("version") + 1)


def permit(by: By, permission: str) -> None:
    """Raise NotPermitted where a user lacks the role; parts of the system may do everything."""
    if not isinstance(by, Actor) and not by.has_perm(f"scans.{permission}"):
        role = {"submit_analysis": "Submitter", "review_analysis": "Reviewer"}[permission]
        raise NotPermitted("role_missing", by=by, role=role)


def locked(analysis_id: int) -> Analysis:
    """The analysis as it is now, locked until the transaction ends."""
    return Analysis.objects.select_for_update().get(pk=analysis_id)


def locked_scan(url_scan: UrlScan | int) -> UrlScan:
    """The URL scan as it is now, its analysis locked."""
    url_scan = url_scan if isinstance(url_scan, UrlScan) else UrlScan.objects.get(pk=url_scan)
    analysis = locked(url_scan.analysis_id)  # which never changes
    fresh = UrlScan.objects.get(pk=url_scan.pk)
    fresh.analysis = analysis
    return fresh


def held_scan(url_scan: UrlScan) -> UrlScan:
    """As `locked_scan`, for what only its holder may say; raises LeaseLost where somebody else has it now."""
    scan = locked_scan(url_scan)
    if scan.lease_holder != url_scan.lease_holder:
        raise LeaseLost(f"{url_scan.url} is no longer held by {url_scan.lease_holder or 'nobody'}.")
    return scan


def move(
    scan: UrlScan,
    to: UrlScanStatus,
    action: str,
    by: By,
    *,
    reason: Reason | str = NO_REASON,
    columns=None,
    **data,
) -> None:
    """Move one URL scan of a locked analysis, and write the entry. Raises TransitionRefused.

    `reason` is a reason, or a user's own words; so it is for every verb.
    """
    before, reason = scan.status, as_reason(reason)
    if to not in URL_SCAN_MOVES[U(before)]:
        raise TransitionRefused("no_such_move", url=scan.url, before=U(before), after=to)
    now = timezone.now()
    changes = {"status": to, "status_at": now, "reason": reason, **_slot(scan, to, now), **(columns or {})}
    if to.info.final or to.info.results == Results.VERIFYING:
        changes.setdefault("ended_at", scan.ended_at or now)
    if not UrlScan.objects.filter(pk=scan.pk, status=before).update(**changes):
        raise TransitionRefused("changed_meanwhile", url=scan.url)
    for name, value in changes.items():
        setattr(scan, name, value)
    activity.record(
        action,
        analysis=scan.analysis,
        url_scan=scan,
        by=by,
        from_status=before,
        to_status=to,
        reason=reason,
        **data,
    )
    if to in (U.QUEUED, U.RESUMING) and scan.slot_since:
        enqueue("scan_url", scan.pk)
    elif to in PUBLISHED_AS:
        enqueue("verify", scan.pk)
    elif to == U.STOPPING_DELETING_RESULTS and not scan.lease_holder:
        enqueue("delete_results", scan.pk)


def _slot(scan: UrlScan, to: UrlScanStatus, now: datetime) -> dict:
    """Whether it holds one of the capacity's places from now on: taken when queued, kept until its engine is gone."""
    if to == U.QUEUED:
        return {"slot_since": scan.slot_since or now}
    return {} if to in MAY_HOLD_SLOT else {"slot_since": None}


def enqueue(task: str, *arguments: int | str) -> None:
    """Put a task of scans.tasks into the queue, as part of this transaction. By name, since tasks call the verbs."""
    import_string(f"scans.tasks.{task}").enqueue(*arguments)


def roll_up(analysis: Analysis, by: By, action: str = "", *, reason: Reason | str = NO_REASON, columns=None, **data):
    """Derive and store the analysis' status; one entry if `action` is named or the status changed."""
    before = analysis.status
    changes = {**(columns or {}), "changed_at": timezone.now()}
    for name, value in (columns or {}).items():
        setattr(analysis, name, value)
    totals = totals_by_status([analysis.pk])[analysis.pk]
    after = rollup(totals, _facts(analysis))
    if before != after:
        if AnalysisStatus(before).info.final:
            raise TransitionRefused("ended_for_good", analysis=analysis, status=AnalysisStatus(before))
        if after.info.final:
            changes["ended_at"] = changes["changed_at"]
            changes["run_time"] = analysis.started_at and changes["ended_at"] - analysis.started_at
        if after.info.phase in (Phase.REVIEW, Phase.FINAL):
            changes["blackout_since"] = None  # nothing is left that a window could keep from scanning
        changes["status"] = after
    kept = kept_columns(totals, after).items()
    # What stays the same is not written: each of these columns has an index that would be written, too.
    changes |= {name: value for name, value in kept if getattr(analysis, name) != value}
    Analysis.objects.filter(pk=analysis.pk).update(version=F("version") + 1, **changes)
    analysis.status = after
    if action or before != after:
        activity.record(
            action or "analysis.status_changed",
            analysis=analysis,
            by=by,
            from_status=before if before != after else "",
            to_status=after if before != after else "",
            reason=reason,
            **data,
        )
    if before != after and after in FAILED_RUNS:
        _switch_off_if_failing(analysis)


def _facts(analysis: Analysis) -> Facts:
    return Facts(
        submitted=analysis.submitted_at is not None,
        prescanning=analysis.prescan_started_at is not None and analysis.prescan_ended_at is None,
        started=analysis.started_at is not None,
        stop_mode=analysis.stop_mode,
    )


def refuse_deleted(analysis: Analysis) -> None:
    """What somebody deleted in the same moment does not run any more: nobody would see it."""
    if analysis.deleted_at:
        raise TransitionRefused("deleted_already", analysis=analysis)


def require(thing: Analysis | UrlScan, action: Action) -> None:
    """Refuse what the catalogue does not allow in this status, and everything once it is deleted."""
    refuse_deleted(thing if isinstance(thing, Analysis) else thing.analysis)
    if not thing.info.allows(action):
        raise TransitionRefused("not_possible", action=action, thing=thing, status=thing.info.choice)


RELEASED = {"lease_holder": "", "lease_until": None}


def scans_in(analysis: Analysis, *statuses: UrlScanStatus) -> list[UrlScan]:
    """Its URL scans in these statuses, in order, each knowing the locked analysis."""
    scans = list(UrlScan.objects.filter(analysis=analysis, status__in=statuses).order_by("position"))
    for scan in scans:
        scan.analysis = analysis
    return scans


def _switch_off_if_failing(analysis: Analysis) -> None:
    """Switch its series' schedule off after five failed runs in a row."""
    submitted = analysis.series.runs.filter(submitted_at__isnull=False)  # a draft is no run yet
    schedule = RecurringSchedule.objects.switched_on().filter(series=analysis.series).first()
    if schedule and schedule.switched_on_at:  # what failed before was the reason to switch it off
        submitted = submitted.filter(submitted_at__gte=schedule.switched_on_at)
    last = submitted.order_by("-run").values_list("status", flat=True)[:FAILED_RUNS_UNTIL_OFF]
    if schedule and len(last) == FAILED_RUNS_UNTIL_OFF and FAILED_RUNS.issuperset(last):
        switch_off(schedule, analysis, Actor.SCHEDULER, Reason("runs_failed", count=FAILED_RUNS_UNTIL_OFF))


def switch_off(schedule: RecurringSchedule, analysis: Analysis, by: By, reason: Reason | str) -> None:
    reason = as_reason(reason)
    schedule.switched_off_at, schedule.switched_off_reason = timezone.now(), reason
    schedule.save(update_fields=["switched_off_at", "switched_off_reason"])
    activity.record("analysis.schedule_switched_off", analysis=analysis, by=by, reason=reason)
