"""The retention policy: deletes old runs, and marks old data as expired, after the periods of ScanSettings.

Off by default. This module decides what is due; a task then removes the data (see `removal`).
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from enum import StrEnum
from functools import partial

from django.db import transaction
from django.db.models import F, QuerySet
from django_tasks_db.models import DBTaskResult

from scans import activity, transitions
from scans.database import clock
from scans.models import Actor, Analysis, ScanSettings, Screenshot
from scans.models.querysets import EVIDENCE_KEPT, LOG_KEPT, SCREENSHOTS_KEPT
from scans.reasons import Reason

ANALYSES_AT_A_TIME = 20
REMOVALS_WAITING_AT_MOST = 100  # with more, the scheduler lets workers catch up


class Kind(StrEnum):
    """The kinds of data that have a period of their own, in the order in which they expire."""

    RUNS = "runs"
    EVIDENCE = "evidence"
    SCREENSHOTS = "screenshots"
    LOGS = "logs"


def is_on() -> QuerySet[ScanSettings]:
    """The row of settings, if anything is not kept forever."""
    forever = {f"keep_{kind}_days": None for kind in Kind}
    return ScanSettings.objects.exclude(**forever)


def policy() -> dict[Kind, timedelta]:
    """How long each kind is kept, without the kinds that are kept forever."""
    settings = ScanSettings.current()
    days = {kind: getattr(settings, f"keep_{kind}_days") for kind in Kind}
    return {kind: timedelta(days=number) for kind, number in days.items() if number}


def due(kind: Kind, kept: timedelta) -> QuerySet[Analysis]:
    """The analyses whose data of this kind has expired, the oldest first."""
    before = clock.now() - kept
    match kind:
        case Kind.RUNS:
            return Analysis.objects.ended_before(before).needed_by_no_other()
        case Kind.EVIDENCE:  # which includes the session that another run may continue
            return Analysis.objects.ended_before(before).filter(EVIDENCE_KEPT).needed_by_no_other()
        case Kind.SCREENSHOTS:
            return Analysis.objects.ended_before(before).filter(SCREENSHOTS_KEPT)
        case Kind.LOGS:
            return Analysis.objects.left_alone_since(before).filter(LOG_KEPT)


def pieces() -> Iterator[Callable[[], bool]]:
    """Yield for some of what is due the call that expires it. The scheduler works on these at each tick."""
    kept = policy()
    waiting = DBTaskResult.objects.ready().filter(task_path="scans.tasks.remove_data")
    if not kept or waiting.count() >= REMOVALS_WAITING_AT_MOST:
        return
    for kind, period in kept.items():
        for pk in list(due(kind, period).values_list("pk", flat=True)[:ANALYSES_AT_A_TIME]):
            yield partial(expire, kind, pk, period, by=Actor.SCHEDULER)


def count_due() -> dict[Kind, int]:
    """For how many runs each kind is due now; empty if everything is kept forever."""
    return {kind: due(kind, period).count() for kind, period in policy().items()}


def carry_out_all() -> dict[Kind, int]:
    """Expire everything that is due now, each run in its own transaction; return counts as `count_due` does."""
    return {kind: _expire_all(kind, period) for kind, period in policy().items()}


def _expire_all(kind: Kind, kept: timedelta) -> int:
    pks = list(due(kind, kept).values_list("pk", flat=True))
    return sum(expire(kind, pk, kept, by=Actor.COMMAND) for pk in pks)


@transaction.atomic
def expire(kind: Kind, analysis_id: int, kept: timedelta, *, by: Actor) -> bool:
    """Delete a run, or mark one kind of its data as expired, with a log entry; a task then removes the data.

    Return False if that is not due, or not due any more.
    """
    analysis = Analysis.objects.select_for_update().get(pk=analysis_id)
    if not due(kind, kept).filter(pk=analysis_id).exists():
        return False
    entry = {"by": by, "reason": Reason(f"{kind}_expired", days=kept.days)}
    match kind:
        case Kind.RUNS:
            transitions.delete(analysis, **entry)
        case Kind.EVIDENCE:  # a run that never started has none: no entry, nothing to remove
            _mark(analysis, "evidence_expired_at", "analysis.evidence_expired" if analysis.started_at else "", entry)
        case Kind.SCREENSHOTS:
            count = Screenshot.objects.filter(url_scan__analysis=analysis).count()
            action = "analysis.screenshots_expired" if count else ""
            _mark(analysis, "screenshots_expired_at", action, entry | {"count": count})
        case Kind.LOGS:
            _mark(analysis, "log_expired_at", "analysis.log_expired", entry | {"count": analysis.activity.count()})
    return True


def _mark(analysis: Analysis, column: str, action: str, entry: dict) -> None:
    """Mark the data as expired; with an `action`, also write the log entry and queue the removal.

    `changed_at` stays, so the analysis keeps its position in the list. The mark is written before the entry: entries
    older than the mark are removed, and this one must stay.
    """
    Analysis.objects.filter(pk=analysis.pk).update(**{column: clock.now()}, version=F("version") + 1)
    if action:
        activity.record(action, analysis=analysis, **entry)
        transitions.ask_for_removal(analysis)
