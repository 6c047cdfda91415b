"""The base of all verbs: locks, moving a URL scan, rolling up its analysis, and errors.

Every verb runs in one database transaction: it locks the analysis, moves URL scans with compare-and-set, writes one log
entry for each change, rolls up the analysis, and queues the task that follows. A verb that is not allowed raises
TransitionRefused and changes nothing. To avoid deadlocks, all code takes locks in the same order: the settings row (if
capacity matters), then one analysis.
"""

from datetime import datetime, timedelta
from functools import wraps

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.module_loading import import_string

from scans import activity
from scans.database import clock, statements
from scans.database.wakeup import wake
from scans.models import ActivityLogEntry, Actor, Analysis, Finding, RecurringSchedule, UrlScan
from scans.reasons import NO_REASON, Reason, Reasoned, as_reason
from scans.statuses import (
    FAILED_RUNS,
    MAY_HOLD_SLOT,
    PUBLISHED_AS,
    WAITING_FOR_CAPACITY,
    Action,
    AnalysisStatus,
    Phase,
    Results,
    UrlScanStatus,
)
from scans.statuses.moves import URL_SCAN_MOVES
from scans.statuses.rollup import Facts, kept_columns, rollup
from scans.targets.zones import DEFAULT_ZONE
from scans.transitions.turns import queue_of
from scans.working_on import working_on

By = AbstractBaseUser | Actor


U = UrlScanStatus


ONE_REFUSAL_EACH = timedelta(hours=1)  # in the activity log of an analysis, for each user and verb
FAILED_RUNS_UNTIL_OFF = 5  # in a row; then a recurring schedule is switched off


class TransitionRefused(Reasoned):
    """The action is not possible now. str() says why, in the language of the user."""


class NotPermitted(TransitionRefused):
    """The user does not have the role that the action needs."""


class LeaseLost(Exception):
    """The lease of this URL scan ran out, and another worker has it now."""


def verb(function):
    """Decorate a function that changes a status: it runs in its own transaction, or as a part of the caller's.

    If it refuses a user, everything is rolled back, and a log entry says so.
    """

    @wraps(function)
    def run(*args, **kwargs):
        thing = args[0] if args else None
        with working_on(**ids_of(thing)):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except TransitionRefused as refusal:
                note_refusal(function.__name__, thing, kwargs.get("by"), refusal)
                raise

    return run


def ids_of(thing) -> dict[str, int]:
    """The ids of an analysis or a URL scan, as lines of the log have them; nothing for other things."""
    if isinstance(thing, UrlScan):
        return {"analysis": thing.analysis_id, "url_scan": thing.pk}
    return {"analysis": thing.pk} if isinstance(thing, Analysis) else {}


def note_refusal(name: str, thing, by: By | None, refusal: TransitionRefused) -> None:
    """Log that a user was refused. A refused part of the system is not logged: it was only too late.

    The security log gets each attempt. The activity log gets one for each user and verb within an hour, and neither
    version nor `changed_at` of the analysis change, so that attempts fill no log and move no list.
    """
    if by is None or isinstance(by, Actor):
        return
    asked = name.removesuffix("_analysis").replace("_", " ")
    is_row = isinstance(thing, Analysis | UrlScan | Finding)
    activity.note("refused.action", by=by, subject=thing if is_row else thing.name, asked=asked, why=refusal.why)
    if not is_row:  # a submission, which has no log yet
        return
    thing = thing.url_scan if isinstance(thing, Finding) else thing
    url_scan = thing if isinstance(thing, UrlScan) else None
    analysis = thing.analysis if url_scan else thing
    if analysis.submitted_at is None:
        url_scan = None  # a URL with log entries could not be removed from a saved analysis any more
    action = f"{'url_scan' if url_scan else 'analysis'}.refused"
    lately = ActivityLogEntry.objects.filter(analysis=analysis, user=by, at__gte=clock.now() - ONE_REFUSAL_EACH)
    with transaction.atomic():
        locked(analysis.pk)  # so that two at the same moment do not both find none
        if not lately.filter(action__endswith=".refused", data__asked=asked).exists():
            activity.record(action, analysis=analysis, url_scan=url_scan, by=by, reason=refusal.why, asked=asked)


