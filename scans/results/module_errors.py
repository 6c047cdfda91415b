"""Storing errors inside the engine, and the notices that sum them up."""

from collections.abc import Collection, Iterable

from scans import transitions
from scans.engines.events import ModuleFailed
from scans.models import ModuleError, UrlScan
from scans.reasons import SENTENCES, Notice, Reason, as_reason

MAX_ERRORS = 100  # stored of one URL scan
CRAWL = "crawl"  # the driver's name for the crawl
CUT = "page_too_large"  # of which the crawl read the beginning


@transitions.by_holder
def store(url_scan: UrlScan, failures: Collection[ModuleFailed]) -> list[Notice]:
    """Store errors that are not stored yet, up to a limit; return the notices about all of them. Raises LeaseLost."""
    stored = {(error.module, error.method, error.url) for error in url_scan.module_errors.all()}
    new = {(failed.module, failed.method, failed.url): failed for failed in failures}
    fresh = [failed for key, failed in new.items() if key not in stored][: MAX_ERRORS - len(stored)]
    ModuleError.objects.bulk_create(_row(url_scan, failed) for failed in fresh)
    return _notices(url_scan.module_errors.all())


def _row(url_scan: UrlScan, failed: ModuleFailed) -> ModuleError:
    error = Reason(failed.error) if failed.error in SENTENCES else as_reason(failed.error)
    return ModuleError(
        url_scan=url_scan, module=failed.module[:100], method=failed.method[:16], url=failed.url, error=error
    )


def _notices(errors: Iterable[ModuleError]) -> list[Notice]:
    errors = list(errors)
    broken = [error.module for error in errors if error.module != CRAWL]
    cut = sum(error.error.code == CUT for error in errors)
    dropped = len(errors) - len(broken) - cut
    full = "+" if len(errors) >= MAX_ERRORS else ""
    notices = []
    if broken:
        names = ", ".join(sorted(set(broken)))
        notices.append(Notice("modules_broke", names=names, count=f"{len(broken)}{full}"))
    if dropped:
        notices.append(Notice("addresses_dropped", count=f"{dropped}{full}"))
    if cut:
        notices.append(Notice("pages_read_in_part", count=f"{cut}{full}"))
    return notices
