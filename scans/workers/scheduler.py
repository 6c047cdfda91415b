"""The scheduler: everything that happens because time passes.

It starts what is due, pauses for blackout windows, fills free capacity, recovers what lost its worker and ends what
is out of time. `tick` does all of it once.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from scans import transitions
from scans.maintenance import retention, security_log
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
from scans.workers.task_watch import look_after_tasks

logger = logging.getLogger(__name__)


def tick(name: str) -> None:
    """Do everything that is due now. A job that fails is logged and does not stop the others."""
    for job in (
        lambda: SystemPart.report(SystemPart.Kind.SCHEDULER, name),
        run_recurring,
        begin_blackouts,
        end_blackouts,
        start_due,
        admit_waiting,
        recover_abandoned,
        end_durations,
        end_long_pauses,
        look_after_tasks,
        StatusCount.fold_if_many,
        retention.carry_out,
        security_log.remove_expired,
        OpenFindings.count,
    ):
        run_logging_errors(job)


def run_logging_errors(job: Callable[[], object]) -> None:
    """Run one of the scheduler's jobs. Log it if it fails: it runs again at its next turn."""
    try:
        job()
    except Exception:
        logger.exception("One of the scheduler's jobs failed; it runs again at its next turn.")


def _apply_to_all(verb: Callable[[Any], object], rows: Iterable[Model]) -> None:
    """Apply a verb to each row. A row that changed meanwhile is refused and logged; the others are still done."""
    for row in rows:
        try:
            verb(row)
        except transitions.TransitionRefused as refusal:
            logger.info("%s", refusal)


def run_recurring() -> None:
    """Make the next run of every recurring schedule that is due."""
    _apply_to_all(transitions.run_recurring, RecurringSchedule.objects.due(timezone.now()))


def begin_blackouts() -> None:
    """Pause what may not scan, because a blackout window has begun or is about to."""
    pausable = Analysis.objects.pausable()
    if not transitions.closed_until(BlackoutWindow.for_all()):
        pausable = pausable.exclude(blackout="")  # thousands without a window of their own may wait
    for analysis, until in _closed(pausable):
        if until:
            _apply_to_all(partial(transitions.begin_blackout, until=until), [analysis])


def end_blackouts() -> None:
    """Resume what an ended blackout window had paused."""
    for analysis, until in _closed(Analysis.objects.in_blackout()):
        if until is None:
            _apply_to_all(transitions.end_blackout, [analysis])


def start_due() -> None:
    """Start the analyses whose start time has come, except in a blackout window."""
    due = _closed(Analysis.objects.due(timezone.now()))
    _apply_to_all(transitions.start, (analysis for analysis, until in due if not until))


def _closed(analyses: QuerySet[Analysis]) -> Iterator[tuple[Analysis, datetime | None]]:
    """Yield each analysis with the end of the blackout window that it is in, or None."""
    for_all = BlackoutWindow.for_all()
    common = transitions.closed_until(for_all)
    for analysis in analyses:
        yield analysis, transitions.closed_until(with_own(for_all, analysis)) if analysis.blackout else common


def admit_waiting() -> None:
    """Give every free capacity slot to a URL scan that waits for one."""
    while transitions.admit_next():
        pass


def recover_abandoned() -> None:
    """Recover every URL scan whose lease ran out."""
    _apply_to_all(transitions.recover, UrlScan.objects.abandoned())


def end_durations() -> None:
    """End what waits or is paused in analyses whose duration is over. Workers end what runs."""
    waiting = UrlScan.objects.out_of_time(timezone.now()).values("analysis_id")
    _apply_to_all(transitions.expire_waiting, Analysis.objects.filter(pk__in=waiting))


def end_long_pauses() -> None:
    """End what a user paused for longer than an administrator allows."""
    limit = ScanSettings.current().pause_limit
    _apply_to_all(transitions.end_long_pause, UrlScan.objects.paused_too_long(timezone.now(), limit))