_ROLES = {"submit_analysis": "Submitter", "review_analysis": "Reviewer", "change_scansettings": "Administrator"}


def permit(by: By, permission: str) -> None:
    """Raise NotPermitted if a user does not have this permission. Parts of the system may do everything."""
    if not isinstance(by, Actor) and not by.has_perm(f"scans.{permission}"):
        raise NotPermitted("role_missing", by=by, role=_ROLES[permission])


def locked(analysis_id: int) -> Analysis:
    """Return the analysis as it is now, locked until the transaction ends."""
    return statements.row(Analysis, analysis_id, lock=True)


def locked_scan(url_scan: UrlScan | int) -> UrlScan:
    """Return the URL scan as it is now, with its analysis locked."""
    url_scan = url_scan if isinstance(url_scan, UrlScan) else UrlScan.objects.get(pk=url_scan)
    analysis = locked(url_scan.analysis_id)  # which never changes
    fresh = statements.row(UrlScan, url_scan.pk)
    fresh.analysis = analysis
    return fresh


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
    """Move one URL scan of a locked analysis to a status, log it, and queue the task that follows.

    `columns` are further columns to write, `data` are facts for the log. As in every verb, `reason` is a Reason, or
    text that a user typed. Raises TransitionRefused if that status cannot follow.
    """
    before, reason = scan.status, as_reason(reason)
    if to not in URL_SCAN_MOVES[U(before)]:
        raise TransitionRefused("no_such_move", url=scan.url, before=U(before), after=to)
    now = clock.now()
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
    _enqueue_next(scan)


def _enqueue_next(scan: UrlScan) -> None:
    """Queue the task that the new status of a URL scan calls for, if any."""
    if scan.status in (U.QUEUED, U.RESUMING) and scan.slot_since:
        enqueue_for(scan, "scan_url")
    elif scan.status in PUBLISHED_AS:
        enqueue_for(scan, "verify")
    elif scan.status == U.STOPPING_DELETING_RESULTS and not scan.lease_holder:
        enqueue("delete_results", scan.pk, owner=scan.analysis.owner_id)


def _slot(scan: UrlScan, to: UrlScanStatus, now: datetime) -> dict:
    """Return the change of the slot: it is taken when a scan is queued, and kept until its engine has ended."""
    if to == U.QUEUED:
        return {"slot_since": scan.slot_since or now, "unserved_since": None}
    return {"unserved_since": None} if to in MAY_HOLD_SLOT else {"slot_since": None, "unserved_since": None}


def enqueue(
    task: str, *arguments: float, owner: int | None, zone: str = DEFAULT_ZONE, after: datetime | None = None
) -> None:
    """Queue a task of scans/tasks.py when this transaction commits. By name, because tasks.py imports the verbs.

    `owner` is the id of the person it is done for: workers take turns between owners. Only workers of the zone take it,
    and none before `after`. A task that sends requests to the target of a URL scan is queued with `enqueue_for`.
    """
    known = import_string(f"scans.tasks.{task}")
    known.using(queue_name=queue_of(known.queue_name, owner, zone), run_after=after).enqueue(*arguments)
    wake()


def enqueue_for(scan: UrlScan, task: str, *spent: float) -> None:
    """Queue a task for a URL scan in the zone of its target, as `enqueue` does."""
    enqueue(task, scan.pk, *spent, owner=scan.analysis.owner_id, zone=scan.zone or DEFAULT_ZONE)


