"""Nothing is left undone and nothing is left behind: tasks, results and files."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from scans.maintenance.invariants.base import RECOVERED_WITHIN, START_SCHEDULER, Batch, Violation
from scans.maintenance.invariants.base import of_analysis as wrong_analysis
from scans.maintenance.invariants.base import of_scan as wrong_scan
from scans.models import CrawledUrl, Finding, ModuleError, Screenshot
from scans.statuses import PUBLISHED_AS, URL_SCAN_STATUSES, Results
from scans.statuses import AnalysisStatus as A
from scans.statuses import UrlScanStatus as U

_RESULTS = {"findings": Finding, "crawled URLs": CrawledUrl, "module errors": ModuleError}
_NEVER_RAN = [U.SUBMITTED, U.SUBMIT_FAILED, U.SCHEDULED, U.QUEUED, U.QUEUED_WITH_WARNING, U.STOPPED]
_ENDED_WITHOUT_FINDINGS = [
    code for code, status in URL_SCAN_STATUSES.items() if status.final and status.results == Results.NONE
]
REMOVE = "Delete them with the analysis, or report it."


def what_waits_has_a_task(batch: Batch) -> Iterator[Violation]:
    """A status that a worker has to change has a task in the queue."""
    needs = dict(_needs(batch))
    for task in sorted({task for task, _ in needs}):
        subjects = {subject: row for (name, subject), row in needs.items() if name == task}
        for subject in subjects.keys() - _tasks(batch, task, list(subjects)):
            row = subjects[subject]
            wrong = wrong_scan if hasattr(row, "analysis_id") else wrong_analysis
            yield wrong(row, f"its status is {row.status}", f"no task {task} is queued or runs", START_SCHEDULER)


def _needs(batch: Batch) -> Iterator[tuple[tuple[str, int], Any]]:
    """Yield the task and its first argument for each row that nobody works on."""
    asked = set(batch.of(Finding).filter(verify_asked_at__isnull=False).values_list("url_scan_id", flat=True))
    for analysis in batch.analyses.values():
        scans = batch.scans[analysis.pk]
        if analysis.deleted_at:
            continue
        waits = analysis.status == A.PRESCANNING or (analysis.submitted_at and any(_is_new(scan) for scan in scans))
        if waits and not any(scan.lease_holder for scan in scans):
            yield ("set_up", analysis.pk), analysis
        for scan in scans:
            if not scan.lease_holder and (task := _task_of(scan, scan.pk in asked)):
                yield (task, scan.pk), scan


def _is_new(scan: Any) -> bool:
    return scan.status == U.SUBMITTED


def _task_of(scan: Any, is_asked: bool) -> str:
    """Return the task that a URL scan without a worker waits for, if any."""
    if scan.status == U.QUEUED or (scan.status == U.RESUMING and scan.slot_since):
        return "scan_url"
    if scan.status in PUBLISHED_AS and not scan.verified_at:
        return "verify"
    if scan.status == U.STOPPING_DELETING_RESULTS:
        return "delete_results"
    return "verify_again" if is_asked and scan.status in (*PUBLISHED_AS, *PUBLISHED_AS.values()) else ""


def _tasks(batch: Batch, task: str, subjects: list[int]) -> set[int]:
    """Return which of these subjects have this task: it waits or runs, or ended only lately.

    The scheduler queues a failed task again, later after each further failure.
    """
    alive = Q(status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING])
    lately = Q(finished_at__gt=batch.now - RECOVERED_WITHIN * 5)
    tasks = DBTaskResult.objects.filter(alive | lately, task_path=f"scans.tasks.{task}")
    here = tasks.filter(args_kwargs__args__0__in=subjects)
    return {arguments["args"][0] for arguments in here.values_list("args_kwargs", flat=True)}


def results_are_where_they_may_be(batch: Batch) -> Iterator[Violation]:
    """A URL scan that never ran, or whose results were deleted, has none."""
    for name, model in _RESULTS.items():
        none = _ENDED_WITHOUT_FINDINGS if model is Finding else []
        rows = batch.of(model).filter(url_scan__status__in=[*_NEVER_RAN, *none], url_scan__analysis__deleted_at=None)
        for pk in rows.values_list("url_scan_id", flat=True).distinct():
            scan = batch.scan_by_pk[pk]
            yield wrong_scan(scan, f"it has {name}", f"in the status {scan.status} there are none", REMOVE)


def deleted_results_left_no_pictures(batch: Batch) -> Iterator[Violation]:
    """A URL scan whose results were deleted has no pictures any more."""
    deleted = {"url_scan__status": U.STOPPED, "url_scan__started_at__isnull": False}
    pictures = batch.of(Screenshot).filter(**deleted, url_scan__analysis__deleted_at=None)
    for pk in pictures.values_list("url_scan_id", flat=True).distinct():
        yield wrong_scan(batch.scan_by_pk[pk], "it has pictures", "its results were deleted", REMOVE)


def deleted_analyses_are_empty(batch: Batch) -> Iterator[Violation]:
    """A deleted analysis has no results any more, or a task that removes them."""
    deleted = [pk for pk, analysis in batch.analyses.items() if analysis.deleted_at]
    if not deleted:
        return
    of_deleted = {"url_scan__analysis_id__in": deleted}
    full = {
        pk: name
        for name, model in {**_RESULTS, "pictures": Screenshot}.items()
        for pk in model.objects.filter(**of_deleted)
        .order_by()
        .values_list("url_scan__analysis_id", flat=True)
        .distinct()
    }
    removed = _tasks(batch, "remove_data", list(full)) if full else set()
    for pk in full.keys() - removed:
        should = "it is deleted, and no task remove_data is queued or runs"
        yield wrong_analysis(batch.analyses[pk], f"it has {full[pk]}", should, START_SCHEDULER)


def pictures_have_files(batch: Batch) -> Iterator[Violation]:
    """Each picture has its file. A missing one is a warning: a backup may not have held it."""
    for picture in batch.of(Screenshot).filter(url_scan__analysis__deleted_at=None).iterator():
        if not picture.image.storage.exists(picture.image.name):
            scan = batch.scan_by_pk[picture.url_scan_id]
            kept = f"its picture {picture.pk} is {picture.image.name}"
            action = "Restore the file from a backup; without it, only the picture is missing on Scan Details."
            yield wrong_scan(scan, kept, "there is no such file", action, is_warning=True)
