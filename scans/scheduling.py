"""What time brings: due starts, free places, lost workers, ended durations. `tick` does it all once."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.models import Analysis, SystemPart, UrlScan
from scans.models.system_part import ALIVE_FOR

logger = logging.getLogger(__name__)
MAX_TASK_LOSSES = 2  # how often a task whose worker died is queued again


class WorkerLost(Exception):
    """The worker that ran this task was not seen for too long."""


def tick(name: str) -> None:
    """Do everything that is due now. A part that fails is logged and keeps none of the others."""
    for part in (
        lambda: SystemPart.report(SystemPart.Kind.SCHEDULER, name),
        start_due,
        admit_waiting,
        recover_abandoned,
        end_durations,
        requeue_lost_tasks,
    ):
        _attempt(part)


def _attempt(part: Callable[[], object]) -> None:
    try:
        part()
    except Exception:
        logger.exception("A part of the scheduler's tick failed; it is tried again at the next tick.")


def _each(things, verb) -> None:
    """Apply a verb to each; what changed meanwhile is refused, which is fine, and the next one goes on."""
    for thing in things:
        try:
            verb(thing)
        except transitions.TransitionRefused as refusal:
            logger.info("%s", refusal)


def start_due() -> None:
    """Start the analyses whose start time has come."""
    _each(Analysis.objects.due(timezone.now()), transitions.start)


def admit_waiting() -> None:
    """Fill every free place from those that wait for capacity."""
    while transitions.admit_next():
        pass


def recover_abandoned() -> None:
    """Take care of every URL scan whose holder let its lease run out."""
    _each(UrlScan.objects.abandoned(timezone.now()), transitions.recover)


def end_durations() -> None:
    """End what waits or is paused in analyses whose duration is over; what runs is ended by its worker."""
    waiting = UrlScan.objects.out_of_time(timezone.now()).values("analysis_id")
    _each(Analysis.objects.filter(pk__in=waiting), transitions.expire_waiting)


def requeue_lost_tasks() -> None:
    """Queue the tasks of dead workers again. All our tasks may safely run twice."""
    alive = set(SystemPart.alive().values_list("name", flat=True))
    # A worker that has only just started may not have reported itself yet.
    old_enough = DBTaskResult.objects.running().filter(started_at__lt=timezone.now() - ALIVE_FOR)
    for result in old_enough:
        if result.worker_ids[-1] not in alive:
            _requeue(result)


def _requeue(result: DBTaskResult) -> None:
    twins = DBTaskResult.objects.filter(task_path=result.task_path, args_kwargs=result.args_kwargs)
    lost_before = twins.failed().filter(exception_class_path__endswith=WorkerLost.__name__).count()
    with transaction.atomic():
        result.set_failed(WorkerLost(f"Worker {result.worker_ids[-1]} was lost."))
        if lost_before < MAX_TASK_LOSSES:
            import_string(result.task_path).enqueue(*result.args_kwargs["args"])
        elif result.task_path.endswith(".set_up"):
            # Nothing else watches over a set-up; scans and verifications are watched by their lease.
            analysis = Analysis.objects.get(pk=result.args_kwargs["args"][0])
            transitions.fail_submission(analysis, reason=f"Its worker was lost {lost_before + 1} times.")
