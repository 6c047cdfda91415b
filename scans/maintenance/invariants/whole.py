"""True of the database as a whole: counts per status, capacity, triggers, and contents that nobody needs."""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from django.db import connection
from django.db.models import Count, Sum
from django_tasks_db.models import DBTaskResult

from scans.database import append_only, status_counts
from scans.maintenance.invariants.base import NO_WORKER, RECOUNT, REPORT, START_SCHEDULER, Violation
from scans.models import (
    Analysis,
    BulkItem,
    BulkOutcome,
    CrawlScript,
    ScanSettings,
    SecurityEvent,
    StatusCount,
    TargetLogin,
    UrlScan,
)

_MIGRATE = "Migrations make it: restore the database from a backup, or ask for help with this output."
_TASKS_UNDER_WAY = {"bulk": "scans.tasks.carry_out_bulk", "removal": "scans.tasks.remove_data"}


def statuses_are_counted() -> Iterator[Violation]:
    """The number of analyses of each status is the one that is kept."""
    counted = Counter(Analysis.objects.present().count_by_status())
    kept = Counter(dict(StatusCount.objects.order_by().values_list("status").annotate(Sum("count"))))
    for status in sorted(counted.keys() | kept.keys()):
        if counted[status] != kept[status]:
            yield Violation(f"Status {status}", f"{kept[status]} are kept", f"{counted[status]} are there", RECOUNT)


def capacity_is_kept() -> Iterator[Violation]:
    """No more URL scans hold a slot than capacity allows; after it was lowered, none gets one until enough ended."""
    capacity = ScanSettings.current().capacity
    held = list(UrlScan.objects.holding_slot().order_by("-slot_since").values_list("pk", "slot_since"))
    if len(held) <= capacity:
        return
    lowered = SecurityEvent.objects.filter(
        event="settings.changed", subject_type=ScanSettings._meta.model_name, facts__field="capacity"
    )
    changed_at = lowered.order_by("-pk").values_list("at", flat=True).first()
    pk, since = held[0]
    if changed_at is None or since > changed_at:
        kept = f"{len(held)} URL scans hold a slot, URL scan {pk} since {since.isoformat()}"
        yield Violation("Capacity", kept, f"{capacity} are allowed", REPORT)


def each_task_holds_one_scan() -> Iterator[Violation]:
    """A task holds one URL scan at most."""
    held = UrlScan.objects.filter(lease_until__isnull=False).exclude(lease_holder__in=["", NO_WORKER]).order_by()
    several = dict(held.values_list("lease_holder").annotate(Count("pk")).filter(pk__count__gt=1))
    for holder in DBTaskResult.objects.filter(pk__in=filter(_is_id, several)).values_list("pk", flat=True):
        count = several[str(holder)]
        yield Violation(f"Task {holder}", f"it holds {count} URL scans", "a task works on one", REPORT)


def _is_id(holder: str) -> bool:
    """Whether this may be the id of a task; a lease of an earlier version may name something else."""
    try:
        return str(UUID(holder)) == holder
    except ValueError:
        return False


def logs_are_append_only() -> Iterator[Violation]:
    """The triggers are there that keep the activity log, the security log and the counts per status."""
    for name in append_only.missing(connection):
        yield Violation(f"Trigger {name}", "it is missing", "it keeps a log from being changed", _MIGRATE)
    for name in status_counts.missing(connection):
        yield Violation(f"Trigger {name}", "it is missing", "it counts the analyses of each status", _MIGRATE)


def contents_are_referred_to() -> Iterator[Violation]:
    """A login or crawl script belongs to a URL scan, or a task is about to remove it."""
    if _is_under_way("removal"):
        return
    for model in (TargetLogin, CrawlScript):
        for pk in model.objects.unreferred().values_list("pk", flat=True)[:100]:
            kept = "no URL scan refers to it"
            should = "no task remove_data is about to remove it"
            yield Violation(f"{model.__name__} {pk}", kept, should, "Delete any analysis: that removes it as well.")


def bulk_actions_are_carried_out() -> Iterator[Violation]:
    """An analysis that waits for a bulk action has a task that acts on it."""
    waiting = BulkItem.objects.filter(outcome=BulkOutcome.WAITING).order_by()
    for bulk in waiting.values_list("bulk_id", flat=True).distinct():
        if not _is_under_way("bulk", bulk):
            kept = "analyses wait for it"
            yield Violation(f"Bulk action {bulk}", kept, "no task carry_out_bulk is queued or runs", START_SCHEDULER)


def _is_under_way(what: str, *subject: int) -> bool:
    tasks = DBTaskResult.objects.filter(task_path=_TASKS_UNDER_WAY[what], status__in=["READY", "RUNNING"])
    return tasks.filter(**({"args_kwargs__args__0": subject[0]} if subject else {})).exists()
