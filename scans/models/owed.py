"""The rows that say: a task must exist for me. By this one rule no work is forgotten, whatever happens to the queue.

A verb that makes such a row queues the task in the same transaction. `workers/task_watch` queues it again where a row
has none any more, because its worker was lost or it failed.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max, Min, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from scans.models.analysis import Analysis
from scans.models.bulk_action import BulkAction, BulkItem, BulkOutcome
from scans.models.finding import Finding
from scans.models.url_scan import UrlScan
from scans.statuses import PUBLISHED_AS, AnalysisStatus
from scans.statuses import UrlScanStatus as U

_NO_ZONE = Value("")
_PRESCAN_OPEN = Q(prescan_asked_at__isnull=False) | Q(status=AnalysisStatus.PRESCANNING)


class Owed(NamedTuple):
    """A row that must have a task: its id, the owner for whom it is done, since when, and the zone of its target."""

    pk: int
    owner: int | None
    since: datetime
    zone: str | None


def _submitted() -> QuerySet:
    """Analyses that are submitted and not set up. Sample data, which belongs to no worker, is not among them."""
    of_analysis = {"analysis__submitted_at__isnull": False, "analysis__deleted_at__isnull": True}
    scans = UrlScan.objects.filter(status=U.SUBMITTED, lease_holder="", **of_analysis)
    by_analysis = scans.order_by().values_list("analysis_id", "analysis__owner")
    return by_analysis.annotate(since=Max("status_at"), in_zone=Min("zone"))


def _drafts_to_prescan() -> QuerySet:
    """Analyses saved for later whose prescan somebody asked for."""
    drafts = Analysis.objects.present().filter(_PRESCAN_OPEN, submitted_at=None, prescan_ended_at=None)
    checkable = drafts.filter(url_scans__status=U.SUBMITTED).order_by().values_list("pk", "owner")
    since = Max(Coalesce("prescan_asked_at", "prescan_started_at"))
    return checkable.annotate(since=since, in_zone=Min("url_scans__zone"))


def _of_scans(**conditions) -> QuerySet:
    """URL scans that no worker holds and that meet these conditions."""
    scans = UrlScan.objects.filter(lease_holder="", **conditions)
    return scans.order_by().values_list("pk", "analysis__owner", "status_at", "zone")


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
    return scans.annotate(since=Min("verify_asked_at"), in_zone=Min("url_scan__zone"))


def _to_delete_results() -> QuerySet:
    scans = UrlScan.objects.filter(lease_holder="", status=U.STOPPING_DELETING_RESULTS)
    return scans.order_by().values_list("pk", "analysis__owner", "status_at", _NO_ZONE)


def _to_remove() -> QuerySet:
    """Analyses with data that somebody deleted or that is not kept any longer."""
    asked = Analysis.objects.filter(removal_asked_at__isnull=False)
    return asked.order_by().values_list("pk", "owner", "removal_asked_at", _NO_ZONE)


def _to_carry_out() -> QuerySet:
    waiting = BulkItem.objects.filter(outcome=BulkOutcome.WAITING)
    actions = BulkAction.objects.filter(pk__in=waiting.order_by().values("bulk"))
    return actions.order_by().values_list("pk", "user", "created_at", _NO_ZONE)


# By the name of the task: questions that yield the fields of Owed, each with the name of that id.
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


def owing() -> list[QuerySet]:
    """Return the questions which rows must have a task; where none has a row, no task is owed."""
    return [question() for questions in _QUESTIONS.values() for question, _ in questions]


def owed(task: str, pk: int | None = None) -> Iterator[Owed]:
    """Yield the rows that must have a task of this name now: all, or the one with this id."""
    for question, name in _QUESTIONS[task]:
        yield from (Owed(*row) for row in (question().filter(**{name: pk}) if pk else question()))
