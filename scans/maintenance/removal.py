"""Removing what is not kept any more: of deleted analyses, and of what the retention policy marked.

The marks (`deleted_at`, `…_expired_at`) are written first, with their log entry, in one short transaction, and pages
go by them. The removal comes after, a few rows in one transaction, so that nobody waits for it for long; it may break
off anywhere and be done again. Files go when their rows' transactions are over.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from time import monotonic, sleep

from django.db import transaction
from django.db.models import Model, QuerySet

from scans.models import ActivityLogEntry, Analysis, UrlScan

ROWS_AT_ONCE = 25  # with 130 kB of evidence each, the most there can be, SQLite took 43 ms for 100
NO_EVIDENCE = {"http_request": "", "curl": "", "evidence_status": 0, "evidence_headers": [], "evidence_body": ""}


class NotRemoved(Exception):
    """Some files could not be removed; str() names them. Try again later."""


def remove(analysis: Analysis) -> None:
    """Remove from database and disk what its marks say; what cannot be removed does not keep the rest.

    A file that is not there is no error. Raises NotRemoved in the end where one could not be removed.
    """
    problems = [problem for scan in list(analysis.url_scans.all()) for problem in _remove_of_scan(analysis, scan)]
    if analysis.log_expired_at:
        entries = ActivityLogEntry.objects.filter(analysis=analysis, at__lt=analysis.log_expired_at)
        _in_batches(entries, QuerySet.delete)
    if problems:
        raise NotRemoved("; ".join(str(problem) for problem in problems))


def _remove_of_scan(analysis: Analysis, scan: UrlScan) -> Iterator[OSError]:
    """Remove of one URL scan, and yield what went wrong."""
    deleted = analysis.deleted_at
    if deleted:
        _in_batches(scan.findings.all(), QuerySet.delete)
        _in_batches(scan.crawled_urls.all(), QuerySet.delete)
    elif analysis.evidence_expired_at:
        _in_batches(scan.findings.all(), lambda findings: findings.update(**NO_EVIDENCE))
    if deleted or analysis.screenshots_expired_at:
        yield from _attempts(screenshot.remove for screenshot in scan.screenshots.all())
    if deleted:
        _in_batches(scan.checks.all(), QuerySet.delete)
    if (deleted or analysis.evidence_expired_at) and scan.directory.exists():
        yield from _attempts([lambda: shutil.rmtree(scan.directory)])


def _attempts(removals) -> Iterator[OSError]:
    """Do each, and yield the errors."""
    for removal in removals:
        try:
            removal()
        except OSError as problem:
            yield problem


def _in_batches(rows: QuerySet[Model], act: Callable[[QuerySet], object]) -> None:
    """Act on a few rows at a time, each time in a transaction of its own, and leave others as much time in between."""
    pks = list(rows.values_list("pk", flat=True))
    for start in range(0, len(pks), ROWS_AT_ONCE):
        began = monotonic()
        with transaction.atomic():
            act(rows.model.objects.order_by().filter(pk__in=pks[start : start + ROWS_AT_ONCE]))
        sleep(monotonic() - began)
