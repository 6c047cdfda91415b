"""Verbs for the removal of data that is not kept: a mark asks for it, and goes when the data has gone."""

from django.db.models import F

from scans import activity
from scans.database import clock
from scans.models import Actor, Analysis
from scans.reasons import Reason
from scans.transitions.core import enqueue, verb


@verb
def ask_for_removal(analysis: Analysis) -> None:
    """Mark an analysis: a task has to remove what its other marks say. Queues that task."""
    Analysis.objects.filter(pk=analysis.pk).update(removal_asked_at=clock.now(), removal_failed_at=None)
    enqueue("remove_data", analysis.pk, owner=analysis.owner_id)


@verb
def conclude_removal(analysis: Analysis) -> None:
    """Take the mark away, because the data is removed. If the removal was asked for again meanwhile, the mark stays."""
    Analysis.objects.filter(pk=analysis.pk, removal_asked_at=analysis.removal_asked_at).update(removal_asked_at=None)


@verb
def give_up_removal(analysis: Analysis, *, reason: Reason) -> None:
    """Stop trying to remove data, log why, and mark that. `manage.py retain` tries it again."""
    failed = {"removal_asked_at": None, "removal_failed_at": clock.now(), "version": F("version") + 1}
    Analysis.objects.filter(pk=analysis.pk).update(**failed)
    activity.record("analysis.removal_failed", analysis=analysis, by=Actor.SCHEDULER, reason=reason)
