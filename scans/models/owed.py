"""The rows that say: a task must exist for me. By this one rule no work is forgotten, whatever happens to the queue.

A verb that makes such a row queues the task in the same transaction. `workers/task_watch` queues it again where a row
has none any more, because its worker was lost or it failed.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, Max, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from scans.models.analysis import Analysis
from scans.models.bulk_action import BulkAction, BulkItem, BulkOutcome
from scans.models.finding import Finding
from scans.models.url_scan import UrlScan
from scans.statuses import PUBLISHED_AS, AnalysisStatus
from scans.statuses import UrlScanStatus as U

_PRESCAN_OPEN = Q(prescan_asked_at__isnull=False) | Q(status=AnalysisStatus.PRESCANNING)


class Owed(NamedTuple):
    """A row that must have a task: its id, the owner for whom it is done, and since when."""

    pk: int
    owner: int | None
    since: datetime


def _submitted() -> QuerySet:
    """Analyses that are submitted and not set up."""
    scans = UrlScan.objects.filter(
        status=U.SUBMITTED, analysis__submitted_at__isnull=False, analysis__deleted_at__isnull=True
    )
    return scans.order_by().values_list("analysis_id", "analysis__owner").annotate(since=Max("status_at"))


def _drafts_to_prescan() -> QuerySet:
    """Analyses saved for later whose prescan somebody asked for."""
    checkable = Analysis.objects.filter(url_scans__status=U.SUBMITTED).values("pk")
    drafts = Analysis.objects.present().filter(
        _PRESCAN_OPEN, submitted_at=None, prescan_ended_at=None, pk__in=checkable
    )
    since = Coalesce("prescan_asked_at", "prescan_started_at")
    return drafts.order_by().annotate(since=since).values_list("pk", "owner", "since")


def _of_scans(**conditions) -> QuerySet:
    """URL scans that no worker holds and that meet these conditions."""
    scans = UrlScan.objects.filter(lease_holder="", **conditions)
    return scans.order_by().values_list("pk", "analysis__owner", "status_at")


def _to_scan() -> QuerySet:
    return _of_scans(status__in=[U.QUEUED, U.RESUMING], slot_since__isnull=False)


def _to_verify() -> QuerySet:
    return _of_scans(status__in=list(PUBLISHED_AS), verified_at=None, analysis__deleted_at=None)


def _to_verify_again() -> QuerySet:
    asked = Finding.objects.waiting_for_verification().filter(
        url_scan__status__in=[*PUBLISHED_AS, *PUBLISHED_AS.values()],
        url_scan__lease_holder="",
        url_scan__verified_at__isnull=False,
        url_scan__analysis__deleted_at=None,
    )
    scans = asked.order_by().values_list("url_scan_id", "url_scan__analysis__owner")
    return scans.annotate(since=Min("verify_asked_at"))


def _to_delete_results() -> QuerySet:
    return _of_scans(status=U.STOPPING_DELETING_RESULTS)


def _to_remove() -> QuerySet:
    """Analyses with data that somebody deleted or that is not kept any longer."""
    asked = Analysis.objects.filter(removal_asked_at__isnull=False)
    return asked.order_by().values_list("pk", "owner", "removal_asked_at")


def _to_carry_out() -> QuerySet:
    waiting = BulkItem.objects.filter(outcome=BulkOutcome.WAITING)
    actions = BulkAction.objects.filter(pk__in=waiting.order_by().values("bulk"))
    return actions.order_by().values_list("pk", "user", F("created_at"))


# By the name of the task: questions that yield (id, owner, since), each with the name of that id.
_QUESTIONS: dict[str, list[tuple[Callable[[], QuerySet], str]]] = {
    "set_up": [(_submitted, "analysis"), (_drafts_to_prescan, "pk")],
    "scan_url": [(_to_scan, "pk")],
    "verify": [(_to_verify, "pk")],
    "verify_again": [(_to_verify_again, "url_scan")],
    "delete_results": [(_to_delete_results, "pk")],
    "remove_data": [(_to_remove, "pk")],
    "carry_out_bulk": [(_to_carry_out, "pk")],
}
OWED_TASKS = tuple(_QUESTIONS)


def owed(task: str, pk: int | None = None) -> Iterator[Owed]:
    """Yield the rows that must have a task of this name now: all, or the one with this id."""
    for question, name in _QUESTIONS[task]:
        yield from (Owed(*row) for row in (question().filter(**{name: pk}) if pk else question()))
