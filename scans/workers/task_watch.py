"""Watching over the tasks in the queue: those of dead workers and those that failed are queued again."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.models import Analysis, SystemPart
from scans.models.system_part import ALIVE_FOR
from scans.reasons import Reason
from scans.transitions.turns import owner_of, zone_of

MAX_TASK_LOSSES = 2  # a task is queued again this often after its worker died
SECONDS_TO_REPEAT = 10  # before a failed task is queued again; longer after each further failure


class WorkerLost(Exception):
    """The worker that ran this task has not reported for too long."""


def requeue_lost_tasks() -> None:
    """Queue the tasks of dead workers again. All our tasks may safely run twice."""
    alive = set(SystemPart.alive().values_list("name", flat=True))
    # A worker that has just started may not have reported yet.
    old_enough = DBTaskResult.objects.running().filter(started_at__lt=timezone.now() - ALIVE_FOR)
    for result in old_enough:
        if result.worker_ids[-1] not in alive:
            _requeue(result)


def _same_tasks(result: DBTaskResult) -> QuerySet[DBTaskResult]:
    """All tasks with the same function and arguments, this one included."""
    return DBTaskResult.objects.filter(task_path=result.task_path, args_kwargs=result.args_kwargs)


def _requeue(result: DBTaskResult) -> None:
    with transaction.atomic():
        if not DBTaskResult.objects.running().select_for_update().filter(pk=result.pk).exists():
            return  # another scheduler was faster
        lost_before = _same_tasks(result).failed().filter(exception_class_path__endswith=WorkerLost.__name__).count()
        result.set_failed(WorkerLost(f"Worker {result.worker_ids[-1]} was lost."))
        if lost_before < MAX_TASK_LOSSES:
            _enqueue_again(result)
        elif result.task_path.endswith(".set_up"):
            # Scans and verifications have a lease that runs out; a set-up has only this.
            analysis = Analysis.objects.get(pk=result.args_kwargs["args"][0])
            transitions.fail_submission(analysis, reason=Reason("worker_lost", count=lost_before + 1))


def _enqueue_again(result: DBTaskResult) -> None:
    name, queue = result.task_path.rpartition(".")[2], result.queue_name
    transitions.enqueue(name, *result.args_kwargs["args"], owner=owner_of(queue), zone=zone_of(queue))


def repeat_failed_tasks() -> None:
    """Queue failed tasks again: their work still waits, for example for a database that was locked."""
    latest = timezone.now() - timedelta(seconds=SECONDS_TO_REPEAT)
    broken = DBTaskResult.objects.failed().filter(finished_at__lt=latest)
    # In the same query, because days of old tasks that were queued again are still in the table.
    later = DBTaskResult.objects.filter(
        task_path=OuterRef("task_path"), args_kwargs=OuterRef("args_kwargs"), enqueued_at__gt=OuterRef("enqueued_at")
    )
    for result in broken.exclude(exception_class_path__endswith=WorkerLost.__name__).exclude(Exists(later)):
        times = _same_tasks(result).failed().count()
        if result.finished_at < timezone.now() - timedelta(seconds=SECONDS_TO_REPEAT) * times:
            _enqueue_again(result)
