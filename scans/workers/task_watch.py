"""Watching over the tasks: every row that must have a task gets one again, whatever became of the one before.

The rule is in `models/owed`: the rows say what is still to be done. A row without a task gets another one, after a
pause that grows with each failure, so that a task that kills its worker does not keep it from others. After too many
failures the work ends, with the reason. The database's errors end nothing: they only prolong the pause.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db.models import QuerySet
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from scans import activity, transitions
from scans.database import clock
from scans.database.look import Moment
from scans.maintenance import removal
from scans.models import Actor, Analysis, BulkAction, SystemPart, UrlScan
from scans.models.owed import Owed, owed
from scans.models.system_part import ALIVE_FOR
from scans.reasons import Reason
from scans.results import giving_up
from scans.statuses import EndedBy
from scans.targets.zones import DEFAULT_ZONE
from scans.transitions import bulk
from scans.transitions.turns import owner_of, zone_of

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=10)
_OF_DATABASE = ("django.db.", "psycopg", "sqlite3.")


class WorkerLost(Exception):
    """The worker that ran this task has not reported for too long."""


def _locked_analysis(pk: int) -> Analysis:
    return Analysis.objects.select_for_update().get(pk=pk)


def _locked_scan(pk: int) -> UrlScan:
    Analysis.objects.select_for_update(of=("self",)).get(url_scans=pk)
    return UrlScan.objects.select_related("analysis").get(pk=pk)


def _locked_bulk(pk: int) -> BulkAction:
    return BulkAction.objects.select_for_update().get(pk=pk)


def _end_scan(scan: UrlScan, reason: Reason) -> None:
    transitions.end(scan, EndedBy.TECHNICAL, by=Actor.SCHEDULER, reason=reason)


def _delete_without_files(scan: UrlScan, reason: Reason) -> None:
    """Delete the results here, without the files, which are the most likely to lose a worker."""
    removal.remove_results(scan)
    transitions.conclude_deletion(scan, reason=Reason("files_left", why=reason))


@dataclass(frozen=True)
class Duty:
    """How to look after the tasks of one name.

    `lock` returns the row under the lock that everybody takes who changes it. `give_up` ends the work after
    `max_failures` in a row, with the reason.
    """

    max_failures: int
    lock: Callable
    give_up: Callable


DUTIES = {
    "set_up": Duty(3, _locked_analysis, lambda analysis, why: transitions.give_up_set_up(analysis, reason=why)),
    "scan_url": Duty(3, _locked_scan, _end_scan),
    # A finding under which two workers are lost is skipped: room for two of these
    "verify": Duty(5, _locked_scan, giving_up.give_up),
    "verify_again": Duty(5, _locked_scan, giving_up.give_up_again),
    "delete_results": Duty(4, _locked_scan, _delete_without_files),
    # Nobody waits for it, and a disk may be away for an hour
    "remove_data": Duty(12, _locked_analysis, lambda analysis, why: transitions.give_up_removal(analysis, reason=why)),
    "carry_out_bulk": Duty(5, _locked_bulk, lambda action, why: bulk.give_up(action, reason=why)),
}


def look_after_tasks() -> Iterator[Callable[[], None]]:
    """Note which tasks lost their worker, and queue a task for every row that must have one and has none.

    Yields these changes, each to be made in one transaction.
    """
    yield from _lost()
    owing = {name: list(owed(name)) for name in DUTIES}
    if not any(owing.values()):
        return
    queued, failures = _queued(), None
    for name, rows in owing.items():
        for row in rows:
            if (name, row.pk) in queued:
                continue
            failures = _failures() if failures is None else failures
            since = [result for result in failures[name, row.pk] if result.enqueued_at >= row.since]
            yield partial(_look_after, name, row, since)


def running_for_long(since: datetime | Moment) -> QuerySet[DBTaskResult]:
    """The tasks that were taken before this moment. A worker that has just started may not have reported yet."""
    return DBTaskResult.objects.running().filter(started_at__lt=since)


def _lost() -> Iterator[Callable[[], None]]:
    """Yield for each task of a dead worker the change that marks it as failed."""
    alive = set(SystemPart.alive().values_list("name", flat=True))
    for result in running_for_long(clock.now() - ALIVE_FOR):
        if result.worker_ids[-1] not in alive:
            yield partial(_set_lost, result)


def _set_lost(result: DBTaskResult) -> None:
    if not DBTaskResult.objects.running().select_for_update().filter(pk=result.pk).exists():
        return  # another scheduler was faster
    result.set_failed(WorkerLost(f"Worker {result.worker_ids[-1]} was lost."))
    name, pk = _key(result.task_path, result.args_kwargs)
    if name == "delete_results" and (scan := UrlScan.objects.filter(pk=pk).first()):
        reason = Reason("worker_silent")
        of_scan = {"analysis": scan.analysis, "url_scan": scan, "by": Actor.SCHEDULER}
        activity.record("url_scan.deletion_interrupted", reason=reason, **of_scan)


def _key(task_path: str, args_kwargs: dict) -> tuple[str, int]:
    """Return the name of a task and the id of its row."""
    return task_path.rpartition(".")[2], args_kwargs["args"][0]


def _tasks() -> QuerySet[DBTaskResult]:
    """The tasks that wait or that a live worker runs."""
    return DBTaskResult.objects.filter(status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING]).order_by()


def _queued() -> set[tuple[str, int]]:
    """Return name and row of each of these."""
    return {_key(*task) for task in _tasks().values_list("task_path", "args_kwargs")}


def _failures() -> dict[tuple[str, int], list[DBTaskResult]]:
    """Return the failed tasks of each name and row, oldest first."""
    found = defaultdict(list)
    for result in DBTaskResult.objects.failed().defer("traceback", "return_value").order_by("finished_at"):
        found[_key(result.task_path, result.args_kwargs)].append(result)
    return found


def _look_after(name: str, row: Owed, failures: list[DBTaskResult]) -> None:
    """Queue a task for a row that has none, to run after the pause, or give up.

    The row is locked and looked at once more: another scheduler, or a worker, may have been faster.
    """
    duty = DUTIES[name]
    thing = duty.lock(row.pk)
    if not any(owed(name, row.pk)) or _tasks().filter(task_path=f"scans.tasks.{name}", args_kwargs__args__0=row.pk):
        return
    ours = [result for result in failures if not result.exception_class_path.startswith(_OF_DATABASE)]
    if len(ours) >= duty.max_failures:
        duty.give_up(thing, _why(ours))
        return
    if not failures:
        transitions.enqueue(name, row.pk, owner=row.owner, zone=row.zone or DEFAULT_ZONE)
        return
    last = failures[-1]
    args, queue = last.args_kwargs["args"], last.queue_name  # the arguments hold the seconds that it has used
    after = last.finished_at + _pause(len(failures))
    transitions.enqueue(name, *args, owner=owner_of(queue), zone=zone_of(queue), after=after)


def _pause(failures: int) -> timedelta:
    """Return how long to wait after so many failures: twice as long each time."""
    return min(FIRST_PAUSE * 2 ** min(failures - 1, 20), LONGEST_PAUSE)


def _why(failures: list[DBTaskResult]) -> Reason:
    """Return the reason to give up: workers were lost, or the last error."""
    last = failures[-1].exception_class_path.rpartition(".")[2]
    if last == WorkerLost.__name__:
        return Reason("worker_lost", count=len(failures))
    return Reason("task_broke", count=len(failures), error=last)
