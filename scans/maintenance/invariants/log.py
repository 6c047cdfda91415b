"""The activity log tells the whole story: each status follows the one before, up to the one that is stored."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, Q, Window
from django.db.models.functions import Lag, Lead

from scans.maintenance.invariants.base import CHECK_CLOCKS, CLOCKS_DIFFER, REPORT, Batch, Violation
from scans.maintenance.invariants.base import of_analysis as wrong_analysis
from scans.maintenance.invariants.base import of_scan as wrong_scan
from scans.statuses import UrlScanStatus as U


def log_is_a_chain(batch: Batch) -> Iterator[Violation]:
    """Each entry continues from the status of the entry before it, and the last one leads to the status now."""
    subject = {"partition_by": [F("analysis_id"), F("url_scan_id")], "order_by": "id"}
    changes = batch.log.exclude(to_status="").annotate(
        before=Window(Lag("to_status"), **subject), after=Window(Lead("id"), **subject)
    )
    broken_or_end = changes.filter(~Q(before=F("from_status")) | Q(before=None) | Q(after=None))
    columns = ("id", "analysis_id", "url_scan_id", "from_status", "to_status", "before", "after")
    last: dict[tuple[int, int | None], str] = {}
    for entry in broken_or_end.values_list(*columns, named=True).iterator():
        if entry.after is None:
            last[entry.analysis_id, entry.url_scan_id] = entry.to_status
        yield from _broken(batch, entry)
    yield from _not_led_to(batch, last)


def _broken(batch: Batch, entry: Any) -> Iterator[Violation]:
    """Report an entry that does not continue the one before. The first of a URL scan begins with its submission."""
    is_expired = batch.analyses[entry.analysis_id].log_expired_at  # so entries before it may be gone
    may_be_first = ("", U.SUBMITTED) if entry.url_scan_id else ("",)
    if entry.before is None:
        is_right, should = is_expired or entry.from_status in may_be_first, "it is the first"
    else:
        is_right, should = entry.from_status == entry.before, f"the entry before it says {entry.before}"
    if not is_right:
        yield _wrong(batch, entry.analysis_id, entry.url_scan_id)(
            f"log entry {entry.id} says that its status was {entry.from_status or 'none'}", should, REPORT
        )


def _not_led_to(batch: Batch, last: dict[tuple[int, int | None], str]) -> Iterator[Violation]:
    """Report rows whose status is another than the log's last. Without an entry, a URL scan was only submitted."""
    rows = [((row.pk, None), row) for row in batch.analyses.values()]
    rows += [((scan.analysis_id, scan.pk), scan) for scan in batch.all_scans]
    for (analysis_id, scan_id), row in rows:
        told = last.get((analysis_id, scan_id))
        if told is None and (batch.analyses[analysis_id].log_expired_at or (scan_id and row.status == U.SUBMITTED)):
            continue
        if told != row.status:
            should = f"its log ends with {told}" if told else "its log does not say so"
            yield _wrong(batch, analysis_id, scan_id)(f"its status is {row.status}", should, REPORT)


def _wrong(batch: Batch, analysis_id: int, scan_id: int | None) -> Any:
    """Return a function that makes the violation of this row."""
    scan = batch.scan_by_pk.get(scan_id)
    return lambda *told: wrong_scan(scan, *told) if scan else wrong_analysis(batch.analyses[analysis_id], *told)


def log_goes_forward(batch: Batch) -> Iterator[Violation]:
    """No entry of an analysis is older than the entry before it.

    Otherwise the clock of a host was off: a warning, because entries are in the right order all the same.
    """
    entries = batch.log.annotate(before=Window(Lag("at"), partition_by=F("analysis_id"), order_by="id"))
    backwards = entries.filter(at__lt=F("before") - CLOCKS_DIFFER)
    for pk, analysis_id, at, before in backwards.values_list("id", "analysis_id", "at", "before"):
        kept = f"log entry {pk} is of {at.isoformat()}"
        should = f"the entry before it is of {before.isoformat()}"
        yield wrong_analysis(batch.analyses[analysis_id], kept, should, CHECK_CLOCKS, is_warning=True)
