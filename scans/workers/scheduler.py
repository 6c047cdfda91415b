"""What time brings: starts, blackout windows, free places, lost workers, ended durations; `tick` does it all once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.maintenance import retention
from scans.models import (
    Analysis,
    BlackoutWindow,
    OpenFindings,
    RecurringSchedule,
    ScanSettings,
    StatusCount,
    SystemPart,
    UrlScan,
)
from scans.models.blackout_window import with_own
from scans.models.system_part import ALIVE_FOR

logger = logging.getLogger(__name__)
MAX_TASK_LOSSES = 2  # how often a task whose worker died is queued again
SECONDS_TO_REPEAT = 10  # after a task failed; longer after each further time


class WorkerLost(Exception):
    """The worker that ran this task was not seen for too long."""


def tick(name: str) -> None:
    """Do everything that is due now. A part that fails is logged and keeps none of the others."""
    for part in (
        lambda: SystemPart.report(SystemPart.Kind.SCHEDULER, name),
        run_recurring,
        begin_blackouts,
        end_blackouts,
        start_due,
        admit_waiting,
        recover_abandoned,
        end_durations,
        end_long_pauses,
        requeue_lost_tasks,
        repeat_failed_tasks,
        StatusCount.fold_if_many,
        retention.carry_out,
        OpenFindings.count,
    ):
        attempt(part)


def attempt(part: Callable[[], object]) -> None:
    """Do a part of the scheduler's work; one that fails is logged, and is tried again at its next turn."""
    try:
        part()
    except Exception:
        logger.exception("A part of the scheduler's work failed; it is tried again at its next turn.")


def _each(things, verb) -> None:
    """Apply a verb to each; what changed meanwhile is refused, which is fine, and the next one goes on."""
    for thing in things:
        try:
            verb(thing)
        except transitions.TransitionRefused as refusal:
            logger.info("%s", refusal)


def run_recurring() -> None:
    """Make the runs of recurring schedules whose next start has come."""
    _each(RecurringSchedule.objects.due(timezone.now()), transitions.run_recurring)


def begin_blackouts() -> None:
    """Pause what a blackout window, that has come or is about to, keeps from scanning."""
    pausable = Analysis.objects.pausable()
    if not transitions.closed_until(BlackoutWindow.for_all()):
        pausable = pausable.exclude(blackout="")  # thousands may wait that have no window of their own
    for analysis, until in _closed(pausable):
        if until:
            _each([analysis], lambda analysis, until=until: transitions.begin_blackout(analysis, until=until))


def end_blackouts() -> None:
    """Let go on what a blackout window paused that is over."""
    for analysis, until in _closed(Analysis.objects.in_blackout()):
        if until is None:
            _each([analysis], transitions.end_blackout)


def start_due() -> None:
    """Start the analyses whose start time has come, but in a blackout window."""
    _each(
        (analysis for analysis, until in _closed(Analysis.objects.due(timezone.now())) if not until), transitions.start
    )


def _closed(analyses: QuerySet[Analysis]) -> Iterator[tuple[Analysis, datetime | None]]:
    """Each with the end of the blackout window that keeps it from scanning; None where none does."""
    for_all = BlackoutWindow.for_all()
    everybody = transitions.closed_until(for_all)
    for analysis in analyses:
        yield analysis, transitions.closed_until(with_own(for_all, analysis)) if analysis.blackout else everybody


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


def end_long_pauses() -> None:
    """End what a user left paused for longer than an administrator allows."""
    limit = ScanSettings.current().pause_limit
    _each(UrlScan.objects.paused_too_long(timezone.now(), limit), transitions.end_long_pause)


def requeue_lost_tasks() -> None:
    """Queue the tasks of dead workers again. All our tasks may safely run twice."""
    alive = set(SystemPart.alive().values_list("name", flat=True))
    # A worker that has only just started may not have reported itself yet.
    old_enough = DBTaskResult.objects.running().filter(started_at__lt=timezone.now() - ALIVE_FOR)
    for result in old_enough:
        if result.worker_ids[-1] not in alive:
            _requeue(result)


def _twins(result: DBTaskResult) -> QuerySet[DBTaskResult]:
    """The tasks that do the same, itself included."""
    return DBTaskResult.objects.filter(task_path=result.task_path, args_kwargs=result.args_kwargs)


def _requeue(result: DBTaskResult) -> None:
    with transaction.atomic():
        if not DBTaskResult.objects.running().select_for_update().filter(pk=result.pk).exists():
            return  # another scheduler was faster
        lost_before = _twins(result).failed().filter(exception_class_path__endswith=WorkerLost.__name__).count()
        result.set_failed(WorkerLost(f"Worker {result.worker_ids[-1]} was lost."))
        if lost_before < MAX_TASK_LOSSES:
            _enqueue_again(result)
        elif result.task_path.endswith(".set_up"):
            # Nothing else watches over a set-up; scans and verifications are watched by their lease.
            analysis = Analysis.objects.get(pk=result.args_kwargs["args"][0])
            transitions.fail_submission(analysis, reason=f"Its worker was lost {lost_before + 1} times.")


def _enqueue_again(result: DBTaskResult) -> None:
    transitions.enqueue(result.task_path.rpartition(".")[2], *result.args_kwargs["args"])


def repeat_failed_tasks() -> None:
    """Queue the tasks that broke again: whatever they were for still waits, such as for a database that was locked."""
    over = timezone.now() - timedelta(seconds=SECONDS_TO_REPEAT)
    broken = DBTaskResult.objects.failed().filter(finished_at__lt=over)
    # Asked in the same query: days of tasks that were queued again long ago are still there.
    later = DBTaskResult.objects.filter(
        task_path=OuterRef("task_path"), args_kwargs=OuterRef("args_kwargs"), enqueued_at__gt=OuterRef("enqueued_at")
    )
    for result in broken.exclude(exception_class_path__endswith=WorkerLost.__name__).exclude(Exists(later)):
        times = _twins(result).failed().count()
        if result.finished_at < timezone.now() - timedelta(seconds=SECONDS_TO_REPEAT) * times:
            _enqueue_again(result)
