"""True of the database as a whole: counts per status, capacity, triggers, and contents that nobody needs."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, Sum
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from scans.database import append_only, clock, status_counts, webhook_outbox
from scans.maintenance.invariants.base import NO_WORKER, RECOUNT, REPORT, START_SCHEDULER, Violation
from scans.models import (
    Analysis,
    CrawlScript,
    ScanSettings,
    SecurityEvent,
    StatusCount,
    TargetLogin,
    UrlScan,
)
from scans.models.owed import OWED_TASKS, owed

_MIGRATE = "Migrations make it: restore the database from a backup, or ask for help with this output."
_ROWS = {"set_up": "Analysis", "remove_data": "Analysis", "carry_out_bulk": "Bulk action"}  # what a task is for
ROWS_AT_ONCE = 500
LONGEST_PAUSE = timedelta(minutes=11)  # before a scheduler queues a failed task again


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
    """The triggers are there that keep both logs, count analyses per status and note events for webhooks."""
    for name in append_only.missing(connection):
        yield Violation(f"Trigger {name}", "it is missing", "it keeps a log from being changed", _MIGRATE)
    for name in status_counts.missing(connection):
        yield Violation(f"Trigger {name}", "it is missing", "it counts the analyses of each status", _MIGRATE)
    for name in webhook_outbox.missing(connection):
        yield Violation(f"Trigger {name}", "it is missing", "it notes events for webhooks", _MIGRATE)


def contents_are_referred_to() -> Iterator[Violation]:
    """A login or crawl script belongs to a URL scan, or a task is about to remove it."""
    if any(owed("remove_data")):
        return
    for model in (TargetLogin, CrawlScript):
        for pk in model.objects.unreferred().values_list("pk", flat=True)[:100]:
            kept = "no URL scan refers to it"
            should = "no task remove_data is about to remove it"
            yield Violation(f"{model.__name__} {pk}", kept, should, "Delete any analysis: that removes it as well.")


def what_is_owed_has_a_task() -> Iterator[Violation]:
    """A row that must have a task has one, or a scheduler queues it again after a pause."""
    for task in OWED_TASKS:
        rows = owed(task)
        while some := [row.pk for row in islice(rows, ROWS_AT_ONCE)]:
            for pk in set(some) - _with_task(task, some):
                kept, should = "something is still to be done for it", f"no task {task} is queued or runs"
                yield Violation(f"{_ROWS.get(task, 'URL scan')} {pk}", kept, should, START_SCHEDULER)


def _with_task(task: str, rows: list[int]) -> set[int]:
    """Return which of these rows have this task: it waits or runs, or ended so lately that the pause is not over."""
    alive = Q(status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING])
    lately = Q(finished_at__gt=clock.now() - LONGEST_PAUSE)
    tasks = DBTaskResult.objects.filter(alive | lately, task_path=f"scans.tasks.{task}", args_kwargs__args__0__in=rows)
    return {arguments["args"][0] for arguments in tasks.values_list("args_kwargs", flat=True)}
