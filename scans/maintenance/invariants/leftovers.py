"""Nothing is left behind: results and files."""

from collections.abc import Iterator

from scans.maintenance.invariants.base import REPORT, Batch, Violation
from scans.maintenance.invariants.base import of_analysis as wrong_analysis
from scans.maintenance.invariants.base import of_scan as wrong_scan
from scans.models import CrawledUrl, Finding, ModuleError, Screenshot
from scans.statuses import URL_SCAN_STATUSES, Results
from scans.statuses import UrlScanStatus as U

_RESULTS = {"findings": Finding, "crawled URLs": CrawledUrl, "module errors": ModuleError}
_NEVER_RAN = [U.SUBMITTED, U.SUBMIT_FAILED, U.SCHEDULED, U.QUEUED, U.QUEUED_WITH_WARNING, U.STOPPED]
_ENDED_WITHOUT_FINDINGS = [
    code for code, status in URL_SCAN_STATUSES.items() if status.final and status.results == Results.NONE
]
REMOVE = "Delete them with the analysis, or report it."


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
    """A deleted analysis has no results any more, unless a task has still to remove them."""
    deleted = [pk for pk, analysis in batch.analyses.items() if analysis.deleted_at and not analysis.removal_asked_at]
    if not deleted:
        return
    for name, model in {**_RESULTS, "pictures": Screenshot}.items():
        rows = model.objects.filter(url_scan__analysis_id__in=deleted).order_by()
        for pk in rows.values_list("url_scan__analysis_id", flat=True).distinct():
            yield wrong_analysis(batch.analyses[pk], f"it has {name}", "it is deleted, and nobody removes them", REPORT)


def pictures_have_files(batch: Batch) -> Iterator[Violation]:
    """Each picture in a folder has its file. A missing one is a warning: a backup may not have held it."""
    for picture in batch.of(Screenshot).filter(url_scan__analysis__deleted_at=None).iterator():
        if picture.is_missing:
            scan = batch.scan_by_pk[picture.url_scan_id]
            kept = f"its picture {picture.pk} is {picture.image.name}"
            action = "Restore the file from a backup; without it, only the picture is missing on Scan Details."
            yield wrong_scan(scan, kept, "there is no such file", action, is_warning=True)
