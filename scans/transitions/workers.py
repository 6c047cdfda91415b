"""Verbs for workers: drain one, so that it takes nothing new, and resume it; move waiting work to new zones."""

from collections.abc import Callable

from django_tasks_db.models import DBTaskResult

from scans import activity
from scans.models import Actor, AllowedTarget, SystemPart, UrlScan
from scans.reasons import Reason
from scans.statuses import URL_SCAN_STATUSES, Phase
from scans.targets.zones import DEFAULT_ZONE, shown_zone
from scans.transitions.core import By, TransitionRefused, U, locked, permit, roll_up, verb
from scans.transitions.turns import owner_of, queue_of, zone_of

ADMINISTER = "change_scansettings"
_UNFINISHED = [code for code, status in URL_SCAN_STATUSES.items() if status.phase != Phase.FINAL]


@verb
def drain(part: SystemPart, *, by: By, hand_over: bool = False) -> None:
    """Let a worker take nothing new. It finishes what it runs, or hands a running scan over to another worker.

    Raises NotPermitted, and TransitionRefused if the worker has ended or is a scheduler.
    """
    how = SystemPart.Drain.HAND_OVER if hand_over else SystemPart.Drain.FINISH
    _set(part, how, "worker.handed_over" if hand_over else "worker.drained", by)


@verb
def resume_worker(part: SystemPart, *, by: By) -> None:
    """Let a drained worker take tasks again. Raises as `drain`."""
    _set(part, "", "worker.resumed", by)


def _set(part: SystemPart, how: str, event: str, by: By) -> None:
    permit(by, ADMINISTER)
    workers = SystemPart.objects.exclude(kind=SystemPart.Kind.SCHEDULER).filter(pk=part.pk)
    if not workers.exists():
        raise TransitionRefused("no_such_worker", name=part.name)
    if workers.exclude(drain=how).update(drain=how):
        activity.note(event, by=by, subject=part)


def rezone() -> int:
    """Move what has not ended to the zones that the allowed targets have now. Returns how many URL scans moved.

    What waits in a queue changes its queue; what runs stays where it runs, and continues in the new zone.
    """
    zone_for = AllowedTarget.zones().of
    moved = 0
    unfinished = UrlScan.objects.filter(status__in=_UNFINISHED).order_by("analysis_id", "position")
    wrong = [scan for scan in unfinished.only("url", "zone", "analysis_id") if zone_for(scan.url) != (scan.zone or "")]
    for analysis_id in dict.fromkeys(scan.analysis_id for scan in wrong):
        moved += _move(analysis_id, [scan for scan in wrong if scan.analysis_id == analysis_id], zone_for)
    return moved


@verb
def _move(analysis_id: int, scans: list[UrlScan], zone_for: Callable[[str], str]) -> int:
    analysis = locked(analysis_id)
    for scan in scans:
        zone = zone_for(scan.url)
        rows = UrlScan.objects.filter(pk=scan.pk)
        # It waits for a slot as others do; the next look at slots sets it aside if the new zone has no worker either
        rows.filter(status=U.QUEUED_WITH_WARNING, unserved_since__isnull=False).update(
            reason=Reason("capacity_used_up")
        )
        rows.update(zone=zone, unserved_since=None)
        if analysis.submitted_at:
            facts = {"before": shown_zone(scan.zone or DEFAULT_ZONE), "zone": shown_zone(zone)}
            activity.record("url_scan.zone_changed", analysis=analysis, url_scan=scan, by=Actor.SCHEDULER, **facts)
        _requeue(("scan_url", "verify", "verify_again"), scan.pk, zone)
    first = analysis.url_scans.filter(status=U.SUBMITTED).order_by("position").values_list("zone", flat=True).first()
    _requeue(("set_up",), analysis_id, first or DEFAULT_ZONE)
    roll_up(analysis, Actor.SCHEDULER)
    return len(scans)


def _requeue(names: tuple[str, ...], pk: int, zone: str) -> None:
    """Put the waiting tasks with these names for one row into the queue of a zone."""
    paths = [f"scans.tasks.{name}" for name in names]
    for task in DBTaskResult.objects.ready().filter(task_path__in=paths, args_kwargs__args__0=pk):
        if zone_of(task.queue_name) != zone:
            kind = task.queue_name.partition("@")[0].partition("-")[0]
            queue = queue_of(kind, owner_of(task.queue_name), zone)
            DBTaskResult.objects.ready().filter(pk=task.pk).update(queue_name=queue)