def roll_up(analysis: Analysis, by: By, action: str = "", *, reason: Reason | str = NO_REASON, columns=None, **data):
    """Derive and store the status of a locked analysis, with further `columns`.

    Writes one log entry if `action` is given or the status changed. Raises TransitionRefused if the analysis has ended.
    """
    before = analysis.status
    changes = {**(columns or {}), "changed_at": clock.now(), "version": analysis.version + 1}
    for name, value in (columns or {}).items():
        setattr(analysis, name, value)
    totals = statements.totals_by_status([analysis.pk])[analysis.pk]
    after = rollup(totals, rollup_facts(analysis))
    if before != after:
        if AnalysisStatus(before).info.final:
            raise TransitionRefused("ended_for_good", analysis=analysis, status=AnalysisStatus(before))
        if after.info.final:
            changes["ended_at"] = changes["changed_at"]
            changes["run_time"] = analysis.started_at and changes["ended_at"] - analysis.started_at
        if after.info.phase in (Phase.REVIEW, Phase.FINAL):
            changes["blackout_since"] = None  # no URL scan is left that a window could pause
        changes["status"] = after
    waits = WAITING_FOR_CAPACITY.intersection(totals)
    since = UrlScan.objects.filter(analysis=analysis.pk).waiting_since() if waits else {}
    kept = {**kept_columns(totals, after), "waiting_since": since.get(analysis.pk)}.items()
    # Unchanged columns are not written, because each of them has an index, which would be written too.
    changes |= {name: value for name, value in kept if getattr(analysis, name) != value}
    Analysis.objects.filter(pk=analysis.pk).update(**changes)
    analysis.status, analysis.version = after, changes["version"]
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


def rollup_facts(analysis: Analysis) -> Facts:
    """Return the facts about an analysis that its status depends on."""
    return Facts(
        submitted=analysis.submitted_at is not None,
        prescanning=analysis.prescan_started_at is not None and analysis.prescan_ended_at is None,
        started=analysis.started_at is not None,
        stop_mode=analysis.stop_mode,
    )


def refuse_deleted(analysis: Analysis) -> None:
    """Raise TransitionRefused if the analysis is deleted: nobody would see it run."""
    if analysis.deleted_at:
        raise TransitionRefused("deleted_already", analysis=analysis)


def require(thing: Analysis | UrlScan, action: Action) -> None:
    """Raise TransitionRefused if the status does not allow this action, or the analysis is deleted."""
    refuse_deleted(thing if isinstance(thing, Analysis) else thing.analysis)
    if thing.info.allows(action):
        return
    if action == Action.EDIT:
        raise TransitionRefused("not_editable", analysis=thing, status=thing.info.choice)
    raise TransitionRefused("not_possible", action=action, thing=thing, status=thing.info.choice)


RELEASED = {"lease_holder": "", "lease_until": None, "pace": NO_REASON}


def scans_in(analysis: Analysis, *statuses: UrlScanStatus) -> list[UrlScan]:
    """Return the URL scans of an analysis in these statuses, in order, each with this locked analysis."""
    scans = list(UrlScan.objects.filter(analysis=analysis, status__in=statuses).order_by("position"))
    for scan in scans:
        scan.analysis = analysis
    return scans


def _switch_off_if_failing(analysis: Analysis) -> None:
    """Switch the schedule of the series off after five failed runs in a row."""
    submitted = analysis.series.runs.filter(submitted_at__isnull=False)  # a saved analysis is not a run yet
    schedule = RecurringSchedule.objects.switched_on().filter(series=analysis.series).first()
    if schedule and schedule.switched_on_at:  # earlier failures switched it off before
        submitted = submitted.filter(submitted_at__gte=schedule.switched_on_at)
    last = submitted.order_by("-run").values_list("status", flat=True)[:FAILED_RUNS_UNTIL_OFF]
    if schedule and len(last) == FAILED_RUNS_UNTIL_OFF and FAILED_RUNS.issuperset(last):
        switch_off(schedule, analysis, Actor.SCHEDULER, Reason("runs_failed", count=FAILED_RUNS_UNTIL_OFF))


def switch_off(schedule: RecurringSchedule, analysis: Analysis, by: By, reason: Reason | str) -> None:
    """Switch a schedule off and log it."""
    reason = as_reason(reason)
    schedule.switched_off_at, schedule.switched_off_reason = clock.now(), reason
    schedule.save(update_fields=["switched_off_at", "switched_off_reason"])
    activity.record("analysis.schedule_switched_off", analysis=analysis, by=by, reason=reason)
