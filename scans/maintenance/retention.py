"""The retention policy: what is older than an administrator wants it kept is deleted, or marked as not kept.

Off by default: ScanSettings has the periods. Here is decided what is due; `removal` removes it, by a task.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from time import monotonic

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import activity, transitions
from scans.models import Actor, Analysis, ScanSettings, Screenshot
from scans.models.querysets import EVIDENCE_KEPT, LOG_KEPT, SCREENSHOTS_KEPT

SECONDS_AT_A_TIME = 0.1  # of the scheduler, which has starts to see to
ANALYSES_AT_A_TIME = 20
REMOVALS_WAITING_AT_MOST = 100  # then workers come first
_REMOVAL = "scans.tasks.remove_data"


class Kind(StrEnum):
    """What is kept for a time of its own, in the order in which it goes."""

    RUNS = "runs"
    EVIDENCE = "evidence"
    SCREENSHOTS = "screenshots"
    LOGS = "logs"


_REASONS = {
    Kind.RUNS: "Retention policy: runs are kept for {days} days.",
    Kind.EVIDENCE: "Retention policy: evidence is kept for {days} days.",
    Kind.SCREENSHOTS: "Retention policy: screenshots are kept for {days} days.",
    Kind.LOGS: "Retention policy: logs are kept for {days} days.",
}


def policy() -> dict[Kind, timedelta]:
    """How long each kind is kept; those that are kept for ever are left out."""
    settings = ScanSettings.current()
    days = {kind: getattr(settings, f"keep_{kind}_days") for kind in Kind}
    return {kind: timedelta(days=number) for kind, number in days.items() if number}


def due(kind: Kind, kept: timedelta) -> QuerySet[Analysis]:
    """The analyses of which this kind has been kept for long enough, the oldest first."""
    before = timezone.now() - kept
    match kind:
        case Kind.RUNS:
            return Analysis.objects.ended_before(before).needed_by_no_other()
        case Kind.EVIDENCE:  # a session is part of it
            return Analysis.objects.ended_before(before).filter(EVIDENCE_KEPT).needed_by_no_other()
        case Kind.SCREENSHOTS:
            return Analysis.objects.ended_before(before).filter(SCREENSHOTS_KEPT)
        case Kind.LOGS:
            return Analysis.objects.left_alone_since(before).filter(LOG_KEPT)


def carry_out() -> None:
    """Let some of what is due expire; at each tick of the scheduler, for a small part of it."""
    kept = policy()
    if not kept or _removals_waiting() >= REMOVALS_WAITING_AT_MOST:
        return
    over = monotonic() + SECONDS_AT_A_TIME
    for kind, period in kept.items():
        for pk in list(due(kind, period).values_list("pk", flat=True)[:ANALYSES_AT_A_TIME]):
            expire(kind, pk, period, by=Actor.SCHEDULER)
            if monotonic() > over:
                return


def count_due() -> dict[Kind, int]:
    """Of how many runs each kind is due now; empty where everything is kept."""
    return {kind: due(kind, period).count() for kind, period in policy().items()}


def carry_out_all() -> dict[Kind, int]:
    """Let everything that is due now expire, each run in a transaction of its own; returns as `count_due` does."""
    return {kind: _expire_all(kind, period) for kind, period in policy().items()}


def _expire_all(kind: Kind, kept: timedelta) -> int:
    pks = list(due(kind, kept).values_list("pk", flat=True))
    return sum(expire(kind, pk, kept, by=Actor.COMMAND) for pk in pks)


def _removals_waiting() -> int:
    return DBTaskResult.objects.ready().filter(task_path=_REMOVAL).count()


@transaction.atomic
def expire(kind: Kind, analysis_id: int, kept: timedelta, *, by: Actor) -> bool:
    """Delete a run, or mark one kind of its data as not kept, with an entry in its log; a task removes the data.

    False where that is not due (any more).
    """
    analysis = Analysis.objects.select_for_update().get(pk=analysis_id)
    if not due(kind, kept).filter(pk=analysis_id).exists():
        return False
    _EXPIRE[kind](analysis, {"by": by, "reason": _REASONS[kind].format(days=kept.days)})
    return True


def _expire_evidence(analysis: Analysis, entry: dict) -> None:
    # One that never started has nothing of the kind, and nothing to say.
    _mark(analysis, "evidence_expired_at", "analysis.evidence_expired" if analysis.started_at else "", entry)


def _expire_screenshots(analysis: Analysis, entry: dict) -> None:
    count = Screenshot.objects.filter(url_scan__analysis=analysis).count()
    _mark(analysis, "screenshots_expired_at", "analysis.screenshots_expired" if count else "", entry | {"count": count})


def _expire_log(analysis: Analysis, entry: dict) -> None:
    _mark(analysis, "log_expired_at", "analysis.log_expired", entry | {"count": analysis.activity.count()})


_EXPIRE = {
    Kind.RUNS: lambda analysis, entry: transitions.delete(analysis, **entry),
    Kind.EVIDENCE: _expire_evidence,
    Kind.SCREENSHOTS: _expire_screenshots,
    Kind.LOGS: _expire_log,
}


def _mark(analysis: Analysis, column: str, action: str, entry: dict) -> None:
    """Mark it, with an entry and a removal where there is something to say. It keeps its place in the list.

    The mark is older than the entry, which stays for that.
    """
    Analysis.objects.filter(pk=analysis.pk).update(**{column: timezone.now()}, version=F("version") + 1)
    if action:
        activity.record(action, analysis=analysis, **entry)
        transitions.enqueue("remove_data", analysis.pk)
