"""Removing the data of deleted analyses, and the data that the retention policy marked as expired.

The marks (`deleted_at`, `…_expired_at`) are written first, with their log entry, in one short transaction; pages
follow the marks. The removal comes later, a few rows per transaction, so that nobody waits for it. It may stop
anywhere and run again. Files are removed after the transaction of their rows.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from time import monotonic, sleep

from django.db import transaction
from django.db.models import Model, QuerySet

from scans import artifacts, transitions
from scans.models import ActivityLogEntry, Analysis, CrawlScript, TargetLogin, UrlScan
from scans.transitions import Turn, TurnOver

PRIORITY = -50  # of the task: people wait for the others
ROWS_AT_ONCE = 25  # SQLite took 43 ms for 100 rows with 130 kB of evidence each, the maximum
NO_EVIDENCE = {"http_request": "", "evidence_status": 0, "evidence_headers": [], "evidence_body": ""}


class NotRemoved(Exception):
    """Some files could not be removed; str() names them. The task can run again later."""


def remove(analysis: Analysis) -> None:
    """Remove from database and disk what the marks of this analysis say, and logins and scripts without an analysis.

    A missing file is no error. If a file cannot be removed, the rest is removed first; then raises NotRemoved. If
    others wait for the worker, the rest is queued.
    """
    try:
        _remove(analysis, Turn(analysis.owner_id, PRIORITY))
    except TurnOver:
        transitions.enqueue("remove_data", analysis.pk, owner=analysis.owner_id)
    else:
        transitions.conclude_removal(analysis)


def count_failed() -> int:
    """Return for how many analyses the removal of data was given up."""
    return Analysis.objects.filter(removal_failed_at__isnull=False).count()


def retry_failed() -> int:
    """Queue each removal again that was given up. Returns how many."""
    failed = list(Analysis.objects.filter(removal_failed_at__isnull=False))
    for analysis in failed:
        transitions.ask_for_removal(analysis)
    return len(failed)


def _remove(analysis: Analysis, turn: Turn) -> None:
    problems = [problem for scan in list(analysis.url_scans.all()) for problem in _remove_of_scan(analysis, scan, turn)]
    if analysis.log_expired_at:
        entries = ActivityLogEntry.objects.filter(analysis=analysis, at__lt=analysis.log_expired_at)
        _in_batches(entries, QuerySet.delete, turn)
    remove_unreferred(turn)
    if problems:
        raise NotRemoved("; ".join(str(problem) for problem in problems))


def remove_unreferred(turn: Turn | None = None) -> None:
    """Remove every login and crawl script that no URL scan refers to. Each may be large: one per transaction."""
    for model in (TargetLogin, CrawlScript):
        _in_batches(model.objects.unreferred(), QuerySet.delete, turn, at_once=1)


def remove_results(scan: UrlScan, turn: Turn | None = None) -> None:
    """Remove all rows that a URL scan found. May raise TurnOver, if a turn is given. Raises LeaseLost."""
    for rows in (scan.findings, scan.crawled_urls, scan.module_errors):
        _in_batches(rows.all(), QuerySet.delete, turn, within=partial(transitions.held, scan))


def _remove_of_scan(analysis: Analysis, scan: UrlScan, turn: Turn) -> Iterator[OSError]:
    """Remove the data of one URL scan; yield each error."""
    deleted = analysis.deleted_at
    if deleted:
        remove_results(scan, turn)
    elif analysis.evidence_expired_at:
        _in_batches(scan.findings.all(), lambda findings: findings.update(**NO_EVIDENCE), turn)
    if deleted or analysis.screenshots_expired_at:
        yield from artifacts.remove_pictures(scan)
    if deleted:
        _in_batches(scan.checks.all(), QuerySet.delete, turn)
    if deleted or analysis.evidence_expired_at:
        yield from artifacts.remove(scan)


def _in_batches(
    rows: QuerySet[Model],
    act: Callable[[QuerySet], object],
    turn: Turn | None,
    at_once: int | None = None,
    within: Callable[[], AbstractContextManager] = transaction.atomic,
) -> None:
    """Act on a few rows per transaction, with pauses as long as the transactions, so that others can write.

    Raises TurnOver between two transactions if others wait for the worker.
    """
    pks, at_once = list(rows.values_list("pk", flat=True)), at_once or ROWS_AT_ONCE
    for start in range(0, len(pks), at_once):
        if turn and turn.is_over():
            raise TurnOver
        began = monotonic()
        with within():
            act(rows.order_by().filter(pk__in=pks[start : start + at_once]))
        sleep(monotonic() - began)
